//! How are tracks posted, requests refused, and posts and reactions looked up?

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serenity::builder::{
    Builder, CreateAttachment, CreateInteractionResponseFollowup, CreateMessage, EditAttachments,
    EditInteractionResponse,
};
use serenity::http::{LightMethod, MessagePagination, Request as HttpRequest, Route};
use serenity::model::channel::{Message, MessageReaction, Nonce, ReactionType};
use serenity::model::id::{ChannelId as Channel, MessageId as Snowflake, UserId};
use serenity::model::user::User;

use super::rest::{Deed, Trouble};
use super::{Shared, ears, no_mentions};
use crate::chat::{
    ChannelId, Error, File, ListenerId, Marker, MessageId, Open, Post, Posted, Request,
};
use crate::post;
use crate::reaction::Emoji;

/// Discord forgets an interaction after 15 minutes; an upload needs some of them.
const OPEN_FOR: Duration = Duration::from_secs(14 * 60);
/// Pages of 100 messages that are looked through for a post.
const MAX_PAGES: usize = 10;
/// How far this machine's clock may be ahead of Discord's.
const CLOCK_SKEW: Duration = Duration::from_secs(120);
/// Milliseconds from 1970 to 2015, where Discord's ids begin to count.
const DISCORD_EPOCH_MS: u128 = 1_420_070_400_000;

const POST: Deed = Deed { what: "post", permission: "Send Messages and Attach Files" };
const REFUSE: Deed = Deed { what: "refuse a request", permission: "Send Messages" };
const OFFER: Deed = Deed { what: "add a reaction", permission: "Add Reactions" };
const READ: Deed = Deed { what: "read its posts", permission: "Read Message History" };

/// Posts a track as the answer to `request`, or into its channel when that is not open any more.
pub(super) async fn answer(
    shared: &Arc<Shared>,
    request: &Request,
    post: Post,
) -> Result<Posted, Error> {
    let (text, files) = fit(post.text, post.files, request.max_file_bytes());
    let text = post::cut_before(&text, &post.marker);
    let nonce = Some(post.marker.as_str().to_owned());
    let message = say(shared, request, nonce, &text, &files).await?;
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
    request: &Request,
    text: String,
    files: Vec<File>,
) -> Result<(), Error> {
    let (text, files) = fit(text, files, request.max_file_bytes());
    say(shared, request, nonce_of(request), &post::cut(&text), &files).await?;
    Ok(())
}

/// Puts a message where `request` waits for it, or into its channel when that is not open any more.
async fn say(
    shared: &Shared,
    request: &Request,
    nonce: Option<String>,
    text: &str,
    files: &[File],
) -> Result<Message, Trouble> {
    if let Some(open) = still_open(request) {
        match edit_answer(shared, open, text, files).await {
            Err(Trouble::Expired) => {}
            outcome => return outcome,
        }
    }
    in_channel(shared, POST, request.channel, nonce, text, files).await
}

/// What tells the answer to this request from others; none for one that the chat did not make.
fn nonce_of(request: &Request) -> Option<String> {
    request.open.as_ref().map(|open| open.id.to_string())
}

/// Tells the asker alone. The public "is thinking" goes first: what follows it would be public too.
pub(super) async fn refuse(shared: &Shared, request: &Request, text: &str) -> Result<(), Error> {
    let text = post::cut(text);
    let http = &shared.rest.http;
    let Some(open) = still_open(request) else {
        in_channel(shared, REFUSE, request.channel, nonce_of(request), &text, &[]).await?;
        return Ok(());
    };
    let deleted =
        shared.rest.ask(REFUSE, || http.delete_original_interaction_response(&open.token)).await;
    match deleted {
        // Gone already: a moderator was faster, or this is a second try.
        Ok(()) | Err(Trouble::Other(Error::Gone)) => {}
        Err(trouble) => return Err(trouble.into()),
    }
    let message = || {
        let message = CreateInteractionResponseFollowup::new().content(&text).ephemeral(true);
        message.allowed_mentions(no_mentions()).execute(http, (None, open.token.as_str()))
    };
    shared.rest.ask(REFUSE, message).await?;
    Ok(())
}

