//! How does a finished track become a message, once and only once?
//!
//! It is noted as being posted before it is, and its message after. Where the chat's answer is missing, the
//! note stays, and the chat is asked for the message before another is made. Nothing here makes tracks.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use bot::chat::{Chat, Error, File, InvocationId, ListenerId, Marker, Post};
use bot::post;
use music::key::Key;
use music::notation;

use super::ending::{Ended, give_up, later_or};
use crate::context::Context;
use crate::store::{Asker, Job, Track, TrackId, TrackState};
use crate::track::track_file;

/// An answer that took longer calls its asker: an edited message notifies nobody.
const CALL_AFTER: Duration = Duration::from_secs(30);

/// Posts the finished track of a question.
pub(crate) async fn post(
    context: &Context,
    chat: &dyn Chat,
    (id, job): (InvocationId, &Job),
    track: TrackId,
) -> anyhow::Result<Ended> {
    let (channel, may_react) = (job.reply_to.channel, job.reply_to.may_react());
    let unseal = |asker: &Asker| context.listeners.unseal(asker.sealed, id);
    let listener = job.asker.as_ref().map(unseal);
    let prepared = context.blocking(move |context| {
        let noted = context.store.track(track)?.context("the track is gone")?;
        let post = post_of(context, track, &noted, listener, may_react)?;
        let tried = matches!(noted.state, TrackState::Posting { .. });
        if !tried {
            context.store.begin_post(track, channel)?;
        }
        Ok((post, tried))
    });
    let (post, tried) = match prepared.await {
        Ok(prepared) => prepared,
        Err(error) => return Ok(Ended::Later(format!("{error:#}"))),
    };
    let placed = match chat.answer(&job.reply_to, post, tried).await {
        Ok(placed) => placed,
        Err(error) => {
            let refused = async |error| not_posted(context, chat, (id, job), track, error).await;
            return later_or(error, refused).await;
        }
    };
    let posted = placed.posted;
    let noted =
        context.blocking(move |context| Ok(context.store.finish_post(id, track, posted)?)).await;
    if let Err(error) = noted {
        return Ok(Ended::Later(format!("posted, but not noted: {error:#}")));
    }
    let seconds = job.reply_to.since().elapsed().unwrap_or_default();
    tracing::info!(%track, message = %posted.message, seconds = seconds.as_secs_f64(), "posted");
    if let Some(listener) = listener.filter(|_| seconds > CALL_AFTER && !placed.was_there)
        && let Err(error) = chat.call(&job.reply_to, listener).await
    {
        tracing::debug!(%error, "a listener was not called");
    }
    Ok(Ended::Posted(placed))
}

/// The chat said no: the track stays here, and its asker is told what is missing.
async fn not_posted(
    context: &Context,
    chat: &dyn Chat,
    (id, job): (InvocationId, &Job),
    track: TrackId,
    error: Error,
) -> anyhow::Result<Ended> {
    tracing::error!(%track, %error, "a track is not posted; `kickback tracks` shows its files");
    let text = match (&error, &track_genre(context, track).await) {
        (Error::Forbidden { permission: Some(permission), .. }, _) => {
            post::missing_permission(permission)
        }
        (_, genre) => post::failed(genre),
    };
    give_up(context, chat, (id, job), text).await
}

async fn track_genre(context: &Context, id: TrackId) -> String {
    let track = context.blocking(move |context| Ok(context.store.track(id)?)).await;
    track.ok().flatten().map(|track| track.genre).unwrap_or_default()
}

