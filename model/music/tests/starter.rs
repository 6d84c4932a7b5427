//! Are the committed starter songs what the program composes, and are they good examples?
//!
//! The measures are those by which the songs were made: in key, singable, with returning bars, and
//! no two alike. Whether they please is for listeners to say.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use music::song::{GridNote, Song, Voice};

#[path = "../examples/compose/arrange.rs"]
mod arrange;
#[path = "../examples/compose/harmony.rs"]
mod harmony;
#[path = "../examples/compose/melody.rs"]
mod melody;
#[path = "../examples/compose/rhythm.rs"]
mod rhythm;
#[path = "../examples/compose/sketch.rs"]
mod sketch;
#[path = "../examples/compose/songs/mod.rs"]
mod songs;

fn all() -> Vec<(&'static str, Song)> {
    songs::all().map(|sketch| (sketch.title, arrange::song(sketch))).collect()
}

#[test]
fn the_committed_files_are_what_the_program_composes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../daemon/starter");
    let mut expected = HashSet::new();
    for (idx, sketch) in songs::all().enumerate() {
        let name = sketch.file_name(idx + 1);
        let committed = std::fs::read(folder.join(&name)).unwrap_or_default();
        let composed = music::midi::write(&arrange::compose(sketch));
        assert!(committed.len() < 6000, "{name} has {} bytes", committed.len());
        assert!(
            committed == composed,
            "{name} is not what the program composes: run `cargo run --release -p music \
             --example compose -- daemon/starter`"
        );
        expected.insert(name);
    }
    for entry in std::fs::read_dir(&folder).expect("the folder of starter songs") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_song = path.extension().is_some_and(|ending| ending == "mid");
        assert!(!is_song || expected.contains(name.as_ref()), "nothing composes {name}");
    }
}

#[test]
fn a_file_is_read_back_as_it_was_composed() {
    for sketch in songs::all() {
        let score = arrange::compose(sketch);
        let bytes = music::midi::write(&score);
        let reading = music::midi::read(&bytes, &music::midi::Limits::default())
            .unwrap_or_else(|error| panic!("{}: {error}", sketch.title));
        assert_eq!(reading.score.n_notes(), score.n_notes(), "{}", sketch.title);
        assert_eq!(reading.score.parts.len(), score.parts.len(), "{}", sketch.title);
        assert_eq!(reading.score.title, sketch.title);
    }
}

#[test]
fn melodies_are_singable_and_end_at_home() {
    for (title, song) in all() {
        let lead: Vec<GridNote> = song.voice(Voice::Lead).copied().collect();
        let pitches: Vec<u8> = lead.iter().map(|note| note.pitch.number()).collect();
        let (low, high) = (pitches.iter().min().copied(), pitches.iter().max().copied());
        let (low, high) = (low.expect("notes"), high.expect("notes"));
        assert!(
            low >= 60 && high <= 84 && (7..=18).contains(&(high - low)),
            "{title}: {low}-{high}"
        );
        let leaps = pitches.windows(2).filter(|pair| pair[0].abs_diff(pair[1]) > 9).count();
        assert!(leaps * 100 <= 8 * pitches.len(), "{title}: {leaps} leaps over a sixth");
        let onsets: HashSet<u32> = lead.iter().map(|note| note.onset).collect();
        assert_eq!(onsets.len(), lead.len(), "{title}: a melody is one voice");
        let last = lead.last().expect("notes");
        assert_eq!(last.pitch.class(), song.key().tonic(), "{title}: ends away from home");
    }
}

#[test]
fn songs_are_in_key_and_of_the_usual_density() {
    for (title, song) in all() {
        let n_notes = song.notes().len();
        let scale = song.key().scale();
        let inside = song.notes().iter().filter(|note| scale.contains(&note.pitch.class())).count();
        assert!(inside * 100 >= 95 * n_notes, "{title}: {inside} of {n_notes} notes in the scale");
        let per_bar = n_notes as f64 / f64::from(song.n_bars());
        assert!((6.0..=16.0).contains(&per_bar), "{title}: {per_bar} notes a bar");
        assert!((16..=32).contains(&song.n_bars()) && song.n_bars() % 8 == 0, "{title}");
        assert!((145.0..=155.0).contains(&song.tempo_bpm()), "{title}");
    }
}

#[test]
fn bars_return_as_often_as_in_real_songs() {
    for (title, song) in all() {
        let mut bars: HashMap<u32, Vec<(u32, u8, u32)>> = HashMap::new();
        for note in song.notes() {
            let within = note.onset % song.steps_per_bar();
            let bar = bars.entry(note.onset / song.steps_per_bar()).or_default();
            bar.push((within, note.pitch.number(), note.duration));
        }
        let different: HashSet<&Vec<(u32, u8, u32)>> = bars.values().collect();
        let returning = 100 * (bars.len() - different.len()) / bars.len();
        assert!((35..=60).contains(&returning), "{title}: {returning} % of its bars return");
    }
}

/// Eight notes' intervals and gaps: what makes a listener say "I know that one".
type Phrase = Vec<(i32, u32)>;

#[test]
fn no_two_songs_share_a_phrase() {
    let mut owner: HashMap<Phrase, &str> = HashMap::new();
    for (title, song) in all() {
        let lead: Vec<&GridNote> = song.voice(Voice::Lead).collect();
        let pitch = |note: &GridNote| i32::from(note.pitch.number());
        for window in lead.windows(8) {
            let phrase: Phrase = window
                .windows(2)
                .map(|pair| (pitch(pair[1]) - pitch(pair[0]), pair[1].onset - pair[0].onset))
                .collect();
            let first = *owner.entry(phrase).or_insert(title);
            assert_eq!(first, title, "two songs share eight notes");
        }
    }
}
