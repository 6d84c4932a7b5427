//! Do the inbox and `judge` name the same duplicates?

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use music::midi;
use music::score::Pitch;
use music::song::{GridNote, Song, Voice};
use serde_json::Value;
use watch::duplicates::{Fingerprint, Outline, compare};
use watch::inbox::Found;

use super::Judge;
use crate::config::Config;
use crate::context::Context;
use crate::control::line::Line;
use crate::home::Home;
use crate::intake::fixtures::take_all;
use crate::store;

/// Notes of a tune, eight a bar.
const N_NOTES: usize = 64;

/// A tune that wanders at random; another one for each seed.
fn tune(seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut pitch = 72;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        pitch = (pitch + [-5, -4, -3, -2, -1, 1, 2, 3, 4, 5][(state >> 33) as usize % 10])
            .clamp(62, 86);
        pitch as u8
    };
    (0..N_NOTES).map(|_| next()).collect()
}

fn song(pitches: &[u8]) -> Song {
    let note = |(pitch, idx): (&u8, u32)| {
        GridNote::new(idx * 12, Voice::Lead, Pitch::new(*pitch).expect("a pitch"), 12)
    };
    Song::new(150.0, 4, 8, pitches.iter().zip(0..).map(note))
}

/// The tune with every sixth note changed but one, which leaves one phrase of seven notes.
fn barely_alike(pitches: &[u8]) -> Vec<u8> {
    let mut changed = pitches.to_vec();
    for idx in (5..17).step_by(6).chain((19..N_NOTES).step_by(6)) {
        changed[idx] += 1;
    }
    changed
}

fn overlap(a: &[u8], b: &[u8]) -> f64 {
    let fingerprint = |pitches| Fingerprint::of(&song(pitches)).expect("a lead");
    fingerprint(a).overlap(fingerprint(b).phrases())
}

/// A tune, and one that is the same by its notes but shares too few phrases to be compared with it.
fn hardly_found() -> [Vec<u8>; 2] {
    let of_seed = |seed| {
        let tune = tune(seed);
        let changed = barely_alike(&tune);
        (0.001..0.03).contains(&overlap(&tune, &changed)).then_some([tune, changed])
    };
    (100..200).find_map(of_seed).expect("one in four is such")
}

fn put(folder: &Path, name: &str, pitches: &[u8]) {
    fs::write(folder.join(name), midi::write(&song(pitches).to_score())).expect("writable");
}

/// Which file repeats which, by the inbox.
fn by_intake(context: &Context, names: &[String]) -> BTreeMap<String, String> {
    let found = |name: &String| {
        let relative = Path::new("g").join(name);
        let path = context.home.inbox().join(&relative);
        let n_bytes = path.metadata().expect("a file").len();
        let (genre, kind) = (Some("g".to_owned()), watch::inbox::Kind::File);
        Found { path, relative, genre, kind, n_bytes }
    };
    let batch: Vec<Found> = names.iter().map(found).collect();
    take_all(context, &batch);
    let reason = |name: &String| {
        let text = context.home.rejected().join("g").join(format!("{name}.reason.txt"));
        let of = fs::read_to_string(text).ok()?;
        let (_, of) = of.split_once("already has it: g/").expect("a duplicate");
        Some((name.clone(), of.split_once(" (").expect("how").0.to_owned()))
    };
    names.iter().filter_map(reason).collect()
}

/// Which file repeats which, by `judge`.
fn by_judge(context: &Context, folder: &Path) -> BTreeMap<String, String> {
    let mut repeated = BTreeMap::new();
    let name = |value: &Value| {
        let path = PathBuf::from(value.as_str()?);
        Some(path.file_name()?.to_string_lossy().into_owned())
    };
    let mut out = |line| {
        let Line::Row { json, .. } = line else { return };
        assert_eq!(json["verdict"], "accept", "{json}");
        if let Some(of) = name(&json["double_of"]) {
            repeated.insert(name(&json["file"]).expect("a file"), of);
        }
    };
    let judge = Judge { paths: vec![folder.to_owned()], all: true };
    judge.run(&context.config.intake, &mut out).expect("judged");
    repeated
}

#[test]
fn both_name_the_same_duplicates() {
    let home = tempfile::tempdir().expect("a folder");
    let store = store::Settings { free_space_reserve_mb: 16, cache_mb: 16 };
    let config = Config { store, ..Config::default() };
    let context = Context::open(Home::new(home.path().to_owned()), config).expect("a home");
    let inbox = context.home.inbox().join("g");
    fs::create_dir_all(&inbox).expect("a folder");

    let [first, barely] = hardly_found();
    let outline = |pitches: &[u8]| Outline::of(&song(pitches));
    assert!(compare(&outline(&barely), &outline(&first)).is_some(), "the same by their notes");
    put(&inbox, "a.mid", &first);
    put(&inbox, "b barely alike.mid", &barely);
    put(&inbox, "c.mid", &tune(2));
    put(&inbox, "d the same bytes.mid", &first);
    let higher: Vec<u8> = tune(2).iter().map(|pitch| pitch + 3).collect();
    put(&inbox, "e higher.mid", &higher);
    let half = [&tune(2)[..N_NOTES / 2], &tune(3)[N_NOTES / 2..]].concat();
    put(&inbox, "f half another.mid", &half);

    let mut names: Vec<String> = fs::read_dir(&inbox)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    let by_judge = by_judge(&context, &inbox);
    let expected = [("d the same bytes.mid", "a.mid"), ("e higher.mid", "c.mid")];
    assert_eq!(by_judge, BTreeMap::from(expected.map(|(a, b)| (a.to_owned(), b.to_owned()))));
    assert_eq!(by_intake(&context, &names), by_judge);
}
