//! How does a finished track become a message, once and only once?
//!
//! It is noted as being posted before it is, and its message after. Where the chat's answer is
//! missing, the note stays, so that after a restart the channel is asked before anything is posted
//! again. Nothing here makes tracks.

use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use anyhow::Context as _;
use bot::chat::{ChannelId, Chat, Error, File, ListenerId, Marker, Post, Posted, ReplyTo};
use bot::post;
use music::key::Key;
use music::notation;

use crate::context::Context;
use crate::store::{Track, TrackId, TrackState};
use crate::track::track_file;

/// Posts a finished track, for `listener` if one asked for it. `None` if only the channel can tell
/// whether it was posted.
pub(crate) async fn send(
    context: &Context,
    chat: &dyn Chat,
    to: &ReplyTo,
    listener: Option<ListenerId>,
    id: TrackId,
    track: &Track,
) -> anyhow::Result<Option<Posted>> {
    let shown = track.clone();
    let post = context.blocking(move |context| post_of(context, id, &shown, listener)).await?;
    let channel = to.channel;
    context.blocking(move |context| Ok(context.store.begin_post(id, channel)?)).await?;
    match chat.answer(to, post).await {
        Ok(posted) => match confirm(context, id, posted).await {
            Ok(()) => Ok(Some(posted)),
            Err(error) => {
                let error = format!("{error:#}");
                tracing::error!(%id, error, "posted, but not noted; the next start notes it");
                Ok(None)
            }
        },
        Err(error) if never_arrived(&error) => {
            abandon(context, id).await?;
            Err(error.into())
        }
        Err(error) => {
            tracing::warn!(%id, %error, "it may be posted; the next start looks and posts it if not");
            Ok(None)
        }
    }
}

/// Finds a post whose confirmation is missing, or posts the track now. `None` as in [`send`], and where
/// nothing is missing any more.
pub(crate) async fn repost(
    context: &Context,
    chat: &dyn Chat,
    id: TrackId,
    channel: ChannelId,
) -> anyhow::Result<Option<Posted>> {
    let track = move |context: &Context| context.store.track(id)?.context("the track is gone");
    let track = context.blocking(track).await?;
    if track.state != (TrackState::Posting { channel }) {
        return Ok(None);
    }
    let since = UNIX_EPOCH + Duration::from_millis(track.created_at_ms.saturating_sub(60_000));
    match chat.find_post(channel, &Marker::of_track(id.0), since).await {
        Ok(Some(message)) => {
            let posted = Posted { channel, message };
            confirm(context, id, posted).await?;
            Ok(Some(posted))
        }
        Ok(None) => send(context, chat, &ReplyTo::channel(channel), None, id, &track).await,
        Err(error) => {
            if error == Error::Gone {
                abandon(context, id).await?;
            }
            Err(error.into())
        }
    }
}

/// Whether the chat said no, so that there is no message.
fn never_arrived(error: &Error) -> bool {
    match error {
        Error::Forbidden { .. }
        | Error::Closed { .. }
        | Error::NotAccepted { .. }
        | Error::Gone
        | Error::Token(_) => true,
        Error::Unreachable { .. } | Error::Unreadable { .. } | Error::Stopped => false,
    }
}

async fn confirm(context: &Context, id: TrackId, posted: Posted) -> anyhow::Result<()> {
    context.blocking(move |context| Ok(context.store.confirm_post(id, posted)?)).await
}

async fn abandon(context: &Context, id: TrackId) -> anyhow::Result<()> {
    context.blocking(move |context| Ok(context.store.abandon_post(id)?)).await
}

