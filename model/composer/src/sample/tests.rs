//! Are songs what was asked for, the same for the same seed, and the same together as alone?

use super::*;
use crate::conditions::in_scale;
use music::dynamic::Dynamic;
use music::key::{Key, Mode};
use music::score::Pitch;
use music::song::GridNote;
use music::song::Voice;
use music::tokens::Polyphony;
use network::Network;
use network::train::Hyperparameters;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

fn predictor() -> Predictor {
    let size =
        Hyperparameters { layers: 1, hidden: 16, embedding: 8, ..Hyperparameters::default() }
            .size(crate::INTERFACE);
    let network = Network::new(size, &mut ChaCha8Rng::seed_from_u64(2));
    Predictor::new(&network).expect("a predictor")
}

fn spec(seed: u64) -> SongSpec {
    SongSpec {
        seed,
        n_bars: 5,
        tempo_bpm: 151.5,
        beats_per_bar: 3,
        key: Key::new(5, Mode::Minor),
        in_scale: 1.0,
        notes_per_bar: 10.0,
        register: None,
        asked: Asked { key: true, ..Asked::default() },
        polyphony: Polyphony::ANY,
        dynamics: [Dynamic::USUAL; 3],
        temperature: 1.0,
        top_p: 0.98,
        label: 0,
        primer: None,
    }
}

#[test]
fn even_an_untrained_network_draws_valid_songs_as_asked() {
    let predictor = predictor();
    for seed in 0..20 {
        let song = sample(&predictor, &spec(seed)).expect("a song");
        assert_eq!((song.n_bars(), song.beats_per_bar()), (5, 3));
        assert_eq!(song.tempo_bpm().to_bits(), 151.5f64.to_bits());
        assert_eq!(song.key(), Key::new(5, Mode::Minor));
    }
}

#[test]
fn a_seed_decides_the_song() {
    let predictor = predictor();
    let draw = |seed| sample(&predictor, &spec(seed)).expect("a song");
    assert_eq!(draw(7), draw(7));
    assert_ne!(draw(7), draw(8));
}

#[test]
fn a_primer_is_kept_in_the_key_asked_for() {
    let predictor = predictor();
    let primer = |beats: u32, bars: u32| {
        let note = |onset: u32, number: u8| {
            GridNote::new(onset, Voice::Lead, Pitch::new(number).expect("a pitch"), 12)
        };
        Song::new(140.0, beats, bars, [note(0, 60), note(24, 63), note(48, 67), note(100, 72)])
            .with_key(Key::new(0, Mode::Minor))
    };
    let begun = |primer| sample(&predictor, &SongSpec { primer: Some(primer), ..spec(3) });
    let song = begun(primer(3, 2)).expect("a song");
    assert_eq!(song.n_bars(), 5);
    let kept: Vec<(u32, u8)> = song
        .notes()
        .iter()
        .filter(|note| note.onset < 2 * 72)
        .map(|note| (note.onset, note.pitch.number()))
        .collect();
    assert_eq!(kept, [(0, 65), (24, 68), (48, 72), (100, 77)]);
    assert!(song.notes().iter().any(|note| note.onset >= 2 * 72));
    assert!(matches!(begun(primer(3, 5)), Err(SampleError::LongPrimer { .. })));
    assert!(matches!(begun(primer(4, 2)), Err(SampleError::OtherMeter { .. })));
}

#[test]
fn no_more_notes_sound_at_once_than_asked_for() {
    let predictor = predictor();
    let thickest = |polyphony: Polyphony, primer: Option<&Song>| {
        let songs = (0..40).map(|seed| {
            let primer = primer.cloned();
            sample(&predictor, &SongSpec { polyphony, primer, ..spec(seed) }).expect("a song")
        });
        let none = Polyphony { in_all: 0, by_voice: [0; 3] };
        songs.fold(none, |most, song| most.or_more(Polyphony::of(&song)))
    };
    let in_all = |n| Polyphony { in_all: n, ..Polyphony::ANY };
    assert_eq!(thickest(in_all(1), None), Polyphony { in_all: 1, by_voice: [1; 3] });
    assert_eq!(thickest(in_all(3), None).in_all, 3);
    assert!(thickest(Polyphony::ANY, None).in_all > 3);
    let thick_lead = Polyphony { in_all: 9, by_voice: [0, 1, 2] };
    assert_eq!(thickest(thick_lead, None), Polyphony { in_all: 4, by_voice: [1, 1, 2] });
    // Any voice may play, whatever is asked for.
    let silence = Polyphony { in_all: 0, by_voice: [0; 3] };
    assert_eq!(thickest(silence, None), thickest(in_all(1), None));
    // A primer keeps its notes, and what follows may be as thick.
    let note = |voice, number| GridNote::new(0, voice, Pitch::new(number).expect("a pitch"), 72);
    let notes = [note(Voice::Bass, 41), note(Voice::Lead, 72), note(Voice::Lead, 77)];
    let primer = Song::new(151.5, 3, 1, notes).with_key(Key::new(5, Mode::Minor));
    let thicker = Polyphony { in_all: 3, by_voice: [1, 1, 2] };
    assert_eq!(thickest(silence, Some(&primer)), thicker);
    assert_eq!(thickest(in_all(1), Some(&primer)).in_all, 3);
}

