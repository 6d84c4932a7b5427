//! What do the listeners of a track like, for one request?

use std::sync::Arc;

use composer::version::Manifest;
use music::features::Vector;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use taste::{Posterior, Variety};

use super::order::Order;
use super::pattern::Pattern;
use super::patterns;
use crate::context::Context;
use crate::cycle::material;
use crate::store::TrackState;
use crate::votes::rating;

/// Which of the random streams of a request's seed draws the songs that candidates take after.
const SONGS_STREAM: u64 = 2;

/// How much more often songs are taken after that should be liked, against how much more they weigh in
/// training.
pub(crate) const REQUEST_GAIN: f64 = 2.0;

/// The taste of one community, and what it makes of the library.
pub(crate) struct Taste {
    /// Samples to choose from.
    pub(crate) n_candidates: u32,
    /// What the votes say of any song.
    pub(crate) posterior: Posterior,
    variety: Variety,
    patterns: Vec<Arc<Pattern>>,
    weights: Vec<f64>,
    seed: u64,
}

impl Taste {
    /// That of those for whom a track is made; `None` if no vote says anything.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(crate) fn of(
        context: &Context,
        order: &Order,
        manifest: &Manifest,
    ) -> anyhow::Result<Option<Self>> {
        let (genre, community) = (&order.wish.genre, order.wish.community.as_deref());
        let statistics = material::usual(context, manifest)?;
        let posterior = rating::posterior(context, &statistics, genre, community)?;
        if posterior.is_neutral() {
            return Ok(None);
        }
        let seed = order.sampling.seed;
        let settings = &context.config.taste;
        let patterns = if settings.request { order.patterns.all(context) } else { Vec::new() };
        let features: Vec<Vector> = patterns.iter().map(|own| own.features.clone()).collect();
        Ok(Some(Self {
            n_candidates: settings.candidates,
            variety: Variety::of(&statistics, &latest_posts(context, order)?),
            weights: taste::song_weights(&posterior, &features, REQUEST_GAIN),
            posterior,
            patterns,
            seed,
        }))
    }

    /// The song that a candidate takes after, drawn in proportion to how it should be liked; `None` if that
    /// is left to the seed.
    pub(crate) fn pattern(&self, idx: u32) -> Option<Arc<Pattern>> {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed ^ u64::from(idx) << 32);
        rng.set_stream(SONGS_STREAM);
        patterns::drawn(&self.patterns, &self.weights, &mut rng)
    }

    /// How much a candidate should be liked, and how much too like a recent post it is. By what is expected
    /// and not by a taste drawn from those that are possible (Thompson sampling): of 36 properties the many
    /// of which nobody has said anything would decide then, and what is not known is better found out by
    /// the tracks that are made plainly.
    pub(crate) fn judge(&self, features: &Vector) -> (f64, f64) {
        (self.posterior.mean_score(features), self.variety.nearness(features))
    }
}

/// The features of what was posted in the community, the latest last, without the track that is asked for
/// again.
fn latest_posts(context: &Context, order: &Order) -> anyhow::Result<Vec<Vector>> {
    let posted = context.store.tracks_of(&order.wish.genre)?.into_iter().filter(|(_, track)| {
        let is_same = track.seed == order.sampling.seed;
        let is_here = track.wish.community == order.wish.community;
        is_here && !is_same && !matches!(track.state, TrackState::Rendered)
    });
    let mut posted: Vec<_> = posted.collect();
    posted.drain(..posted.len().saturating_sub(taste::N_POSTS));
    let features = posted.iter().filter_map(|(id, track)| {
        rating::features(context, *id, &track.genre, &track.stem).map(|own| (*own).clone())
    });
    Ok(features.collect())
}
