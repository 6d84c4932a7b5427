//! How are the weights of the role model learned?
//!
//! Multinomial logistic regression on standardised features, with a penalty on the squared weights,
//! by Adam on all rows at once: no chance is involved, the same rows give the same weights.

use watch::parts::Model;
use watch::parts::features::{Features, N_FEATURES};

/// A part to learn from.
#[derive(Clone, Copy)]
pub(crate) struct Row {
    /// The numbers about it.
    pub(crate) features: Features,
    /// Its role, as an index into [`watch::parts::Role::LEARNED`].
    pub(crate) role: usize,
    /// How much it counts.
    pub(crate) weight: f64,
}

const N_STEPS: usize = 250;
const STEP: f64 = 0.05;

/// Learns from `rows` with `penalty` on half the squared weights; words add nothing yet.
pub(crate) fn learn(rows: &[Row], penalty: f64) -> Model {
    let (means, scales) = spread(rows);
    let standard = |row: &Row| -> Features {
        std::array::from_fn(|i| ((row.features[i] - means[i]) / scales[i]).clamp(-4.0, 4.0))
    };
    let inputs: Vec<Features> = rows.iter().map(standard).collect();
    let mut of_role = [0.0; 4];
    for row in rows {
        of_role[row.role] += row.weight;
    }
    // Each role counts as much as any other.
    let weights: Vec<f64> =
        rows.iter().map(|row| row.weight / of_role[row.role].max(1e-9) / 4.0).collect();
    let (weights_of, biases) = ([[0.0; N_FEATURES]; 4], [0.0; 4]);
    let mut model = Model { means, scales, weights: weights_of, biases, hint: 0.0, agreement: 0.0 };
    let mut moments = [[(0.0, 0.0); N_FEATURES + 1]; 4];
    for step in 1..=N_STEPS {
        let slopes = slopes(&model, rows, &inputs, &weights, penalty);
        let decay = [0.9, 0.99].map(|beta: f64| 1.0 - beta.powi(step as i32));
        for role in 0..4 {
            for (index, slope) in slopes[role].into_iter().enumerate() {
                let (first, second) = &mut moments[role][index];
                *first = 0.9 * *first + 0.1 * slope;
                *second = 0.99 * *second + 0.01 * slope * slope;
                let change = STEP * (*first / decay[0]) / ((*second / decay[1]).sqrt() + 1e-8);
                if index < N_FEATURES {
                    model.weights[role][index] -= change;
                } else {
                    model.biases[role] -= change;
                }
            }
        }
    }
    model
}

/// Slopes of the weighted cross-entropy, the bias's last.
fn slopes(
    model: &Model,
    rows: &[Row],
    inputs: &[Features],
    weights: &[f64],
    penalty: f64,
) -> [[f64; N_FEATURES + 1]; 4] {
    let mut slopes = [[0.0; N_FEATURES + 1]; 4];
    for ((row, input), weight) in rows.iter().zip(inputs).zip(weights) {
        let scores: [f64; 4] = std::array::from_fn(|role| {
            let products = model.weights[role].iter().zip(input).map(|(w, x)| w * x);
            model.biases[role] + products.sum::<f64>()
        });
        let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let powers = scores.map(|score| (score - most).exp());
        let total: f64 = powers.iter().sum();
        for role in 0..4 {
            let is = f64::from(u8::from(row.role == role));
            let error = weight * (powers[role] / total - is);
            for (slope, value) in slopes[role].iter_mut().zip(input) {
                *slope += error * value;
            }
            slopes[role][N_FEATURES] += error;
        }
    }
    for (slopes, weights) in slopes.iter_mut().zip(&model.weights) {
        for (slope, weight) in slopes.iter_mut().zip(weights) {
            *slope += penalty * weight;
        }
    }
    slopes
}

/// Mean and standard deviation of each feature, a constant one's as 1.
fn spread(rows: &[Row]) -> (Features, Features) {
    let n = rows.len().max(1) as f64;
    let mean = |index: usize| rows.iter().map(|row| row.features[index]).sum::<f64>() / n;
    let means: Features = std::array::from_fn(mean);
    let scales = std::array::from_fn(|index| {
        let square = |row: &Row| (row.features[index] - means[index]).powi(2);
        let scale = (rows.iter().map(square).sum::<f64>() / n).sqrt();
        if scale > 1e-6 { scale } else { 1.0 }
    });
    (means, scales)
}
