//! What does the bot say?
//!
//! Texts only: what is posted with a track, and how a refusal is put. Nothing is sent here. Every
//! text keeps within Discord's limit and shows names from outside (genres are folder names) as
//! they are, never as formatting or as a mention.

use std::fmt::Write;

use music::key::Key;

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
    let _ = write!(text, "\n{} v{}", plain(about.genre, 100), about.version);
    if let Some(artist) = about.artist {
        let _ = write!(text, " · like {}", plain(artist, 100));
    }
    let _ = write!(
        text,
        " · {} BPM · {} · {} · seed {}",
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

/// What is said of the version of a genre's model that is played. Losses are in nats a token.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing<'a> {
    /// The genre.
    pub genre: &'a str,
    /// The version.
    pub version: u32,
    /// When it was made, in seconds since 1970.
    pub made_at_s: u64,
    /// Songs of the genre that it learned from.
    pub n_songs: usize,
    /// Tracks of its own that it learned from, because listeners like them.
    pub n_liked: usize,
    /// Songs on which it was measured; it did not learn from them.
    pub n_held_out: usize,
    /// Its loss on these.
    pub valid_nll: f64,
    /// What counting pairs of tokens reaches.
    pub bigram_nll: f64,
    /// What the network reached before it learned anything.
    pub untrained_nll: f64,
    /// Tracks of the genre with votes, and the listeners who gave them.
    pub n_rated: usize,
    /// See `n_rated`.
    pub n_listeners: usize,
    /// The least and the most that a song weighed in its training, 1 being usual; not known of an
    /// old version.
    pub weights: Option<(f32, f32)>,
}

