//! What does a genre learn from?
//!
//! Its own songs, weighted by what listeners like; the tracks that they liked; and songs of the other
//! genres, since one network plays all of them and a genre of few songs learns what music is from
//! the rest. Only gathers; [`crate::cycle::training`] decides what to do with it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context as _;
use composer::corpus::{Corpus, Piece, group_of};
use composer::memorisation::Melodies;
use composer::version::Manifest;
use music::features::Vector;
use music::song::Song;
use network::train::TrainError;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use taste::Statistics;

use crate::context::Context;
use crate::cycle::label;
use crate::store::{SongId, SongStatus, Weighted};
use crate::votes::rating::{self, Rated};

/// Tokens of all genres together that a network without a past learns from if the library has so many:
/// about 250 songs.
const ENOUGH_TOKENS: usize = 200_000;

/// What a genre learns from in one cycle.
pub(crate) struct Material {
    /// The pieces; only songs of the genre are held out.
    pub(crate) corpus: Corpus,
    /// The weight of each song and track of the genre, held out or not; 0 for those left out.
    pub(crate) weights: Vec<(Weighted, f32)>,
    /// What is usual among the genre's songs.
    pub(crate) statistics: Statistics,
    /// The melodies of the genre's songs and liked tracks.
    pub(crate) melodies: Melodies,
    /// Pieces of other genres among those learned from.
    pub(crate) n_replayed: usize,
}

/// For whom to gather.
pub(crate) struct Learner<'a> {
    /// The genre.
    pub(crate) genre: &'a str,
    /// The genres and artists that the network knows; see [`label`].
    pub(crate) names: &'a [String],
    /// Whether the network has learned something before.
    pub(crate) has_past: bool,
    /// Decides which songs of other genres are taken.
    pub(crate) seed: u64,
}

/// Gathers.
///
/// # Errors
/// [`TrainError::Abandoned`] when `stop` is set; or when the store or every song cannot be read.
pub(crate) fn gather(
    context: &Context,
    learner: &Learner<'_>,
    stop: &AtomicBool,
) -> anyhow::Result<Material> {
    let Learner { genre, names, .. } = *learner;
    let mut melodies = Melodies::default();
    let songs = songs(context, genre, names, stop, &mut melodies)?;
    if songs.is_empty() {
        anyhow::bail!("none of the songs of {genre} can be read; run `kickback doctor`");
    }
    let statistics = of_songs(&songs);
    let rated = rating::rated(context, genre)?;
    let posterior = rating::posterior(context, &statistics, genre, None)?;
    let gain = context.config.taste.gain;
    let own_label = label::number(names, genre);
    let (mut pieces, mut sources) = (Vec::new(), Vec::new());
    let features: Vec<Vector> = songs.iter().map(|(.., features)| features.clone()).collect();
    let song_weights = taste::song_weights(&posterior, &features, gain);
    for ((id, mut piece, _), weight) in songs.into_iter().zip(song_weights) {
        piece.weight = weight as f32;
        sources.push((piece.id.clone(), Weighted::Song(id)));
        pieces.push(piece);
    }
    for track in &rated {
        melodies.add(format!("track {}", track.id), &track.song);
        let piece = piece_of_track(track, own_label, gain);
        sources.push((piece.id.clone(), Weighted::Track(track.id)));
        pieces.push(piece);
    }
    let mut corpus = Corpus::split(pieces, context.config.training.valid_share);
    limit_own_tracks(&mut corpus.train);
    let weights = weights(&corpus, sources);
    let replayed = replay(context, learner, n_tokens(&corpus.train), stop)?;
    let n_replayed = replayed.len();
    corpus.train.extend(replayed);
    Ok(Material { corpus, weights, statistics, melodies, n_replayed })
}

/// A rated track as something to learn from; it is never held out.
fn piece_of_track(track: &Rated, label: u32, gain: f64) -> Piece {
    let name = format!("track {}", track.id);
    let mut piece = Piece::new(name.clone(), name, &track.song);
    piece.weight = taste::track_weight(track.score, gain) as f32;
    piece.label = label;
    piece.may_validate = false;
    piece
}

/// What each song and track weighs in the corpus; 0 for those that are not in it.
fn weights(corpus: &Corpus, sources: Vec<(String, Weighted)>) -> Vec<(Weighted, f32)> {
    let pieces = corpus.train.iter().chain(&corpus.valid);
    let known: HashMap<&str, f32> = pieces.map(|piece| (piece.id.as_str(), piece.weight)).collect();
    let weight_of = |id: &str| known.get(id).copied().unwrap_or(0.0);
    sources.into_iter().map(|(id, source)| (source, weight_of(&id))).collect()
}

/// What is usual among the songs that a version was learned from.
///
/// # Errors
/// When it does not say so and the store cannot be read.
pub(crate) fn usual(context: &Context, manifest: &Manifest) -> anyhow::Result<Statistics> {
    let kept = manifest.statistics.clone();
    kept.map_or_else(|| statistics(context, &manifest.genre), Ok)
}

/// What is usual among the songs of a genre as its library is now.
///
/// # Errors
/// When the store cannot be read.
pub(crate) fn statistics(context: &Context, genre: &str) -> anyhow::Result<Statistics> {
    let never = AtomicBool::new(false);
    Ok(of_songs(&songs(context, genre, &[], &never, &mut Melodies::default())?))
}

fn of_songs(songs: &[Read]) -> Statistics {
    let features: Vec<Vector> = songs.iter().map(|(.., features)| features.clone()).collect();
    Statistics::of(&features)
}

