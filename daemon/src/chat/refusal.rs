//! Why can a question not be answered now, in words for the listener who asked?

use bot::post;

use super::offer::names;
use crate::context::Context;
use crate::cycle::label::{self, ArtistStatus};

/// Why there can be no track of a genre, in the manner of `artist` if one is wished for.
pub(super) fn refusal(
    context: &Context,
    genre: &str,
    artist: Option<&str>,
) -> anyhow::Result<Option<String>> {
    let genres = context.genres()?;
    if !genres.iter().any(|known| known == genre) {
        return Ok(Some(post::unknown_genre(genre, &genres)));
    }
    if context.store.current_version(genre)?.is_some() {
        return match artist {
            Some(artist) => refusal_of_artist(context, genre, artist),
            None => Ok(None),
        };
    }
    let n = context.store.song_counts(genre)?.accepted;
    let needed = context.config.schedule.min_songs;
    if n < needed {
        return Ok(Some(post::too_few_songs(genre, n as usize, needed as usize)));
    }
    Ok(Some(post::not_trained_yet(genre)))
}

/// Why a track cannot be made in an artist's manner; none if it can.
fn refusal_of_artist(
    context: &Context,
    genre: &str,
    artist: &str,
) -> anyhow::Result<Option<String>> {
    let names = names(context, genre)?;
    let (artists, needed) = (label::artists(&names, genre), label::MIN_SONGS);
    Ok(Some(match label::artist_status(context, &names, genre, artist)? {
        ArtistStatus::Learned(_) => return Ok(None),
        ArtistStatus::NoSong => post::unknown_artist(genre, artist, &artists),
        ArtistStatus::TooFew(n) => {
            post::too_few_songs_of_artist(genre, artist, n, needed, &artists)
        }
        ArtistStatus::Next => post::artist_not_learned_yet(genre, artist, &artists),
        ArtistStatus::NoRoom => {
            post::no_room_for_artist(genre, artist, label::MAX_ARTISTS, &artists)
        }
    }))
}
