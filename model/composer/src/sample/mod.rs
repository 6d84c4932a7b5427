//! How is a new song drawn from the network?
//!
//! Token by token, with temperature and nucleus (top-p) sampling (Holtzman et al. 2020), masked by
//! the grammar: whatever is drawn is a song of the asked length, meter and tempo, with no more notes at
//! once than asked for, and no more outside the scale of a key that was asked for. A song that is not what
//! was asked for is drawn again, and the nearest is taken. Many are drawn together in less time than one after the other, and are
//! the same as alone: the seed decides.

mod choose;
mod drawing;
mod fit;
mod promising;
mod spec;
mod steering;
#[cfg(test)]
mod tests;
mod together;

use std::ops::Range;

use music::key::Key;
use music::song::Song;
use music::tokens::{Grammar, HEADER, Polyphony, Token, TokenId, decode, encode, encode_header};
use network::infer::Predictor;

use drawing::Drawing;
pub use promising::sample_promising;
pub use spec::{Asked, SongSpec};
use together::in_shares;

/// Draws until a song is what was asked for.
const MAX_DRAWS: u64 = 8;

/// Why no song came.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    /// Every draw was without a lead.
    #[error(
        "the network played no lead in {MAX_DRAWS} tries: train it longer, or ask for another seed"
    )]
    NoLead,
    /// The primer leaves nothing to draw.
    #[error("the primer has {primer} bars of the {asked} asked for: keep fewer or ask for more")]
    LongPrimer {
        /// Bars of the primer.
        primer: u32,
        /// Bars asked for.
        asked: u32,
    },
    /// The primer's bars are of another length.
    #[error("the primer has {primer} beats a bar, and {asked} were asked for")]
    OtherMeter {
        /// Quarter notes a bar of the primer.
        primer: u32,
        /// Quarter notes a bar asked for.
        asked: u32,
    },
    /// Some of its notes would leave the range of pitches in the key asked for.
    #[error("the primer has notes that do not exist in {0}: ask for another key")]
    PrimerOutOfRange(Key),
}

/// Draws a song. Its length and tempo are exactly those asked for; its key is, too, unless what was drawn
/// is clearly in another, which it then states.
///
/// # Errors
/// [`SampleError::NoLead`] when a barely trained network leaves the lead out again and again; the
/// others when the primer does not fit what is asked for.
pub fn sample(predictor: &Predictor, spec: &SongSpec) -> Result<Song, SampleError> {
    let mut songs = sample_many(predictor, std::slice::from_ref(spec));
    songs.pop().expect("a song for each that is asked for")
}

/// Draws a song for each spec, all together and on all cores; each as [`sample`] would.
pub fn sample_many(predictor: &Predictor, specs: &[SongSpec]) -> Vec<Result<Song, SampleError>> {
    let tasks: Vec<Task<'_>> = specs.iter().map(Task::new).collect();
    in_shares(tasks, |mut share| {
        redraw(predictor, &mut share, 0..MAX_DRAWS);
        share.into_iter().map(Task::end).collect()
    })
}

/// A song that is asked for, and the nearest to it that has been drawn.
struct Task<'a> {
    spec: &'a SongSpec,
    limit: Polyphony,
    distance: f64,
    song: Option<Song>,
    /// How many times the density wanted the network is told.
    told: f64,
    /// The tokens that are not drawn, or why there is nothing to draw.
    forced: Result<Vec<TokenId>, SampleError>,
}

impl<'a> Task<'a> {
    fn new(spec: &'a SongSpec) -> Self {
        let (distance, told) = (f64::INFINITY, 1.0);
        Self { spec, limit: limit(spec), distance, song: None, told, forced: forced(spec, told) }
    }

    /// The song before its first token, unless there is nothing to draw any more.
    fn drawing(&self, draw: u64) -> Option<Drawing<'a>> {
        let forced = self.forced.as_ref().ok().filter(|_| self.distance > 0.0)?;
        Some(Drawing::new(self.spec, self.limit, forced.clone(), draw))
    }

    fn take(&mut self, tokens: &[TokenId]) {
        let song = decode(tokens).expect("the grammar allowed every token up to the end");
        let song = song.with_tempo(self.spec.tempo_bpm);
        let distance = fit::distance(&song, self.spec);
        let told = fit::corrected(self.told, &song, self.spec);
        if told.to_bits() != self.told.to_bits() {
            (self.told, self.forced) = (told, forced(self.spec, told));
        }
        if distance < self.distance {
            (self.distance, self.song) = (distance, Some(song));
        }
    }

    fn end(self) -> Result<Song, SampleError> {
        self.forced?;
        let song = self.song.ok_or(SampleError::NoLead)?;
        let key = fit::stated_key(&song, self.spec);
        Ok(song.with_key(key))
    }
}

/// The songs before their first token, numbered, unless there is nothing to draw; and the labels of each.
fn opened<'a: 'b, 'b>(
    tasks: impl Iterator<Item = &'b Task<'a>>,
    draw: u64,
) -> (Vec<(usize, Drawing<'a>)>, Vec<Vec<u32>>) {
    let open = tasks
        .enumerate()
        .filter_map(|(idx, task)| Some(((idx, task.drawing(draw)?), task.spec.labels(task.told))));
    open.unzip()
}

/// Draws each song that is not what was asked for yet again.
fn redraw(predictor: &Predictor, tasks: &mut [Task<'_>], draws: Range<u64>) {
    for draw in draws {
        let (open, labels) = opened(tasks.iter(), draw);
        for (idx, stopped) in together::grow(predictor, predictor.streams(&labels), open, |_| false)
        {
            tasks[idx].take(&stopped.drawing.tokens());
        }
    }
}

/// How many notes may sound at once: a primer has what it has, and which voices play is left to the
/// network.
fn limit(spec: &SongSpec) -> Polyphony {
    const ONE: Polyphony = Polyphony { in_all: 1, by_voice: [1; 3] };
    let limit = spec.polyphony.or_more(ONE);
    spec.primer.as_ref().map_or(limit, |primer| limit.or_more(Polyphony::of(primer)))
}

/// The tokens that are not drawn: the header, which tells `density` times the notes a bar that are wanted,
/// and, if there is one, the primer up to the bar line after it.
fn forced(spec: &SongSpec, density: f64) -> Result<Vec<TokenId>, SampleError> {
    let SongSpec { tempo_bpm, beats_per_bar, key, n_bars, .. } = *spec;
    let notes_per_bar = spec.notes_per_bar * density;
    let dynamics = spec.primer.as_ref().map_or(spec.dynamics, Song::dynamics);
    let mut forced = encode_header(tempo_bpm, beats_per_bar, key, notes_per_bar, n_bars, dynamics);
    let Some(primer) = &spec.primer else { return Ok(forced) };
    if primer.beats_per_bar() != beats_per_bar {
        let primer = primer.beats_per_bar();
        return Err(SampleError::OtherMeter { primer, asked: beats_per_bar });
    }
    if primer.n_bars() >= n_bars {
        return Err(SampleError::LongPrimer { primer: primer.n_bars(), asked: n_bars });
    }
    let bars = encode(primer);
    let mut grammar = Grammar::new(Some(n_bars));
    forced.extend(&bars[HEADER..bars.len() - 1]);
    forced.push(Token::Bar.id());
    for token in &forced {
        grammar.advance(*token).map_err(|_| SampleError::PrimerOutOfRange(key))?;
    }
    Ok(forced)
}