/// See [`crate::chat::Chat::find_post`].
pub(super) async fn find_post(
    shared: &Arc<Shared>,
    channel: ChannelId,
    marker: &Marker,
    since: SystemTime,
) -> Result<Option<MessageId>, Error> {
    let http = &shared.rest.http;
    let me = me(shared).await?;
    let mut after = first_id_at(since.checked_sub(CLOCK_SKEW).unwrap_or(since));
    for _ in 0..MAX_PAGES {
        let page = || {
            http.get_messages(
                Channel::new(channel.0),
                Some(MessagePagination::After(after)),
                Some(100),
            )
        };
        let page = shared.rest.ask(READ, page).await?;
        let found = page.iter().find(|m| m.author.id == me && marker.is_in(&m.content));
        if let Some(message) = found {
            let message = MessageId(message.id.get());
            tokio::spawn(offer_reactions(Arc::clone(shared), Posted { channel, message }));
            return Ok(Some(message));
        }
        match page.iter().map(|message| message.id).max() {
            Some(last) if page.len() == 100 => after = last,
            _ => return Ok(None),
        }
    }
    Ok(None)
}

/// See [`crate::chat::Chat::reactions_of`].
pub(super) async fn reactions_of(
    shared: &Shared,
    channel: ChannelId,
    message: MessageId,
) -> Result<Vec<(Emoji, ListenerId)>, Error> {
    let (channel, message) = (Channel::new(channel.0), Snowflake::new(message.0));
    let http = &shared.rest.http;
    let found = shared.rest.ask(READ, || http.get_message(channel, message)).await?;
    let mut reactions = BTreeSet::new();
    for reaction in &found.reactions {
        let Some(emoji) = ears::emoji(&reaction.reaction_type) else { continue };
        for kind in kinds(reaction) {
            for user in reacting(shared, &found, &reaction.reaction_type, kind).await? {
                if !user.bot {
                    reactions.insert((emoji.clone(), ListenerId(user.id.get())));
                }
            }
        }
    }
    Ok(reactions.into_iter().collect())
}

/// The kinds of reactions to ask for: 0 is the usual, 1 the animated "super reaction".
fn kinds(reaction: &MessageReaction) -> impl Iterator<Item = u8> {
    let counts = [reaction.count_details.normal, reaction.count_details.burst];
    (0..2).zip(counts).filter(|(_, count)| *count > 0).map(|(kind, _)| kind)
}

/// Everybody who reacted to `message` with `reaction` in the way of `kind`.
async fn reacting(
    shared: &Shared,
    message: &Message,
    reaction: &ReactionType,
    kind: u8,
) -> Result<Vec<User>, Error> {
    let mut users: Vec<User> = Vec::new();
    loop {
        let after = users.last().map_or(0, |user| user.id.get());
        // serenity's own call can't ask for super reactions.
        let page = || {
            let data = reaction.as_data();
            async move {
                let route = Route::ChannelMessageReactionEmoji {
                    channel_id: message.channel_id,
                    message_id: message.id,
                    reaction: &data,
                };
                let params = vec![
                    ("type", kind.to_string()),
                    ("limit", "100".to_owned()),
                    ("after", after.to_string()),
                ];
                let request = HttpRequest::new(route, LightMethod::Get).params(Some(params));
                shared.rest.http.fire::<Vec<User>>(request).await
            }
        };
        let page = shared.rest.ask(READ, page).await?;
        let last = page.len() < 100;
        users.extend(page);
        if last {
            return Ok(users);
        }
    }
}

