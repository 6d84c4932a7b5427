//! What does this community like, and how does that weigh in training?
//!
//! Votes on tracks become a score a track; a ridge regression over musical features carries the
//! scores over to songs that nobody has voted on; both become training weights and, when several
//! candidates were drawn for a track, the choice among them. Without votes every weight is 1.

use serde::{Deserialize, Serialize};

use music::song::{STEPS_PER_BEAT, Song, Voice};

/// Number of features of a song.
pub const N_FEATURES: usize = 14;

/// Musical features of a song, comparable between songs of any length, key and tempo.
pub type Features = [f64; N_FEATURES];

/// Votes that count as much as the assumption that a track is neither liked nor disliked.
const PRIOR_VOTES: f64 = 1.0;
/// How strongly the regression is drawn to "features say nothing".
const RIDGE: f64 = 4.0;

/// The score of a track, −1 to 1: the mean of its votes (each −1 to 1), drawn to 0 as if one
/// undecided vote more had been cast.
pub fn score(votes: impl IntoIterator<Item = f64>) -> f64 {
    let (mut sum, mut n) = (0.0, 0.0);
    for vote in votes {
        sum += vote.clamp(-1.0, 1.0);
        n += 1.0;
    }
    sum / (n + PRIOR_VOTES)
}

/// The weight in training of a song whose score or reward is `liking`: e^(gain · liking), the
/// liking held within ±1; 1 for 0, and never less for more.
pub fn weight(liking: f64, gain: f64) -> f64 {
    (gain * liking.clamp(-1.0, 1.0)).exp()
}

/// The weight in training of a track that the network made itself: nothing without likes, since a
/// network that learns from its own unjudged music only repeats its mistakes; then as much as
/// [`weight`] gives a song beyond 1.
pub fn track_weight(score: f64, gain: f64) -> f64 {
    (weight(score, gain) - 1.0).max(0.0)
}

/// What is usual in a library: mean and standard deviation of each feature.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Usual {
    mean: Features,
    deviation: Features,
}

impl Usual {
    /// What is usual among these songs; all zero without any.
    pub fn of(library: &[Features]) -> Self {
        let n = library.len().max(1) as f64;
        let mean: Features =
            std::array::from_fn(|idx| library.iter().map(|f| f[idx]).sum::<f64>() / n);
        let variance =
            |idx: usize| library.iter().map(|f| (f[idx] - mean[idx]).powi(2)).sum::<f64>() / n;
        Self { mean, deviation: std::array::from_fn(|idx| variance(idx).sqrt()) }
    }

    /// Deviations from the usual, held within three; 0 for a feature in which no song differs.
    fn standardised(&self, features: &Features) -> Features {
        std::array::from_fn(|idx| {
            let deviation = self.deviation[idx];
            let off = features[idx] - self.mean[idx];
            if deviation > 1e-6 { (off / deviation).clamp(-3.0, 3.0) } else { 0.0 }
        })
    }
}

/// What the votes so far say about any song.
#[derive(Clone, Debug)]
pub struct Taste {
    usual: Usual,
    coefficients: Features,
}

impl Taste {
    /// Fits the regression to the features and scores of the tracks with votes.
    pub fn fit(usual: &Usual, rated: &[(Features, f64)]) -> Self {
        let standardise =
            |(features, score): &(Features, f64)| (usual.standardised(features), *score);
        let rows: Vec<(Features, f64)> = rated.iter().map(standardise).collect();
        Self { usual: usual.clone(), coefficients: ridge(&rows) }
    }

    /// How much the community is expected to like a song, −1 to 1; 0 for the usual, and for all
    /// without votes.
    pub fn reward(&self, features: &Features) -> f64 {
        let z = self.usual.standardised(features);
        z.iter().zip(&self.coefficients).map(|(z, c)| z * c).sum::<f64>().clamp(-1.0, 1.0)
    }

    /// Whether any vote has moved it.
    pub fn is_neutral(&self) -> bool {
        self.coefficients.iter().all(|c| *c == 0.0)
    }
}

/// The features of a song.
pub fn features(song: &Song) -> Features {
    let n_bars = f64::from(song.n_bars());
    let lead: Vec<_> = song.voice(Voice::Lead).copied().collect();
    let n_lead = lead.len().max(1) as f64;
    let share = |holds: usize| holds as f64 / n_lead;
    let mean = |sum: f64| sum / n_lead;
    let pitches = lead.iter().map(|note| f64::from(note.pitch.number()));
    let mean_pitch = mean(pitches.clone().sum());
    let spread = mean(pitches.map(|p| (p - mean_pitch).powi(2)).sum()).sqrt();
    let intervals: Vec<f64> = lead
        .windows(2)
        .map(|pair| f64::from(pair[1].pitch.number()) - f64::from(pair[0].pitch.number()))
        .collect();
    let n_intervals = intervals.len().max(1) as f64;
    let scale = song.key().scale();
    let in_scale = lead.iter().filter(|note| scale.contains(&note.pitch.class())).count();
    let on = |steps: u32| lead.iter().filter(|note| note.onset % steps == 0).count();
    let beat = STEPS_PER_BEAT;
    [
        lead.len() as f64 / n_bars,
        song.voice(Voice::Chords).count() as f64 / n_bars,
        song.voice(Voice::Bass).count() as f64 / n_bars,
        mean_pitch,
        spread,
        intervals.iter().map(|i| i.abs().min(24.0)).sum::<f64>() / n_intervals,
        intervals.iter().filter(|i| (1.0..=2.0).contains(&i.abs())).count() as f64 / n_intervals,
        intervals.iter().filter(|i| **i == 0.0).count() as f64 / n_intervals,
        share(in_scale),
        share(on(beat)),
        share(lead.iter().filter(|note| note.onset % (beat / 4) != 0).count()),
        (mean(lead.iter().map(|note| f64::from(note.duration)).sum()) / f64::from(beat)).ln(),
        entropy(lead.iter().map(|note| usize::from(note.pitch.class()))),
        repetition(song),
    ]
}

