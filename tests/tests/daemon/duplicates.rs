//! Is a song that is already in the library recognised, whatever was changed in it?

use std::fs;

use daemon::config::Config;
use daemon::context::Context;
use music::midi::{self, Limits};
use music::score::{Tempo, Tick};
use tests::process::{Home, Signal, eventually, song};

use crate::home;

/// The song two semitones higher, slower, a bar later and with one note changed.
fn copy(bytes: &[u8]) -> Vec<u8> {
    let mut score = midi::read(bytes, &Limits::default()).expect("a bundled song").score;
    let bar = 4 * u32::from(score.ticks_per_beat);
    for part in score.parts.iter_mut().filter(|part| !part.is_drum_channel()) {
        for note in &mut part.notes {
            note.pitch = note.pitch.transposed(2).expect("within the range");
        }
    }
    for note in score.parts.iter_mut().flat_map(|part| &mut part.notes) {
        note.onset.0 += bar;
    }
    let longest = score.parts.iter_mut().max_by_key(|part| part.notes.len()).expect("a part");
    let middle = longest.notes.len() / 2;
    let changed = &mut longest.notes[middle];
    changed.pitch = changed.pitch.transposed(1).expect("within the range");
    score.tempos = vec![Tempo::from_bpm(Tick(0), 131.0)];
    score.end.0 += bar;
    midi::write(&score)
}

/// What the text beside a rejected file says.
fn reason(home: &Home, path: &str) -> String {
    eventually("a reason", || fs::read_to_string(home.path(&format!("{path}.reason.txt"))).ok())
}

fn names_the_song_and_what_was_changed(text: &str) -> bool {
    let start = "The library already has it: hardstyle/first.mid (same melody, transposed by +2, ";
    text.starts_with(start) && text.contains(" % of its notes)")
}

#[test]
fn a_changed_copy_is_a_duplicate_of_its_song() {
    let home = home().set("schedule.min_songs", 100);
    let daemon = home.daemon();
    home.put("inbox/hardstyle/first.mid", &song(0));
    home.wait_for_empty_inbox();
    home.put("inbox/hardstyle/unlike any name.mid", &copy(&song(0)));
    home.put("inbox/hardstyle/second.mid", &song(1));
    let text = reason(&home, "rejected/hardstyle/unlike any name.mid");
    assert!(names_the_song_and_what_was_changed(&text), "{text:?}");
    home.wait_for_empty_inbox();
    assert_eq!(home.files("library"), ["hardstyle/first.mid", "hardstyle/second.mid"]);
    assert_eq!(daemon.stop(Signal::TERM).code, Some(0));
}

#[test]
fn of_two_duplicates_in_one_drop_the_first_is_taken() {
    let home = home().set("schedule.min_songs", 100);
    home.put("inbox/hardstyle/first.mid", &song(0));
    home.put("inbox/hardstyle/second.mid", &copy(&song(0)));
    let daemon = home.daemon();
    reason(&home, "rejected/hardstyle/second.mid");
    home.wait_for_empty_inbox();
    assert_eq!(home.files("library").len(), 1);
    let rejected = home.files("rejected");
    assert_eq!(rejected.len(), 2, "the other file and its reason: {rejected:?}");
    assert_eq!(daemon.stop(Signal::TERM).code, Some(0));
}

#[test]
fn a_song_of_an_earlier_version_is_found_as_well() {
    let home = home().set("schedule.min_songs", 100);
    home.put("inbox/hardstyle/first.mid", &song(0));
    let daemon = home.daemon();
    home.wait_for_empty_inbox();
    assert_eq!(daemon.stop(Signal::TERM).code, Some(0));
    // As in a home of an early release, whose fingerprint was the hash of the whole lead.
    let place = daemon::home::Home::new(home.path(""));
    let context = Context::open(place, Config::default()).expect("nobody else has it open");
    let (id, known) = context.store.songs().expect("readable").pop().expect("a song");
    let texts = known.music.expect("it was read").fingerprints;
    context.store.set_fingerprints(vec![(id, vec!["0".repeat(64)])]).expect("written");
    drop(context);
    let daemon = home.daemon();
    home.put("inbox/hardstyle/copy.mid", &copy(&song(0)));
    let text = reason(&home, "rejected/hardstyle/copy.mid");
    assert!(names_the_song_and_what_was_changed(&text), "{text:?}");
    assert_eq!(daemon.stop(Signal::TERM).code, Some(0));
    let place = daemon::home::Home::new(home.path(""));
    let context = Context::open(place, Config::default()).expect("nobody else has it open");
    let renewed = context.store.song(id).expect("readable").expect("a song");
    assert_eq!(renewed.music.expect("it was read").fingerprints, texts);
}