/// Holds own tracks to their share of what is learned from, and the weights to an average of 1.
fn limit_own_tracks(pieces: &mut [Piece]) {
    let mass = |is_own: bool| -> f64 {
        let pieces = pieces.iter().filter(|piece| piece.may_validate != is_own);
        pieces.map(|piece| f64::from(piece.weight) * piece.tokens().len() as f64).sum()
    };
    let factor = taste::own_track_factor(mass(false), mass(true));
    if factor >= 1.0 {
        return;
    }
    for piece in pieces.iter_mut().filter(|piece| !piece.may_validate) {
        piece.weight = (f64::from(piece.weight) * factor) as f32;
    }
    let sum: f64 = pieces.iter().map(|piece| f64::from(piece.weight)).sum();
    let mean = sum / pieces.len() as f64;
    for piece in pieces.iter_mut().filter(|_| mean > 0.0) {
        piece.weight = (f64::from(piece.weight) / mean) as f32;
    }
}

fn n_tokens(pieces: &[Piece]) -> usize {
    pieces.iter().map(|piece| piece.tokens().len()).sum()
}

/// Songs of the other genres, without those that their own genre holds out: as many as are set beside
/// the `n_own` tokens of the genre itself, and enough for a network without a past.
fn replay(
    context: &Context,
    learner: &Learner<'_>,
    n_own: usize,
    stop: &AtomicBool,
) -> anyhow::Result<Vec<Piece>> {
    let share = context.config.training.replay;
    if share <= 0.0 {
        return Ok(Vec::new());
    }
    let as_set = (n_own as f64 * share / (1.0 - share)) as usize;
    let missing = if learner.has_past { 0 } else { ENOUGH_TOKENS.saturating_sub(n_own) };
    let n_wanted = as_set.max(missing);
    let mut pieces = Vec::new();
    for genre in context.genres()?.iter().filter(|genre| *genre != learner.genre) {
        let songs = songs(context, genre, learner.names, stop, &mut Melodies::default())?;
        let songs = songs.into_iter().map(|(_, piece, _)| piece).collect();
        pieces.extend(Corpus::split(songs, context.config.training.valid_share).train);
    }
    pieces.sort_by(|a, b| a.id.cmp(&b.id));
    pieces.shuffle(&mut ChaCha8Rng::seed_from_u64(learner.seed));
    let mut n_taken = 0;
    pieces.retain(|piece| {
        let is_wanted = n_taken < n_wanted;
        n_taken += if is_wanted { piece.tokens().len() } else { 0 };
        is_wanted
    });
    Ok(pieces)
}

/// The music of a song; `None` if, with the present settings, it no longer has a voice.
///
/// # Errors
/// When its file cannot be read.
pub(crate) fn music(context: &Context, id: SongId) -> anyhow::Result<Option<Song>> {
    let path = context.home.songs().join(format!("{id}.mid"));
    let bytes = std::fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
    Ok(watch::examine::examine(&bytes, &context.config.intake).song)
}

/// A song, its piece of weight 1 with its labels, and its features.
type Read = (SongId, Piece, Vector);

/// The accepted songs of a genre; their melodies are added to `melodies`.
fn songs(
    context: &Context,
    genre: &str,
    names: &[String],
    stop: &AtomicBool,
    melodies: &mut Melodies,
) -> anyhow::Result<Vec<Read>> {
    let own = label::number(names, genre);
    let mut songs = Vec::new();
    for (id, song) in context.store.songs_of(genre)? {
        if stop.load(Ordering::Relaxed) {
            return Err(TrainError::Abandoned.into());
        }
        if song.status != SongStatus::Accepted {
            continue;
        }
        match music(context, id) {
            Ok(Some(music)) => {
                let mut piece = Piece::new(id.to_string(), group_of(&song.file_name), &music);
                piece.label = own;
                let artist = label::artist_at(&song.path)
                    .map(|artist| label::number(names, &label::artist(genre, &artist)));
                piece.narrow_label = artist.filter(|number| *number > 0);
                songs.push((id, piece, taste::measure(&music)));
                melodies.add(id.to_string(), &music);
            }
            Ok(None) => {
                tracing::warn!(%id, name = song.file_name, "a song that no longer has a voice is left out");
            }
            Err(error) => tracing::warn!(%id, error = format!("{error:#}"), "a song is left out"),
        }
    }
    Ok(songs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(n_songs: usize, n_tracks: usize, weight: f32) -> Vec<Piece> {
        let piece = |is_own: bool, weight: f32| {
            let mut piece = Piece::new("id", "group", &Song::new(150.0, 4, 16, []));
            (piece.weight, piece.may_validate) = (weight, !is_own);
            piece
        };
        let songs = vec![piece(false, 1.0); n_songs];
        [songs, vec![piece(true, weight); n_tracks]].concat()
    }

    fn share_of_own(pieces: &[Piece]) -> f64 {
        let mass = |piece: &Piece| f64::from(piece.weight) * piece.tokens().len() as f64;
        let own = pieces.iter().filter(|piece| !piece.may_validate).map(mass).sum::<f64>();
        own / pieces.iter().map(mass).sum::<f64>()
    }

    #[test]
    fn many_liked_tracks_do_not_drown_the_songs() {
        let mut many = pieces(250, 500, 1.12);
        assert!(share_of_own(&many) > 0.69);
        limit_own_tracks(&mut many);
        assert!((share_of_own(&many) - taste::MAX_OWN_SHARE).abs() < 1e-6);
        let mean = many.iter().map(|piece| f64::from(piece.weight)).sum::<f64>() / 750.0;
        assert!((mean - 1.0).abs() < 1e-6, "{mean}");
    }

    #[test]
    fn few_liked_tracks_keep_their_weight() {
        let mut few = pieces(250, 30, 1.12);
        let before = share_of_own(&few);
        limit_own_tracks(&mut few);
        assert!((share_of_own(&few) - before).abs() < 1e-12);
    }
}
