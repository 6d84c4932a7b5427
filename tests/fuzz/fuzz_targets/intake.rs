//! Does any file at all go through reader, filter and encoder without a panic, and losing nothing?
//!
//! Judges no verdict: only what must hold for every one.
#![no_main]

use libfuzzer_sys::fuzz_target;
use music::midi::{self, Limits};
use music::score::{Note, Score};
use music::song::Song;
use music::tokens::{decode, encode};
use watch::examine::{Settings, examine};
use watch::filter::Verdict;

fuzz_target!(|bytes: &[u8]| {
    let examined = examine(bytes, &Settings::default());
    match &examined.verdict {
        Verdict::Accept => assert!(examined.song.is_some(), "accepted without a song"),
        Verdict::Reject(reason) => assert!(reason.to_string().len() > 20, "no reason: {reason}"),
    }
    if let Some(song) = &examined.song {
        the_tokens_keep_it(song);
    }
    if let Ok(reading) = midi::read(bytes, &Limits::default()) {
        the_file_keeps_it(&reading.score);
    }
});

fn the_tokens_keep_it(song: &Song) {
    let tokens = encode(song);
    let decoded = decode(&tokens).expect("the grammar allows what the encoder writes");
    assert_eq!(decoded.notes(), song.notes());
    assert_eq!((decoded.n_bars(), decoded.key()), (song.n_bars(), song.key()));
    assert_eq!(decoded.beats_per_bar(), song.beats_per_bar());
    assert_eq!(decoded.dynamics(), song.dynamics());
    assert_eq!(encode(&decoded), tokens);
}

/// A written score is read back with nothing to mend. The first writing may cut notes that are struck
/// again while they sound, a second one changes nothing.
fn the_file_keeps_it(score: &Score) {
    let written = read_back(score);
    let onsets = |score: &Score| {
        let mut onsets: Vec<_> = notes(score)
            .into_iter()
            .map(|(part, channel, note)| (part, channel, note.onset, note.pitch))
            .collect();
        onsets.sort_unstable();
        onsets.dedup();
        onsets
    };
    assert_eq!(onsets(&written), onsets(score));
    assert_eq!(notes(&read_back(&written)), notes(&written));
}

fn notes(score: &Score) -> Vec<(usize, u8, Note)> {
    let parts = score.parts.iter().enumerate();
    parts
        .flat_map(|(idx, part)| part.notes.iter().map(move |note| (idx, part.channel, *note)))
        .collect()
}

fn read_back(score: &Score) -> Score {
    // One track of a file can make 16 parts, each of which becomes a track.
    let limits = Limits {
        max_file_bytes: 64 << 20,
        max_events: 5_000_000,
        max_tracks: 65_535,
        ..Limits::default()
    };
    let reading = midi::read(&midi::write(score), &limits).expect("what is written can be read");
    assert!(
        reading.warnings.iter().all(|warning| *warning == midi::Warning::NoTempo),
        "{:?}",
        reading.warnings
    );
    reading.score
}
