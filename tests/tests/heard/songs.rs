//! Which songs are listened to: the starter songs, and random ones.

use std::path::Path;

use bot::arrange::Profile;
use music::score::Pitch;
use music::song::{GridNote, STEPS_PER_BEAT, Song, Voice};

/// Up to `n` of the songs that come with the program, with their names and genres.
pub(crate) fn starters(n: usize) -> Vec<(String, String, Song)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../daemon/starter");
    let entries = std::fs::read_dir(&folder).expect("the starter songs");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "mid"));
    paths.sort();
    assert!(!paths.is_empty(), "there are starter songs");
    paths.truncate(n);
    let settings = watch::examine::Settings::default();
    let song = |path: &std::path::PathBuf| {
        let bytes = std::fs::read(path).expect("a starter song");
        let song = watch::examine::examine(&bytes, &settings).song.expect("music");
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        (name, "hardstyle".to_owned(), song)
    };
    paths.iter().map(song).collect()
}

/// A song of 16 bars in a random key and tempo around the genre's: a lead that walks through the scale
/// in random rhythms, over random chords of the scale.
pub(crate) fn random(genre: &str, seed: u64) -> Song {
    const SCALE: [u8; 7] = [0, 2, 3, 5, 7, 8, 10];
    let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let tonic = dice.below(12) as u8;
    let key = |degree: u32, octave: u8| -> Pitch {
        let above = tonic + SCALE[degree as usize % 7] + 12 * (degree / 7) as u8;
        Pitch::new(octave + above % 24).expect("within two octaves of a low key")
    };
    let eighth = STEPS_PER_BEAT / 2;
    let mut notes = Vec::new();
    let mut degree = 4;
    for bar in 0..16 {
        let start = bar * 4 * STEPS_PER_BEAT;
        let root = dice.below(7);
        for third in 0..3 {
            let (pitch, duration) = (key(root + 2 * third, 48), 4 * STEPS_PER_BEAT);
            notes.push(GridNote::new(start, Voice::Chords, pitch, duration));
        }
        let mut at = 0;
        while at < 8 {
            let length = (1 + dice.below(3)).min(8 - at);
            degree = (degree + dice.below(5)).saturating_sub(2).clamp(0, 12);
            let (onset, duration) = (start + at * eighth, length * eighth);
            notes.push(GridNote::new(onset, Voice::Lead, key(degree, 66), duration));
            at += length;
        }
    }
    let tempo = Profile::builtin(genre).tempo_bpm + f64::from(dice.below(21)) - 10.0;
    Song::new(tempo, 4, 16, notes)
}

/// A linear congruential generator (Knuth's MMIX).
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u32) -> u32 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % u64::from(n)) as u32
    }
}
