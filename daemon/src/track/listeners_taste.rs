//! What do the listeners of a track like, for one request?

use std::sync::Arc;

use composer::version::Manifest;
use music::features::Vector;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use taste::{Boldness, Liked, Posterior, Variety};

use super::order::Order;
use super::pattern::Pattern;
use super::patterns;
use crate::context::Context;
use crate::cycle::material;
use crate::store::TrackState;
use crate::votes::rating;

/// Which of the random streams of a request's seed draws the songs that candidates take after.
const SONGS_STREAM: u64 = 2;

/// Which of them draws how boldly candidates are drawn.
const BOLDNESS_STREAM: u64 = 4;

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
    /// How much tracks were liked by how boldly they were drawn; `None` where that is not chosen.
    boldness: Option<[Liked; 3]>,
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
        let poll = rating::poll(context, u64::MAX)?;
        let posterior = Posterior::fit(&statistics, &poll.ballots, genre, community);
        if posterior.is_neutral() {
            return Ok(None);
        }
        let seed = order.sampling.seed;
        let settings = &context.config.taste;
        let is_open = order.wish.temperature.is_none() && order.sampling.temperature > 0.0;
        let chooses_boldness = settings.boldness && settings.candidates > 1 && is_open;
        let patterns = if settings.request { order.patterns.all(context) } else { Vec::new() };
        let features: Vec<Vector> = patterns.iter().map(|own| own.features.clone()).collect();
        Ok(Some(Self {
            n_candidates: settings.candidates,
            variety: Variety::of(&statistics, &latest_posts(context, order)?),
            weights: taste::song_weights(&posterior, &features, REQUEST_GAIN),
            posterior,
            patterns,
            boldness: chooses_boldness.then(|| poll.liked_by_boldness()),
            seed,
        }))
    }

    /// The song that a candidate takes after, drawn in proportion to how it should be liked; `None` if that
    /// is left to the seed.
    pub(crate) fn pattern(&self, idx: u32) -> Option<Arc<Pattern>> {
        patterns::drawn(&self.patterns, &self.weights, &mut self.random(idx, SONGS_STREAM))
    }

    /// How boldly a candidate is drawn; `None` where that is not chosen.
    pub(crate) fn boldness(&self, idx: u32) -> Option<Boldness> {
        let known = self.boldness.as_ref()?;
        Some(Boldness::drawn(known, &mut self.random(idx, BOLDNESS_STREAM)))
    }

    /// Whether it is chosen how boldly candidates are drawn.
    pub(crate) fn chooses_boldness(&self) -> bool {
        self.boldness.is_some()
    }

    fn random(&self, idx: u32, stream: u64) -> ChaCha8Rng {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed ^ u64::from(idx) << 32);
        rng.set_stream(stream);
        rng
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
