//! Is every sequence of tokens that the grammar allows a song, and one that files keep?
//!
//! The bytes choose among what is allowed; when they run out, the song ends at the next chance.
#![no_main]

use libfuzzer_sys::fuzz_target;
use music::midi::{self, Limits};
use music::tokens::{Grammar, TokenId, decode, encode};

fuzz_target!(|bytes: &[u8]| {
    let tokens = steered(bytes);
    let song = decode(&tokens).expect("the grammar allows every token");
    let spelled = encode(&song);
    let again = decode(&spelled).expect("the grammar allows what the encoder writes");
    assert_eq!(again.notes(), song.notes());
    assert_eq!((again.n_bars(), again.key()), (song.n_bars(), song.key()));
    assert_eq!(again.dynamics(), song.dynamics());
    assert_eq!(encode(&again), spelled);
    let score = song.to_score();
    let reading =
        midi::read(&midi::write(&score), &Limits { max_minutes: 600, ..Limits::default() });
    let reading = reading.expect("what is written can be read");
    assert_eq!(reading.score.n_notes(), score.n_notes());
    assert_eq!(reading.warnings, []);
});

fn steered(bytes: &[u8]) -> Vec<TokenId> {
    let mut grammar = Grammar::new(None);
    let mut tokens = Vec::new();
    let mut choices = bytes.iter().map(|byte| u32::from(*byte));
    while !grammar.is_ended() {
        let ranges = match choices.len() {
            0 if grammar.may_end_bar() => grammar.bar_or_end(),
            _ => grammar.allowed(),
        };
        let n_allowed: u32 = ranges.iter().map(|range| range.end - range.start).sum();
        // Kinds of tokens are as likely as each other; within a kind, a second byte chooses.
        let kind = choices.next().map_or(ranges.len() - 1, |byte| byte as usize % ranges.len());
        let range = &ranges[kind];
        let within = choices.next().unwrap_or(0) % (range.end - range.start);
        let id = TokenId(range.start + within);
        assert!(n_allowed > 0 && grammar.allows(id));
        grammar.advance(id).expect("it is allowed");
        tokens.push(id);
    }
    tokens
}
