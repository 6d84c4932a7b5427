//! Are lossless sounds what the track says, and are pictures of versions where they are asked for?

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tests::process::Signal;

use crate::{home, midi_facts::Facts, trained, wav_facts};

fn path(row: &Value) -> PathBuf {
    PathBuf::from(row.as_str().expect("a path"))
}

/// Left and right, one after the other.
fn heard(file: &Path) -> Vec<f32> {
    wav_facts::channels(&fs::read(file).expect("it is there")).concat()
}

/// How alike two sounds are, whatever their level: 1 for the same, 0 for unrelated ones.
fn likeness(a: &[f32], b: &[f32]) -> f64 {
    let product = |a: &[f32], b: &[f32]| -> f64 {
        a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
    };
    product(a, b) / (product(a, a) * product(b, b)).sqrt()
}

#[test]
fn stems_are_the_parts_of_the_file_and_add_up_to_the_mix() {
    let home = trained();
    let out = home.path("elsewhere");
    let folder = out.to_str().expect("a plain path");
    let asked = ["generate", "hardstyle", "--seed", "5", "--bars", "4", "--out", folder];
    let made =
        home.row(&[&asked[..], &["--no-audio", "--no-picture", "--wav", "--stems"]].concat());
    let (midi, wav) = (path(&made["midi"]), path(&made["wav"]));
    assert_eq!((&made["audio"], wav.with_extension("mid")), (&Value::Null, midi.clone()));
    let stems: Vec<PathBuf> = made["stems"].as_array().expect("a list").iter().map(path).collect();
    let mut expected: Vec<PathBuf> = Facts::of(&fs::read(&midi).expect("it is there"))
        .names
        .iter()
        .skip(1)
        .map(|name| name.to_lowercase().replace(' ', "-"))
        .map(|name| PathBuf::from(format!("{}-{name}.wav", wav.with_extension("").display())))
        .collect();
    assert_eq!(stems, expected, "a stem for each track, in their order");
    expected.extend([midi, wav.clone()]);
    let mut there: Vec<PathBuf> =
        fs::read_dir(&out).expect("a folder").map(|entry| entry.expect("a file").path()).collect();
    expected.sort();
    there.sort();
    assert_eq!(there, expected, "nothing else lies there");

    let whole = heard(&wav);
    let mut sum = vec![0.0; whole.len()];
    let mut best_alone: f64 = 0.0;
    for stem in &stems {
        let part = heard(stem);
        assert_eq!(part.len(), whole.len(), "{}", stem.display());
        assert!(part.iter().any(|sample| sample.abs() > 1e-3), "{} is silent", stem.display());
        assert!(part.iter().all(|sample| sample.abs() < 0.99), "{} clips", stem.display());
        sum.iter_mut().zip(&part).for_each(|(sum, sample)| *sum += sample);
        best_alone = best_alone.max(likeness(&part, &whole));
    }
    // Only what mastering changes is between them.
    let together = likeness(&sum, &whole);
    assert!(together > 0.95 && best_alone < 0.9, "{together} together, {best_alone} alone");

    let daemon = home.daemon();
    let plain = home.row(&["generate", "hardstyle", "--no-audio", "--no-picture"]);
    assert_eq!((&plain["wav"], &plain["stems"]), (&Value::Null, &json!([])));
    assert_eq!(daemon.stop(Signal::TERM).code, Some(0));
}

#[test]
fn a_track_that_cannot_be_written_leaves_no_file() {
    let home = trained().set("genre.hardstyle.soundfont", "\"/nowhere/at-all.sf2\"");
    let out = home.path("elsewhere");
    let folder = out.to_str().expect("a plain path");
    let asked = ["generate", "hardstyle", "--no-audio", "--no-picture", "--out", folder];
    // As no whole track is rendered, the parts are the first that need the SoundFont.
    home.ask(&[&asked[..], &["--stems"]].concat()).fails(1, "/nowhere/at-all.sf2");
    assert_eq!(home.files("elsewhere"), Vec::<String>::new());
    assert_eq!(home.rows(&["tracks"]), Vec::<Value>::new());
    home.row(&asked);
    assert_eq!(home.files("elsewhere").len(), 1);
}

#[test]
fn the_curve_of_a_version_is_drawn_where_it_is_asked_for() {
    let home = trained();
    home.rows(&["train", "hardstyle", "--fresh", "--epochs", "1"]);
    let file = |name: &str| home.path(name).to_str().expect("a plain path").to_owned();
    let (current, first) = (file("current.png"), file("first.PNG"));
    let rows = home.rows(&["versions", "hardstyle", "--plot", &current]);
    assert_eq!((&rows[0]["plot"], &rows[1]["plot"]), (&Value::Null, &json!(current)));
    let daemon = home.daemon();
    let only = home.row(&["versions", "hardstyle", "v1", "--plot", &first]);
    assert_eq!((&only["version"], &only["plot"]), (&json!(1), &json!(first)));
    assert_eq!(daemon.stop(Signal::TERM).code, Some(0));
    let png = |file: &str| {
        let bytes = fs::read(file).expect("drawn");
        assert!(bytes.starts_with(b"\x89PNG\r\n\x1a\n") && bytes.len() < 1 << 20);
        assert_eq!((&bytes[16..20], &bytes[20..24]), (&[0, 0, 6, 64][..], &[0, 0, 3, 132][..]));
        bytes
    };
    assert_ne!(png(&current), png(&first));
    home.ask(&["versions", "hardstyle", "7"]).fails(3, "kept are v1, v2");
    home.ask(&["versions", "hardstyle", "--plot", &file("song.mid")]).fails(2, "end in .png");
    let nowhere = home.put("in-the-way", b"a file").join("curve.png");
    let nowhere = nowhere.to_str().expect("a plain path");
    home.ask(&["versions", "hardstyle", "--plot", nowhere]).fails(1, nowhere);
    assert!(!home.path("song.mid").exists());
}

#[test]
fn a_genre_without_versions_has_no_curve() {
    let home = home();
    home.drop_songs("hardstyle", 0..2);
    let file = home.path("none.png");
    let file = file.to_str().expect("a plain path");
    home.ask(&["versions", "trance", "--plot", file]).fails(3, "known are hardstyle");
    home.ask(&["versions", "hardstyle", "--plot", file]).fails(3, "of the 4 songs it needs");
    assert!(!home.path("none.png").exists());
}
