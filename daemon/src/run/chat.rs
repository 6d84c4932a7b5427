//! What does the loop do about the chat?
//!
//! Requests become tracks and posts; reactions go to the ledger. A track is noted as being posted
//! before it is, and its message after, so that after a crash the chat can be asked.

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Context;
use bot::arrange::Instrument;
use bot::chat::{
    ChannelId, Chat, File, Heard, ListenerId, Marker, MessageId, Offer, Post, Request, Wish,
};
use bot::post;
use model::key::Key;

use super::{Daemon, OpenChat};
use crate::event::Event;
use crate::ledger::Entry;
use crate::publish;
use crate::store::{Track, TrackId, TrackState};
use crate::studio::Studio;
use crate::track_file;

/// Posts whose reactions are looked at again after a connection was lost.
const RECENT_POSTS: usize = 50;

/// What listeners may choose from.
pub(super) fn offer(genres: Vec<String>) -> Offer {
    Offer {
        genres,
        instruments: Instrument::names().iter().map(|name| (*name).to_owned()).collect(),
        arrangements: ["full", "lead"].map(str::to_owned).to_vec(),
    }
}

impl Daemon {
    pub(super) fn open_chat(&mut self, chat: Result<OpenChat, String>) {
        let open = match chat {
            Ok(open) => open,
            Err(why) => {
                tracing::warn!("{why}");
                self.chat_state = why;
                return;
            }
        };
        let events = self.events.clone();
        let hear = Box::new(move |heard| drop(events.send(Event::Heard(heard))));
        match open(hear, self.offer.subscribe()) {
            Ok(chat) => {
                self.chat = Some(chat);
                "connecting to Discord".clone_into(&mut self.chat_state);
            }
            Err(error) => {
                self.chat_state = format!("no chat: {error:#}");
                tracing::error!("{}", self.chat_state);
            }
        }
    }

    pub(super) fn heard(&mut self, heard: Heard) {
        match heard {
            Heard::Generate(request) => self.generate(request),
            Heard::Reacted(reacted) => self.enter(Entry::Reacted(reacted)),
            Heard::Cleared { message, emoji, .. } => self.enter(Entry::Cleared(message, emoji)),
            Heard::ChannelGone(channel) => tracing::info!(%channel, "a channel is gone"),
            Heard::Connected(connected) => {
                if !connected.resumed {
                    self.chat_state = format!(
                        "in Discord as {} in {} communities",
                        connected.bot_name, connected.n_guilds
                    );
                    tracing::info!(invite = connected.invite, "{}", self.chat_state);
                    self.look_for_missed();
                }
            }
            Heard::Disconnected { why, for_good } => {
                self.chat_state = format!("not in Discord: {why}");
                if for_good {
                    tracing::error!("{}", self.chat_state);
                } else {
                    tracing::warn!("{}", self.chat_state);
                }
            }
        }
    }

    /// Once the doors are closed, votes still count and questions are no longer answered.
    pub(super) fn heard_while_stopping(&mut self, heard: Heard) {
        match heard {
            Heard::Reacted(reacted) => self.enter(Entry::Reacted(reacted)),
            Heard::Cleared { message, emoji, .. } => self.enter(Entry::Cleared(message, emoji)),
            _ => {}
        }
    }

    fn generate(&self, request: Request) {
        let Some(chat) = self.chat.clone() else { return };
        let (studio, events, making) =
            (self.studio.clone(), self.events.clone(), self.making.clone());
        tokio::spawn(async move {
            let _permit = making.acquire_owned().await;
            let began = std::time::Instant::now();
            let genre = request.wish.genre.clone();
            let answered = answer(&studio, chat.as_ref(), &request).await;
            match answered {
                Ok(Some(message)) => {
                    let seconds = began.elapsed().as_secs_f64();
                    tracing::info!(genre, %message, seconds, "posted");
                    let _ = events.send(Event::Posted(message));
                }
                Ok(None) => {}
                Err(error) => {
                    tracing::error!(genre, error = format!("{error:#}"), "a request failed");
                    if let Err(error) = chat.refuse(&request, post::failed(&genre)).await {
                        tracing::warn!(%error, "and the asker could not be told");
                    }
                }
            }
        });
    }

    /// Lists, elsewhere, what a crash or a lost connection may have left open.
    fn look_for_missed(&self) {
        let (studio, events) = (self.studio.clone(), self.events.clone());
        tokio::task::spawn_blocking(move || {
            let tracks = match studio.store.tracks() {
                Ok(tracks) => tracks,
                Err(error) => return tracing::error!(%error, "the tracks cannot be read"),
            };
            let (mut posting, mut posted) = (Vec::new(), Vec::new());
            for (id, track) in tracks {
                match track.state {
                    TrackState::Rendered => {}
                    TrackState::Posting { channel } => posting.push((id, ChannelId(channel))),
                    TrackState::Posted { channel, message } => {
                        posted.push((id, ChannelId(channel), MessageId(message)));
                    }
                }
            }
            let n_old = posted.len().saturating_sub(RECENT_POSTS);
            posted.drain(..n_old);
            let _ = events.send(Event::Recover { posting, posted });
        });
    }

