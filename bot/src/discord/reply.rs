//! How are questions answered, with a track, with a text or with a refusal?

use std::sync::Arc;
use std::time::Duration;

use serenity::builder::{
    CreateAttachment, CreateInteractionResponseFollowup, CreateMessage, EditAttachments,
    EditInteractionResponse,
};
use serenity::model::channel::Nonce;
use serenity::model::id::ChannelId as Channel;

use super::api::Placed;
use super::reactions::offer_reactions;
use super::rest::{Action, Failure};
use super::shared::{Shared, no_mentions};
use crate::chat::{Error, File, Open, Post, Posted, ReplyTo};
use crate::id::{ChannelId, MessageId};
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
) -> Result<Posted, Error> {
    let (text, files) = fit(post.text, post.files, to.max_file_bytes());
    let text = post::cut_before(&text, &post.marker);
    let nonce = Some(post.marker.as_str().to_owned());
    let message = send(shared, to, nonce, &text, &files).await?;
    let posted = Posted {
        channel: ChannelId(message.channel_id.get()),
        message: MessageId(message.id.get()),
    };
    tokio::spawn(offer_reactions(Arc::clone(shared), posted));
    Ok(posted)
}

/// See [`crate::chat::Chat::tell`].
pub(super) async fn tell(
    shared: &Shared,
    to: &ReplyTo,
    text: String,
    files: Vec<File>,
) -> Result<(), Error> {
    let (text, files) = fit(text, files, to.max_file_bytes());
    send(shared, to, to.nonce(), &post::cut(&text), &files).await?;
    Ok(())
}

/// Tells the asker alone. The public "is thinking" goes first: what follows it would be public too.
pub(super) async fn refuse(shared: &Shared, to: &ReplyTo, text: &str) -> Result<(), Error> {
    let text = post::cut(text);
    let http = &shared.rest.http;
    let Some(open) = to.still_open(OPEN_FOR) else {
        post_in_channel(shared, REFUSE, to.channel, to.nonce(), &text, &[]).await?;
        return Ok(());
    };
    let deleted =
        shared.rest.ask(REFUSE, || http.delete_original_interaction_response(&open.token)).await;
    match deleted {
        // Gone already: a moderator was faster, or this is a second try.
        Ok(()) | Err(Failure::Other(Error::Gone)) => {}
        Err(failure) => return Err(failure.into()),
    }
    let message = || {
        let message = CreateInteractionResponseFollowup::new().content(&text).ephemeral(true);
        let message = message.allowed_mentions(no_mentions());
        async move { http.follow_up(&open.token, &message, &[]).await }
    };
    shared.rest.ask(REFUSE, message).await?;
    Ok(())
}

/// Completes the open question, or posts in its channel when it is not open any more.
async fn send(
    shared: &Shared,
    to: &ReplyTo,
    nonce: Option<String>,
    text: &str,
    files: &[File],
) -> Result<Placed, Failure> {
    if let Some(open) = to.still_open(OPEN_FOR) {
        match edit_answer(shared, open, text, files).await {
            Err(Failure::Expired) => {}
            outcome => return outcome,
        }
    }
    post_in_channel(shared, POST, to.channel, nonce, text, files).await
}

async fn edit_answer(
    shared: &Shared,
    open: &Open,
    text: &str,
    files: &[File],
) -> Result<Placed, Failure> {
    let edit = || {
        let announced =
            files.iter().map(attachment).fold(EditAttachments::new(), EditAttachments::add);
        let message = EditInteractionResponse::new()
            .content(text)
            .attachments(announced)
            .allowed_mentions(no_mentions());
        async move { shared.rest.http.edit_answer(&open.token, &message, files).await }
    };
    shared.rest.ask(POST, edit).await
}

/// Discord makes one message of two with the same nonce within some minutes.
async fn post_in_channel(
    shared: &Shared,
    action: Action,
    channel: ChannelId,
    nonce: Option<String>,
    text: &str,
    files: &[File],
) -> Result<Placed, Failure> {
    let send = || {
        let message = CreateMessage::new()
            .content(text)
            .files(files.iter().map(attachment))
            .allowed_mentions(no_mentions());
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
