//! What does a post say of its track?

use std::fmt::Write;

use music::key::Key;
use music::notation;

use super::marker::Marker;
use super::text::{count, plain};
use crate::id::ListenerId;
use crate::reaction::Emoji;

/// What is said of a track.
#[derive(Clone, Debug, PartialEq)]
pub struct About<'a> {
    /// The track's number, from which its [`Marker`] is made.
    pub track: u64,
    /// The track's name.
    pub name: &'a str,
    /// Its genre.
    pub genre: &'a str,
    /// The artist in whose manner it was asked for.
    pub artist: Option<&'a str>,
    /// The version of the network that wrote it.
    pub version: u32,
    /// The seed that makes it again.
    pub seed: u64,
    /// Quarter notes a minute.
    pub tempo_bpm: f64,
    /// Its key.
    pub key: Key,
    /// Length in bars.
    pub bars: u32,
    /// What was asked for and is not reached, each in words that begin with "asked for".
    pub not_reached: &'a [String],
    /// Who asked for it; shown, but not pinged.
    pub listener: Option<ListenerId>,
    /// Whether the bot may put emoji below it.
    pub may_react: bool,
}

/// The text of the message that carries a track.
///
/// `offered` are the emoji that the bot puts below it.
pub fn track(about: &About<'_>, offered: &[String]) -> String {
    let mut text = format!("**{}**", plain(about.name, 100));
    if let Some(listener) = about.listener {
        let _ = write!(text, " for <@{listener}>");
    }
    let _ = write!(text, "\n{} v{}", plain(about.genre, 100), about.version);
    if let Some(artist) = about.artist {
        let _ = write!(text, " · like {}", plain(artist, 100));
    }
    let _ = write!(
        text,
        " · {} BPM · {} · {} · seed {}",
        notation::tempo(about.tempo_bpm),
        notation::key(about.key),
        count(about.bars as usize, "bar"),
        about.seed,
    );
    for missed in about.not_reached {
        let _ = write!(text, "\nYou {}", plain(missed, 150));
    }
    let _ = write!(text, "\nReact to teach me what you like:");
    for emoji in offered {
        let _ = write!(text, " {}", Emoji::new(emoji).in_text());
    }
    if !about.may_react {
        text += "\n-# I lack the permission Add Reactions here, so the emoji are yours to put.";
    }
    let _ = write!(text, "\n-# {}", Marker::of_track(about.track).as_str());
    text
}

/// What calls a listener to a track that took long.
pub(crate) fn is_ready(listener: ListenerId) -> String {
    format!("<@{listener}> Your track is ready.")
}

#[cfg(test)]
mod tests {
    use super::super::text::MAX_CHARS;
    use super::*;
    use music::key::Mode;

    fn about<'a>(name: &'a str, genre: &'a str) -> About<'a> {
        About {
            track: 7,
            name,
            genre,
            artist: None,
            version: 3,
            seed: u64::MAX,
            tempo_bpm: 150.0,
            key: Key::new(5, Mode::Minor),
            bars: 32,
            not_reached: &[],
            listener: Some(ListenerId(5)),
            may_react: true,
        }
    }

    #[test]
    fn a_post_says_what_it_is_and_how_to_react() {
        let offered = ["🔥", "banger:5"].map(str::to_owned);
        let text = track(&about("Neon Dawn", "hardstyle"), &offered);
        let expected = "**Neon Dawn** for <@5>\nhardstyle v3 · 150 BPM · F minor · 32 bars · seed \
                        18446744073709551615\nReact to teach me what you like: 🔥 <:banger:5>\n-# track \
                        0000000000000007";
        assert_eq!(text, expected);
        assert!(Marker::of_track(7).is_in(&text));
    }

    #[test]
    fn an_artist_is_named() {
        let about = About { artist: Some("so_me"), ..about("Neon Dawn", "hardstyle") };
        let said = track(&about, &[]);
        assert!(said.contains("\nhardstyle v3 · like so\\_me · 150 BPM · F minor"), "{said}");
    }

    #[test]
    fn what_is_not_reached_is_told_before_the_reactions() {
        let missed = ["asked for D major; it came out in D minor".to_owned()];
        let said = track(&About { not_reached: &missed, ..about("Neon Dawn", "hardstyle") }, &[]);
        let expected = "\nYou asked for D major; it came out in D minor\nReact to teach me";
        assert!(said.contains(expected), "{said}");
    }

    #[test]
    fn where_emoji_may_not_be_put_the_post_says_so() {
        let offered = ["🔥".to_owned()];
        let about = about("Neon Dawn", "hardstyle");
        assert!(!track(&about, &offered).contains("Add Reactions"));
        let said = track(&About { may_react: false, ..about }, &offered);
        assert!(said.contains("🔥\n-# I lack the permission Add Reactions here"), "{said}");
    }

    #[test]
    fn no_name_breaks_the_limit_or_the_marker() {
        let long = "*".repeat(5000);
        let text = track(&about(&long, &long), &vec!["🔥".to_owned(); 10]);
        assert!(text.chars().count() <= MAX_CHARS, "{}", text.chars().count());
        assert!(Marker::of_track(7).is_in(&text));
    }
}
