//! Are parts classified as people would?

use music::score::{Note, Part, Pitch, Score, Tick};
use music::song::Voice;

use super::{ClassifiedPart, Role, classify};

fn note(onset: u32, pitch: u8) -> Note {
    let pitch = Pitch::new(pitch).expect("a pitch");
    Note { onset: Tick(onset), pitch, duration: Tick(200), velocity: 100 }
}

fn part(name: &str, channel: u8, pitches: &[u8]) -> Part {
    let notes = pitches.iter().cycle().zip(0..32).map(|(pitch, i)| note(i * 240, *pitch));
    Part { name: name.to_owned(), channel, notes: notes.collect(), ..Part::default() }
}

fn classified(parts: Vec<Part>) -> Vec<ClassifiedPart> {
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
    classify(&score)
}

const TUNE: [u8; 8] = [72, 75, 79, 77, 75, 74, 72, 67];
const BASS: [u8; 4] = [36, 36, 43, 41];

#[test]
fn roles_come_from_notes_and_hints_only_tip_what_is_open() {
    let raised: Vec<u8> = BASS.iter().map(|pitch| pitch + 14).collect();
    let low: Vec<u8> = TUNE.iter().map(|pitch| pitch - 36).collect();
    let mut low_lead = part("Lead", 0, &low);
    low_lead.program = Some(81);
    let cases = [
        (part("", 0, &TUNE), Role::Lead),
        (part("", 0, &BASS), Role::Bass),
        (part("Lead", 0, &BASS), Role::Bass),
        (part("Bass", 0, &raised), Role::Bass),
        (low_lead, Role::Lead),
        (part("Melody", 9, &[36, 42, 38, 42]), Role::Drums),
        (part("Drums", 0, &[36, 42, 38, 42]), Role::Drums),
        (part("", 0, &[60]), Role::Other),
    ];
    for (part, role) in cases {
        let part_of = &classified(vec![part.clone()])[0];
        assert_eq!(part_of.role, role, "{:?} {}", part.name, part_of.why);
        assert_eq!(part_of.voices.len(), part.notes.len());
    }
}

#[test]
fn kit_notes_struck_together_are_drums_on_any_channel() {
    let mut notes = Vec::new();
    for step in 0..32 {
        notes.push(note(step * 240, 42));
        if step % 4 == 0 {
            notes.push(note(step * 240, 36));
        }
        if step % 8 == 4 {
            notes.push(note(step * 240, 38));
        }
    }
    notes.sort();
    let kit = Part { notes, ..Part::default() };
    assert_eq!(classified(vec![kit])[0].role, Role::Drums);
}

#[test]
fn bass_and_lead_in_one_part_are_told_apart_by_note() {
    let mixed: Vec<u8> = TUNE.iter().flat_map(|pitch| [*pitch, 36]).collect();
    let part_of = &classified(vec![part("Layer 1", 0, &mixed)])[0];
    assert_eq!(part_of.role, Role::Lead);
    for (index, voice) in part_of.voices.iter().enumerate() {
        let expected = if index % 2 == 0 { Voice::Lead } else { Voice::Bass };
        assert_eq!(*voice, Some(expected));
    }
}

#[test]
fn chords_keep_their_triads_and_give_their_roots_to_the_bass() {
    let chord = |i: u32| {
        [38, 50, 53, 57].map(|pitch| Note { duration: Tick(1800), ..note(i * 1920, pitch) })
    };
    let chords = Part { notes: (0..8).flat_map(chord).collect(), ..part("Chords", 1, &[]) };
    let voices = |parts: Vec<Part>| classified(parts).remove(1).voices;
    let [bass, triad] = [Some(Voice::Bass), Some(Voice::Chords)];
    let alone = voices(vec![part("Lead", 0, &TUNE), chords.clone()]);
    assert_eq!(alone, [bass, triad, triad, triad].repeat(8));
    let with_bass = voices(vec![part("Lead", 0, &TUNE), chords, part("Bass", 2, &BASS)]);
    assert_eq!(with_bass, [triad; 4].repeat(8));
}

#[test]
fn one_part_leads_at_a_time() {
    let mut late = part("Second", 1, &TUNE);
    for note in &mut late.notes {
        note.onset.0 += 8 * 480;
    }
    let parts = classified(vec![part("Lead", 0, &TUNE), late]);
    let lead = |index: usize| -> Vec<bool> {
        parts[index].voices.iter().map(|voice| *voice == Some(Voice::Lead)).collect()
    };
    assert_eq!(lead(0), [true; 32]);
    let second = lead(1);
    assert_eq!(second[..16], [false; 16]);
    assert_eq!(second[16..], [true; 16]);
}

#[test]
fn chords_lead_where_nothing_else_does_and_their_top_moves() {
    let chords = |tops: &[u8]| {
        let onsets = tops.iter().cycle().zip(0..32);
        let notes = onsets.flat_map(|(top, i)| [top - 9, top - 5, *top].map(|p| note(i * 240, p)));
        Part { notes: notes.collect(), ..Part::default() }
    };
    assert_eq!(classified(vec![chords(&TUNE)])[0].role, Role::Lead);
    assert_eq!(classified(vec![chords(&[72])])[0].role, Role::Chords);
    let both = classified(vec![chords(&TUNE), part("Lead", 1, &TUNE)]);
    assert_eq!((both[0].role, both[1].role), (Role::Chords, Role::Lead));
}
