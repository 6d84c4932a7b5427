//! Do samples sound like the genre, by numbers?

use std::collections::BTreeMap;

use composer::conditions::{in_scale, register};
use composer::memorisation::Melodies;
use composer::sample::{Asked, SongSpec, sample_many};
use music::genre::{Classifier, Sample, Settings, Traits};
use music::key::Key;
use music::song::{Song, Voice};
use music::tokens::Polyphony;
use network::Network;
use network::infer::Predictor;

use crate::compare::{self, Measured};
use crate::measures::measure;
use crate::songs::Labelled;

/// The longest run that a sample may share with a song that was learned from.
const MAX_COPIED: u32 = 16;
const MAX_DRAWS: u64 = 9;
const N_SAMPLES: usize = 200;

/// How samples are drawn.
#[derive(Clone, Copy)]
pub(crate) struct Way {
    pub(crate) temperature: f64,
    pub(crate) top_p: f64,
    /// Bars of each; those of a song if not given.
    pub(crate) n_bars: Option<u32>,
}

/// Draws samples, each in the key, density and length of a song that was learned from and with no more
/// notes at once, and prints what they share with the genre.
pub(crate) fn study(
    network: &Network,
    way: Way,
    (learned, held_out): (&[&Labelled], &[&Labelled]),
    others: &[&Labelled],
) -> Result<(), Box<dyn std::error::Error>> {
    let predictor = Predictor::new(network)?;
    let melodies = melodies(learned);
    let patterns: Vec<&Labelled> =
        (0..N_SAMPLES).map(|idx| learned[idx * learned.len() / N_SAMPLES]).collect();
    let (mut best, mut n_draws): (BTreeMap<usize, (u32, Song)>, usize) = (BTreeMap::new(), 0);
    for draw in 0..MAX_DRAWS {
        let copies = |idx: &usize| best.get(idx).is_none_or(|(n_shared, _)| *n_shared > MAX_COPIED);
        let open: Vec<usize> = (0..patterns.len()).filter(copies).collect();
        let spec = |idx: &usize| spec_of(&patterns[*idx].song, way, (*idx as u64) << 8 | draw);
        let specs: Vec<SongSpec> = open.iter().map(spec).collect();
        n_draws += specs.len();
        for (idx, song) in open.into_iter().zip(sample_many(&predictor, &specs)) {
            let song = song?;
            let n_shared = melodies.longest_shared(&song).n_notes;
            if best.get(&idx).is_none_or(|(least, _)| n_shared < *least) {
                best.insert(idx, (n_shared, song));
            }
        }
    }
    let mut runs: Vec<u32> = best.values().map(|(n_shared, _)| *n_shared).collect();
    let songs: Vec<(String, Song)> =
        best.into_iter().map(|(idx, (_, song))| (idx.to_string(), song)).collect();
    println!(
        "\n{} samples, temperature {}, top-p {}: {n_draws} draws",
        songs.len(),
        way.temperature,
        way.top_p
    );
    let of_real = |songs: &[&Labelled]| -> Vec<Measured> {
        let one = |song: &&Labelled| measure(&song.song).map(|own| (song.file.clone(), own));
        songs.iter().filter_map(one).collect()
    };
    let whole: Vec<&Labelled> = learned.iter().chain(held_out).copied().collect();
    let drawn: Vec<Measured> =
        songs.iter().filter_map(|(name, song)| Some((name.clone(), measure(song)?))).collect();
    println!("the songs that the samples take after:");
    compare::print(&of_real(&whole), &of_real(held_out), &of_real(&patterns));
    println!("the samples:");
    compare::print(&of_real(&whole), &of_real(held_out), &drawn);
    print_runs("samples", &mut runs);
    let mut of_held_out: Vec<u32> =
        held_out.iter().map(|song| melodies.longest_shared(&song.song).n_notes).collect();
    print_runs("held-out songs", &mut of_held_out);
    let drawn: Vec<Song> = songs.into_iter().map(|(_, song)| song).collect();
    let real: Vec<&Song> = held_out.iter().map(|song| &song.song).collect();
    crate::dynamics::print(&real, &drawn.iter().collect::<Vec<_>>());
    print_textures("held-out songs", &real);
    print_textures("samples", &drawn.iter().collect::<Vec<_>>());
    print_judged("as they are", learned, held_out, others, &drawn, Song::clone);
    print_judged("all at one tempo", learned, held_out, others, &drawn, at_one_tempo);
    Ok(())
}

