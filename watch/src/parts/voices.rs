//! Which notes of one part are its bass, its lead and its chords?
//!
//! In two thirds of real hardstyle files one track alternates between bass and lead. Where the pitches
//! form two clusters, a split pitch separates the low notes from the rest; the highest line of the
//! rest is the lead, and what sounds below it is chords. Nothing here knows names, programs or other
//! parts.

use music::score::Note;
use music::song::Voice;

use super::shape::{Shape, onsets};

/// Where clusters are looked for.
struct Bounds {
    splits: std::ops::RangeInclusive<u8>,
    /// Each cluster holds at least this share of the notes.
    min_share: f64,
    /// The mean of the low cluster lies below this, and that of the high one above the other.
    max_bass_mean: f64,
    min_lead_mean: f64,
}

/// A bass in its own register.
const DEEP: Bounds =
    Bounds { splits: 38..=66, min_share: 0.06, max_bass_mean: 53.0, min_lead_mean: 57.0 };
/// A bass or pedal written an octave or two up, under a lead as far above it; only where it moves
/// little and the lead does, and the two alternate.
const RAISED: Bounds =
    Bounds { splits: 55..=76, min_share: 0.15, max_bass_mean: 66.0, min_lead_mean: 67.0 };
/// The largest share of a raised bass's successive notes that differ, and the least of its lead's.
const MAX_PEDAL_MOTION: f64 = 0.45;
const MIN_LEAD_MOTION: f64 = 0.3;
/// Least share of successive notes that lie in different clusters.
const MIN_TURNS: f64 = 0.35;
/// The means of the clusters are at least an octave apart.
const MIN_DISTANCE: f64 = 12.0;
/// The most pitch classes that a bass strikes at a time, on average.
const MAX_BASS_WIDTH: f64 = 1.35;
/// A note this near to the split is decided by its neighbours in time.
const DOUBTFUL: u8 = 5;
/// Two notes struck together at least this far apart rarely belong to one voice.
const FAR: u8 = 7;
/// The lowest note of a chord is its bass up to this pitch …
const MAX_DEEP: u8 = 45;
/// … and up to this one where the rest of the chord lies far above it.
const MAX_ROOT: u8 = 52;
/// A held note longer than this many beats is a pad: it hides no melody below it.
const PAD_BEATS: u32 = 4;

/// The pitch from which on notes are not bass, if the pitches form a low and a high cluster.
///
/// Otsu's criterion: the split that leaves the clusters farthest apart, weighted by their sizes.
pub(crate) fn split_pitch(notes: &[Note], ticks_per_beat: u16) -> Option<u8> {
    farthest(notes, ticks_per_beat, &DEEP).or_else(|| {
        let split = farthest(notes, ticks_per_beat, &RAISED)?;
        take_turns(notes, ticks_per_beat, split).then_some(split)
    })
}

/// Whether a slow bass and a moving lead alternate on both sides of `split`.
fn take_turns(notes: &[Note], ticks_per_beat: u16, split: u8) -> bool {
    let is_low = |note: &Note| note.pitch.number() < split;
    let (low, high): (Vec<Note>, Vec<Note>) = notes.iter().partition(|note| is_low(note));
    let n_turns = notes.windows(2).filter(|pair| is_low(&pair[0]) != is_low(&pair[1])).count();
    n_turns as f64 >= MIN_TURNS * notes.len() as f64
        && Shape::of(&low, ticks_per_beat).motion <= MAX_PEDAL_MOTION
        && Shape::of(&high, ticks_per_beat).motion >= MIN_LEAD_MOTION
}

/// The split within `bounds` that leaves the clusters farthest apart, if the low one is one line.
fn farthest(notes: &[Note], ticks_per_beat: u16, bounds: &Bounds) -> Option<u8> {
    let mut best: Option<(f64, u8)> = None;
    for split in bounds.splits.clone() {
        let Some(spread) = spread(notes, split, bounds) else { continue };
        if best.is_none_or(|(most, _)| spread > most + 1e-9) {
            best = Some((spread, split));
        }
    }
    let (_, split) = best?;
    let low: Vec<Note> = notes.iter().filter(|n| n.pitch.number() < split).copied().collect();
    (Shape::of(&low, ticks_per_beat).width <= MAX_BASS_WIDTH).then_some(split)
}

