//! Why is there no track, in words for the listener who asked?

use std::fmt::{Display, Write};

use super::text::{count, plain};
use crate::instrument::UnknownInstrument;

/// A genre that has too few songs to learn from.
pub fn too_few_songs(genre: &str, n_songs: usize, n_needed: usize) -> String {
    let genre = plain(genre, 100);
    format!(
        "{genre} has {n_songs} of the {n_needed} songs it needs. Drop more MIDI files into its \
         folder and ask again."
    )
}

/// A genre that has enough songs and waits for its training.
pub fn not_trained_yet(genre: &str) -> String {
    let genre = plain(genre, 100);
    format!("I am still learning {genre}. Ask again in a few minutes.")
}

/// A genre for which nobody has dropped a song.
pub fn unknown_genre(genre: &str, known: &[String]) -> String {
    let genre = plain(genre, 100);
    if known.is_empty() {
        return format!(
            "I don't know {genre}, nor any other genre yet: nobody has given me songs."
        );
    }
    format!("I don't know {genre}. {}", offer(known))
}

/// An artist of a genre who has no songs at all.
pub fn unknown_artist(genre: &str, artist: &str, known: &[String]) -> String {
    let (genre, artist) = (plain(genre, 100), plain(artist, 100));
    format!("I don't know an artist called {artist} in {genre}. {}", artists(known))
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
        "{genre} has {n_songs} of the {n_needed} songs by {artist} that I need to play like them. Drop \
         more into their folder. {}",
        artists(known)
    )
}

/// An artist who has enough songs and whom the next training will learn.
pub fn artist_not_learned_yet(genre: &str, artist: &str, known: &[String]) -> String {
    let (genre, artist) = (plain(genre, 100), plain(artist, 100));
    format!(
        "I have not learned {artist} yet: ask again after the next training of {genre}. {}",
        artists(known)
    )
}

/// An artist who has enough songs, but for whom the model has no room.
pub fn no_room_for_artist(genre: &str, artist: &str, max: usize, known: &[String]) -> String {
    let (genre, artist) = (plain(genre, 100), plain(artist, 100));
    format!(
        "I have no room to learn {artist} in {genre}: I can hold {max} artists in all, whatever their \
         genre, and others came first. {}",
        artists(known)
    )
}

/// An instrument that does not exist, and the one whose name is closest, if one is close.
pub(crate) fn unknown_instrument(unknown: &UnknownInstrument) -> String {
    let name = plain(&unknown.given, 100);
    match unknown.nearest {
        Some(nearest) => {
            format!("I have no instrument {name}. Did you mean {}?", plain(nearest, 100))
        }
        None => {
            format!("I have no instrument {name}. Choose one of those that come up as you type.")
        }
    }
}

/// A choice that is not possible, for the reason given.
pub(crate) fn impossible(reason: impl Display) -> String {
    plain(&reason.to_string(), 500)
}

/// A permission that the bot lacks where it was asked, by its name in Discord's settings.
pub fn missing_permission(name: &str) -> String {
    format!(
        "I can't play here: I lack the permission {name}. Somebody who manages this channel can give it to \
         my role (Edit Channel, Permissions), then ask again."
    )
}

/// The listener has asked for as many tracks as one person may wait for.
pub fn enough_waiting(n_waiting: usize, minutes: u64) -> String {
    let minutes = count(minutes as usize, "minute");
    format!(
        "You already wait for {}. Ask again when one of them is there, in {minutes} or so.",
        count(n_waiting, "track")
    )
}

/// The community has asked for as many tracks as it may wait for.
pub fn community_waits(n_waiting: usize, minutes: u64) -> String {
    let minutes = count(minutes as usize, "minute");
    format!(
        "{} wait to be made here already. Ask again in {minutes} or so.",
        count(n_waiting, "track")
    )
}

/// How far a wish is that waits for others.
pub fn place_in_queue(n_before: usize, seconds: f64) -> String {
    let before = count(n_before, "track");
    let seconds = (seconds / 5.0).ceil() * 5.0;
    format!("Your track comes after {before}, in some {seconds:.0} seconds.")
}

/// Wishes cannot be written down, so that none is promised.
pub fn not_noted() -> String {
    "I can't take this down: something is wrong where I run. It has been noted; please ask later."
        .to_owned()
}

/// The program is being stopped, and nothing can be promised any more.
pub(crate) fn stopping() -> String {
    "I am just being restarted. Please ask again in a minute.".to_owned()
}

/// Something broke while a track was made; the operator's log says what.
pub fn failed(genre: &str) -> String {
    let genre = plain(genre, 100);
    format!("Something went wrong with this {genre} track. It has been noted; please ask again.")
}

/// Something broke while the report on a model was made; the operator's log says what.
pub fn no_model_report(genre: &str) -> String {
    let genre = plain(genre, 100);
    format!("I can't tell how my model of {genre} is doing. It has been noted; please ask again.")
}

fn artists(known: &[String]) -> String {
    if known.is_empty() {
        return "I have not learned any of its artists yet; ask without one.".to_owned();
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

#[cfg(test)]
mod tests {
    use super::super::text::MAX_CHARS;
    use super::*;

    #[test]
    fn an_artist_who_is_missing_is_explained() {
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
        assert!(none.ends_with("any of its artists yet; ask without one."), "{none}");
    }

    #[test]
    fn no_list_breaks_the_limit() {
        let long = "*".repeat(5000);
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
}