fn post_of(
    context: &Context,
    id: TrackId,
    track: &Track,
    listener: Option<ListenerId>,
) -> anyhow::Result<Post> {
    let folder = track_file::folder(&context.home, &track.genre);
    let name = bot::track_name::title(&bot::track_name::for_number(id.0));
    let artist = track.wish.artist.as_deref();
    let about = post::About {
        track: id.0,
        name: &name,
        genre: &track.genre,
        artist,
        version: track.version,
        seed: track.seed,
        tempo_bpm: track.tempo_bpm,
        key: Key::from_index(usize::from(track.key_index)),
        bars: track.n_bars,
        not_reached: &track.not_reached,
        listener,
    };
    let text = post::track(&about, &context.config.reactions.offered);
    let manner = artist.map(|artist| format!(" like {artist}")).unwrap_or_default();
    let what = format!(
        "{name}, a {} track{manner} in {} at {} BPM",
        track.genre,
        notation::key(about.key),
        notation::tempo(track.tempo_bpm)
    );
    let endings = [("mid", "MIDI file of"), ("ogg", "Sound of"), ("png", "Piano roll of")];
    let mut files = Vec::new();
    for (ending, kind) in endings {
        if let Some(bytes) = read_if_there(&folder.join(format!("{}.{ending}", track.stem)))? {
            let name = format!("{}.{ending}", track.stem);
            files.push(File { name, description: format!("{kind} {what}"), bytes });
        }
    }
    Ok(Post { text, files, marker: Marker::of_track(id.0) })
}

