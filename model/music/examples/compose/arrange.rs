//! How does a sketch become a score?
//!
//! Phrase by phrase and cell by cell: what returns is repeated, what is new is sung by
//! [`crate::melody`]. Several takes are sung and the best is kept.

use std::collections::HashMap;

use music::key::{Key, Mode};
use music::score::{Part, Pitch, Score};
use music::song::{GridNote, Song, Voice};

use crate::harmony::{self, BarChords, Chord};
use crate::melody::{self, Rest, Slot, SplitMix64};
use crate::rhythm::{self, BAR, Stroke};
use crate::sketch::{Layout, Manner, Sketch};

const BARS_A_CELL: usize = 2;
const BARS_A_PHRASE: usize = 8;
/// Takes of each song; more find little more.
const TAKES: u64 = 48;
/// The compass of a melody, in semitones.
const COMPASS: i32 = 18;
/// General MIDI's sawtooth lead and synth bass.
const LEAD_PROGRAM: u8 = 81;
const BASS_PROGRAM: u8 = 38;
/// General MIDI's polysynth pad.
const CHORDS_PROGRAM: u8 = 90;

/// A note of the melody before it becomes a pitch.
type Sung = (Stroke, i32);

/// The song that a sketch describes, as the score that its file holds.
pub(crate) fn compose(sketch: &Sketch) -> Score {
    let song = song(sketch);
    let mut score = song.to_score();
    sketch.title.clone_into(&mut score.title);
    "Starter song of Kickback, CC0 1.0".clone_into(&mut score.text);
    score.parts = layout(sketch, std::mem::take(&mut score.parts));
    score
}

/// The song on the grid, with its voices.
pub(crate) fn song(sketch: &Sketch) -> Song {
    let bars = chords(sketch);
    let takes = (0..TAKES).map(|take| {
        let (line, cost) = melody(sketch, &bars, SplitMix64(seed(sketch.title) ^ (take << 48)));
        (flaws(sketch.manner, &line) * 20 + cost, take, line)
    });
    let (_, _, line) = takes.min_by_key(|(cost, take, _)| (*cost, *take)).expect("there are takes");
    let lead = line.iter().map(|(stroke, rung)| {
        let chord = chord_at(&bars, *stroke);
        note(*stroke, Voice::Lead, chord.pitch(sketch.home, *rung))
    });
    let notes = lead.chain(bass(sketch, &bars)).chain(triads(sketch, &bars));
    let key = Key::new(sketch.home, Mode::Minor);
    Song::new(sketch.tempo_bpm, 4, bars.len() as u32, notes).with_key(key)
}

/// FNV-1a, so that each title has takes of its own.
fn seed(title: &str) -> u64 {
    title.bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
    })
}

fn chords(sketch: &Sketch) -> Vec<BarChords> {
    let bars: Vec<BarChords> =
        sketch.phrases.iter().flat_map(|(_, chords)| harmony::read(chords)).collect();
    assert_eq!(bars.len(), sketch.phrases.len() * BARS_A_PHRASE, "{}: chords", sketch.title);
    bars
}

fn chord_at(bars: &[BarChords], stroke: Stroke) -> Chord {
    bars[stroke.bar()][usize::from(stroke.position() >= BAR / 2)]
}

