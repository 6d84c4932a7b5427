//! What speaks for and against one song?

use music::features::Vector;

use super::predict::Posterior;
use crate::words::words_of;

/// Within so many standard deviations a song is as usual.
const USUAL: f64 = 0.5;

/// What one feature of a song adds to the logit of a typical listener liking it.
#[derive(Clone, Debug, PartialEq)]
pub struct Contribution {
    /// The feature's name.
    pub feature: String,
    /// How far the song is from the usual, in standard deviations.
    pub z: f64,
    /// What that adds, in logits; negative where it speaks against the song.
    pub effect: f64,
}

impl Contribution {
    /// What the song is like, in words within a sentence, such as "denser" (than usual) or "a usual
    /// amount of leaps"; `None` for a feature without words.
    pub fn in_words(&self) -> Option<String> {
        let words = words_of(&self.feature)?;
        Some(match self.z {
            z if z >= USUAL => words.more.to_owned(),
            z if z <= -USUAL => words.less.to_owned(),
            _ => format!("a usual amount of {}", words.of_what),
        })
    }
}

impl Posterior {
    /// What each feature of a song adds to its expected score, the largest effect first; features in
    /// which neither songs nor tracks differ say nothing of a song and are left out.
    pub fn contributions(&self, song: &Vector) -> Vec<Contribution> {
        let terms = self.terms(song);
        let n = self.features.len();
        let of = |(idx, feature): (usize, &String)| {
            let (linear, quadratic) = (1 + idx, 1 + idx + n);
            let effect =
                terms[linear] * self.mean[linear] + terms[quadratic] * self.mean[quadratic];
            Contribution { feature: feature.clone(), z: terms[linear], effect }
        };
        let each = self.features.iter().enumerate();
        let varying = each.filter(|(_, feature)| self.statistics.varies(feature));
        let mut contributions: Vec<Contribution> = varying.map(of).collect();
        contributions.sort_by(|a, b| b.effect.abs().total_cmp(&a.effect.abs()));
        contributions
    }
}
