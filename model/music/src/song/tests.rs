//! Do songs keep what they promise, and become scores without overlaps?

use super::*;

fn note(onset: u32, voice: Voice, pitch: u8, duration: u32) -> GridNote {
    GridNote::new(onset, voice, Pitch::new(pitch).expect("a pitch"), duration)
}

#[test]
fn durations_ascend_and_end_at_the_longest() {
    let all: Vec<u32> = durations().collect();
    assert!(all.is_sorted() && all[0] == 1 && all.last() == Some(&MAX_DURATION));
    for steps in 0..=2 * MAX_DURATION {
        let nearest = all.iter().min_by_key(|duration| duration.abs_diff(steps));
        assert_eq!(Some(&nearest_duration(steps)), nearest, "{steps} steps");
    }
    assert_eq!(nearest_duration(u32::MAX), MAX_DURATION);
}

#[test]
fn notes_outside_the_bars_and_duplicates_are_dropped() {
    let notes = [
        note(96, Voice::Lead, 70, 12),
        note(0, Voice::Lead, 70, 6),
        note(0, Voice::Lead, 70, 12),
        note(0, Voice::Bass, 40, 12),
    ];
    let song = Song::new(150.0, 4, 1, notes);
    let expected = [note(0, Voice::Bass, 40, 12), note(0, Voice::Lead, 70, 12)];
    assert_eq!(song.notes(), expected);
}

fn struck(onset: u32, voice: Voice, velocity: u8, duration: u32) -> GridNote {
    GridNote { dynamic: Dynamic::of_velocity(velocity), ..note(onset, voice, 60, duration) }
}

#[test]
fn of_one_note_written_twice_the_longest_stays_then_the_loudest() {
    let notes = [(120, 6), (40, 12), (60, 12)]
        .map(|(velocity, duration)| struck(0, Voice::Lead, velocity, duration));
    assert_eq!(Song::new(150.0, 4, 1, notes).notes(), [notes[2]]);
}

#[test]
fn a_voice_is_as_loud_as_most_of_its_notes() {
    let [soft, loud] = [36, 90].map(Dynamic::of_velocity);
    let of = |lead: &[u8]| {
        let lead = lead.iter().zip(0..).map(|(v, i)| struck(i * 12, Voice::Lead, *v, 12));
        let song = Song::new(150.0, 4, 1, lead.chain([struck(0, Voice::Bass, 36, 12)]));
        (song.dynamics(), song.has_accents())
    };
    assert_eq!(of(&[60, 60, 90, 90, 30]), ([soft, soft, loud], true));
    assert_eq!(of(&[36, 36]), ([soft; 3], false));
    assert_eq!(Song::new(150.0, 4, 1, []).dynamics(), [Dynamic::USUAL; 3]);
}

#[test]
fn the_parallel_of_a_scale_is_the_other_scale_and_back() {
    for tonic in 0..12 {
        let minor = Key::new(tonic, Mode::Minor);
        let scale = |key: Key| {
            key.scale().into_iter().zip(0..).map(|(class, idx)| {
                note(idx * 12, Voice::Lead, 60 + (class + 12 - tonic) % 12 + tonic, 12)
            })
        };
        let song = |key: Key| Song::new(150.0, 4, 1, scale(key)).with_key(key);
        let major = Key::new(tonic, Mode::Major);
        assert_eq!(song(minor).parallel(), song(major));
        assert_eq!(song(major).parallel(), song(minor));
    }
}

#[test]
fn a_score_has_no_overlap_on_a_pitch() {
    let notes = [note(0, Voice::Lead, 70, 48), note(12, Voice::Lead, 70, 48)];
    let score = Song::new(150.0, 4, 1, notes).to_score();
    assert_eq!(score.parts.len(), 1);
    assert_eq!(score.parts[0].notes[0].duration, Tick(240));
    assert_eq!(score.end, Tick(1920));
}
