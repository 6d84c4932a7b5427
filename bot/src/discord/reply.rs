//! How are questions answered, with a track, with a text or with a refusal?

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serenity::builder::{
    CreateAllowedMentions, CreateAttachment, CreateInteractionResponseFollowup, CreateMessage,
    EditAttachments, EditInteractionResponse,
};
use serenity::model::channel::Nonce;
use serenity::model::id::{ChannelId as Channel, UserId};

use super::api;
use super::history;
use super::reactions::offer_reactions;
use super::rest::{Action, Failure};
use super::shared::{Shared, no_mentions};
use crate::chat::{Error, File, Open, Placed, Post, Posted, ReplyTo};
use crate::id::{ChannelId, ListenerId, MessageId};
use crate::post;

/// Discord forgets an interaction after 15 minutes; an upload needs some of them.
const OPEN_FOR: Duration = Duration::from_secs(14 * 60);

const POST: Action = Action { what: "post", permission: Some("Send Messages and Attach Files") };
const REFUSE: Action = Action { what: "refuse a request", permission: Some("Send Messages") };

/// Posts a track where `to` says, and offers reactions below it.
pub(super) async fn answer(
    shared: &Arc<Shared>,
    to: &ReplyTo,
    post: Post,
    tried: bool,
) -> Result<Placed, Error> {
    let (text, files) = fit(post.text, post.files, to.max_file_bytes());
    let text = post::cut_before(&text, &post.marker);
    let message = match edit_answer(shared, to, &text, &files).await? {
        Edited::Done(message) => message,
        Edited::NotOpen { tried: now } => {
            if tried || now {
                let found = history::find_post(shared, to.channel, &post.marker, to.since()).await;
                if let Some(placed) = found_before(to.channel, found)? {
                    return Ok(placed);
                }
            }
            let nonce = Some(post.marker.as_str().to_owned());
            post_in_channel(shared, POST, to.channel, nonce, &text, &files, post.listener).await?
        }
    };
    let posted = Posted {
        channel: ChannelId(message.channel_id.get()),
        message: MessageId(message.id.get()),
    };
    tokio::spawn(offer_reactions(Arc::clone(shared), posted));
    Ok(Placed { posted, was_there: tried })
}

