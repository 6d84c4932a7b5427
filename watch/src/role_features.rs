//! Which numbers about a part tell its role?
//!
//! All come from notes: its own, and how they lie to those of the other parts. Names, programs and
//! channels are no part of them, so that what is learned from them can't lean on words. What the
//! numbers mean for the role is [`crate::role`]'s question.

use std::collections::{BTreeMap, HashSet};

use music::score::{Note, Part, Score};

use crate::shape::{Shape, onsets};
use crate::voices;

/// How many numbers there are about a part.
pub const N_FEATURES: usize = 44;

/// The numbers about one part, in the order of [`NAMES`].
pub type Features = [f64; N_FEATURES];

/// What each number is. Registers are octaves above middle C, lengths natural logarithms of beats,
/// shares lie within 0 and 1.
pub const NAMES: [&str; N_FEATURES] = [
    "low",
    "median",
    "median_below_43",
    "median_below_52",
    "median_below_60",
    "high",
    "high_below_55",
    "range",
    "notes_below_40",
    "notes_below_52",
    "width",
    "pairs",
    "chords",
    "log_onsets_a_beat",
    "log_beats_a_note",
    "legato",
    "on_beat",
    "half_beat",
    "commonest_gap",
    "active_beats",
    "log_pitches",
    "classes",
    "entropy",
    "main_class",
    "off_scale",
    "classes_a_bar",
    "motion",
    "interval",
    "steps",
    "octaves",
    "leaps",
    "repeated_bars",
    "repeated_rhythms",
    "kit",
    "core_kit",
    "split",
    "split_share",
    "upper_classes",
    "upper_motion",
    "upper_notes_a_beat",
    "alone",
    "height",
    "lowest",
    "highest",
];

/// The drum pieces that hardly any kit is without: kicks, snares, closed and open hi-hat.
const CORE_KIT: [u8; 6] = [35, 36, 38, 40, 42, 46];
/// Parts with fewer notes are not compared with.
const MIN_NOTES: usize = 6;

/// Measures each part of `score`, in order.
pub fn measure(score: &Score) -> Vec<Features> {
    let ticks = score.ticks_per_beat;
    let shapes: Vec<Shape> = score.parts.iter().map(|part| Shape::of(&part.notes, ticks)).collect();
    let each = score.parts.iter().enumerate();
    each.map(|(index, part)| of_part(part, &shapes[index], &others(score, &shapes, index), ticks))
        .collect()
}

/// Median pitches of the other parts that play pitches.
fn others(score: &Score, shapes: &[Shape], index: usize) -> Vec<u8> {
    let parts = score.parts.iter().zip(shapes).enumerate();
    parts
        .filter(|(other, (part, shape))| {
            *other != index && !part.is_drum_channel() && shape.n_notes >= MIN_NOTES
        })
        .map(|(_, (_, shape))| shape.median)
        .collect()
}

fn of_part(part: &Part, shape: &Shape, others: &[u8], ticks: u16) -> Features {
    if part.notes.is_empty() {
        return [0.0; N_FEATURES];
    }
    let notes = &part.notes;
    let octaves = |pitch: u8| (f64::from(pitch) - 60.0) / 12.0;
    let below = |pitch: u8, limit: u8| f64::from(limit.saturating_sub(pitch)) / 12.0;
    let share_of = |is: &dyn Fn(u8) -> bool| {
        notes.iter().filter(|note| is(note.pitch.number())).count() as f64 / notes.len() as f64
    };
    let time = Time::of(notes, ticks);
    let line = Line::of(notes, ticks);
    let bars = Bars::of(notes, ticks);
    let split = voices::split_pitch(notes, ticks);
    let upper: Vec<Note> =
        notes.iter().filter(|n| split.is_none_or(|s| n.pitch.number() >= s)).copied().collect();
    let upper = if split.is_some() { &Shape::of(&upper, ticks) } else { shape };
    let is = |is: bool| f64::from(u8::from(is));
    let mean = others.iter().map(|other| f64::from(*other)).sum::<f64>() / others.len() as f64;
    let height = if others.is_empty() { 0.0 } else { (f64::from(shape.median) - mean) / 12.0 };
    [
        octaves(shape.low),
        octaves(shape.median),
        below(shape.median, 43),
        below(shape.median, 52),
        below(shape.median, 60),
        octaves(shape.high),
        below(shape.high, 55),
        f64::from(shape.high - shape.low) / 12.0,
        share_of(&|pitch| pitch < 40),
        share_of(&|pitch| pitch < 52),
        shape.width.min(5.0),
        line.pairs,
        shape.chord_share,
        shape.onsets_a_beat.max(0.1).ln(),
        shape.beats_a_note.max(0.02).ln().min(3.0),
        time.legato,
        time.on_beat,
        time.half_beat,
        time.commonest_gap,
        time.active_beats,
        (shape.n_pitches as f64).ln(),
        shape.n_classes as f64 / 12.0,
        line.entropy,
        shape.main_class,
        shape.off_scale,
        bars.classes / 4.0,
        shape.motion,
        line.interval,
        line.steps,
        line.octaves,
        line.leaps,
        bars.repeated,
        bars.repeated_rhythms,
        shape.kit_share,
        share_of(&|pitch| CORE_KIT.contains(&pitch)),
        is(split.is_some()),
        split.map_or(0.0, |split| share_of(&|pitch| pitch < split)),
        upper.n_classes as f64 / 12.0,
        upper.motion,
        upper.onsets_a_beat.max(0.1).ln(),
        is(others.is_empty()),
        height.clamp(-3.0, 3.0),
        is(!others.is_empty() && others.iter().all(|other| shape.median < *other)),
        is(!others.is_empty() && others.iter().all(|other| shape.median > *other)),
    ]
}

