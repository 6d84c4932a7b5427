//! What does the bot say?
//!
//! Texts only: what is posted with a track, and how a refusal is put. Nothing is sent here. Every
//! text keeps within Discord's limit and shows names from outside (genres are folder names) as
//! they are, never as formatting or as a mention.

use std::fmt::Write;

use model::key::Key;

use crate::chat::{ListenerId, Marker};

/// The most characters that a message may have.
pub const MAX_CHARS: usize = 2000;

/// What is said of a track.
#[derive(Clone, Debug, PartialEq)]
pub struct About<'a> {
    /// The track's number, from which its [`Marker`] is made.
    pub track: u64,
    /// The track's name.
    pub name: &'a str,
    /// Its genre.
    pub genre: &'a str,
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
    /// Who asked for it; shown, but not pinged.
    pub listener: Option<ListenerId>,
}

/// The text of the message that carries a track.
///
/// `offered` are the emoji below the post; with none, listeners are told that reactions count.
pub fn text(about: &About<'_>, offered: &[String]) -> String {
    let mut text = format!("**{}**", plain(about.name, 100));
    if let Some(listener) = about.listener {
        let _ = write!(text, " for <@{listener}>");
    }
    let _ = write!(
        text,
        "\n{} v{} · {} BPM · {} · {} · seed {}",
        plain(about.genre, 100),
        about.version,
        number(about.tempo_bpm),
        about.key,
        count(about.bars as usize, "bar"),
        about.seed,
    );
    let emoji = if offered.is_empty() { String::new() } else { format!(" {}", offered.join(" ")) };
    let _ = write!(text, "\nReact to teach me what you like:{emoji}");
    let _ = write!(text, "\n-# {}", Marker::of_track(about.track).as_str());
    text
}

/// A genre that has too few songs to learn from.
pub fn too_few_songs(genre: &str, n_songs: usize, n_needed: usize) -> String {
    let genre = plain(genre, 100);
    format!(
        "{genre} has {n_songs} of the {n_needed} songs it needs. Drop more MIDI files into its \
         folder and ask again."
    )
}

/// A genre that has songs enough and waits for its training.
pub fn not_trained_yet(genre: &str) -> String {
    let genre = plain(genre, 100);
    format!("I am still learning {genre}. Ask again in a few minutes.")
}

/// A genre that nobody has heard of.
pub fn unknown_genre(genre: &str, known: &[String]) -> String {
    let genre = plain(genre, 100);
    if known.is_empty() {
        return format!("I don't know {genre}, and no other genre yet: nobody gave me songs.");
    }
    format!("I don't know {genre}. {}", offer(known))
}

/// A choice that is not on offer: `what` is "instrument" or "arrangement".
pub fn unknown_choice(what: &str, name: &str, known: &[String]) -> String {
    let name = plain(name, 100);
    format!("I have no {what} {name}. {}", offer(known))
}

/// Something broke while the track was made; the operator's log says what.
pub fn failed(genre: &str) -> String {
    let genre = plain(genre, 100);
    format!("Something went wrong with this {genre} track. It is noted; please ask again.")
}

/// The line that is added for a file that the place does not take.
pub fn left_out(name: &str, n_bytes: usize, max_bytes: usize) -> String {
    let mib = |bytes: usize| bytes as f64 / f64::from(1 << 20);
    let name = plain(name, 100);
    format!("\n-# {name} is left out: {:.1} of at most {:.1} MiB", mib(n_bytes), mib(max_bytes))
}

/// `text` cut to what a message may hold.
pub fn cut(text: &str) -> String {
    shorten(text, MAX_CHARS)
}

/// `text` cut to what a message may hold, with the marker at its end if the cut took it.
pub fn cut_before(text: &str, marker: &Marker) -> String {
    let short = cut(text);
    if marker.is_in(&short) {
        return short;
    }
    let end = format!("\n-# {}", marker.as_str());
    shorten(text, MAX_CHARS - end.chars().count()) + &end
}