/// One take of the melody and what it costs.
fn melody(sketch: &Sketch, bars: &[BarChords], mut random: SplitMix64) -> (Vec<Sung>, i32) {
    let letters: Vec<u8> = sketch.phrases.iter().flat_map(|(form, _)| form.bytes()).collect();
    let ladder = ladder(sketch);
    let mut line: Vec<Sung> = Vec::new();
    let mut cost = 0;
    let mut sung_before: HashMap<(u8, &[BarChords], Rest), Vec<Sung>> = HashMap::new();
    for (cell_idx, letter) in letters.iter().enumerate() {
        let first_bar = cell_idx * BARS_A_CELL;
        let over = &bars[first_bar..first_bar + BARS_A_CELL];
        let rest = match (cell_idx + 1, (cell_idx + 1) * BARS_A_CELL % BARS_A_PHRASE) {
            (end, _) if end == letters.len() => Rest::Closed,
            (_, 0) => Rest::Open,
            _ => Rest::None,
        };
        let cell = sung_before.entry((*letter, over, rest)).or_insert_with(|| {
            let plan = &sketch.cells[usize::from(letter - b'a')];
            let (cell, paid) =
                sing_cell(sketch.manner, plan, over, rest, &line, &ladder, &mut random);
            cost += paid;
            cell
        });
        let shift = first_bar as u32 * BAR;
        line.extend(
            cell.iter()
                .map(|(stroke, rung)| (Stroke { onset: stroke.onset + shift, ..*stroke }, *rung)),
        );
    }
    (line, cost)
}

/// The rungs within the compass.
fn ladder(sketch: &Sketch) -> Vec<i32> {
    let lowest = i32::from(sketch.home) - i32::from(sketch.below);
    let tonic = Chord::tonic();
    (-7..21)
        .filter(|rung| (lowest..=lowest + COMPASS).contains(&tonic.pitch(sketch.home, *rung)))
        .collect()
}

/// Two new bars after `line`, timed from their own start.
fn sing_cell(
    manner: Manner,
    (rhythm, heights): &([&str; 2], [i32; 4]),
    over: &[BarChords],
    rest: Rest,
    line: &[Sung],
    ladder: &[i32],
    random: &mut SplitMix64,
) -> (Vec<Sung>, i32) {
    let strokes = rhythm::read(rhythm);
    let mut sung: Vec<Sung> = Vec::new();
    let mut cost = 0;
    for (bar_idx, chords) in over.iter().enumerate() {
        let bar: Vec<Stroke> = strokes.iter().filter(|s| s.bar() == bar_idx).copied().collect();
        let echoes = echo(&bar, &[&bars_of(line)[..], &bars_of(&sung)[..]].concat());
        let n_bars = over.len();
        let mut slots: Vec<Slot> = Vec::new();
        for (note_idx, stroke) in bar.iter().enumerate() {
            let half = usize::from(stroke.position() >= BAR / 2);
            let last = bar_idx + 1 == n_bars && note_idx + 1 == bar.len();
            slots.push(Slot {
                stroke: *stroke,
                chord: chords[half],
                height: heights[2 * bar_idx + half],
                echo: echoes.get(note_idx).copied().flatten(),
                rest: if last { rest } else { Rest::None },
            });
        }
        let before = sung.last().or(line.last()).map(|(_, rung)| *rung);
        let (rungs, paid) = melody::sing(&slots, ladder, before, manner, random);
        cost += paid;
        sung.extend(bar.into_iter().zip(rungs));
    }
    (sung, cost)
}

/// A melody bar by bar.
fn bars_of(line: &[Sung]) -> Vec<&[Sung]> {
    line.chunk_by(|(a, _), (b, _)| a.bar() == b.bar()).collect()
}

/// For each note of `bar`, its distance from the note before it in the latest earlier bar that begins
/// with the same rhythm for at least three notes.
fn echo(bar: &[Stroke], earlier: &[&[Sung]]) -> Vec<Option<i32>> {
    let mut best: Vec<Option<i32>> = Vec::new();
    for there in earlier {
        let same = bar.iter().zip(*there).take_while(|(here, (stroke, _))| {
            here.position() == stroke.position() && here.duration == stroke.duration
        });
        let n_same = same.count();
        if n_same >= 3 && n_same >= best.len() {
            best = vec![None];
            best.extend(there[..n_same].windows(2).map(|pair| Some(pair[1].1 - pair[0].1)));
        }
    }
    best
}