/// The answer that is there already, if one is. Who may not read the channel can only trust that Discord
/// makes one message of two with the same nonce.
fn found_before(
    channel: ChannelId,
    found: Result<Option<MessageId>, Error>,
) -> Result<Option<Placed>, Error> {
    match found {
        Ok(Some(message)) => {
            Ok(Some(Placed { posted: Posted { channel, message }, was_there: true }))
        }
        Ok(None) => Ok(None),
        Err(error @ Error::Forbidden { .. }) => {
            tracing::warn!(%error, "a track may be posted twice");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// See [`crate::chat::Chat::tell`].
pub(super) async fn tell(
    shared: &Shared,
    to: &ReplyTo,
    text: String,
    files: Vec<File>,
) -> Result<(), Error> {
    let (text, files) = fit(text, files, to.max_file_bytes());
    let text = post::cut(&text);
    if let Edited::NotOpen { .. } = edit_answer(shared, to, &text, &files).await? {
        post_in_channel(shared, POST, to.channel, to.nonce(), &text, &files, None).await?;
    }
    Ok(())
}

/// See [`crate::chat::Chat::report`].
pub(super) async fn report(shared: &Shared, to: &ReplyTo, text: &str) -> Result<(), Error> {
    let Some(open) = to.still_open(OPEN_FOR) else { return Ok(()) };
    let edit = EditInteractionResponse::new().content(post::cut(text));
    let edit = edit.allowed_mentions(no_mentions());
    shared.rest.once(POST, shared.rest.http.edit_answer(&open.token, &edit, &[])).await?;
    Ok(())
}

/// See [`crate::chat::Chat::call`].
pub(super) async fn call(shared: &Shared, to: &ReplyTo, listener: ListenerId) -> Result<(), Error> {
    let Some(open) = to.still_open(OPEN_FOR) else { return Ok(()) };
    let mentions = CreateAllowedMentions::new().users([UserId::new(listener.0)]);
    let message = CreateInteractionResponseFollowup::new().content(post::is_ready(listener));
    let message = message.allowed_mentions(mentions);
    shared.rest.once(POST, shared.rest.http.follow_up(&open.token, &message, &[])).await?;
    Ok(())
}

/// Tells the asker alone. The public "is thinking" goes first: what follows it would be public too. Where
/// the question is not open any more, only the channel is left.
pub(super) async fn refuse(shared: &Shared, to: &ReplyTo, text: &str) -> Result<(), Error> {
    let text = post::cut(text);
    if let Some(open) = to.still_open(OPEN_FOR) {
        match refuse_openly(shared, open, &text).await {
            Err(Failure::Expired) => {}
            outcome => return Ok(outcome?),
        }
    }
    post_in_channel(shared, REFUSE, to.channel, to.nonce(), &text, &[], None).await?;
    Ok(())
}

async fn refuse_openly(shared: &Shared, open: &Open, text: &str) -> Result<(), Failure> {
    let http = &shared.rest.http;
    let deleted =
        shared.rest.ask(REFUSE, || http.delete_original_interaction_response(&open.token)).await;
    match deleted {
        // Gone already: a moderator was faster, or this is a second try.
        Ok(()) | Err(Failure::Other(Error::Gone)) => {}
        Err(failure) => return Err(failure),
    }
    let message = || {
        let message = CreateInteractionResponseFollowup::new().content(text).ephemeral(true);
        let message = message.allowed_mentions(no_mentions());
        async move { http.follow_up(&open.token, &message, &[]).await }
    };
    shared.rest.ask(REFUSE, message).await?;
    Ok(())
}

/// What came of completing an open question.
enum Edited {
    Done(api::Placed),
    /// There is none, or not any more.
    NotOpen {
        /// Whether an earlier try may have completed it.
        tried: bool,
    },
}

/// Completes the open question, as often as wished with the same outcome.
async fn edit_answer(
    shared: &Shared,
    to: &ReplyTo,
    text: &str,
    files: &[File],
) -> Result<Edited, Failure> {
    let Some(open) = to.still_open(OPEN_FOR) else {
        return Ok(Edited::NotOpen { tried: false });
    };
    let n_tries = AtomicUsize::new(0);
    let edit = || {
        n_tries.fetch_add(1, Ordering::Relaxed);
        let announced =
            files.iter().map(attachment).fold(EditAttachments::new(), EditAttachments::add);
        let message = EditInteractionResponse::new()
            .content(text)
            .attachments(announced)
            .allowed_mentions(no_mentions());
        async move { shared.rest.http.edit_answer(&open.token, &message, files).await }
    };
    match shared.rest.ask(POST, edit).await {
        Ok(message) => Ok(Edited::Done(message)),
        // Its quarter of an hour is over, it was never acknowledged, or a moderator removed it.
        Err(Failure::Expired | Failure::Other(Error::Gone)) => {
            Ok(Edited::NotOpen { tried: n_tries.into_inner() > 1 })
        }
        Err(failure) => Err(failure),
    }
}

/// Discord makes one message of two with the same nonce within some minutes.
async fn post_in_channel(
    shared: &Shared,
    action: Action,
    channel: ChannelId,
    nonce: Option<String>,
    text: &str,
    files: &[File],
    called: Option<ListenerId>,
) -> Result<api::Placed, Failure> {
    let called = called.map(|listener| UserId::new(listener.0));
    let mentions = CreateAllowedMentions::new().users(called);
    let send = || {
        let message = CreateMessage::new()
            .content(text)
            .files(files.iter().map(attachment))
            .allowed_mentions(mentions.clone());
        let message = match nonce.clone() {
            Some(nonce) => message.nonce(Nonce::String(nonce)).enforce_nonce(true),
            None => message,
        };
        let channel = Channel::new(channel.0);
        async move { shared.rest.http.send_message(channel, &message, files).await }
    };
    shared.rest.ask(action, send).await
}

/// How a file is announced; its bytes are sent beside.
fn attachment(file: &File) -> CreateAttachment {
    let description: String = file.description.chars().take(1024).collect();
    CreateAttachment::bytes(Vec::new(), file.name.clone()).description(description)
}

/// The text and those files that are not too large; the text says what is left out.
fn fit(mut text: String, files: Vec<File>, max_bytes: usize) -> (String, Vec<File>) {
    let (kept, too_large): (Vec<File>, Vec<File>) =
        files.into_iter().partition(|file| file.bytes.len() <= max_bytes);
    for file in too_large {
        text += &post::left_out(&file.name, file.bytes.len(), max_bytes);
    }
    (text, kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::post::Marker;

    #[test]
    fn a_file_that_is_too_large_is_left_out_and_named() {
        let file = |name: &str, n_bytes| File {
            name: name.to_owned(),
            description: String::new(),
            bytes: vec![0; n_bytes],
        };
        let marker = Marker::of_track(7);
        let text = format!("a song\n-# {}", marker.as_str());
        let files = vec![file("a.mid", 100), file("a.ogg", 101)];
        let (text, kept) = fit(text, files, 100);
        assert_eq!(kept.iter().map(|file| file.name.as_str()).collect::<Vec<_>>(), ["a.mid"]);
        assert!(text.contains("a.ogg is left out") && marker.is_in(&text), "{text}");
    }
}