fn offer(known: &[String]) -> String {
    if known.is_empty() {
        return "There is nothing to choose from.".to_owned();
    }
    let mut list = known.iter().take(10).map(|name| plain(name, 50)).collect::<Vec<_>>().join(", ");
    if known.len() > 10 {
        let _ = write!(list, " and {} more", known.len() - 10);
    }
    format!("I know {list}.")
}

/// `text` on one line, at most `max_chars` characters before escaping, with everything that Discord
/// would read as formatting, link or mention written out.
fn plain(text: &str, max_chars: usize) -> String {
    let mut out = String::with_capacity(text.len());
    for c in shorten(text, max_chars).chars() {
        if matches!(c, '\\' | '*' | '_' | '~' | '`' | '|' | '>' | '<' | '[' | ']' | '#' | ':') {
            out.push('\\');
        }
        out.push(if c.is_control() { ' ' } else { c });
        if c == '@' {
            // A zero-width space: @everyone is then no mention any more.
            out.push('\u{200B}');
        }
    }
    out
}

fn shorten(text: &str, max_chars: usize) -> String {
    if text.chars().count() <= max_chars {
        return text.to_owned();
    }
    text.chars().take(max_chars.saturating_sub(1)).chain(['…']).collect()
}

fn number(value: f64) -> String {
    if (value - value.round()).abs() < 0.05 { format!("{value:.0}") } else { format!("{value:.1}") }
}

fn count(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::key::Mode;

    fn about<'a>(name: &'a str, genre: &'a str) -> About<'a> {
        About {
            track: 7,
            name,
            genre,
            version: 3,
            seed: u64::MAX,
            tempo_bpm: 150.0,
            key: Key::new(5, Mode::Minor),
            bars: 32,
            listener: Some(ListenerId(5)),
        }
    }

    #[test]
    fn a_post_says_what_it_is_and_how_to_react() {
        let text = text(&about("Neon Dawn", "hardstyle"), &["🔥".to_owned(), "👎".to_owned()]);
        let expected = "**Neon Dawn** for <@5>\nhardstyle v3 · 150 BPM · F minor · 32 bars · seed \
                        18446744073709551615\nReact to teach me what you like: 🔥 👎\n-# track \
                        0000000000000007";
        assert_eq!(text, expected);
        assert!(Marker::of_track(7).is_in(&text));
    }

    #[test]
    fn no_name_breaks_the_limit_or_the_marker() {
        let long = "*".repeat(5000);
        let offered = vec!["🔥".to_owned(); 10];
        let text = text(&about(&long, &long), &offered);
        assert!(text.chars().count() <= MAX_CHARS, "{}", text.chars().count());
        assert!(Marker::of_track(7).is_in(&text));
        let known = vec![long.clone(); 500];
        assert!(unknown_genre(&long, &known).chars().count() <= MAX_CHARS);
    }

    #[test]
    fn names_are_never_formatting_or_mentions() {
        let text = unknown_genre("@everyone **x** <@1>", &[]);
        assert!(!text.contains("@everyone") && !text.contains("**") && !text.contains("<@1>"));
        assert!(text.contains("\\<@\u{200B}1\\>"), "{text}");
    }

    #[test]
    fn refusals_say_what_is_missing() {
        let text = too_few_songs("hardstyle", 3, 8);
        assert!(text.starts_with("hardstyle has 3 of the 8 songs it needs"));
    }

    #[test]
    fn a_long_text_is_cut_and_says_so() {
        let text = cut(&"ä".repeat(3000));
        assert_eq!((text.chars().count(), text.chars().last()), (MAX_CHARS, Some('…')));
        let marker = Marker::of_track(9);
        let text = cut_before(&"ä".repeat(3000), &marker);
        assert!(text.chars().count() == MAX_CHARS && marker.is_in(&text));
        assert_eq!(cut_before("short", &marker), "short\n-# track 0000000000000009");
    }
}