#[test]
fn songs_drawn_together_are_those_drawn_alone() {
    let predictor = predictor();
    let specs: Vec<SongSpec> = (0..70)
        .map(|seed| SongSpec { n_bars: 1 + seed as u32 % 5, label: seed as u32 % 3, ..spec(seed) })
        .collect();
    let together = sample_many(&predictor, &specs);
    assert_eq!(together.len(), specs.len());
    for (spec, song) in specs.iter().zip(together) {
        assert_eq!(song.expect("a song"), sample(&predictor, spec).expect("a song"));
    }
}

#[test]
fn the_most_promising_are_drawn_as_they_would_be_alone() {
    let predictor = predictor();
    let lengths = [8, 9, 1, 16, 2, 30];
    let specs: Vec<SongSpec> =
        (0..60).map(|seed| SongSpec { n_bars: lengths[seed as usize % 6], ..spec(seed) }).collect();
    let promise = |beginning: &Song| beginning.notes_per_bar();
    // Of the first draw, whether or not it is what was asked for.
    let beginning = |spec: &SongSpec| {
        let drawing = Task::new(spec).drawing(0).expect("there is something to draw");
        let stream = predictor.streams(&[spec.labels(1.0)]);
        let done = together::grow(&predictor, stream, vec![(0, drawing)], |_| false);
        let whole = decode(&done[0].1.drawing.tokens()).expect("a song");
        let n_bars = spec.n_bars.div_ceil(4);
        let notes = whole.notes().iter().filter(|note| note.onset < n_bars * whole.steps_per_bar());
        notes.count() as f64 / f64::from(n_bars)
    };
    let drawn = sample_promising(&predictor, &specs, 20, promise);
    let mut best: Vec<usize> = (0..specs.len()).collect();
    best.sort_by(|a, b| beginning(&specs[*b]).total_cmp(&beginning(&specs[*a])));
    best.truncate(20);
    best.sort_unstable();
    let places: Vec<usize> = drawn.iter().map(|(place, _)| *place).collect();
    assert_eq!(places, best);
    for (place, song) in drawn {
        assert_eq!(song.ok(), sample(&predictor, &specs[place]).ok());
    }
}

#[test]
fn a_spec_that_cannot_be_is_told_if_it_is_kept() {
    let predictor = predictor();
    let bad = SongSpec { primer: Some(Song::new(150.0, 4, 9, [])), ..spec(1) };
    let specs = [spec(0), bad, spec(2)];
    let all = sample_promising(&predictor, &specs, 3, |_| 0.0);
    assert!(matches!(all[1], (1, Err(SampleError::OtherMeter { .. }))));
    let two = sample_promising(&predictor, &specs, 2, |_| 0.0);
    assert_eq!(two.iter().map(|(place, _)| *place).collect::<Vec<_>>(), [0, 2]);
}

#[test]
fn a_spec_that_cannot_be_does_not_disturb_the_others() {
    let predictor = predictor();
    let bad = SongSpec { primer: Some(Song::new(150.0, 4, 9, [])), ..spec(1) };
    let songs = sample_many(&predictor, &[spec(0), bad, spec(2)]);
    assert!(matches!(songs[1], Err(SampleError::OtherMeter { .. })));
    assert_eq!(songs[2].as_ref().ok(), sample(&predictor, &spec(2)).ok().as_ref());
}

#[test]
fn no_more_notes_lie_outside_the_scale_than_asked_for() {
    let predictor = predictor();
    for (least, key) in [(1.0, Key::new(2, Mode::Major)), (0.9, Key::new(9, Mode::Minor))] {
        let asked = Asked { key: true, ..Asked::default() };
        let spec = SongSpec { in_scale: least, key, asked, ..spec(5) };
        let song = sample(&predictor, &spec).expect("a song");
        let heard = in_scale(&song, key);
        assert!(heard >= least - 0.02, "{heard} of {key}, at least {least} were asked for");
        assert!(heard < 1.0 || least > 0.99, "an untrained network plays outside where it may");
    }
}

#[test]
fn a_song_in_another_key_than_asked_for_states_its_own() {
    let predictor = predictor();
    let key = Key::new(2, Mode::Major);
    let songs: Vec<Song> = (0..20)
        .map(|seed| SongSpec { key, asked: Asked::default(), ..spec(seed) })
        .map(|spec| sample(&predictor, &spec).expect("a song"))
        .collect();
    for song in &songs {
        assert!(song.key() == song.estimated_key() || in_scale(song, key) >= 0.92);
    }
    assert!(songs.iter().any(|song| song.key() != key));
}

#[test]
fn a_density_that_is_asked_for_is_kept_to() {
    let predictor = predictor();
    for asked in [4.0, 8.0, 16.0] {
        let ask = |seed| SongSpec {
            notes_per_bar: asked,
            asked: Asked { density: true, ..Asked::default() },
            n_bars: 16,
            ..spec(seed)
        };
        let mean = (0..8)
            .map(|seed| sample(&predictor, &ask(seed)).expect("a song").notes_per_bar())
            .sum::<f64>()
            / 8.0;
        assert!((mean / asked - 1.0).abs() < 0.15, "{mean} notes a bar, {asked} were asked for");
    }
}