    pub(super) fn recover(
        &self,
        posting: Vec<(TrackId, ChannelId)>,
        posted: Vec<(TrackId, ChannelId, MessageId)>,
    ) {
        let (Some(chat), Some(ledger)) = (self.chat.clone(), &self.ledger) else { return };
        let (studio, entries) = (self.studio.clone(), ledger.entries.clone());
        tokio::spawn(async move {
            for (id, channel) in posting {
                if let Err(error) = repost(&studio, chat.as_ref(), id, channel).await {
                    tracing::warn!(%id, error = format!("{error:#}"), "a post of unknown fate");
                }
            }
            for (id, channel, message) in posted {
                match chat.reactions_of(channel, message).await {
                    Ok(standing) => drop(entries.send(Entry::Standing(id, standing))),
                    Err(bot::chat::Error::Gone) => {}
                    Err(error) => tracing::warn!(%id, %error, "reactions may have been missed"),
                }
            }
        });
    }
}

/// Makes and posts a track, or says why not. The message, if one was posted.
async fn answer(
    studio: &Studio,
    chat: &dyn Chat,
    request: &Request,
) -> anyhow::Result<Option<MessageId>> {
    let (for_refusal, wish) = (studio.clone(), request.wish.clone());
    if let Some(text) = blocking(move || refusal(&for_refusal, &wish)).await? {
        chat.refuse(request, text).await?;
        return Ok(None);
    }
    let (maker, wish) = (studio.clone(), wish_of(&request.wish));
    let made = blocking(move || publish::make(&maker, &wish)).await?;
    let posted = send(studio, chat, request, made.id, &made.track).await?;
    Ok(Some(posted))
}

/// Posts a finished track: noted before, confirmed after.
async fn send(
    studio: &Studio,
    chat: &dyn Chat,
    request: &Request,
    id: TrackId,
    track: &Track,
) -> anyhow::Result<MessageId> {
    let (store, channel) = (studio.store.clone(), request.channel.0);
    blocking(move || Ok(store.begin_post(id, channel)?)).await?;
    let (owner, shown, listener) = (studio.clone(), track.clone(), request.listener);
    let post = blocking(move || post_of(&owner, id, &shown, listener)).await?;
    let store = studio.store.clone();
    match chat.answer(request, post).await {
        Ok(posted) => {
            let (channel, message) = (posted.channel.0, posted.message.0);
            blocking(move || Ok(store.confirm_post(id, channel, message)?)).await?;
            Ok(posted.message)
        }
        Err(error) => {
            blocking(move || Ok(store.abandon_post(id)?)).await?;
            Err(error.into())
        }
    }
}

/// Finds a post whose confirmation a crash prevented, or posts the track now.
async fn repost(
    studio: &Studio,
    chat: &dyn Chat,
    id: TrackId,
    channel: ChannelId,
) -> anyhow::Result<()> {
    let store = studio.store.clone();
    let track = blocking(move || store.track(id)?.context("the track is gone")).await?;
    let since = UNIX_EPOCH + Duration::from_millis(track.created_at_ms.saturating_sub(60_000));
    if let Some(message) = chat.find_post(channel, &Marker::of_track(id.0), since).await? {
        let store = studio.store.clone();
        return blocking(move || Ok(store.confirm_post(id, channel.0, message.0)?)).await;
    }
    let wish = Wish { genre: track.genre.clone(), ..Wish::default() };
    let request = Request::unasked(channel, ListenerId(0), wish, SystemTime::now());
    send(studio, chat, &request, id, &track).await.map(|_| ())
}

fn post_of(
    studio: &Studio,
    id: TrackId,
    track: &Track,
    listener: ListenerId,
) -> anyhow::Result<Post> {
    let folder = track_file::folder(&studio.home, &track.genre);
    let name = bot::names::title(&bot::names::of(id.0));
    let about = post::About {
        track: id.0,
        name: &name,
        genre: &track.genre,
        version: track.version,
        seed: track.seed,
        tempo_bpm: track.tempo_bpm,
        key: Key::from_index(usize::from(track.key_index)),
        bars: track.n_bars,
        listener: (listener.0 != 0).then_some(listener),
    };
    let text = post::text(&about, &studio.config.reactions.offered);
    let what =
        format!("{name}, a {} track in {} at {} BPM", track.genre, about.key, track.tempo_bpm);
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

fn wish_of(wish: &Wish) -> publish::Wish {
    publish::Wish {
        genre: wish.genre.clone(),
        seed: wish.seed,
        bars: wish.bars,
        tempo_bpm: wish.tempo_bpm,
        key: wish.key.map(|key| key.to_string()),
        instrument: wish.instrument.clone(),
        arrangement: wish.arrangement.clone(),
        ..publish::Wish::default()
    }
}

/// Why a wish cannot be granted, in words for the asker.
fn refusal(studio: &Studio, wish: &Wish) -> anyhow::Result<Option<String>> {
    let (genre, genres) = (wish.genre.as_str(), studio.genres()?);
    if !genres.iter().any(|known| known == genre) {
        return Ok(Some(post::unknown_genre(genre, &genres)));
    }
    let offer = offer(genres);
    let choices = [
        ("instrument", &wish.instrument, &offer.instruments),
        ("arrangement", &wish.arrangement, &offer.arrangements),
    ];
    for (what, chosen, known) in choices {
        if let Some(name) = chosen.as_ref().filter(|name| !known.contains(name)) {
            return Ok(Some(post::unknown_choice(what, name, known)));
        }
    }
    if studio.store.current_version(genre)?.is_some() {
        return Ok(None);
    }
    let (n, needed) = (studio.store.song_counts(genre)?.accepted, studio.config.schedule.min_songs);
    if n < needed {
        return Ok(Some(post::too_few_songs(genre, n as usize, needed as usize)));
    }
    Ok(Some(post::not_trained_yet(genre)))
}

/// Runs what waits for disk or processor off the loop's threads.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> anyhow::Result<T> + Send + 'static,
) -> anyhow::Result<T> {
    tokio::task::spawn_blocking(work).await.context("it panicked; please report this")?
}
