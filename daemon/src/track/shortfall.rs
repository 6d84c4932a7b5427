//! What that was asked for does a track not reach, and how is that told?
//!
//! A genre's network may be unable to play a key, a density, a register or so many notes at once, however
//! often it is drawn from; the nearest is taken, and whoever asked is told here what came of it. What was
//! not asked for is never missed, and the bars of a primer are not measured.

use composer::conditions::{in_scale, register};
use composer::sample::SongSpec;
use music::key::{Key, Mode};
use music::notation;
use music::score::Pitch;
use music::song::Song;
use music::tokens::Polyphony;

use crate::context::Context;
use crate::store::{self, SongStatus};

/// The least share of the notes in the scale of a key that is reached.
const IN_SCALE: f64 = 0.92;
/// By what share a density that is reached is missed at most.
const DENSITY_WITHIN: f64 = 0.15;
/// By how many semitones a register that is reached is missed at most.
const REGISTER_WITHIN: f64 = 3.0;
/// By how many notes a number of notes at once that is reached is missed at most.
const POLYPHONY_WITHIN: u32 = 1;
/// The share of a genre's songs below which a mode is rare in it.
const RARE: f64 = 0.2;

/// What was asked for in `spec` and is not reached by `song`, each in words that begin with "asked for"; of
/// a key that is missed, also whether the songs of `genre` have its mode.
///
/// # Errors
/// When the store cannot be read.
pub(crate) fn not_reached(
    context: &Context,
    genre: &str,
    spec: &SongSpec,
    song: &Song,
) -> Result<Vec<String>, store::Error> {
    let drawn = spec.drawn_part(song);
    let key = match missed_key(spec, song.key(), &drawn) {
        Some(came) => {
            let why = rarity(context, genre, spec.key.mode)?;
            Some(format!("asked for {}; {why}{came}", notation::key(spec.key)))
        }
        None => None,
    };
    let others = [missed_density, missed_register, missed_polyphony];
    Ok(key.into_iter().chain(others.iter().filter_map(|missed| missed(spec, &drawn))).collect())
}

/// What came of a key.
fn missed_key(spec: &SongSpec, stated: Key, drawn: &Song) -> Option<String> {
    let share = in_scale(drawn, spec.key);
    match stated {
        _ if !spec.asked.key => None,
        stated if stated != spec.key => Some(format!("it came out in {}", notation::key(stated))),
        _ if share < IN_SCALE => {
            Some(format!("only {:.0} % of its notes are in that scale", 100.0 * share))
        }
        _ => None,
    }
}

fn missed_density(spec: &SongSpec, drawn: &Song) -> Option<String> {
    let (asked, heard) = (spec.notes_per_bar, drawn.notes_per_bar());
    let is_missed = spec.asked.density && (heard / asked - 1.0).abs() > DENSITY_WITHIN;
    let (asked, heard) = (notes(asked), number(heard));
    is_missed.then(|| format!("asked for {asked} a bar; it came to {heard}"))
}

fn missed_register(spec: &SongSpec, drawn: &Song) -> Option<String> {
    let asked = spec.register.filter(|_| spec.asked.register)?;
    let came = match register(drawn) {
        Some(heard) if (heard - asked).abs() <= REGISTER_WITHIN => return None,
        Some(heard) => format!("it lies around {}", note(heard)),
        None => "it plays none".to_owned(),
    };
    Some(format!("asked for a lead around {}; {came}", note(asked)))
}

fn missed_polyphony(spec: &SongSpec, drawn: &Song) -> Option<String> {
    let (asked, heard) = (spec.polyphony.in_all, Polyphony::of(drawn).in_all);
    let is_missed = spec.asked.polyphony && asked.abs_diff(heard) > POLYPHONY_WITHIN;
    let asked = notes(f64::from(asked));
    is_missed.then(|| format!("asked for {asked} at once; it has {heard} at most"))
}

/// That hardly a song of the genre has a mode, as the beginning of a sentence; nothing if it is not so.
fn rarity(context: &Context, genre: &str, mode: Mode) -> Result<String, store::Error> {
    let songs = context.store.songs_of(genre)?;
    let accepted = songs.iter().filter(|(_, song)| song.status == SongStatus::Accepted);
    let modes = accepted.filter_map(|(_, song)| {
        let key_index = song.music.as_ref()?.key_index;
        Some(Key::from_index(usize::from(key_index)).mode)
    });
    let modes: Vec<Mode> = modes.collect();
    let n_others = modes.iter().filter(|known| **known != mode).count();
    let share = n_others as f64 / modes.len().max(1) as f64;
    if share <= 1.0 - RARE {
        return Ok(String::new());
    }
    let other = if mode == Mode::Major { "minor" } else { "major" };
    let (percent, n) = (100.0 * share, modes.len());
    Ok(format!("{percent:.0} % of the genre's {n} songs are {other}, and "))
}

/// `1 note`, `2.5 notes`.
fn notes(count: f64) -> String {
    let count = number(count);
    format!("{count} note{}", if count == "1" { "" } else { "s" })
}