fn post_of(
    context: &Context,
    id: TrackId,
    track: &Track,
    listener: Option<ListenerId>,
    may_react: bool,
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
        may_react,
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
    Ok(Post { text, files, marker: Marker::of_track(id.0), listener })
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
    use std::sync::{Mutex, PoisonError};
    use std::time::{Duration, SystemTime};

    use bot::chat::{Answered, Below, ChannelId, MessageId, Placed, Posted, ReplyTo};
    use bot::command::Question;
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

    type Answer = dyn FnMut(bool) -> Result<Placed, Error> + Send;

    /// A chat that answers as a test wrote down.
    pub(crate) struct ScriptedChat {
        /// Given whether a track may be posted already.
        answer: Mutex<Box<Answer>>,
        refused: Mutex<Vec<String>>,
    }

    impl ScriptedChat {
        pub(crate) fn new(
            answer: impl FnMut(bool) -> Result<Placed, Error> + Send + 'static,
        ) -> Self {
            Self { answer: Mutex::new(Box::new(answer)), refused: Mutex::default() }
        }
    }

    impl Chat for ScriptedChat {
        fn answer<'a>(&'a self, _: &'a ReplyTo, _: Post, tried: bool) -> Answered<'a, Placed> {
            Box::pin(async move {
                let mut answer = self.answer.lock().unwrap_or_else(PoisonError::into_inner);
                answer(tried)
            })
        }

        fn tell<'a>(&'a self, _: &'a ReplyTo, _: String, _: Vec<File>) -> Answered<'a, ()> {
            Box::pin(async { Ok(()) })
        }

        fn refuse<'a>(&'a self, _: &'a ReplyTo, text: String) -> Answered<'a, ()> {
            self.refused.lock().expect("no panic").push(text);
            Box::pin(async { Ok(()) })
        }

        fn report<'a>(&'a self, _: &'a ReplyTo, _: String) -> Answered<'a, ()> {
            Box::pin(async { Ok(()) })
        }

        fn call<'a>(&'a self, _: &'a ReplyTo, _: ListenerId) -> Answered<'a, ()> {
            Box::pin(async { Ok(()) })
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

    pub(crate) const QUESTION: InvocationId = InvocationId(70);

    /// A question that is noted, with its track.
    pub(crate) fn noted(context: &Context) -> TrackId {
        let job = Job {
            question: Question::Generate(Wish::any("hardstyle")),
            asker: None,
            community: None,
            reply_to: ReplyTo::channel(CHANNEL, SystemTime::now() - Duration::from_secs(1)),
            track: None,
            n_begun: 0,
        };
        assert_eq!(context.store.add_job(QUESTION, job), Ok(true));
        let id = context.store.reserve_track().expect("reserved");
        context.store.add_track_of_job(QUESTION, id, track()).expect("added");
        id
    }

    /// What comes of posting: how it ended, the state of the track, whether the question still waits, and
    /// what the asker was told.
    async fn posted(
        chat: &ScriptedChat,
        was_tried: bool,
    ) -> (Ended, TrackState, bool, Vec<String>) {
        let (_folder, context) = context();
        let id = noted(&context);
        if was_tried {
            context.store.begin_post(id, CHANNEL).expect("noted");
        }
        let job = context.store.job(QUESTION).expect("readable").expect("there");
        let ended = post(&context, chat, (QUESTION, &job), id).await.expect("it ends");
        let state = context.store.track(id).expect("readable").expect("it is there").state;
        let waits = context.store.job(QUESTION).expect("readable").is_some();
        (ended, state, waits, chat.refused.lock().expect("no panic").clone())
    }

    #[tokio::test]
    async fn a_post_is_given_up_only_where_the_chat_said_no_and_its_asker_is_told() {
        let posting = TrackState::Posting { channel: CHANNEL };
        let forbidden =
            Error::Forbidden { what: "post".to_owned(), permission: Some("Attach Files") };
        let cases = [
            (forbidden, TrackState::Rendered, "the permission Attach Files"),
            (Error::Gone, TrackState::Rendered, "went wrong"),
            (Error::Token("a test".to_owned()), posting, ""),
            (unreachable(), posting, ""),
            (Error::Stopped, posting, ""),
        ];
        for (error, expected, told) in cases {
            let fails = error.clone();
            let chat = ScriptedChat::new(move |_| Err(fails.clone()));
            let (ended, state, waits, refused) = posted(&chat, false).await;
            assert_eq!((state, waits), (expected, expected == posting), "{error}");
            assert_eq!(matches!(ended, Ended::Later(_)), waits, "{error}");
            assert_eq!(refused.len(), usize::from(!waits));
            assert!(refused.iter().all(|text| text.contains(told)), "{refused:?}");
        }
    }

    #[tokio::test]
    async fn the_chat_is_told_whether_a_post_may_be_there_already() {
        for was_tried in [false, true] {
            let placed = Placed { posted: POSTED, was_there: was_tried };
            let chat = ScriptedChat::new(move |tried| {
                assert_eq!(tried, was_tried);
                Ok(placed)
            });
            let (ended, state, waits, refused) = posted(&chat, was_tried).await;
            let expected = TrackState::Posted { channel: CHANNEL, message: POSTED.message };
            assert_eq!((state, waits, refused), (expected, false, Vec::new()));
            assert!(matches!(ended, Ended::Posted(it) if it == placed), "{ended:?}");
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
        let post = post_of(&context, TrackId(5), &track, None, true).expect("a post");
        assert!(post.text.contains(" · 140 BPM · A♭ major · "), "{}", post.text);
        let missed = "\nYou asked for 32 notes a bar; it came to 27\nReact";
        assert!(post.text.contains(missed), "{}", post.text);
        let [picture] = post.files.as_slice() else { panic!("one file") };
        let description = &picture.description;
        assert!(description.ends_with(" in A♭ major at 140 BPM"), "{description}");
    }
}