/// The text of the message that tells how a genre's model stands.
pub fn standing(about: &Standing<'_>) -> String {
    let mut text = format!(
        "**{} v{}**, made <t:{}:D>\nLearned from {}",
        plain(about.genre, 100),
        about.version,
        about.made_at_s,
        count(about.n_songs, "song")
    );
    if about.n_liked > 0 {
        let _ = write!(text, " and {} of its own that you liked", count(about.n_liked, "track"));
    }
    let measured = match about.n_held_out {
        0 => "the songs it learned from: none could be spared".to_owned(),
        n => format!("{} held out", count(n, "song")),
    };
    let _ = write!(
        text,
        "\nLoss on {measured} (less is better): **{:.3}** nats a token, counting pairs of notes \
         {:.3}, untrained {:.3}",
        about.valid_nll, about.bigram_nll, about.untrained_nll
    );
    if about.n_rated == 0 {
        return text + "\nNobody has rated a track of it yet: react below one to teach me.";
    }
    let (tracks, listeners) = (count(about.n_rated, "track"), count(about.n_listeners, "listener"));
    let _ = write!(text, "\n{tracks} rated by {listeners}");
    match about.weights {
        Some((least, most)) if most - least >= 0.1 => {
            let _ = write!(
                text,
                ": songs like those you liked weighed up to {most:.1} in its training, their \
                 opposites down to {least:.1}"
            );
        }
        Some(_) => text += ", since its training: the next one will heed them",
        None => {}
    }
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

/// An artist of a genre whom nobody has heard of.
pub fn unknown_artist(genre: &str, artist: &str, known: &[String]) -> String {
    let (genre, artist) = (plain(genre, 100), plain(artist, 100));
    format!("I know no artist {artist} of {genre}. {}", artists(known))
}

/// An artist who has too few songs to be learned.
pub fn too_few_songs_of_artist(
    genre: &str,
    artist: &str,
    n_songs: usize,
    n_needed: usize,
    known: &[String],
) -> String {
    let (genre, artist) = (plain(genre, 100), plain(artist, 100));
    format!(
        "{genre} has {n_songs} of the {n_needed} songs by {artist} that it needs to play like them. \
         Drop more into their folder. {}",
        artists(known)
    )
}

/// An artist who has songs enough, and whom the next training learns.
pub fn artist_not_learned_yet(genre: &str, artist: &str, known: &[String]) -> String {
    let (genre, artist) = (plain(genre, 100), plain(artist, 100));
    format!(
        "I have not learned {artist} yet: ask again after the next training of {genre}. {}",
        artists(known)
    )
}

/// An artist who has songs enough, but for whom a model has no room.
pub fn no_room_for_artist(genre: &str, artist: &str, max: usize, known: &[String]) -> String {
    let (genre, artist) = (plain(genre, 100), plain(artist, 100));
    format!(
        "I have no room to learn {artist} of {genre}: I hold {max} artists at most, of all genres \
         together, and others came first. {}",
        artists(known)
    )
}

/// A choice that is not on offer: `what` is "instrument" or "arrangement".
pub fn unknown_choice(what: &str, name: &str, known: &[String]) -> String {
    let name = plain(name, 100);
    format!("I have no {what} {name}. {}", offer(known))
}

/// An instrument that nobody knows, and the one whose name is most like it.
pub fn unknown_instrument(name: &str, nearest: &str) -> String {
    let (name, nearest) = (plain(name, 100), plain(nearest, 100));
    format!("I have no instrument {name}. Did you mean {nearest}?")
}

/// Something broke while a track was made; the operator's log says what.
pub fn failed(genre: &str) -> String {
    let genre = plain(genre, 100);
    format!("Something went wrong with this {genre} track. It is noted; please ask again.")
}

/// Something broke while it was found out how a model stands; the operator's log says what.
pub fn unknown_standing(genre: &str) -> String {
    let genre = plain(genre, 100);
    format!("I can't tell how my model of {genre} stands. It is noted; please ask again.")
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

fn artists(known: &[String]) -> String {
    if known.is_empty() {
        return "I have learned no artist of it yet; ask without one.".to_owned();
    }
    offer(known)
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
    fn an_artist_is_said_and_one_that_is_missing_explained() {
        let about = About { artist: Some("so_me"), ..about("Neon Dawn", "hardstyle") };
        let said = text(&about, &[]);
        assert!(said.contains("\nhardstyle v3 · like so\\_me · 150 BPM · F minor"), "{said}");
        let known = ["x".to_owned(), "y".to_owned()];
        for missing in [
            unknown_artist("hardstyle", "so_me", &known),
            too_few_songs_of_artist("hardstyle", "so_me", 3, 5, &known),
            artist_not_learned_yet("hardstyle", "so_me", &known),
            no_room_for_artist("hardstyle", "so_me", 32, &known),
        ] {
            assert!(missing.contains("so\\_me") && missing.ends_with("I know x, y."), "{missing}");
        }
        let none = unknown_artist("hardstyle", "x", &[]);
        assert!(none.ends_with("no artist of it yet; ask without one."), "{none}");
    }

    #[test]
    fn a_standing_says_what_was_learned_and_what_votes_changed() {
        let about = Standing {
            genre: "hard_style",
            version: 3,
            made_at_s: 1_700_000_000,
            n_songs: 214,
            n_liked: 1,
            n_held_out: 24,
            valid_nll: 1.5,
            bigram_nll: 2.25,
            untrained_nll: 6.0,
            n_rated: 2,
            n_listeners: 1,
            weights: Some((0.5, 2.0)),
        };
        let expected = "**hard\\_style v3**, made <t:1700000000:D>\nLearned from 214 songs and 1 \
                        track of its own that you liked\nLoss on 24 songs held out (less is \
                        better): **1.500** nats a token, counting pairs of notes 2.250, untrained \
                        6.000\n2 tracks rated by 1 listener: songs like those you liked weighed up \
                        to 2.0 in its training, their opposites down to 0.5";
        assert_eq!(standing(&about), expected);
        let unheeded = standing(&Standing { weights: Some((1.0, 1.0)), ..about.clone() });
        assert!(unheeded.ends_with("the next one will heed them"), "{unheeded}");
        let unrated = standing(&Standing { n_rated: 0, n_held_out: 0, n_liked: 0, ..about });
        assert!(unrated.contains("from 214 songs\nLoss on the songs it learned from"), "{unrated}");
        assert!(unrated.ends_with("react below one to teach me."), "{unrated}");
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
