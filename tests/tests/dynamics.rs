//! Does a file come back from its tokens as loud as it was?

use midi_file::MidiFile;
use midi_file::core::Message;
use midi_file::file::Event;
use music::midi;
use music::score::{Note, Part, Pitch, Score, Tempo, Tick};
use music::tokens::{decode, encode};
use watch::examine::{Settings, examine};

/// The most by which a velocity may be another.
const HALF_A_STEP: u8 = 6;

/// A tune of eighths over a bass, struck at these velocities again and again.
fn file(tune: &[u8], bass: &[u8]) -> Vec<u8> {
    let part = |channel, pitches: &[u8], velocities: &[u8]| {
        let struck = pitches.iter().cycle().zip(velocities.iter().cycle());
        let note = |((pitch, velocity), i): ((&u8, &u8), u32)| Note {
            onset: Tick(i * 240),
            pitch: Pitch::new(*pitch).expect("a pitch"),
            duration: Tick(200),
            velocity: *velocity,
        };
        Part { channel, notes: struck.zip(0..96).map(note).collect(), ..Part::default() }
    };
    midi::write(&Score {
        ticks_per_beat: 480,
        title: String::new(),
        text: String::new(),
        tempos: vec![Tempo::from_bpm(Tick(0), 150.0)],
        time_signatures: Vec::new(),
        key_signature: None,
        parts: vec![
            part(0, &[72, 75, 79, 77, 75, 74, 72, 67], tune),
            part(1, &[36, 36, 43, 41], bass),
        ],
        end: Tick(0),
    })
}

/// Tick, key and velocity of each note, as another reader finds them.
fn strokes(bytes: &[u8]) -> Vec<(u64, u8, u8)> {
    let file = MidiFile::read(bytes).expect("it is read");
    let mut strokes = Vec::new();
    for track in file.tracks() {
        let mut at = 0;
        for event in track.events() {
            at += u64::from(event.delta_time());
            if let Event::Midi(Message::NoteOn(note)) = event.event() {
                strokes.push((at, note.note_number().get(), note.velocity().get()));
            }
        }
    }
    strokes.retain(|(.., velocity)| *velocity > 0);
    strokes.sort_unstable();
    strokes
}

/// The notes of a file and those that its tokens keep.
fn kept(bytes: &[u8]) -> [Vec<(u64, u8, u8)>; 2] {
    let song = examine(bytes, &Settings::default()).song.expect("a song");
    let decoded = decode(&encode(&song)).expect("what was encoded decodes");
    [strokes(bytes), strokes(&midi::write(&decoded.to_score()))]
}

#[test]
fn velocities_come_back_within_half_a_step() {
    let crescendo: Vec<u8> = (0..96).map(|i| 20 + i).collect();
    for (tune, bass) in [
        (&[30, 60, 90, 120][..], &[64][..]),
        (&[120, 30], &[30, 60, 90, 120]),
        (&crescendo, &[100, 90]),
        (&[127], &[1]),
    ] {
        let [written, read] = kept(&file(tune, bass));
        assert_eq!(written.len(), read.len());
        for ((at, key, loud), (at_read, key_read, loud_read)) in written.into_iter().zip(read) {
            assert_eq!((at, key), (at_read, key_read));
            assert!(loud.abs_diff(loud_read) <= HALF_A_STEP, "{loud} became {loud_read}");
        }
    }
}

#[test]
fn velocity_100_comes_back_as_itself() {
    let [written, read] = kept(&file(&[100], &[100]));
    assert_eq!(written, read);
}
