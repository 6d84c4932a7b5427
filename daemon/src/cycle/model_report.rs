//! How is a genre's model doing: how did it learn, how well does it predict, what did votes change?
//!
//! As a picture, and in words for the chat. It only looks things up and measures nothing anew.

use std::collections::BTreeSet;

use anyhow::Context as _;
use bot::picture::{self, Caption, Curve, CurvePoint};
use bot::post;
use composer::version::{self, Manifest};
use network::train::EpochLoss;

use crate::context::Context;
use crate::store::Weighted;
use crate::votes::gain::Gain;
use crate::votes::like_rates::arm_ballots;
use crate::votes::rating::score_of;

/// About the version of a genre that is played, for somebody of a community or of none: a text for the
/// chat and the bytes of a PNG.
///
/// # Errors
/// When there is none, or when it or the store cannot be read.
pub(crate) fn model_report(
    context: &Context,
    genre: &str,
    community: Option<&str>,
) -> anyhow::Result<(String, Vec<u8>)> {
    let promotion = context.store.current_version(genre)?.context("no version is played")?;
    let manifest = version::manifest(&context.home.version(genre, promotion.version))?;
    let (n_rated, n_listeners) = n_rated(context, genre)?;
    let basis = Basis::of(context, &manifest)?;
    let rates = Gain::of(&arm_ballots(context, genre)?).told_in(community);
    let about = post::ModelReport {
        genre,
        version: manifest.version,
        made_at_s: manifest.created_ms / 1000,
        n_songs: basis.n_songs,
        n_liked: basis.n_liked,
        n_held_out: manifest.n_valid,
        valid_nll: manifest.valid_nll,
        bigram_nll: manifest.bigram_nll,
        untrained_nll: manifest.untrained_nll,
        n_rated,
        n_listeners,
        weights: basis.weights,
        like_rates: rates.as_deref(),
    };
    Ok((post::model_report(&about), curve(context, &manifest)?))
}

/// How a version learned, as the bytes of a PNG.
///
/// # Errors
/// When the store cannot be read or the picture not be drawn.
pub(crate) fn curve(context: &Context, manifest: &Manifest) -> anyhow::Result<Vec<u8>> {
    let genre = &manifest.genre;
    let promotions = context.store.promotions(genre)?;
    let best = manifest.curve.iter().min_by(|a, b| a.valid_nll.total_cmp(&b.valid_nll));
    let basis = Basis::of(context, manifest)?;
    let mut subtitle = format!("songs {}  ·  held out {}", basis.n_songs, manifest.n_valid);
    if basis.n_liked > 0 {
        subtitle += &format!("  ·  liked tracks {}", basis.n_liked);
    }
    Ok(picture::curve(&Curve {
        caption: Caption { title: format!("{genre} v{}", manifest.version), subtitle },
        losses: manifest.curve.iter().map(point).collect(),
        bigram_nll: Some(manifest.bigram_nll),
        kept_epoch: best.map(|loss| loss.epoch),
        is_promoted: promotions.iter().any(|promotion| promotion.version == manifest.version),
    })?)
}

fn point(loss: &EpochLoss) -> CurvePoint {
    let EpochLoss { epoch, train_nll, valid_nll } = *loss;
    CurvePoint { epoch, train_nll, valid_nll }
}

/// Rated tracks of a genre, and the listeners who rated them.
fn n_rated(context: &Context, genre: &str) -> anyhow::Result<(usize, usize)> {
    let votes = context.store.votes_of_genre(genre)?;
    let rated = votes.iter().filter(|(_, votes)| score_of(votes).1 > 0);
    let standing = votes.iter().flat_map(|(_, votes)| votes).filter(|vote| vote.stands());
    let listeners: BTreeSet<&str> = standing.map(|vote| vote.listener.as_str()).collect();
    Ok((rated.count(), listeners.len()))
}

/// What a version learned from.
struct Basis {
    n_songs: usize,
    n_liked: usize,
    /// The lowest and the highest weight of a song; no longer known for an old version.
    weights: Option<(f32, f32)>,
}

impl Basis {
    fn of(context: &Context, manifest: &Manifest) -> anyhow::Result<Self> {
        let cycles = context.store.cycles(&manifest.genre)?;
        let cycle = cycles.iter().find(|(_, cycle)| cycle.version == Some(manifest.version));
        let weights = match cycle {
            Some((number, _)) => context.store.weights(&manifest.genre, *number)?,
            None => Vec::new(),
        };
        let of_tracks = weights.iter().filter(|(what, _)| matches!(what, Weighted::Track(_)));
        // A track that is not liked weighs nothing.
        let n_liked = of_tracks.filter(|(_, weight)| *weight > 0.0).count();
        let n_songs = manifest.n_train.saturating_sub(manifest.n_replayed + n_liked);
        let of_songs = weights.iter().filter(|(what, _)| matches!(what, Weighted::Song(_)));
        let range = of_songs.map(|(_, weight)| (*weight, *weight));
        let weights = range.reduce(|(a, b), (c, d)| (a.min(c), b.max(d)));
        Ok(Self { n_songs, n_liked, weights })
    }
}
