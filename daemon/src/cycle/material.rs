//! What does a genre learn from?
//!
//! Its own songs, weighted by what listeners like; the tracks that they liked, also those made elsewhere
//! unless the library has them; and songs of the other genres, since one network plays all of them and a
//! genre of few songs learns what music is from the rest. Only gathers; [`crate::cycle::training`] decides
//! what to do with it.

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
use crate::intake;
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
    let rated = without_songs(context, rating::rated(context, genre)?)?;
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
    limit_tracks(&mut corpus.train);
    let weights = weights(&corpus, sources);
    let replayed = replay(context, learner, n_tokens(&corpus.train), stop)?;
    let n_replayed = replayed.len();
    corpus.train.extend(replayed);
    Ok(Material { corpus, weights, statistics, melodies, n_replayed })
}

/// The rated tracks but for files that the library has too: its copy is learned from as a song, or held
/// out, and then a track of the same music would spoil what is measured on it.
fn without_songs(context: &Context, rated: Vec<Rated>) -> anyhow::Result<Vec<Rated>> {
    let mut others = Vec::with_capacity(rated.len());
    for track in rated {
        if !is_song(context, &track)? {
            others.push(track);
        }
    }
    Ok(others)
}

/// Whether a rated track is a file that the library has, too, as it is or as a duplicate.
fn is_song(context: &Context, track: &Rated) -> anyhow::Result<bool> {
    let Some(id) = track.file else { return Ok(false) };
    let same = context.store.song(id)?;
    let is_same = same.is_some_and(|song| song.status == SongStatus::Accepted);
    Ok(is_same || intake::has_song(context, &track.song)?)
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

/// Holds liked tracks to their share of what is learned from, and the weights to an average of 1.
fn limit_tracks(pieces: &mut [Piece]) {
    let mass = |is_track: bool| -> f64 {
        let pieces = pieces.iter().filter(|piece| piece.may_validate != is_track);
        pieces.map(|piece| f64::from(piece.weight) * piece.tokens().len() as f64).sum()
    };
    let factor = taste::track_factor(mass(false), mass(true));
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
    use music::midi;
    use music::score::Pitch;

    use super::*;
    use crate::chat::posting::tests::context;
    use crate::cycle::fixtures::GENRE;
    use crate::demo::starter::SONGS;
    use crate::store::Vote;
    use crate::track::elsewhere::Elsewhere;

    /// The same tune two semitones higher.
    fn transposed(bytes: &[u8]) -> Vec<u8> {
        let mut score = midi::read(bytes, &midi::Limits::default()).expect("a song").score;
        for note in score.parts.iter_mut().flat_map(|part| &mut part.notes) {
            note.pitch = Pitch::new(note.pitch.number() + 2).expect("not that high");
        }
        midi::write(&score)
    }

    #[test]
    fn a_liked_file_is_learned_from_unless_the_library_has_it() {
        let (folder, mut context) = context();
        std::sync::Arc::make_mut(&mut context.config).inbox.settle_ms = 1;
        let inbox = context.home.inbox().join(GENRE);
        std::fs::create_dir_all(&inbox).expect("a folder");
        for (name, bytes) in &SONGS[..4] {
            std::fs::write(inbox.join(name), bytes).expect("dropped");
        }
        assert_eq!(intake::take_in_now(&context).expect("taken in").n_accepted, 4);
        let copies = [SONGS[0].1.to_vec(), transposed(SONGS[1].1), SONGS[4].1.to_vec()];
        let liked = copies.map(|bytes| {
            let file = folder.path().join("old.mid");
            std::fs::write(&file, bytes).expect("written");
            let made = Elsewhere::read(&context, &file, Some(GENRE)).expect("a song");
            let track = made.track(&context).expect("noted");
            let (listener, emoji) = ("ann".to_owned(), "🔥".to_owned());
            let vote =
                Vote { listener, emoji, value: 3.0, weight: 1.0, at_ms: 3, removed_at_ms: None };
            context.store.add_vote(track, vote).expect("rated");
            track
        });
        let learner = Learner { genre: GENRE, names: &[], has_past: true, seed: 0 };
        let material = gather(&context, &learner, &AtomicBool::new(false)).expect("songs");
        let weight = |track| {
            let of = material.weights.iter().find(|(of, _)| *of == Weighted::Track(track));
            of.map(|(_, weight)| *weight)
        };
        assert_eq!((weight(liked[0]), weight(liked[1])), (None, None), "they are songs");
        assert!(weight(liked[2]) > Some(0.0), "nobody dropped it");
        let rated = rating::rated(&context, GENRE).expect("readable");
        assert_eq!(rated.len(), 3, "the taste knows all");
    }

    fn pieces(n_songs: usize, n_tracks: usize, weight: f32) -> Vec<Piece> {
        let piece = |is_track: bool, weight: f32| {
            let mut piece = Piece::new("id", "group", &Song::new(150.0, 4, 16, []));
            (piece.weight, piece.may_validate) = (weight, !is_track);
            piece
        };
        let songs = vec![piece(false, 1.0); n_songs];
        [songs, vec![piece(true, weight); n_tracks]].concat()
    }

    fn share_of_tracks(pieces: &[Piece]) -> f64 {
        let mass = |piece: &Piece| f64::from(piece.weight) * piece.tokens().len() as f64;
        let tracks = pieces.iter().filter(|piece| !piece.may_validate).map(mass).sum::<f64>();
        tracks / pieces.iter().map(mass).sum::<f64>()
    }

    #[test]
    fn many_liked_tracks_do_not_drown_the_songs() {
        let mut many = pieces(250, 500, 1.12);
        assert!(share_of_tracks(&many) > 0.69);
        limit_tracks(&mut many);
        assert!((share_of_tracks(&many) - taste::MAX_TRACK_SHARE).abs() < 1e-6);
        let mean = many.iter().map(|piece| f64::from(piece.weight)).sum::<f64>() / 750.0;
        assert!((mean - 1.0).abs() < 1e-6, "{mean}");
    }

    #[test]
    fn few_liked_tracks_keep_their_weight() {
        let mut few = pieces(250, 30, 1.12);
        let before = share_of_tracks(&few);
        limit_tracks(&mut few);
        assert!((share_of_tracks(&few) - before).abs() < 1e-12);
    }
}
