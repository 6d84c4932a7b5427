//! Draws pictures of very different tracks and of a training, to look at, and says how long each took.
//!
//! `cargo run --release -p bot --example look -- FOLDER [FILE.mid…]` writes into FOLDER. Files are
//! songs with parts named Lead, Bass and Chords, as `kickback roundtrip` writes them.

#![expect(clippy::print_stdout, reason = "an example that prints")]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Instant;

use bot::arrangement_kind::ArrangementKind;
use bot::audio;
use bot::picture::{self, Caption, Curve, CurvePoint};
use bot::render::arrange;
use bot::render_spec::RenderSpec;
use music::dynamic::Dynamic;
use music::midi;
use music::score::Pitch;
use music::song::{GridNote, STEPS_PER_BEAT, Song, Voice};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1).map(PathBuf::from);
    let folder = arguments.next().ok_or("say into which folder to write")?;
    std::fs::create_dir_all(&folder)?;
    let long = "The Song Whose Name Goes On And On Beyond All Reason And Then Some More";
    for (name, genre, song, arrangement) in [
        ("sparse", "trance", walk(4, 16, 96, 64..=76), ArrangementKind::Full),
        ("dense", "hardcore", walk(4, 16, 3, 55..=90), ArrangementKind::Full),
        ("eight", "house", walk(4, 8, 12, 65..=80), ArrangementKind::Lead),
        ("one-bar", "house", walk(4, 1, 12, 65..=80), ArrangementKind::Lead),
        ("sixty-four", "hardstyle", walk(4, 64, 8, 62..=84), ArrangementKind::Full),
        ("hundred", "house", walk(4, 128, 24, 62..=84), ArrangementKind::Full),
        ("long-lead", "hardstyle", walk(4, 64, 8, 62..=84), ArrangementKind::Lead),
        ("longest", "trance", walk(4, 256, 12, 62..=84), ArrangementKind::Full),
        (
            long,
            "euphoric-hardstyle-of-the-nineties",
            walk(4, 24, 12, 60..=80),
            ArrangementKind::Full,
        ),
        ("low", "polka", walk(4, 8, 12, 12..=30), ArrangementKind::Lead),
        ("high", "polka", walk(4, 8, 12, 100..=127), ArrangementKind::Full),
        ("wide", "polka", walk(4, 16, 12, 10..=120), ArrangementKind::Lead),
        ("waltz", "folk", walk(3, 16, 12, 60..=80), ArrangementKind::Full),
    ] {
        draw(&folder, name, genre, &song, arrangement)?;
    }
    for (index, file) in arguments.enumerate() {
        let song = read(&file)?;
        draw(&folder, &format!("real-{index}"), "hardstyle", &song, ArrangementKind::Full)?;
    }
    curves(&folder)
}

fn draw(
    folder: &Path,
    name: &str,
    genre: &str,
    song: &Song,
    arrangement: ArrangementKind,
) -> Result<(), Box<dyn Error>> {
    let spec = RenderSpec { arrangement, ..RenderSpec::new(genre, 3, 7, 42) };
    let arrangement = arrange(song, &spec);
    let sound = audio::play(&arrangement, &spec.profile.sound, None, spec.seed)?;
    let caption =
        Caption { title: name.to_owned(), subtitle: format!("{genre}  ·  v3  ·  #0042") };
    let began = Instant::now();
    let png = picture::draw(&arrangement, &caption, Some(&sound))?;
    println!("{name}: {:.3} s, {} kB", began.elapsed().as_secs_f64(), png.len() / 1000);
    let stem: String = name.chars().take(20).collect();
    std::fs::write(folder.join(format!("{stem}.png")), png)?;
    Ok(())
}

/// A melody that walks up and down between two pitches, a note every `steps` steps.
fn walk(beats_per_bar: u32, n_bars: u32, steps: u32, range: std::ops::RangeInclusive<u8>) -> Song {
    let (low, high) = (u32::from(*range.start()), u32::from(*range.end()));
    let mut random = 12345_u32;
    let mut at = low.midpoint(high);
    let n_notes = n_bars * beats_per_bar * STEPS_PER_BEAT / steps;
    let notes = (0..n_notes).filter_map(|i| {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let jump = [0, 1, 2, 3, 5, 7][(random >> 24) as usize % 6];
        let up = random >> 20 & 1 == 1;
        at = if up { (at + jump).min(high) } else { at.saturating_sub(jump).max(low) };
        let pitch = Pitch::new(at as u8)?;
        Some(GridNote::new(i * steps, Voice::Lead, pitch, steps))
    });
    Song::new(150.0, beats_per_bar, n_bars, notes)
}

fn read(file: &Path) -> Result<Song, Box<dyn Error>> {
    let score = midi::read(&std::fs::read(file)?, &midi::Limits::default())?.score;
    let steps = |ticks: u32| ticks * STEPS_PER_BEAT / u32::from(score.ticks_per_beat);
    let voices = Voice::ALL.into_iter();
    let notes = voices.flat_map(|voice| {
        let of_voice = score.parts.iter().filter(move |part| part.name == voice.name());
        of_voice.flat_map(|part| &part.notes).map(move |note| GridNote {
            onset: steps(note.onset.0),
            voice,
            pitch: note.pitch,
            duration: steps(note.duration.0).max(1),
            dynamic: Dynamic::of_velocity(note.velocity),
        })
    });
    let n_bars = score.end.0.div_ceil(4 * u32::from(score.ticks_per_beat));
    Ok(Song::new(score.tempo_bpm(), 4, n_bars, notes))
}

/// A training that goes well, and one that was stopped early and not promoted.
fn curves(folder: &Path) -> Result<(), Box<dyn Error>> {
    let loss = |epoch: usize| {
        let e = epoch as f64;
        let (train_nll, valid_nll) = (0.9 + 2.2 / e.sqrt() - 0.012 * e, 1.35 + 1.6 / e + 0.006 * e);
        CurvePoint { epoch, train_nll, valid_nll }
    };
    for (name, n_epochs, kept, is_promoted) in
        [("curve", 30, 16, true), ("curve-short", 3, 3, false)]
    {
        let caption =
            Caption { title: "hardstyle v3".to_owned(), subtitle: "214 songs".to_owned() };
        let losses = (1..=n_epochs).map(loss).collect();
        let shown =
            Curve { caption, losses, bigram_nll: Some(2.31), kept_epoch: Some(kept), is_promoted };
        let began = Instant::now();
        let png = picture::curve(&shown)?;
        println!("{name}: {:.3} s, {} kB", began.elapsed().as_secs_f64(), png.len() / 1000);
        std::fs::write(folder.join(format!("{name}.png")), png)?;
    }
    Ok(())
}