/// Share of the bars (after the first) whose lead is the same as that of an earlier bar.
fn repetition(song: &Song) -> f64 {
    let steps = song.steps_per_bar();
    let mut bars: Vec<Vec<(u32, u8)>> = vec![Vec::new(); song.n_bars() as usize];
    for note in song.voice(Voice::Lead) {
        bars[(note.onset / steps) as usize].push((note.onset % steps, note.pitch.number()));
    }
    let repeated = (1..bars.len()).filter(|idx| bars[..*idx].contains(&bars[*idx])).count();
    repeated as f64 / (bars.len() - 1).max(1) as f64
}

/// Entropy of the pitch classes, in bits.
fn entropy(classes: impl Iterator<Item = usize>) -> f64 {
    let mut counts = [0.0f64; 12];
    classes.for_each(|class| counts[class] += 1.0);
    let total: f64 = counts.iter().sum();
    let shares = counts.iter().map(|count| count / total.max(1.0)).filter(|share| *share > 0.0);
    -shares.map(|share| share * share.log2()).sum::<f64>()
}

/// Coefficients of the ridge regression (Hoerl and Kennard 1970) without intercept: the solution of
/// `(XᵀX + λI) c = Xᵀy` by Gaussian elimination; the matrix is positive definite.
fn ridge(rows: &[(Features, f64)]) -> Features {
    let mut matrix = [[0.0; N_FEATURES + 1]; N_FEATURES];
    for (i, equation) in matrix.iter_mut().enumerate() {
        equation[i] = RIDGE;
        for (x, y) in rows {
            for j in 0..N_FEATURES {
                equation[j] += x[i] * x[j];
            }
            equation[N_FEATURES] += x[i] * y;
        }
    }
    for pivot in 0..N_FEATURES {
        let pivot_row = matrix[pivot];
        for (i, row) in matrix.iter_mut().enumerate() {
            if i != pivot {
                let factor = row[pivot] / pivot_row[pivot];
                for (value, above) in row.iter_mut().zip(pivot_row) {
                    *value -= factor * above;
                }
            }
        }
    }
    std::array::from_fn(|i| matrix[i][N_FEATURES] / matrix[i][i])
}

#[cfg(test)]
mod tests {
    use super::*;
    use music::score::Pitch;
    use music::song::GridNote;
    use proptest::prelude::*;

    fn song(n_notes: u32, step: u32, pitch: u8) -> Song {
        let notes = (0..n_notes).map(|i| GridNote {
            onset: i * step,
            voice: Voice::Lead,
            pitch: Pitch::new(pitch + (i * 7 % 12) as u8).expect("a pitch"),
            duration: step,
        });
        Song::new(150.0, 4, 8, notes)
    }

    #[test]
    fn without_votes_everything_weighs_one() {
        let library: Vec<Features> = (1..9).map(|i| features(&song(i * 4, 12, 60))).collect();
        let taste = Taste::fit(&Usual::of(&library), &[]);
        assert!(taste.is_neutral());
        for song in &library {
            assert!((weight(taste.reward(song), 1.5) - 1.0).abs() < 1e-12);
        }
        assert!((weight(score([]), 1.5) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn songs_like_a_liked_track_gain_and_their_opposites_lose() {
        let dense: Vec<Features> = (0..8).map(|i| features(&song(100, 6, 60 + i))).collect();
        let sparse: Vec<Features> = (0..8).map(|i| features(&song(16, 48, 60 + i))).collect();
        let library: Vec<Features> = dense.iter().chain(&sparse).copied().collect();
        let taste = Taste::fit(&Usual::of(&library), &[(dense[0], 0.5), (sparse[0], -0.5)]);
        for i in 1..8 {
            assert!(taste.reward(&dense[i]) > 0.1 && taste.reward(&sparse[i]) < -0.1);
        }
    }

    #[test]
    fn an_empty_song_has_finite_features() {
        assert!(features(&Song::new(150.0, 4, 1, [])).iter().all(|f| !f.is_nan()));
    }

    proptest! {
        #[test]
        fn one_more_like_never_weighs_less(votes in proptest::collection::vec(-1.0f64..=1.0, 0..20)) {
            let before = score(votes.iter().copied());
            let after = score(votes.iter().copied().chain([1.0]));
            prop_assert!(after >= before);
            prop_assert!(weight(after, 1.0) >= weight(before, 1.0));
            prop_assert!(track_weight(after, 1.0) >= track_weight(before, 1.0));
            prop_assert!((-1.0..=1.0).contains(&after));
        }
    }
}
