//! How do the votes on some tracks carry over to all songs?

use music::features::Vector;

use crate::statistics::Statistics;

/// How strongly the regression is drawn to "features say nothing".
const RIDGE: f64 = 4.0;

/// What the votes so far say about any song.
#[derive(Clone, Debug)]
pub struct Taste {
    statistics: Statistics,
    coefficients: Vec<f64>,
}

impl Taste {
    /// Fits the regression to the features and scores of the tracks with votes, which were all
    /// measured by the same selection.
    pub fn fit(statistics: &Statistics, rated: &[(Vector, f64)]) -> Self {
        let standardise =
            |(features, score): &(Vector, f64)| (statistics.standardised(features), *score);
        let rows: Vec<(Vec<f64>, f64)> = rated.iter().map(standardise).collect();
        Self { statistics: statistics.clone(), coefficients: ridge(&rows) }
    }

    /// How much the community is expected to like a song, −1 to 1; 0 for the usual, and for all
    /// without votes.
    pub fn reward(&self, features: &Vector) -> f64 {
        let z = self.statistics.standardised(features);
        z.iter().zip(&self.coefficients).map(|(z, c)| z * c).sum::<f64>().clamp(-1.0, 1.0)
    }

    /// Whether no vote has moved it.
    pub fn is_neutral(&self) -> bool {
        self.coefficients.iter().all(|c| *c == 0.0)
    }
}

/// Coefficients of the ridge regression (Hoerl and Kennard 1970) without intercept: the solution of
/// `(XᵀX + λI) c = Xᵀy` by Gaussian elimination; the matrix is positive definite. None without rows.
fn ridge(rows: &[(Vec<f64>, f64)]) -> Vec<f64> {
    let n = rows.first().map_or(0, |(x, _)| x.len());
    let mut matrix = vec![vec![0.0; n + 1]; n];
    for (i, equation) in matrix.iter_mut().enumerate() {
        equation[i] = RIDGE;
        for (x, y) in rows {
            for j in 0..n {
                equation[j] += x[i] * x[j];
            }
            equation[n] += x[i] * y;
        }
    }
    for pivot in 0..n {
        let pivot_row = matrix[pivot].clone();
        for (i, row) in matrix.iter_mut().enumerate() {
            if i != pivot {
                let factor = row[pivot] / pivot_row[pivot];
                for (value, above) in row.iter_mut().zip(&pivot_row) {
                    *value -= factor * above;
                }
            }
        }
    }
    (0..n).map(|i| matrix[i][n] / matrix[i][i]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{measure, song_weight};
    use music::score::Pitch;
    use music::song::{GridNote, Song, Voice};

    fn song(n_notes: u32, step: u32, pitch: u8) -> Vector {
        let notes = (0..n_notes).map(|i| {
            GridNote::new(
                i * step,
                Voice::Lead,
                Pitch::new(pitch + (i * 7 % 12) as u8).expect("a pitch"),
                step,
            )
        });
        measure(&Song::new(150.0, 4, 8, notes))
    }

    #[test]
    fn without_votes_everything_weighs_one() {
        let library: Vec<Vector> = (1..9).map(|i| song(i * 4, 12, 60)).collect();
        let taste = Taste::fit(&Statistics::of(&library), &[]);
        assert!(taste.is_neutral());
        for song in &library {
            assert!((song_weight(taste.reward(song), 1.5) - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn songs_like_a_liked_track_gain_and_their_opposites_lose() {
        let dense: Vec<Vector> = (0..8).map(|i| song(100, 6, 60 + i)).collect();
        let sparse: Vec<Vector> = (0..8).map(|i| song(16, 48, 60 + i)).collect();
        let library = [dense.clone(), sparse.clone()].concat();
        let rated = [(dense[0].clone(), 0.5), (sparse[0].clone(), -0.5)];
        let taste = Taste::fit(&Statistics::of(&library), &rated);
        for i in 1..8 {
            assert!(taste.reward(&dense[i]) > 0.1 && taste.reward(&sparse[i]) < -0.1);
        }
    }

    #[test]
    fn a_track_without_a_lead_is_learned_from_like_any_other() {
        let library: Vec<Vector> = (0..8).map(|i| song(i * 8, 12, 60)).collect();
        let taste = Taste::fit(&Statistics::of(&library), &[(song(0, 12, 60), -1.0)]);
        assert!(library.iter().all(|song| taste.reward(song).is_finite()));
        assert!(taste.reward(&song(0, 12, 60)) < taste.reward(&song(56, 12, 60)));
    }

    #[test]
    fn coefficients_solve_the_equations() {
        // Two features that never occur together: each is Σxy / (Σx² + λ).
        let rows = [(vec![2.0, 0.0], 1.0), (vec![0.0, 1.0], -1.0), (vec![2.0, 0.0], 0.5)];
        let found = ridge(&rows);
        assert!((found[0] - 3.0 / 12.0).abs() < 1e-12 && (found[1] + 1.0 / 5.0).abs() < 1e-12);
    }
}
