//! Does the arrangement play what the genre and the song ask for?

use super::*;
use crate::names;
use music::score::Pitch;
use music::song::GridNote;
use std::collections::HashSet;

fn note(onset: u32, voice: Voice, pitch: u8, duration: u32) -> GridNote {
    GridNote { onset, voice, pitch: Pitch::new(pitch).expect("a pitch"), duration }
}

fn song(beats_per_bar: u32, n_bars: u32) -> Song {
    let bar = beats_per_bar * 24;
    let roots = [5u8, 1, 8, 3];
    let notes = (0..n_bars).flat_map(|index| {
        let root = roots[index as usize % 4];
        let lead = (0..beats_per_bar * 2)
            .map(move |i| note(index * bar + i * 12, Voice::Lead, 72 + root + (i % 3) as u8, 24));
        lead.chain([note(index * bar, Voice::Chords, 60 + root, bar)])
    });
    Song::new(150.0, beats_per_bar, n_bars, notes.collect::<Vec<_>>())
}

fn assert_sound(score: &Score) {
    let bar = u32::from(score.time_signatures[0].numerator) * 480;
    assert_eq!(score.end.0 % bar, 0);
    let names: HashSet<&str> = score.parts.iter().map(|p| p.name.as_str()).collect();
    assert_eq!(names.len(), score.parts.len(), "part names differ");
    let melodic: Vec<u8> = score.parts.iter().map(|p| p.channel).filter(|c| *c != 9).collect();
    assert_eq!(melodic.iter().collect::<HashSet<_>>().len(), melodic.len(), "channels differ");
    for part in &score.parts {
        let mut free = [0; 128];
        assert!(part.notes.is_sorted_by_key(|n| (n.onset, n.pitch)), "{} is sorted", part.name);
        for note in &part.notes {
            let free = &mut free[usize::from(note.pitch.number())];
            assert!(note.onset.0 >= *free, "{}: overlap at {:?}", part.name, note.onset);
            assert!(note.duration.0 > 0 && note.velocity > 0 && note.velocity < 128);
            *free = note.end().0;
        }
        assert!(part.notes.iter().all(|n| n.end() <= score.end), "{} ends in time", part.name);
    }
}

#[test]
fn a_full_arrangement_is_a_sound_score_in_any_meter_and_length() {
    for genre in ["hardstyle", "hardcore", "trance", "house", "polka"] {
        for (beats, bars) in [(4, 8), (4, 7), (3, 16), (6, 1), (2, 33), (5, 4)] {
            let score = arrange(&song(beats, bars), &Request::new(genre, 3, 7, 42));
            assert_sound(&score);
            let names: Vec<&str> = score.parts.iter().map(|p| p.name.as_str()).collect();
            for name in ["Lead", "Chords", "Bass", "Kick", "Snare", "Hat", "Crash"] {
                assert!(names.contains(&name), "{genre} in {beats}/4 has {names:?}, not {name}");
            }
        }
    }
}

#[test]
fn the_conductor_says_what_the_track_is() {
    let score = arrange(&song(4, 8), &Request::new("hardstyle", 3, 7, 42));
    assert_eq!(score.text, "hardstyle, version 3, seed 7");
    assert_eq!(score.title, format!("{} (hardstyle 0042)", names::title(&names::of(42))));
    assert!((score.tempo_bpm() - 150.0).abs() < 1e-9);
    assert!(score.key_signature.is_some());
}

#[test]
fn the_plain_lead_is_the_songs_voices_once() {
    let song = song(4, 8);
    let mut request = Request::new("hardstyle", 1, 1, 1);
    request.style = Style::Lead;
    request.instrument = Instrument::new(81);
    request.tempo_bpm = Some(160.0);
    let score = arrange(&song, &request);
    assert_sound(&score);
    assert_eq!(score.n_notes(), song.to_score().n_notes());
    assert_eq!(score.parts[0].program, Some(81));
    assert!((score.tempo_bpm() - 160.0).abs() < 0.01);
}

#[test]
fn the_lead_of_a_drop_is_the_songs_lead() {
    let song = song(4, 8);
    let score = arrange(&song, &Request::new("hardstyle", 1, 1, 1));
    let lead = score.parts.iter().find(|p| p.name == "Lead").expect("a lead");
    assert_eq!(lead.program, Some(90));
    let drop = 8 * 1920;
    let heard: Vec<(u32, u8)> = lead
        .notes
        .iter()
        .filter(|n| (drop..drop + 8 * 1920).contains(&n.onset.0))
        .map(|n| (n.onset.0 - drop, n.pitch.number()))
        .collect();
    let written: Vec<(u32, u8)> =
        song.voice(Voice::Lead).map(|n| (n.onset * 20, n.pitch.number())).collect();
    assert_eq!(heard, written);
}

#[test]
fn the_bass_plays_the_roots_off_the_beat() {
    let score = arrange(&song(4, 8), &Request::new("hardstyle", 1, 1, 1));
    let bass = score.parts.iter().find(|p| p.name == "Bass").expect("a bass");
    assert!(bass.notes.iter().all(|n| n.onset.0 % 480 == 240));
    let roots: Vec<u8> = bass.notes.iter().step_by(4).take(4).map(|n| n.pitch.class()).collect();
    assert_eq!(roots, [5, 1, 8, 3]);
}

#[test]
fn bars_without_chords_get_a_pad_so_that_no_stretch_is_silent() {
    let lead_only = Song::new(150.0, 4, 8, [note(0, Voice::Lead, 72, 24)]);
    let score = arrange(&lead_only, &Request::new("hardstyle", 1, 1, 1));
    assert_sound(&score);
    let pad = score.parts.iter().find(|p| p.name == "Pad").expect("a pad");
    assert_eq!(pad.notes.len(), 3 * 48);
}
