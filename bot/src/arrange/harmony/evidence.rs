//! What do the notes of a slot say about its chord?
//!
//! How strongly each pitch class, counted from the tonic, sounds in each of seven channels.

use music::score::Pitch;
use music::song::{GridNote, STEPS_PER_BEAT, Song, Voice};

use super::slots::Slots;

/// Lead notes that sound when the slot begins.
pub(super) const STRONG: usize = 0;
/// Lead notes that begin later.
pub(super) const WEAK: usize = 1;
/// All lead notes of the slot before.
const BEFORE: usize = 2;
/// All lead notes of the slot after.
const AFTER: usize = 3;
/// Share of the bass's time; of a song without bass, its lowest chord note.
pub(super) const BASS: usize = 4;
/// 1 for the bass note that sounds when the slot begins; of a song without bass as above.
const FIRST_BASS: usize = 5;
/// Share of the time of the song's own chords.
pub(super) const CHORDS: usize = 6;

/// Pitch classes from the tonic up.
type Classes = [f32; 12];

/// One slot's evidence by channel.
pub type Evidence = [Classes; 7];

/// The evidence of every slot. Lead notes count by the root of their length in beats, as a long
/// note says more than a short one, but not in proportion; and at most one bar, so that a drone
/// says no more than that.
pub fn gather(song: &Song, slots: &Slots) -> Vec<Evidence> {
    let mut all = vec![Evidence::default(); slots.n_slots];
    for note in song.notes() {
        let class = usize::from((note.pitch.class() + 12 - song.key().tonic()) % 12);
        for (slot, beats) in sounding(note, slots) {
            let begins = note.onset <= slot as u32 * slots.steps;
            let evidence = &mut all[slot];
            match note.voice {
                Voice::Lead => {
                    evidence[if begins { STRONG } else { WEAK }][class] += beats.sqrt();
                }
                Voice::Bass => {
                    evidence[BASS][class] += beats;
                    if begins {
                        evidence[FIRST_BASS] = Classes::default();
                        evidence[FIRST_BASS][class] = 1.0;
                    }
                }
                Voice::Chords => evidence[CHORDS][class] += beats,
            }
        }
    }
    if song.voice(Voice::Bass).next().is_none() {
        add_lowest_chord_notes(&mut all, song, slots);
    }
    for evidence in &mut all {
        share(&mut evidence[BASS]);
        share(&mut evidence[CHORDS]);
    }
    with_neighbours(all)
}

fn add_lowest_chord_notes(all: &mut [Evidence], song: &Song, slots: &Slots) {
    let mut lowest = vec![None; all.len()];
    for note in song.voice(Voice::Chords) {
        for (slot, _) in sounding(note, slots) {
            let known = &mut lowest[slot];
            *known = (*known).map_or(Some(note.pitch), |pitch: Pitch| Some(pitch.min(note.pitch)));
        }
    }
    for (evidence, lowest) in all.iter_mut().zip(lowest) {
        let Some(pitch) = lowest else { continue };
        let class = usize::from((pitch.class() + 12 - song.key().tonic()) % 12);
        (evidence[BASS][class], evidence[FIRST_BASS][class]) = (1.0, 1.0);
    }
}

/// The slots in which a note sounds, with how many beats of it.
fn sounding(note: &GridNote, slots: &Slots) -> impl Iterator<Item = (usize, f32)> + use<> {
    let slots = *slots;
    let longest = if note.voice == Voice::Lead { 4 * STEPS_PER_BEAT } else { u32::MAX };
    let (from, to) = (note.onset, note.onset + note.duration.min(longest));
    let last = ((to - 1) / slots.steps).min(slots.n_slots as u32 - 1);
    (from / slots.steps..=last).map(move |slot| {
        let steps = to.min((slot + 1) * slots.steps) - from.max(slot * slots.steps);
        (slot as usize, steps as f32 / STEPS_PER_BEAT as f32)
    })
}

fn share(classes: &mut Classes) {
    let total: f32 = classes.iter().sum();
    if total > 0.0 {
        for class in classes.iter_mut() {
            *class /= total;
        }
    }
}

fn with_neighbours(mut all: Vec<Evidence>) -> Vec<Evidence> {
    let lead: Vec<Classes> = all
        .iter()
        .map(|evidence| std::array::from_fn(|i| evidence[STRONG][i] + evidence[WEAK][i]))
        .collect();
    for (slot, evidence) in all.iter_mut().enumerate() {
        let neighbour = |at: Option<usize>| at.and_then(|at| lead.get(at)).copied();
        evidence[BEFORE] = neighbour(slot.checked_sub(1)).unwrap_or_default();
        evidence[AFTER] = neighbour(Some(slot + 1)).unwrap_or_default();
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use music::key::{Key, Mode};

    #[test]
    fn notes_count_in_every_slot_in_which_they_sound_from_the_tonic_up() {
        let note = |onset, voice, pitch, duration| {
            GridNote::new(onset, voice, Pitch::new(pitch).expect("a pitch"), duration)
        };
        let notes = [
            note(0, Voice::Bass, 38, 24),
            note(24, Voice::Bass, 45, 48),
            note(24, Voice::Lead, 74, 48),
        ];
        let song = Song::new(120.0, 4, 1, notes).with_key(Key::new(2, Mode::Major));
        let all = gather(&song, &Slots::of(&song));
        assert_eq!((all[0][STRONG][0], all[0][WEAK][0]), (0.0, 1.0));
        assert_eq!((all[1][STRONG][0], all[1][BEFORE][0], all[0][AFTER][0]), (1.0, 1.0, 1.0));
        assert_eq!((all[0][BASS][0], all[0][BASS][7], all[1][BASS][7]), (0.5, 0.5, 1.0));
        assert_eq!((all[0][FIRST_BASS][0], all[1][FIRST_BASS][7]), (1.0, 1.0));
        let chords = [note(0, Voice::Chords, 62, 96), note(0, Voice::Chords, 57, 96)];
        let song = Song::new(120.0, 4, 1, chords).with_key(Key::new(2, Mode::Major));
        let all = gather(&song, &Slots::of(&song));
        assert_eq!((all[1][FIRST_BASS][7], all[1][CHORDS][0]), (1.0, 0.5));
    }
}
