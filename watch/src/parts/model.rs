//! How strongly do a part's numbers speak for each role?

use super::features::{Features, N_FEATURES};

/// A multinomial logistic model of roles.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// Mean of each feature over the training rows.
    pub means: Features,
    /// Standard deviation of each feature over the training rows; never 0.
    pub scales: Features,
    /// Weights of the standardised features, for each of [`Role::LEARNED`](super::Role::LEARNED).
    pub weights: [Features; 4],
    /// What each role starts with.
    pub biases: [f64; 4],
    /// What a name or a program alone adds to the role it hints at, in nats: little, so that it tips
    /// what the notes leave open and nothing more.
    pub hint: f64,
    /// What both add together where they agree on lead or bass, in nats: so much that they all but
    /// decide, since notes can't tell a low lead from a bass or a high bass from a lead.
    pub agreement: f64,
}

impl Model {
    /// How strongly the notes alone speak for each of [`Role::LEARNED`](super::Role::LEARNED), in nats; only differences
    /// count.
    pub fn scores(&self, features: &Features) -> [f64; 4] {
        let mut standard = [0.0; N_FEATURES];
        for (index, value) in features.iter().enumerate() {
            // Far outside of what was learned from, a number should not shout ever louder.
            standard[index] = ((value - self.means[index]) / self.scales[index]).clamp(-4.0, 4.0);
        }
        let mut scores = self.biases;
        for (score, weights) in scores.iter_mut().zip(&self.weights) {
            *score +=
                weights.iter().zip(standard).map(|(weight, value)| weight * value).sum::<f64>();
        }
        scores
    }
}
