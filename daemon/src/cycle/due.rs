//! Which genres are due for training, and when may the next be?

use composer::version;

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
    let version = store.current_version(genre)?.map(|current| current.version);
    Ok(News {
        n_songs: store.song_counts(genre)?.accepted,
        // A first training that failed is still a first one.
        learned: last.as_ref().filter(|_| version.is_some()).map(|cycle| cycle.n_songs),
        has_other_tokens: version.is_some_and(|version| has_other_tokens(context, genre, version)),
        ratings: store.votes_changed_since(genre, since)?,
        last_ms: last.as_ref().map_or(0, |cycle| cycle.at_ms),
        last_song_ms,
    })
}

/// Whether a version was made by a release whose tokens differ. What is wrong with one that cannot be
/// read is not found out here.
pub(crate) fn has_other_tokens(context: &Context, genre: &str, version: u32) -> bool {
    let manifest = version::manifest(&context.home.version(genre, version));
    manifest.is_ok_and(|manifest| manifest.has_other_tokens())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::atomic::AtomicBool;

    use music::tokens::LAYOUT;

    use super::*;
    use crate::config::Config;
    use crate::cycle::training::cycle;
    use crate::cycle::training_request::TrainingRequest;
    use crate::demo::starter::SONGS;
    use crate::home::Home;
    use crate::intake;

    const GENRE: &str = "hardstyle";

    fn train(context: &Context) {
        let request = TrainingRequest::unasked(GENRE.to_owned(), "it is due".to_owned());
        cycle(context, &request, &AtomicBool::new(false), &mut |_| ()).expect("trained");
    }

    #[test]
    fn a_home_from_before_the_tokens_changed_is_trained_anew_by_itself() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut config = Config::default();
        (config.inbox.settle_ms, config.schedule.min_songs) = (50, 2);
        let training = &mut config.training.hyperparameters;
        (training.hidden, training.embedding, training.epochs) = (8, 4, 1);
        let context = Context::open(Home::new(folder.path().to_owned()), config).expect("a home");
        let inbox = context.home.inbox().join(GENRE);
        fs::create_dir(&inbox).expect("a folder");
        for (name, bytes) in &SONGS[..3] {
            fs::write(inbox.join(name), bytes).expect("dropped");
        }
        intake::take_in_now(&context).expect("taken in");
        train(&context);
        let due = || outlook(&context, u64::MAX, |_| 0).expect("it is known").due;
        assert_eq!(due(), []);

        let manifest = context.home.version(GENRE, 1).join("manifest.json");
        let text = fs::read_to_string(&manifest).expect("a manifest");
        let layout = |layout: u32| format!("\"token_layout\": {layout}");
        let old = text.replace(&layout(LAYOUT), &layout(LAYOUT - 1));
        fs::write(&manifest, old).expect("an earlier release");
        assert_eq!(due(), [(GENRE.to_owned(), Due::OtherTokens)]);

        train(&context);
        assert_eq!(due(), []);
        let current = context.store.current_version(GENRE).expect("it is known");
        assert_eq!(current.map(|current| current.version), Some(2));
    }
}