/// How far apart a split leaves the clusters, or `None` where they can't be bass and lead.
fn spread(notes: &[Note], split: u8, bounds: &Bounds) -> Option<f64> {
    let (mut n_low, mut sum_low, mut sum_high) = (0.0, 0.0, 0.0);
    for note in notes {
        let pitch = note.pitch.number();
        if pitch < split {
            n_low += 1.0;
            sum_low += f64::from(pitch);
        } else {
            sum_high += f64::from(pitch);
        }
    }
    let n = notes.len() as f64;
    let n_high = n - n_low;
    let share = n_low.min(n_high) / n;
    let (low, high) = (sum_low / n_low, sum_high / n_high);
    let fits = share >= bounds.min_share
        && low <= bounds.max_bass_mean
        && high >= bounds.min_lead_mean
        && high - low >= MIN_DISTANCE;
    fits.then(|| n_low * n_high / (n * n) * (high - low).powi(2))
}

/// For each note (sorted by onset and pitch) whether it is bass, for a split at `split`.
pub(crate) fn bass_of(notes: &[Note], split: u8, ticks_per_beat: u16) -> Vec<bool> {
    let groups = onsets(notes, ticks_per_beat);
    let pitches: Vec<Pitches> = groups.iter().map(|group| Pitches::of(group)).collect();
    let sure =
        Pitches::up_to(split.saturating_sub(DOUBTFUL + 1)).or(Pitches::from(split + DOUBTFUL + 1));
    let mut is_bass = Vec::with_capacity(notes.len());
    for (index, group) in groups.iter().enumerate() {
        let around = &pitches[index.saturating_sub(4)..(index + 5).min(groups.len())];
        let around = around.iter().fold(Pitches(0), |all, some| all.or(*some)).and(sure);
        let judge = |note: &Note| is_bass_note(note.pitch.number(), pitches[index], around, split);
        is_bass.extend(group.iter().map(judge));
    }
    is_bass
}

/// `together` is what is struck with the note, `around` the pitches of some onsets before and after
/// that lie too far from the split to be in doubt.
fn is_bass_note(pitch: u8, together: Pitches, around: Pitches, split: u8) -> bool {
    if pitch.abs_diff(split) > DOUBTFUL {
        return pitch < split;
    }
    // It is not bass if a note far below is struck with it, and is if one far above is and none below.
    if pitch >= FAR && together.and(Pitches::up_to(pitch - FAR)).any() {
        return false;
    }
    let is_lowest = pitch == 0 || !together.and(Pitches::up_to(pitch - 1)).any();
    if is_lowest && together.and(Pitches::from(pitch + FAR)).any() {
        return true;
    }
    // Alone, it belongs to the cluster whose sure notes nearby lie nearer.
    let below = around.and(Pitches::up_to(split)).highest().map(|other| pitch.abs_diff(other));
    let above = around.and(Pitches::from(split)).lowest().map(|other| pitch.abs_diff(other));
    match (below, above) {
        (Some(below), Some(above)) if below != above => below < above,
        _ => pitch < split,
    }
}

/// For each note of some chords (sorted by onset and pitch) whether it is the root that the bass
/// would play: the lowest of three or more, deep down or well apart from the rest.
pub(crate) fn roots(notes: &[Note], ticks_per_beat: u16) -> Vec<bool> {
    let mut is_root = Vec::with_capacity(notes.len());
    for group in onsets(notes, ticks_per_beat) {
        let pitches = Pitches::of(group);
        let lowest = pitches.lowest().unwrap_or(0);
        let next = pitches.and(Pitches::from(lowest + 1)).lowest();
        let is_apart = next.is_some_and(|next| next - lowest >= FAR);
        let has_root =
            pitches.0.count_ones() >= 3 && (lowest <= MAX_DEEP || (is_apart && lowest <= MAX_ROOT));
        is_root.extend(group.iter().map(|note| has_root && note.pitch.number() == lowest));
    }
    is_root
}

/// A set of pitches, one bit each: files may strike thousands of notes at once.
#[derive(Clone, Copy)]
struct Pitches(u128);

impl Pitches {
    fn of(notes: &[Note]) -> Self {
        Self(notes.iter().fold(0, |set, note| set | 1 << note.pitch.number()))
    }

    /// All pitches from 0 to `last`.
    fn up_to(last: u8) -> Self {
        Self(u128::MAX >> (127 - last.min(127)))
    }

    /// All pitches from `first` to 127.
    fn from(first: u8) -> Self {
        Self(u128::MAX.checked_shl(u32::from(first)).unwrap_or(0))
    }

    fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    fn any(self) -> bool {
        self.0 != 0
    }

    fn lowest(self) -> Option<u8> {
        self.any().then(|| self.0.trailing_zeros() as u8)
    }

    fn highest(self) -> Option<u8> {
        self.any().then(|| 127 - self.0.leading_zeros() as u8)
    }
}

/// For each of some notes without bass (sorted by onset and pitch) whether it is lead or chords:
/// lead is what no higher note covers for at least half its length.
pub(crate) fn lead_and_chords(notes: &[Note], ticks_per_beat: u16) -> Vec<Voice> {
    let pad = u32::from(ticks_per_beat) * PAD_BEATS;
    let mut sounds_until = [0u32; 128];
    let mut voices = Vec::with_capacity(notes.len());
    for group in onsets(notes, ticks_per_beat) {
        let top = group.iter().map(|note| note.pitch).max();
        for note in group.iter().filter(|note| note.duration.0 <= pad) {
            let until = &mut sounds_until[usize::from(note.pitch.number())];
            *until = (*until).max(note.end().0);
        }
        for note in group {
            let middle = note.onset.0.saturating_add(note.duration.0 / 2);
            let above = usize::from(note.pitch.number()) + 1;
            let is_covered = sounds_until[above..].iter().any(|until| *until > middle);
            let is_lead = Some(note.pitch) == top && !is_covered;
            voices.push(if is_lead { Voice::Lead } else { Voice::Chords });
        }
    }
    voices
}

#[cfg(test)]
mod tests {
    use super::*;
    use music::score::{Pitch, Tick};

    fn note(onset: u32, pitch: u8, duration: u32) -> Note {
        let pitch = Pitch::new(pitch).expect("a pitch");
        Note { onset: Tick(onset), pitch, duration: Tick(duration), velocity: 100 }
    }

    /// Off-beat bass on F with a lead that starts high and comes down to middle C.
    fn interleaved() -> Vec<Note> {
        let mut notes = Vec::new();
        for (beat, lead) in [77, 75, 73, 72, 70, 68, 65, 60].into_iter().enumerate() {
            notes.push(note(beat as u32 * 480, lead, 200));
            notes.push(note(beat as u32 * 480 + 240, 41, 200));
        }
        notes
    }

    #[test]
    fn bass_and_lead_by_turns_are_told_apart() {
        let notes = interleaved();
        let split = split_pitch(&notes, 480).expect("two clusters");
        let is_bass = bass_of(&notes, split, 480);
        for (note, is_bass) in notes.iter().zip(is_bass) {
            assert_eq!(is_bass, note.pitch.number() == 41, "{note:?}");
        }
    }

    #[test]
    fn a_bass_written_high_under_a_higher_lead_is_told_apart() {
        let raised: Vec<Note> = interleaved()
            .into_iter()
            .map(|n| Note { pitch: n.pitch.transposed(14).expect("a pitch"), ..n })
            .collect();
        let split = split_pitch(&raised, 480).expect("two clusters");
        assert!((56..=74).contains(&split), "{split}");
    }

    #[test]
    fn one_line_is_not_split() {
        let melody: Vec<Note> =
            [60, 62, 64, 65, 67, 72, 76, 79, 84].iter().map(|pitch| note(0, *pitch, 10)).collect();
        assert_eq!(split_pitch(&melody, 480), None);
        let octave_bass: Vec<Note> =
            (0..32).map(|i| note(i * 240, if i % 2 == 0 { 29 } else { 41 }, 200)).collect();
        assert_eq!(split_pitch(&octave_bass, 480), None);
        assert_eq!(split_pitch(&[], 480), None);
    }

    #[test]
    fn the_top_line_is_the_lead_even_under_a_held_pad() {
        let notes = [
            note(0, 60, 480),
            note(0, 64, 480),
            note(0, 67, 480),
            note(240, 55, 240),
            note(960, 84, 8 * 480),
            note(1440, 72, 240),
            note(1920, 74, 240),
        ];
        let voices = lead_and_chords(&notes, 480);
        let lead: Vec<u8> = notes
            .iter()
            .zip(voices)
            .filter(|(_, voice)| *voice == Voice::Lead)
            .map(|(note, _)| note.pitch.number())
            .collect();
        assert_eq!(lead, [67, 84, 72, 74]);
    }
}
