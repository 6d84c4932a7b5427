//! Which tracks' votes speak for a song?

use music::features::Vector;

use super::likelihood::{Listener, Rows};
use super::predict::Posterior;
use crate::ballots::Group;
use crate::matrix::{Cholesky, dot};

/// Beyond this leverage one step says too little of what is left without a track's ballots.
const MAX_LEVERAGE: f64 = 0.9;

/// What each track with ballots of the community brought into its posterior.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Grounds(Vec<Ground>);

#[derive(Clone, Debug, PartialEq)]
struct Ground {
    track: usize,
    n_liked: usize,
    n_disliked: usize,
    /// By what its ballots still pull at the weights where all pulls balance: the gradient of their
    /// log-likelihood at the mode.
    pull: Vec<f64>,
    /// Its terms beside those that its listeners usually vote on, as the intercepts take up the rest, times
    /// the curvature of its ballots; and that curvature.
    terms: Vec<f64>,
    curvature: f64,
}

/// How strongly the ballots on one track speak for a song.
#[derive(Clone, Debug, PartialEq)]
pub struct Share {
    /// The track: its place among those given to [`Ballots::of`](crate::Ballots::of).
    pub track: usize,
    /// Listeners who like it.
    pub n_liked: usize,
    /// Listeners who do not.
    pub n_disliked: usize,
    /// By how many logits the song would fall behind the others without these ballots; negative where it
    /// would rise.
    pub share: f64,
}

impl Grounds {
    /// Of the ballots of a group; the gradient and the curvature of each at the mode are given, and what is
    /// known of the listeners.
    pub(super) fn of(
        rows: &Rows,
        group: &Group,
        slopes: impl IntoIterator<Item = (f64, f64)>,
        listeners: &[Listener],
    ) -> Self {
        let usual: Vec<Vec<f64>> = listeners.iter().map(Listener::usual_terms).collect();
        let mut grounds: Vec<Option<Ground>> = Vec::new();
        for (ballot, (gradient, curvature)) in group.ballots.iter().zip(slopes) {
            let track = ballot.track;
            grounds.resize(grounds.len().max(track + 1), None);
            let ground = grounds[track].get_or_insert_with(|| Ground::of(track, rows.n_terms));
            *(if ballot.is_liked { &mut ground.n_liked } else { &mut ground.n_disliked }) += 1;
            ground.curvature += curvature;
            let terms = rows.of(track).iter().zip(&usual[ballot.listener]);
            for (idx, beside) in terms.map(|(term, usual)| term - usual).enumerate() {
                ground.pull[idx] += gradient * beside;
                ground.terms[idx] += curvature * beside;
            }
        }
        Self(grounds.into_iter().flatten().collect())
    }
}

impl Ground {
    fn of(track: usize, n_terms: usize) -> Self {
        let (pull, terms) = (vec![0.0; n_terms], vec![0.0; n_terms]);
        Self { track, n_liked: 0, n_disliked: 0, pull, terms, curvature: 0.0 }
    }

    /// The share of what is known of the track's score that comes from its own ballots.
    fn leverage(&self, precision: &Cholesky) -> f64 {
        let whitened = precision.forward(&self.terms);
        let leverage = dot(&whitened, &whitened) / self.curvature.max(f64::MIN_POSITIVE);
        leverage.min(MAX_LEVERAGE)
    }
}

impl Posterior {
    /// How strongly the ballots on each track speak for a song as against all songs `among` which it is
    /// weighed, the strongest for it first: by what it would fall behind them if these were left out, by one
    /// step of Newton's method from the mode (Pregibon 1981): `φᵀ Λ⁻¹ g / (1 − h)` with the precision `Λ`
    /// of the posterior, the track's gradient `g` and its leverage `h`.
    pub fn shares(&self, grounds: &Grounds, song: &Vector, among: &[Vector]) -> Vec<Share> {
        let mut apart = self.terms(song);
        for other in among {
            let terms = self.terms(other);
            apart.iter_mut().zip(terms).for_each(|(own, term)| *own -= term / among.len() as f64);
        }
        let direction = self.precision.solve(&apart);
        let of = |ground: &Ground| {
            let Ground { track, n_liked, n_disliked, .. } = *ground;
            let left = 1.0 - ground.leverage(&self.precision);
            Share { track, n_liked, n_disliked, share: dot(&direction, &ground.pull) / left }
        };
        let mut shares: Vec<Share> = grounds.0.iter().map(of).collect();
        shares.sort_by(|a, b| b.share.total_cmp(&a.share));
        shares
    }
}