/// With one decimal where it is not whole.
fn number(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

/// A mean pitch as the nearest note and its number.
fn note(pitch: f64) -> String {
    let nearest = Pitch::new(pitch.round().clamp(0.0, 127.0) as u8);
    nearest.map_or_else(|| number(pitch), |nearest| format!("{nearest} ({})", number(pitch)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::posting::tests::context;
    use crate::store::{Music, SongId};
    use composer::sample::Asked;
    use music::dynamic::Dynamic;
    use music::song::{GridNote, Voice};

    const C_MAJOR: [u8; 8] = [60, 62, 64, 65, 67, 69, 71, 72];

    /// Four notes a bar over four bars, one at a time, around F4.
    fn song(pitches: [u8; 8]) -> Song {
        let note = |(at, number): (u32, u8)| {
            GridNote::new(at * 24, Voice::Lead, Pitch::new(number).expect("a pitch"), 24)
        };
        Song::new(150.0, 4, 4, (0..).zip(pitches.into_iter().cycle().take(16)).map(note))
    }

    /// All of it is asked for, and all of it is what the song above has.
    fn spec() -> SongSpec {
        SongSpec {
            seed: 1,
            n_bars: 4,
            tempo_bpm: 150.0,
            beats_per_bar: 4,
            key: Key::new(0, Mode::Major),
            in_scale: 0.95,
            notes_per_bar: 4.0,
            register: Some(66.0),
            polyphony: Polyphony { in_all: 1, ..Polyphony::ANY },
            dynamics: [Dynamic::USUAL; 3],
            asked: Asked { key: true, density: true, register: true, polyphony: true },
            temperature: 1.0,
            top_p: 1.0,
            label: 0,
            primer: None,
        }
    }

    fn told(spec: &SongSpec, song: &Song) -> Vec<String> {
        let (_folder, context) = context();
        not_reached(&context, "hardstyle", spec, song).expect("the store is read")
    }

    #[test]
    fn what_is_reached_or_not_asked_for_is_not_told() {
        let major = song(C_MAJOR).with_key(spec().key);
        assert_eq!(told(&spec(), &major), [""; 0]);
        let near = SongSpec {
            notes_per_bar: 4.5,
            register: Some(69.0),
            polyphony: Polyphony { in_all: 2, ..Polyphony::ANY },
            ..spec()
        };
        assert_eq!(told(&near, &major), [""; 0]);
        let far = SongSpec {
            key: Key::new(3, Mode::Minor),
            notes_per_bar: 30.0,
            register: Some(90.0),
            polyphony: Polyphony { in_all: 5, ..Polyphony::ANY },
            asked: Asked::default(),
            ..spec()
        };
        assert_eq!(told(&far, &major), [""; 0]);
    }

    #[test]
    fn each_miss_is_told_with_what_came_of_it() {
        let far = SongSpec {
            key: Key::new(2, Mode::Major),
            notes_per_bar: 32.0,
            register: Some(72.5),
            polyphony: Polyphony { in_all: 3, ..Polyphony::ANY },
            ..spec()
        };
        let expected = [
            "asked for D major; it came out in C major",
            "asked for 32 notes a bar; it came to 4",
            "asked for a lead around C#5 (72.5); it lies around F#4 (66.2)",
            "asked for 3 notes at once; it has 1 at most",
        ];
        assert_eq!(told(&far, &song(C_MAJOR).with_key(spec().key)), expected);
        let sparse = SongSpec { notes_per_bar: 1.0, ..spec() };
        let expected = ["asked for 1 note a bar; it came to 4"];
        assert_eq!(told(&sparse, &song(C_MAJOR).with_key(spec().key)), expected);
        let minor = song([60, 62, 63, 65, 67, 68, 70, 72]).with_key(spec().key);
        let expected = ["asked for C major; only 62 % of its notes are in that scale"];
        assert_eq!(told(&spec(), &minor), expected);
    }

    #[test]
    fn a_primer_is_not_measured() {
        let primer = Song::new(150.0, 4, 2, song(C_MAJOR).notes().iter().copied());
        let spec = SongSpec {
            primer: Some(primer),
            n_bars: 4,
            register: Some(90.0),
            asked: Asked { register: true, ..Asked::default() },
            ..spec()
        };
        let octaves_higher = |note: &GridNote| GridNote {
            pitch: note.pitch.transposed(if note.onset < 192 { 0 } else { 24 }).expect("a pitch"),
            ..*note
        };
        let song = song(C_MAJOR);
        let higher = Song::new(150.0, 4, 4, song.notes().iter().map(octaves_higher));
        assert_eq!(told(&spec, &higher), [""; 0]);
        assert_eq!(told(&SongSpec { primer: None, ..spec }, &higher).len(), 1);
    }

    #[test]
    fn a_mode_that_the_genre_hardly_has_explains_a_key_that_is_missed() {
        let (_folder, context) = context();
        let keep = |which: u8, key: Key| {
            let music = Music {
                fingerprints: Vec::new(),
                n_notes: 80,
                n_bars: 8,
                tempo_bpm: 150.0,
                key_index: key.index() as u8,
                n_tokens: 200,
            };
            let song = store::Song {
                genre: "hardstyle".to_owned(),
                file_name: format!("{which}.mid"),
                path: "library/hardstyle".into(),
                status: SongStatus::Accepted,
                added_at_ms: 0,
                music: Some(music),
            };
            context.store.take_in(Some((SongId::of(&[which]), song)), None).expect("taken in");
        };
        (0..9).for_each(|which| keep(which, Key::new(which, Mode::Minor)));
        keep(9, Key::new(0, Mode::Major));
        let song = song(C_MAJOR).with_key(Key::new(9, Mode::Minor));
        let told = |key| {
            let spec = SongSpec { key, ..spec() };
            not_reached(&context, "hardstyle", &spec, &song).expect("the store is read")
        };
        let expected = "asked for C major; 90 % of the genre's 10 songs are minor, and it came out in A \
                        minor";
        assert_eq!(told(Key::new(0, Mode::Major)), [expected]);
        assert_eq!(told(Key::new(5, Mode::Minor)), ["asked for F minor; it came out in A minor"]);
    }
}
