//! What does the loop do about the chat?
//!
//! Requests become tracks and posts; reactions go to the ledger. How a track is posted so that a
//! crash neither loses nor doubles it is in `posting`.

use bot::arrange::Instrument;
use bot::chat::{ChannelId, Chat, Error, File, Heard, MessageId, Offer, Posted, Request, Wish};
use bot::post;
use composer::version;

use super::{Daemon, OpenChat};
use crate::chat::posting::{blocking, repost, send};
use crate::context::{Context, now_ms};
use crate::cycle::label::{self, Known};
use crate::cycle::standing::standing;
use crate::run::event::Event;
use crate::store::{self, TrackId, TrackState};
use crate::track::publish;
use crate::votes::ledger::Entry;

/// Posts whose reactions are looked at again after a connection was lost.
const RECENT_POSTS: usize = 50;

/// What listeners may choose from; none where that cannot be told, and the log says why.
pub(super) fn offer(context: &Context) -> Option<Offer> {
    let genres = context.genres().inspect_err(|error| {
        tracing::warn!(error = format!("{error:#}"), "the genres cannot be listed");
    });
    let genres = genres.ok()?;
    let artists = |genre: &String| {
        let names = names(context, genre).unwrap_or_else(|error| {
            tracing::warn!(genre, error = format!("{error:#}"), "its artists cannot be listed");
            Vec::new()
        });
        (genre.clone(), label::artists(&names, genre))
    };
    Some(Offer {
        artists: genres.iter().map(artists).filter(|(_, known)| !known.is_empty()).collect(),
        genres,
        instruments: instruments(),
        arrangements: arrangements(),
    })
}

fn instruments() -> Vec<String> {
    Instrument::names().iter().map(|name| (*name).to_owned()).collect()
}

fn arrangements() -> Vec<String> {
    ["full", "lead"].map(str::to_owned).to_vec()
}

/// The genres and artists that the version of a genre that is played knows.
fn names(context: &Context, genre: &str) -> anyhow::Result<Vec<String>> {
    let Some(promotion) = context.store.current_version(genre)? else { return Ok(Vec::new()) };
    Ok(version::manifest(&context.home.version(genre, promotion.version))?.genres)
}