/// When the notes are struck. Shares of the onsets, but for `legato`, the median length of a note
/// in median gaps between onsets, and `active_beats`, the share of the beats that are struck.
struct Time {
    on_beat: f64,
    half_beat: f64,
    commonest_gap: f64,
    legato: f64,
    active_beats: f64,
}

impl Time {
    fn of(notes: &[Note], ticks: u16) -> Self {
        let steps: Vec<u64> =
            onsets(notes, ticks).iter().map(|group| step(group[0].onset.0, ticks)).collect();
        let share = |n: usize| n as f64 / steps.len() as f64;
        let near = |at: u64| steps.iter().filter(|step| (**step + 25 - at) % 24 <= 2).count();
        let mut gaps: Vec<u64> = steps.windows(2).map(|pair| pair[1] - pair[0]).collect();
        gaps.sort_unstable();
        let commonest = gaps.chunk_by(|a, b| a == b).map(<[u64]>::len).max().unwrap_or(0);
        let gap = gaps.get(gaps.len() / 2).copied().unwrap_or(96).max(1);
        let mut lengths: Vec<u32> = notes.iter().map(|note| note.duration.0).collect();
        lengths.sort_unstable();
        let length = step(lengths[lengths.len() / 2], ticks);
        let mut beats: Vec<u64> = steps.iter().map(|step| step / 24).collect();
        let span = beats[beats.len() - 1] - beats[0] + 1;
        beats.dedup();
        Self {
            on_beat: share(near(0)),
            half_beat: share(near(12)),
            commonest_gap: commonest as f64 / gaps.len().max(1) as f64,
            legato: (length as f64 / gap as f64).min(2.0),
            active_beats: beats.len() as f64 / span as f64,
        }
    }
}

/// 24ths of a beat, rounded to the nearest.
fn step(ticks: u32, ticks_per_beat: u16) -> u64 {
    let beat = u64::from(ticks_per_beat.max(1));
    (u64::from(ticks) * 48 + beat) / (beat * 2)
}

/// How the highest notes move, and which pitch classes there are.
struct Line {
    /// Share of the onsets that strike two pitch classes.
    pairs: f64,
    /// Entropy of the pitch classes; 1 where all twelve are alike.
    entropy: f64,
    /// Mean size of an interval in octaves, those beyond two octaves counted as two.
    interval: f64,
    steps: f64,
    octaves: f64,
    leaps: f64,
}

impl Line {
    fn of(notes: &[Note], ticks: u16) -> Self {
        let mut tops: Vec<u8> = Vec::new();
        let mut n_pairs = 0;
        for group in onsets(notes, ticks) {
            let classes = group.iter().fold(0u16, |set, note| set | 1 << note.pitch.class());
            n_pairs += usize::from(classes.count_ones() == 2);
            tops.extend(group.iter().map(|note| note.pitch.number()).max());
        }
        let sizes: Vec<u8> = tops.windows(2).map(|pair| pair[0].abs_diff(pair[1])).collect();
        let n_sizes = sizes.len().max(1) as f64;
        let share = |is: &dyn Fn(u8) -> bool| {
            sizes.iter().filter(|size| is(**size)).count() as f64 / n_sizes
        };
        let total: f64 = sizes.iter().map(|size| f64::from((*size).min(24))).sum();
        Self {
            pairs: f64::from(n_pairs as u32) / tops.len() as f64,
            entropy: entropy(notes),
            interval: total / n_sizes / 12.0,
            steps: share(&|size| size == 1 || size == 2),
            octaves: share(&|size| size == 12),
            leaps: share(&|size| size > 7),
        }
    }
}