/// Puts the offered emoji below a post, so that reacting takes one click. A post without them is
/// still a post: failing is only noted.
async fn offer_reactions(shared: Arc<Shared>, posted: Posted) {
    let (channel, message) = (Channel::new(posted.channel.0), Snowflake::new(posted.message.0));
    // Known before the first reaction is made, so that none of them is taken for a listener's.
    if let Err(error) = me(&shared).await {
        tracing::warn!(%error, "no reactions are offered");
        return;
    }
    for emoji in &shared.offered {
        let emoji = ReactionType::Unicode(emoji.clone());
        let http = &shared.rest.http;
        let added = shared.rest.ask(OFFER, || http.create_reaction(channel, message, &emoji)).await;
        if let Err(trouble) = added {
            let error = Error::from(trouble);
            tracing::warn!(%error, %emoji, "a reaction could not be offered");
            return;
        }
    }
}

/// The bot's own id.
async fn me(shared: &Shared) -> Result<UserId, Error> {
    let ask = || async {
        let user = shared.rest.ask(READ, || shared.rest.http.get_current_user()).await?;
        Ok(user.id)
    };
    shared.me.get_or_try_init(ask).await.copied()
}

fn still_open(request: &Request) -> Option<&Open> {
    let age = request.at.elapsed().unwrap_or_default();
    request.open.as_ref().filter(|_| age < OPEN_FOR)
}

async fn edit_answer(
    shared: &Shared,
    open: &Open,
    text: &str,
    files: &[File],
) -> Result<Message, Trouble> {
    let edit = || {
        let files = files.iter().map(attachment).fold(EditAttachments::new(), EditAttachments::add);
        EditInteractionResponse::new()
            .content(text)
            .attachments(files)
            .allowed_mentions(no_mentions())
            .execute(&shared.rest.http, open.token.as_str())
    };
    shared.rest.ask(POST, edit).await
}

/// Discord makes one message of two with the same nonce within some minutes.
async fn in_channel(
    shared: &Shared,
    deed: Deed,
    channel: ChannelId,
    nonce: Option<String>,
    text: &str,
    files: &[File],
) -> Result<Message, Trouble> {
    let send = || {
        let message = CreateMessage::new()
            .content(text)
            .files(files.iter().map(attachment))
            .allowed_mentions(no_mentions());
        let message = match nonce.clone() {
            Some(nonce) => message.nonce(Nonce::String(nonce)).enforce_nonce(true),
            None => message,
        };
        Channel::new(channel.0).send_message(&shared.rest.http, message)
    };
    shared.rest.ask(deed, send).await
}

fn attachment(file: &File) -> CreateAttachment {
    let description: String = file.description.chars().take(1024).collect();
    CreateAttachment::bytes(file.bytes.clone(), file.name.clone()).description(description)
}

/// The text and those files that are not too large, and what is left out said in the text.
fn fit(mut text: String, files: Vec<File>, max_bytes: usize) -> (String, Vec<File>) {
    let (kept, too_large): (Vec<File>, Vec<File>) =
        files.into_iter().partition(|file| file.bytes.len() <= max_bytes);
    for file in too_large {
        text += &post::left_out(&file.name, file.bytes.len(), max_bytes);
    }
    (text, kept)
}

/// The smallest id that a message of this time or later has.
fn first_id_at(time: SystemTime) -> Snowflake {
    let since_1970 = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let ms = since_1970.as_millis().saturating_sub(DISCORD_EPOCH_MS);
    Snowflake::new(((ms as u64) << 22).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_tell_the_time_as_discord_documents_it() {
        // The example of Discord's reference: 175928847299117063 was made at 1462015105796 ms.
        let time = SystemTime::UNIX_EPOCH + Duration::from_millis(1_462_015_105_796);
        assert_eq!(first_id_at(time).get() >> 22, 175_928_847_299_117_063 >> 22);
        assert_eq!(first_id_at(SystemTime::UNIX_EPOCH).get(), 1);
    }

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