impl Daemon {
    /// To be called once, before anything is posted.
    pub(super) fn open_chat(&mut self, chat: Result<OpenChat, String>) {
        match unconfirmed(&self.context) {
            Ok(posts) => self.unconfirmed = posts,
            Err(error) => tracing::error!(%error, "posts of unknown fate cannot be read"),
        }
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
            Heard::Model(request) => self.tell_standing(request),
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
        let (context, events, making) =
            (self.context.clone(), self.events.clone(), self.making.clone());
        tokio::spawn(async move {
            let _permit = making.acquire_owned().await;
            let began = std::time::Instant::now();
            let genre = request.wish.genre.clone();
            let answered = answer(&context, chat.as_ref(), &request).await;
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

    fn tell_standing(&self, request: Request) {
        let Some(chat) = self.chat.clone() else { return };
        let (context, making) = (self.context.clone(), self.making.clone());
        tokio::spawn(async move {
            let _permit = making.acquire_owned().await;
            let genre = request.wish.genre.clone();
            if let Err(error) = answer_standing(&context, chat.as_ref(), &request).await {
                tracing::error!(genre, error = format!("{error:#}"), "a question failed");
                if let Err(error) = chat.refuse(&request, post::unknown_standing(&genre)).await {
                    tracing::warn!(%error, "and the asker could not be told");
                }
            }
        });
    }

    /// Lists, elsewhere, what a crash or a lost connection may have left open. Posts that another
    /// process left unconfirmed are taken up once; those of this process are under way.
    fn look_for_missed(&mut self) {
        let posting = std::mem::take(&mut self.unconfirmed);
        let (context, events) = (self.context.clone(), self.events.clone());
        tokio::task::spawn_blocking(move || {
            let tracks = context.store.tracks().unwrap_or_else(|error| {
                tracing::error!(%error, "the tracks cannot be read; reactions may be missed");
                Vec::new()
            });
            let mut posted = Vec::new();
            for (id, track) in tracks {
                if let TrackState::Posted { channel, message } = track.state {
                    posted.push((id, channel, message));
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
        mut posted: Vec<(TrackId, ChannelId, MessageId)>,
    ) {
        let (Some(chat), Some(ledger)) = (self.chat.clone(), &self.ledger) else { return };
        let (context, events, entries) =
            (self.context.clone(), self.events.clone(), ledger.entries.clone());
        tokio::spawn(async move {
            for (id, channel) in posting {
                match repost(&context, chat.as_ref(), id, channel).await {
                    Ok(Some(Posted { channel, message })) => {
                        let _ = events.send(Event::Posted(message));
                        posted.push((id, channel, message));
                    }
                    Ok(None) => {}
                    Err(error) => {
                        tracing::warn!(%id, error = format!("{error:#}"), "a post of unknown fate");
                    }
                }
            }
            for (track, channel, message) in posted {
                let asked_at_ms = now_ms();
                match chat.reactions_of(channel, message).await {
                    Ok(reactions) => {
                        let _ = entries.send(Entry::Standing { track, reactions, asked_at_ms });
                    }
                    Err(Error::Gone) => {}
                    Err(error) => tracing::warn!(%track, %error, "reactions may have been missed"),
                }
            }
        });
    }
}

/// Posts that an earlier process began and did not confirm.
fn unconfirmed(context: &Context) -> Result<Vec<(TrackId, ChannelId)>, store::Error> {
    let tracks = context.store.tracks_being_posted()?.into_iter();
    let posts = tracks.filter_map(|(id, track)| match track.state {
        TrackState::Posting { channel } => Some((id, channel)),
        TrackState::Rendered | TrackState::Posted { .. } => None,
    });
    Ok(posts.collect())
}

/// Makes and posts a track, or says why not. The message, if one is known to be posted; a refusal
/// would take it away, so there is none where that is not known.
async fn answer(
    context: &Context,
    chat: &dyn Chat,
    request: &Request,
) -> anyhow::Result<Option<MessageId>> {
    let (for_refusal, wish) = (context.clone(), request.wish.clone());
    if let Some(text) = blocking(move || refusal(&for_refusal, &wish)).await? {
        chat.refuse(request, text).await?;
        return Ok(None);
    }
    let (maker, wish) = (context.clone(), wish_of(&request.wish));
    let wish = publish::Wish { max_audio_bytes: Some(request.max_file_bytes()), ..wish };
    let made = blocking(move || publish::make(&maker, &wish)).await?;
    let posted = send(context, chat, request, made.id, &made.track).await?;
    Ok(posted.map(|posted| posted.message))
}

/// Tells how a genre's model stands, or why there is none.
async fn answer_standing(
    context: &Context,
    chat: &dyn Chat,
    request: &Request,
) -> anyhow::Result<()> {
    let (here, wish) = (context.clone(), request.wish.clone());
    let looked = blocking(move || match refusal(&here, &wish)? {
        Some(text) => Ok(Err(text)),
        None => standing(&here, &wish.genre).map(Ok),
    });
    match looked.await? {
        Ok((text, bytes)) => {
            let genre = &request.wish.genre;
            let description = format!("How the model of {genre} learned, epoch by epoch");
            let file = File { name: "model.png".to_owned(), description, bytes };
            chat.tell(request, text, vec![file]).await?;
        }
        Err(text) => chat.refuse(request, text).await?,
    }
    Ok(())
}

fn wish_of(wish: &Wish) -> publish::Wish {
    publish::Wish {
        genre: wish.genre.clone(),
        artist: wish.artist.clone(),
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
fn refusal(context: &Context, wish: &Wish) -> anyhow::Result<Option<String>> {
    let (genre, genres) = (wish.genre.as_str(), context.genres()?);
    if !genres.iter().any(|known| known == genre) {
        return Ok(Some(post::unknown_genre(genre, &genres)));
    }
    let choices = [
        ("instrument", &wish.instrument, instruments()),
        ("arrangement", &wish.arrangement, arrangements()),
    ];
    for (what, chosen, known) in choices {
        if let Some(name) = chosen.as_ref().filter(|name| !known.contains(name)) {
            return Ok(Some(post::unknown_choice(what, name, &known)));
        }
    }
    if context.store.current_version(genre)?.is_some() {
        return match &wish.artist {
            Some(artist) => refusal_of_artist(context, genre, artist),
            None => Ok(None),
        };
    }
    let (n, needed) =
        (context.store.song_counts(genre)?.accepted, context.config.schedule.min_songs);
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
    Ok(Some(match label::known(context, &names, genre, artist)? {
        Known::Learned(_) => return Ok(None),
        Known::NoSong => post::unknown_artist(genre, artist, &artists),
        Known::TooFew(n) => post::too_few_songs_of_artist(genre, artist, n, needed, &artists),
        Known::Next => post::artist_not_learned_yet(genre, artist, &artists),
        Known::NoRoom => post::no_room_for_artist(genre, artist, label::MAX_ARTISTS, &artists),
    }))
}