/// What a listener would hold against a melody, in points.
fn flaws(manner: Manner, line: &[Sung]) -> i32 {
    let rungs: Vec<i32> = line.iter().map(|(_, rung)| *rung).collect();
    let moves: Vec<i32> = rungs.windows(2).map(|pair| (pair[1] - pair[0]).abs()).collect();
    let percent = |test: &dyn Fn(i32) -> bool| {
        (100 * moves.iter().filter(|size| test(**size)).count() / moves.len().max(1)) as i32
    };
    let outside = |value: i32, low: i32, high: i32| (low - value).max(value - high).max(0);
    let (held, stepwise, leaping) = match manner {
        Manner::Singing => ((8, 22), (38, 60), (9, 22)),
        Manner::Arpeggio => ((0, 12), (10, 40), (10, 40)),
        Manner::Screech => ((35, 55), (10, 40), (5, 25)),
    };
    let top = rungs.iter().max().copied().unwrap_or_default();
    let low = rungs.iter().min().copied().unwrap_or_default();
    outside(percent(&|size| size == 0), held.0, held.1)
        + outside(percent(&|size| size == 1), stepwise.0, stepwise.1)
        + outside(percent(&|size| size >= 3), leaping.0, leaping.1)
        + 4 * outside(top - low, 6, 11)
        + outside(
            100 * rungs.iter().filter(|rung| **rung == top).count() as i32 / rungs.len() as i32,
            1,
            9,
        )
}

fn note(stroke: Stroke, voice: Voice, pitch: i32) -> GridNote {
    let pitch = u8::try_from(pitch).ok().and_then(Pitch::new).expect("sketches stay in range");
    GridNote::new(stroke.onset, voice, pitch, stroke.duration)
}

/// The roots, in the octave from Bb1 to A2.
fn bass<'a>(sketch: &'a Sketch, bars: &'a [BarChords]) -> impl Iterator<Item = GridNote> + 'a {
    let n_bars = bars.len();
    rhythm::read(&vec![sketch.bass; n_bars]).into_iter().map(move |stroke| {
        let chord = chord_at(bars, stroke);
        let root = chord.pitch(sketch.home, chord.root());
        let lift = if stroke.lifted { 12 } else { 0 };
        note(stroke, Voice::Bass, (root - 34).rem_euclid(12) + 34 + lift)
    })
}

/// The triads, each in the position nearest to the octave from C3.
fn triads<'a>(sketch: &'a Sketch, bars: &'a [BarChords]) -> impl Iterator<Item = GridNote> + 'a {
    let played = sketch.layout == Layout::LeadAndChords;
    let halves =
        bars.iter().enumerate().filter(move |_| played).flat_map(|(bar_idx, [one, two])| {
            let onset = bar_idx as u32 * BAR;
            let half = Stroke { onset, duration: BAR / 2, lifted: false };
            if one == two {
                vec![(*one, Stroke { duration: BAR, ..half })]
            } else {
                vec![(*one, half), (*two, Stroke { onset: onset + BAR / 2, ..half })]
            }
        });
    halves.flat_map(|(chord, stroke)| {
        [0, 2, 4].map(|third| {
            let pitch = chord.pitch(sketch.home, chord.root() + third);
            note(stroke, Voice::Chords, (pitch - 47).rem_euclid(12) + 47)
        })
    })
}

/// The parts as the file has them, from those that are called `Lead`, `Chords` and `Bass`.
fn layout(sketch: &Sketch, voices: Vec<Part>) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for mut voice in voices {
        let joined = match sketch.layout {
            Layout::LeadAndBass => false,
            Layout::Single => !parts.is_empty(),
            Layout::LeadAndChords => parts.len() == 2,
        };
        if joined {
            let into = parts.last_mut().expect("a part to join");
            into.notes.append(&mut voice.notes);
            into.notes.sort_by_key(|note| (note.onset, note.pitch));
        } else {
            voice.channel = parts.len() as u8;
            voice.program = Some(match voice.name.as_str() {
                "Lead" => LEAD_PROGRAM,
                "Bass" => BASS_PROGRAM,
                _ => CHORDS_PROGRAM,
            });
            parts.push(voice);
        }
    }
    parts
}
