//! Which genres are due for training, and when may the next be?

use super::schedule::{Due, News, Turn, turn};
use crate::context::Context;

/// What the schedule says of all genres.
#[derive(Debug, Default)]
pub(crate) struct Outlook {
    /// Genres that are due, and why; the one that waits longest first.
    pub(crate) due: Vec<(String, Due)>,
    /// When the next may be due without further news, in milliseconds since 1970.
    pub(crate) next_ms: Option<u64>,
}

/// What the schedule says at `now_ms`, when the last song of each genre came at `last_song_ms`.
///
/// # Errors
/// When the store cannot be read.
pub(crate) fn outlook(
    context: &Context,
    now_ms: u64,
    last_song_ms: impl Fn(&str) -> u64,
) -> anyhow::Result<Outlook> {
    let (mut due, mut next_ms) = (Vec::new(), None);
    for genre in context.store.genres()? {
        let news = news(context, &genre, last_song_ms(&genre))?;
        match turn(&news, &context.config.schedule, now_ms) {
            Turn::Now(why) => due.push((news.last_ms, genre, why)),
            Turn::At(ms) => next_ms = next_ms.into_iter().chain([ms]).min(),
            Turn::WithNews => {}
        }
    }
    due.sort_by_key(|(last_ms, ..)| *last_ms);
    let due = due.into_iter().map(|(_, genre, why)| (genre, why)).collect();
    Ok(Outlook { due, next_ms })
}

fn news(context: &Context, genre: &str, last_song_ms: u64) -> anyhow::Result<News> {
    let store = &context.store;
    let last = store.last_cycle(genre)?.map(|(_, cycle)| cycle);
    let since = last.as_ref().map_or(0, |cycle| cycle.vote_change);
    let has_version = store.current_version(genre)?.is_some();
    Ok(News {
        n_songs: store.song_counts(genre)?.accepted,
        // A first training that failed is still a first one.
        learned: last.as_ref().filter(|_| has_version).map(|cycle| cycle.n_songs),
        ratings: store.votes_changed_since(genre, since)?,
        last_ms: last.as_ref().map_or(0, |cycle| cycle.at_ms),
        last_song_ms,
    })
}
