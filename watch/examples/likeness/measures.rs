//! Which numbers describe a song, whatever its key, tempo and length?

use std::collections::BTreeSet;

use music::song::{GridNote, STEPS_PER_BEAT, Song, Voice};

pub(crate) const N_MEASURES: usize = 8;
pub(crate) const NAMES: [&str; N_MEASURES] = [
    "pitch-class entropy",
    "scale consistency",
    "notes a bar",
    "onset position",
    "lead interval",
    "duration",
    "polyphony",
    "bar self-similarity",
];

/// The numbers of one song; a measure of single notes has one value a note.
pub(crate) struct Measures {
    pub(crate) values: [Vec<f64>; N_MEASURES],
    /// Share of the bars, from the second on, that are note for note an earlier one.
    pub(crate) repeated_bars: f64,
}

/// The measures of a song; `None` without at least two lead notes.
pub(crate) fn measure(song: &Song) -> Option<Measures> {
    let lead: Vec<&GridNote> = song.voice(Voice::Lead).collect();
    if lead.len() < 2 || song.n_bars() < 2 {
        return None;
    }
    let bars = bars(song);
    let step = |note: &GridNote| f64::from(note.onset % song.steps_per_bar());
    let beats = |note: &GridNote| f64::from(note.duration) / f64::from(STEPS_PER_BEAT);
    let values = [
        vec![entropy(song)],
        vec![in_scale(song)],
        vec![song.notes_per_bar()],
        song.notes().iter().map(step).collect(),
        intervals(&lead),
        // On a scale of doublings, from a 24th of a beat to four bars.
        song.notes().iter().map(|note| beats(note).log2()).collect(),
        vec![polyphony(song)],
        vec![self_similarity(&bars)],
    ];
    Some(Measures { values, repeated_bars: repeated(&bars) })
}

/// Bits of the distribution of pitch classes.
fn entropy(song: &Song) -> f64 {
    let counts = classes(song);
    let n: f64 = counts.iter().sum();
    counts.iter().filter(|c| **c > 0.0).map(|c| -(c / n) * (c / n).log2()).sum()
}

/// Share of the notes in the major scale that holds most of them.
fn in_scale(song: &Song) -> f64 {
    const SCALE: [usize; 7] = [0, 2, 4, 5, 7, 9, 11];
    let counts = classes(song);
    let within =
        (0..12).map(|tonic| SCALE.iter().map(|degree| counts[(tonic + degree) % 12]).sum::<f64>());
    within.fold(0.0, f64::max) / counts.iter().sum::<f64>()
}

fn classes(song: &Song) -> [f64; 12] {
    let mut counts = [0.0; 12];
    for note in song.notes() {
        counts[usize::from(note.pitch.class())] += 1.0;
    }
    counts
}

/// Semitones between successive highest lead notes, upward positive.
fn intervals(lead: &[&GridNote]) -> Vec<f64> {
    let tops: Vec<f64> = lead
        .chunk_by(|a, b| a.onset == b.onset)
        .filter_map(|group| group.iter().map(|note| note.pitch.number()).max())
        .map(f64::from)
        .collect();
    tops.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

/// Notes that sound together, on average over the steps where any does.
fn polyphony(song: &Song) -> f64 {
    let end = (song.n_bars() * song.steps_per_bar()) as usize;
    let mut sounding = vec![0u32; end];
    for note in song.notes() {
        let stop = ((note.onset + note.duration) as usize).min(end);
        sounding[note.onset as usize..stop].iter_mut().for_each(|n| *n += 1);
    }
    let heard: Vec<f64> = sounding.into_iter().filter(|n| *n > 0).map(f64::from).collect();
    heard.iter().sum::<f64>() / heard.len().max(1) as f64
}

type Bar = BTreeSet<(u32, Voice, u8)>;

/// Onset, voice and pitch of the notes of each bar.
fn bars(song: &Song) -> Vec<Bar> {
    let mut bars = vec![Bar::new(); song.n_bars() as usize];
    for note in song.notes() {
        let (bar, step) = (note.onset / song.steps_per_bar(), note.onset % song.steps_per_bar());
        bars[bar as usize].insert((step, note.voice, note.pitch.number()));
    }
    bars
}

/// The likeness (shared notes of all notes) of each bar to the earlier one most like it, averaged.
fn self_similarity(bars: &[Bar]) -> f64 {
    let likeness =
        |a: &Bar, b: &Bar| a.intersection(b).count() as f64 / a.union(b).count().max(1) as f64;
    let filled: Vec<&Bar> = bars.iter().filter(|bar| !bar.is_empty()).collect();
    let best = |idx: usize| {
        filled[..idx].iter().map(|earlier| likeness(filled[idx], earlier)).fold(0.0, f64::max)
    };
    (1..filled.len()).map(best).sum::<f64>() / filled.len().saturating_sub(1).max(1) as f64
}

fn repeated(bars: &[Bar]) -> f64 {
    let filled: Vec<&Bar> = bars.iter().filter(|bar| !bar.is_empty()).collect();
    let n = (1..filled.len()).filter(|idx| filled[..*idx].contains(&filled[*idx])).count();
    n as f64 / filled.len().saturating_sub(1).max(1) as f64
}