fn read_if_there(path: &Path) -> anyhow::Result<Option<Vec<u8>>> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("reading {}", path.display())),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::future::Future;
    use std::pin::Pin;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::SystemTime;

    use bot::chat::{Answered, Below, MessageId};
    use bot::reaction::Emoji;
    use bot::wish::Wish;

    use super::*;
    use crate::config::Config;
    use crate::home::Home;

    pub(crate) const CHANNEL: ChannelId = ChannelId(5);
    pub(crate) const POSTED: Posted = Posted { channel: CHANNEL, message: MessageId(7) };

    pub(crate) fn context() -> (tempfile::TempDir, Context) {
        let folder = tempfile::tempdir().expect("a folder");
        let mut config = Config::default();
        config.store.free_space_reserve_mb = 16;
        let context = Context::open(Home::new(folder.path()), config).expect("it opens");
        (folder, context)
    }

    pub(crate) fn track() -> Track {
        Track {
            genre: "hardstyle".to_owned(),
            version: 1,
            seed: 1,
            file: None,
            wish: Wish::any("hardstyle"),
            stem: "nothing".to_owned(),
            tempo_bpm: 150.0,
            key_index: 0,
            n_bars: 32,
            created_at_ms: 5,
            n_candidates: None,
            candidates: Vec::new(),
            posterior: None,
            arm: None,
            boldness: None,
            copied_notes: Some(7),
            not_reached: Vec::new(),
            asker: None,
            gone_at_ms: None,
            read_at_ms: None,
            state: TrackState::Rendered,
        }
    }

    /// A chat that answers as a test wrote down.
    pub(crate) struct ScriptedChat {
        answer: Result<Posted, Error>,
        found: Box<dyn Fn() -> Result<Option<MessageId>, Error> + Send + Sync>,
        n_answers: AtomicUsize,
    }

    impl ScriptedChat {
        pub(crate) fn new(
            answer: Result<Posted, Error>,
            found: impl Fn() -> Result<Option<MessageId>, Error> + Send + Sync + 'static,
        ) -> Self {
            Self { answer, found: Box::new(found), n_answers: AtomicUsize::new(0) }
        }
    }

    impl Chat for ScriptedChat {
        fn answer<'a>(&'a self, _: &'a ReplyTo, _: Post) -> Answered<'a, Posted> {
            self.n_answers.fetch_add(1, Ordering::Relaxed);
            Box::pin(async { self.answer.clone() })
        }

        fn tell<'a>(&'a self, _: &'a ReplyTo, _: String, _: Vec<File>) -> Answered<'a, ()> {
            Box::pin(async { Ok(()) })
        }

        fn refuse<'a>(&'a self, _: &'a ReplyTo, _: String) -> Answered<'a, ()> {
            Box::pin(async { Ok(()) })
        }

        fn find_post<'a>(
            &'a self,
            _: ChannelId,
            _: &'a Marker,
            _: SystemTime,
        ) -> Answered<'a, Option<MessageId>> {
            Box::pin(async { (self.found)() })
        }

        fn below(&self, _: ChannelId, _: MessageId) -> Answered<'_, Vec<Below>> {
            Box::pin(async { Ok(Vec::new()) })
        }

        fn is_there(&self, _: ChannelId, _: MessageId) -> Answered<'_, bool> {
            Box::pin(async { Ok(true) })
        }

        fn people<'a>(
            &'a self,
            _: ChannelId,
            _: MessageId,
            _: &'a Emoji,
        ) -> Answered<'a, Vec<ListenerId>> {
            Box::pin(async { Ok(Vec::new()) })
        }

        fn stop(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
            Box::pin(async {})
        }
    }

    pub(crate) fn unreachable() -> Error {
        Error::Unreachable { what: "post".to_owned(), why: "a test".to_owned() }
    }

    async fn state_after(chat: &ScriptedChat, again: bool) -> (Option<Posted>, TrackState) {
        let (_folder, context) = context();
        let id = context.store.add_new_track(|_| track()).expect("added");
        let posted = if again {
            context.store.begin_post(id, CHANNEL).expect("noted");
            repost(&context, chat, id, CHANNEL).await
        } else {
            let (to, listener) = (ReplyTo::channel(CHANNEL), Some(ListenerId(1)));
            send(&context, chat, &to, listener, id, &track()).await
        };
        let state = context.store.track(id).expect("readable").expect("it is there").state;
        (posted.ok().flatten(), state)
    }

    #[tokio::test]
    async fn a_post_is_given_up_only_where_the_chat_said_no() {
        let posting = TrackState::Posting { channel: CHANNEL };
        let forbidden =
            Error::Forbidden { what: "post".to_owned(), permission: Some("Send Messages") };
        let cases = [
            (forbidden, TrackState::Rendered),
            (Error::Gone, TrackState::Rendered),
            (Error::Token("a test".to_owned()), TrackState::Rendered),
            (unreachable(), posting),
            (Error::Stopped, posting),
        ];
        for (error, expected) in cases {
            let chat = ScriptedChat::new(Err(error.clone()), || Ok(None));
            assert_eq!(state_after(&chat, false).await, (None, expected), "{error}");
        }
    }

    #[tokio::test]
    async fn a_post_of_unknown_fate_is_looked_for_before_it_is_posted() {
        let posted = TrackState::Posted { channel: CHANNEL, message: POSTED.message };
        let posting = TrackState::Posting { channel: CHANNEL };
        let cases = [
            (Ok(Some(POSTED.message)), (Some(POSTED), posted), 0),
            (Ok(None), (Some(POSTED), posted), 1),
            (Err(unreachable()), (None, posting), 0),
            (Err(Error::Gone), (None, TrackState::Rendered), 0),
        ];
        for (found, expected, n_answers) in cases {
            let told = format!("{found:?}");
            let chat = ScriptedChat::new(Ok(POSTED), move || found.clone());
            assert_eq!(state_after(&chat, true).await, expected, "{told}");
            assert_eq!(chat.n_answers.into_inner(), n_answers);
        }
    }

    #[test]
    fn post_and_description_spell_tempo_and_key_as_people_do() {
        let (_folder, context) = context();
        let not_reached = vec!["asked for 32 notes a bar; it came to 27".to_owned()];
        let track = Track { tempo_bpm: 140.000_14, key_index: 8, not_reached, ..track() };
        let folder = track_file::folder(&context.home, &track.genre);
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join("nothing.png"), b"a picture").expect("a picture");
        let post = post_of(&context, TrackId(5), &track, None).expect("a post");
        assert!(post.text.contains(" · 140 BPM · A♭ major · "), "{}", post.text);
        let missed = "\nYou asked for 32 notes a bar; it came to 27\nReact";
        assert!(post.text.contains(missed), "{}", post.text);
        let [picture] = post.files.as_slice() else { panic!("one file") };
        let description = &picture.description;
        assert!(description.ends_with(" in A♭ major at 140 BPM"), "{description}");
    }
}