fn melodies(songs: &[&Labelled]) -> Melodies {
    let mut melodies = Melodies::default();
    for song in songs {
        melodies.add(song.file.clone(), &song.song);
    }
    melodies
}

/// A sample that is to be like a song.
pub(crate) fn spec_of(pattern: &Song, way: Way, seed: u64) -> SongSpec {
    SongSpec {
        seed,
        n_bars: way.n_bars.unwrap_or_else(|| pattern.n_bars()),
        tempo_bpm: pattern.tempo_bpm(),
        beats_per_bar: pattern.beats_per_bar(),
        key: Key::from_index(pattern.key().index()),
        in_scale: in_scale(pattern, pattern.key()),
        notes_per_bar: pattern.notes_per_bar(),
        register: register(pattern),
        asked: Asked::default(),
        polyphony: Polyphony::of(pattern),
        dynamics: pattern.dynamics(),
        temperature: way.temperature,
        top_p: way.top_p,
        label: 1,
        primer: None,
    }
}

/// Which voices the songs have, and how many sound one note at a time.
fn print_textures(of: &str, songs: &[&Song]) {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut n_single = 0;
    for song in songs {
        let voices: Vec<String> = Voice::ALL
            .iter()
            .filter(|voice| song.voice(**voice).next().is_some())
            .map(|voice| format!("{voice:?}").to_lowercase())
            .collect();
        *counts.entry(voices.join("+")).or_default() += 1;
        n_single += usize::from(Polyphony::of(song).in_all == 1);
    }
    let share = |n: usize| format!("{:.0} %", 100.0 * n as f64 / songs.len().max(1) as f64);
    let voices: Vec<String> =
        counts.iter().map(|(voices, n)| format!("{voices} {}", share(*n))).collect();
    println!("voices, {of}: {}; one note at a time {}", voices.join(", "), share(n_single));
}

fn print_runs(of: &str, runs: &mut [u32]) {
    runs.sort_unstable();
    let at = |share: f64| runs[((runs.len() - 1) as f64 * share) as usize];
    println!(
        "longest run shared with a song learned from, {of}: median {}, 90 % {}, at most {}; {} of {} over {MAX_COPIED}",
        at(0.5),
        at(0.9),
        at(1.0),
        runs.iter().filter(|run| **run > MAX_COPIED).count(),
        runs.len()
    );
}

fn at_one_tempo(song: &Song) -> Song {
    Song::new(120.0, song.beats_per_bar(), song.n_bars(), song.notes().iter().copied())
}

/// How many songs a classifier learned from real songs of this genre and another calls this genre.
fn print_judged(
    what: &str,
    learned: &[&Labelled],
    held_out: &[&Labelled],
    others: &[&Labelled],
    drawn: &[Song],
    change: fn(&Song) -> Song,
) {
    // Every second tune of the others is held out.
    let mut sides: BTreeMap<&str, bool> = BTreeMap::new();
    for song in others {
        let n = sides.len();
        sides.entry(&song.tune).or_insert(n.is_multiple_of(2));
    }
    let (known, unknown): (Vec<&Labelled>, Vec<&Labelled>) =
        others.iter().partition(|song| sides[song.tune.as_str()]);
    let traits = |song: &Song| Traits::of(&change(song));
    let rows: Vec<(&Labelled, Traits)> =
        learned.iter().chain(&known).map(|song| (*song, traits(&song.song))).collect();
    let samples: Vec<Sample<'_>> = rows
        .iter()
        .map(|(song, traits)| Sample { genre: &song.genre, tune: &song.tune, traits })
        .collect();
    let Some(classifier) = Classifier::train(&samples, &Settings::default()) else { return };
    let share = |songs: &[Song], genre: &str| {
        let called = songs
            .iter()
            .filter(|song| classifier.classify(&traits(song)).genres[0].0 == genre)
            .count();
        100.0 * called as f64 / songs.len().max(1) as f64
    };
    let real = |songs: &[&Labelled]| songs.iter().map(|s| s.song.clone()).collect::<Vec<Song>>();
    let (genre, other) = (&learned[0].genre, &others[0].genre);
    println!(
        "called {genre}, {what}: {:.1} % of the samples, {:.1} % of held-out songs; {:.1} % of held-out {other} called {other}",
        share(drawn, genre),
        share(&real(held_out), genre),
        share(&real(&unknown), other),
    );
}
