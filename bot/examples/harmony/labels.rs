//! Which songs come with chords, so that they can be hidden and guessed?
//!
//! A folder of MIDI files with a melody and an accompaniment of known harmony: two parts (melody,
//! then chords, as in the Nottingham collection), or parts named Lead, Bass and Chords (as
//! `kickback roundtrip` writes them), MELODY and PIANO (POP909), or Soprano, Alto, Tenor and Bass.
//! The label of a slot is the triad that the accompaniment spells there; slots in which it spells
//! none have no label.

use std::fs;
use std::io;
use std::path::Path;

use bot::arrange::harmony::slots::Slots;
use bot::arrange::harmony::{Chord, N_CHORDS};
use music::midi;
use music::score::{Note, Part, Score};
use music::song::{BEATS_PER_BAR, GridNote, STEPS_PER_BEAT, Song, Voice};

/// A song with its harmony.
pub(crate) struct Labelled {
    /// The folder's name.
    pub(crate) set: String,
    /// Whether it is kept out of learning; all versions of a song are or none is.
    pub(crate) is_held_out: bool,
    /// Lead, bass and chords.
    pub(crate) full: Song,
}

/// What of a song is shown to the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    Lead,
    LeadAndBass,
    All,
}

impl Labelled {
    /// The song without what is hidden.
    pub(crate) fn shown(&self, shown: Shown) -> Song {
        let is_shown = |note: &&GridNote| match shown {
            Shown::Lead => note.voice == Voice::Lead,
            Shown::LeadAndBass => note.voice != Voice::Chords,
            Shown::All => true,
        };
        let notes = self.full.notes().iter().filter(is_shown).copied();
        Song::new(self.full.tempo_bpm(), self.full.beats_per_bar(), self.full.n_bars(), notes)
    }

    /// The chord of each slot, where the accompaniment spells one and the lead sounds.
    pub(crate) fn truth(&self, slots: &Slots) -> Vec<Option<Chord>> {
        (0..slots.n_slots).map(|slot| spelled(&self.full, slots, slot)).collect()
    }
}

/// The labelled songs of a folder, those with too few labels left out, by file name. `fold` (0 to 2)
/// says which third is held out.
pub(crate) fn read(folder: &Path, fold: u64) -> io::Result<Vec<Labelled>> {
    let set = folder.file_name().map(|name| name.to_string_lossy().into_owned());
    let mut paths: Vec<_> =
        fs::read_dir(folder)?.map(|entry| entry.map(|e| e.path())).collect::<Result<_, _>>()?;
    paths.sort();
    let mut songs = Vec::new();
    for path in paths.iter().filter(|path| path.extension().is_some_and(|e| e == "mid")) {
        let Ok(reading) = midi::read(&fs::read(path)?, &midi::Limits::default()) else { continue };
        let Some(full) = voiced(&reading.score) else { continue };
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        let is_held_out = is_held_out(&stem.unwrap_or_default(), fold);
        let song = Labelled { set: set.clone().unwrap_or_default(), is_held_out, full };
        let labels = song.truth(&Slots::of(&song.full)).into_iter().flatten().count();
        if labels >= 4 {
            songs.push(song);
        }
    }
    Ok(songs)
}

/// Whether a song is in the third `fold`, by a hash of the name's beginning, so that versions stay together.
fn is_held_out(stem: &str, fold: u64) -> bool {
    let title = stem.split('(').next().unwrap_or_default().to_lowercase();
    let letters = title.bytes().filter(u8::is_ascii_alphanumeric).take(20);
    let hash = letters.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    (hash >> 32) % 3 == fold
}

fn voiced(score: &Score) -> Option<Song> {
    let named = |names: &[&str]| -> Vec<&Part> {
        score.parts.iter().filter(|part| names.contains(&part.name.as_str())).collect()
    };
    let lead = named(&["Lead", "MELODY", "Soprano"]);
    let (lead, bass, chords) = match (lead.is_empty(), score.parts.as_slice()) {
        (false, _) => (lead, named(&["Bass"]), named(&["Chords", "PIANO", "Alto", "Tenor"])),
        (true, [melody, chords]) => (vec![melody], Vec::new(), vec![chords]),
        _ => return None,
    };
    // The lowest line of an accompaniment that is one part is its bass.
    let has_bass = !bass.is_empty();
    let mut notes = grid(score, &lead, |_| Voice::Lead);
    notes.extend(grid(score, &bass, |_| Voice::Bass));
    let below = |note: &Note| {
        let sounds = |other: &Note| other.onset <= note.onset && note.onset < other.end();
        chords.iter().flat_map(|part| &part.notes).any(|o| o.pitch < note.pitch && sounds(o))
    };
    let voice = |note: &Note| {
        let is_bass = !has_bass && note.pitch.number() < 55 && !below(note);
        if is_bass { Voice::Bass } else { Voice::Chords }
    };
    notes.extend(grid(score, &chords, voice));
    let signature = score.time_signatures.first();
    let (numerator, denominator) =
        signature.map_or((4, 4), |s| (u32::from(s.numerator), u32::from(s.denominator)));
    let beats = numerator * 4 / denominator.max(1);
    let beats = if BEATS_PER_BAR.contains(&beats) { beats } else { 4 };
    let last = notes.iter().map(|note| note.onset).max()?;
    Some(Song::new(score.tempo_bpm(), beats, last / (beats * STEPS_PER_BEAT) + 1, notes))
}

fn grid(score: &Score, parts: &[&Part], voice: impl Fn(&Note) -> Voice) -> Vec<GridNote> {
    let per_beat = f64::from(score.ticks_per_beat);
    let steps = |tick: u32| (f64::from(tick) * f64::from(STEPS_PER_BEAT) / per_beat).round() as u32;
    let note = |note: &Note| {
        GridNote::new(
            steps(note.onset.0),
            voice(note),
            note.pitch,
            (steps(note.end().0) - steps(note.onset.0)).max(1),
        )
    };
    parts.iter().flat_map(|part| part.notes.iter().map(note)).collect()
}

/// The triad of which all three notes sound and that takes three quarters of the time of bass and
/// chords, the bass's where two do; `None` too where the lead is silent.
fn spelled(song: &Song, slots: &Slots, slot: usize) -> Option<Chord> {
    let (from, to) = (slot as u32 * slots.steps, (slot as u32 + 1) * slots.steps);
    let mut classes = [0.0_f64; 12];
    let mut lowest = None;
    let mut is_led = false;
    for note in song.notes() {
        let sounding = to.min(note.onset + note.duration).saturating_sub(from.max(note.onset));
        if sounding == 0 {
            continue;
        }
        if note.voice == Voice::Lead {
            is_led = true;
            continue;
        }
        classes[usize::from(note.pitch.class())] += f64::from(sounding);
        lowest = lowest.min(Some(note.pitch)).or(Some(note.pitch));
    }
    let total: f64 = classes.iter().sum();
    let lowest = lowest.filter(|_| is_led && total > 0.0)?;
    let candidates = (0..N_CHORDS).map(Chord::from_index).filter_map(|chord| {
        let notes = chord.classes().map(|class| classes[usize::from(class)] / total);
        let share: f64 = notes.iter().sum();
        let is_spelled = notes.iter().all(|share| *share > 0.03) && share >= 0.75;
        is_spelled.then(|| (share + if chord.root == lowest.class() { 0.15 } else { 0.0 }, chord))
    });
    candidates.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, chord)| chord)
}
