//! Renders a small composed song, to listen to it and to look at it.
//!
//! `cargo run --release -p bot --example render -- FOLDER [GENRE] [BARS] [full|lead]`

#![allow(clippy::print_stdout, reason = "an example talks to the person who runs it")]

use std::error::Error;
use std::path::PathBuf;

use bot::audio::{self, wav};
use bot::render::render;
use bot::render_spec::RenderSpec;
use music::score::Pitch;
use music::song::{GridNote, Song, Voice};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("say into which folder to write")?);
    let genre = arguments.next().unwrap_or_else(|| "hardstyle".to_owned());
    let n_bars = arguments.next().map_or(Ok(16), |bars| bars.parse())?;
    let mut spec = RenderSpec::new(&genre, 1, 7, 42);
    spec.arrangement =
        arguments.next().map_or(Ok(spec.arrangement), |arrangement| arrangement.parse())?;
    let song = composed(spec.profile.tempo_bpm, n_bars);

    let rendered = render(&song, &spec)?;
    std::fs::create_dir_all(&folder)?;
    let path = |ending: &str| folder.join(format!("{}.{ending}", spec.stem()));
    std::fs::write(path("mid"), &rendered.midi)?;
    if let Some(bytes) = &rendered.audio {
        std::fs::write(path("ogg"), bytes)?;
    }
    if let Some(bytes) = &rendered.picture {
        std::fs::write(path("png"), bytes)?;
    }
    let (arrangement, settings) = (&rendered.arrangement, &spec.profile.sound);
    let sound = audio::play(arrangement, settings, None, spec.seed)?;
    std::fs::write(path("wav"), wav::encode(&sound))?;

    let levels = audio::levels(&sound.frames);
    println!("{}", path("ogg").display());
    println!(
        "{:.1} s of sound, {:.2} LUFS, {:.2} dBTP",
        sound.seconds(),
        levels.loudness_lufs,
        levels.true_peak_dbtp
    );
    println!("{:#?}", rendered.seconds);
    Ok(())
}

/// Sixteen bars over i VI III VII in F minor, written for this example, looped to `n_bars`.
fn composed(tempo_bpm: f64, n_bars: u32) -> Song {
    const ROOTS: [u8; 4] = [5, 1, 8, 3];
    const IS_MINOR: [bool; 4] = [true, false, false, false];
    // (sixteenth, length in sixteenths, semitones above F4) for four bars, then a varied end.
    const TUNE: [(u32, u32, u8); 26] = [
        (0, 3, 12),
        (3, 3, 12),
        (6, 2, 15),
        (8, 3, 19),
        (11, 3, 17),
        (14, 2, 15),
        (16, 3, 12),
        (19, 3, 8),
        (22, 2, 12),
        (24, 6, 15),
        (30, 2, 14),
        (32, 3, 15),
        (35, 3, 15),
        (38, 2, 19),
        (40, 3, 22),
        (43, 3, 19),
        (46, 2, 15),
        (48, 3, 14),
        (51, 3, 10),
        (54, 2, 14),
        (56, 2, 17),
        (58, 2, 15),
        (60, 2, 14),
        (62, 2, 10),
        (63, 1, 12),
        (61, 1, 15),
    ];
    let sixteenth = music::song::STEPS_PER_BEAT / 4;
    let mut notes = Vec::new();
    for bar in 0..n_bars {
        let (root, is_minor) = (ROOTS[bar as usize % 4], IS_MINOR[bar as usize % 4]);
        let third = if is_minor { 3 } else { 4 };
        for class in [root, root + third, root + 7] {
            notes.push((bar * 16, Voice::Chords, 53 + (class + 7) % 12, 16));
        }
        let second_half = bar / 4 % 4 == 3;
        let here = TUNE.iter().filter(|(at, ..)| at / 16 == bar % 4);
        for (at, length, height) in here {
            let lift = if second_half && bar % 4 > 1 { 12 } else { 0 };
            notes.push((bar / 4 * 64 + at, Voice::Lead, 65 + height + lift, *length));
        }
    }
    let note = |(at, voice, key, length): (u32, Voice, u8, u32)| {
        let (onset, duration) = (at * sixteenth, length * sixteenth);
        Pitch::new(key).map(|pitch| GridNote::new(onset, voice, pitch, duration))
    };
    Song::new(tempo_bpm, 4, n_bars, notes.into_iter().filter_map(note))
}