fn entropy(notes: &[Note]) -> f64 {
    let mut n_of_class = [0.0f64; 12];
    for note in notes {
        n_of_class[usize::from(note.pitch.class())] += 1.0;
    }
    let shares = n_of_class.iter().map(|n| n / notes.len() as f64);
    let nats: f64 = shares.filter(|share| *share > 0.0).map(|share| -share * share.ln()).sum();
    nats / 12f64.ln()
}

/// What recurs. Bars are four beats from the start of the file: what repeats in 3/4 repeats in
/// twelve beats too.
struct Bars {
    /// Pitch classes a bar, on average over the bars that have any.
    classes: f64,
    /// Share of the bars that an earlier one equals, in onsets and pitches or in onsets alone.
    repeated: f64,
    repeated_rhythms: f64,
}

impl Bars {
    fn of(notes: &[Note], ticks: u16) -> Self {
        let mut bars: BTreeMap<u64, Vec<(u64, u8)>> = BTreeMap::new();
        for note in notes {
            let at = step(note.onset.0, ticks);
            bars.entry(at / 96).or_default().push((at % 96, note.pitch.number()));
        }
        let n_bars = bars.len() as f64;
        let (mut seen, mut seen_rhythms) = (HashSet::new(), HashSet::new());
        let (mut n_classes, mut n_repeated, mut n_rhythms) = (0, 0, 0);
        for mut bar in bars.into_values() {
            bar.sort_unstable();
            let classes = bar.iter().fold(0u16, |set, (_, pitch)| set | 1 << (pitch % 12));
            n_classes += classes.count_ones();
            let mut rhythm: Vec<u64> = bar.iter().map(|(at, _)| *at).collect();
            rhythm.dedup();
            n_rhythms += u32::from(!seen_rhythms.insert(rhythm));
            n_repeated += u32::from(!seen.insert(bar));
        }
        Self {
            classes: f64::from(n_classes) / n_bars,
            repeated: f64::from(n_repeated) / n_bars,
            repeated_rhythms: f64::from(n_rhythms) / n_bars,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use music::score::{Pitch, Tick};

    fn part(pitches: &[u8], every: u32) -> Part {
        let note = |(pitch, index): (&u8, u32)| Note {
            onset: Tick(index * every),
            pitch: Pitch::new(*pitch).expect("a pitch"),
            duration: Tick(every / 2),
            velocity: 100,
        };
        let notes = pitches.iter().cycle().zip(0..64).map(note).collect();
        Part { notes, ..Part::default() }
    }

    fn measured(parts: Vec<Part>) -> Vec<BTreeMap<&'static str, f64>> {
        let score = Score {
            ticks_per_beat: 480,
            title: String::new(),
            text: String::new(),
            tempos: Vec::new(),
            time_signatures: Vec::new(),
            key_signature: None,
            parts,
            end: Tick(0),
        };
        let named = |features: Features| NAMES.into_iter().zip(features).collect();
        measure(&score).into_iter().map(named).collect()
    }

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-9
    }

    #[test]
    fn an_off_beat_octave_bass_measures_as_one() {
        let mut bass = part(&[36, 48], 480);
        for note in &mut bass.notes {
            note.onset.0 += 240;
        }
        let bass = &measured(vec![bass])[0];
        assert!(near(bass["half_beat"], 1.0) && near(bass["on_beat"], 0.0));
        assert!(near(bass["octaves"], 1.0) && near(bass["main_class"], 1.0));
        assert!(near(bass["commonest_gap"], 1.0) && near(bass["legato"], 0.5));
        assert!(near(bass["repeated_bars"], 15.0 / 16.0) && near(bass["entropy"], 0.0));
        assert!(near(bass["median"], -1.0) && near(bass["alone"], 1.0));
    }

    #[test]
    fn parts_are_measured_against_each_other() {
        let of = measured(vec![part(&[72, 74, 76], 240), part(&[36], 240)]);
        assert!(near(of[0]["highest"], 1.0) && near(of[0]["lowest"], 0.0));
        assert!(near(of[1]["lowest"], 1.0) && near(of[1]["alone"], 0.0));
        assert!(near(of[0]["height"], 3.0) && near(of[1]["height"], -3.0));
    }

    #[test]
    fn every_number_is_finite_whatever_the_notes() {
        let late = Note {
            onset: Tick(u32::MAX),
            pitch: Pitch::HIGHEST,
            duration: Tick(u32::MAX),
            velocity: 1,
        };
        for notes in [vec![], vec![late], vec![Note { onset: Tick(0), ..late }, late]] {
            let of = measured(vec![Part { notes, ..Part::default() }, part(&[60], 1)]);
            assert!(of.iter().flat_map(BTreeMap::values).all(|value| value.is_finite()));
        }
    }
}
