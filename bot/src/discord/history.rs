//! How is a post found again?

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde::Deserialize;
use serenity::http::MessagePagination;
use serenity::model::id::{ChannelId as Channel, MessageId as Snowflake, UserId};

use super::reactions::offer_reactions;
use super::rest::Action;
use super::shared::Shared;
use crate::chat::{Error, Posted};
use crate::id::{ChannelId, MessageId};
use crate::post::Marker;

/// Messages that Discord gives at a time.
const PAGE: usize = 100;
/// Pages of messages that are looked through for a post.
const MAX_PAGES: usize = 10;
/// How far this machine's clock may be ahead of Discord's.
const CLOCK_SKEW: Duration = Duration::from_secs(120);
/// Milliseconds from 1970 to 2015, where Discord's ids begin to count.
const DISCORD_EPOCH_MS: u128 = 1_420_070_400_000;

const READ: Action = Action { what: "read its posts", permission: Some("Read Message History") };

/// All that is needed of a message: others may hold what serenity cannot read.
#[derive(Deserialize)]
struct Written {
    id: Snowflake,
    author: Author,
    #[serde(default)]
    content: String,
}

#[derive(Deserialize)]
struct Author {
    id: UserId,
}

/// See [`crate::chat::Chat::find_post`].
pub(super) async fn find_post(
    shared: &Arc<Shared>,
    channel: ChannelId,
    marker: &Marker,
    since: SystemTime,
) -> Result<Option<MessageId>, Error> {
    let http = &shared.rest.http;
    let me = shared.me().await?;
    let mut after = first_id_at(since.checked_sub(CLOCK_SKEW).unwrap_or(since));
    for _ in 0..MAX_PAGES {
        let which = MessagePagination::After(after);
        let page = || http.get_messages::<Written>(Channel::new(channel.0), which, PAGE as u8);
        let page = shared.rest.ask(READ, page).await?;
        let found = page.iter().find(|m| m.author.id == me && marker.is_in(&m.content));
        if let Some(message) = found {
            let message = MessageId(message.id.get());
            tokio::spawn(offer_reactions(Arc::clone(shared), Posted { channel, message }));
            return Ok(Some(message));
        }
        match page.iter().map(|message| message.id).max() {
            Some(last) if page.len() == PAGE && last > after => after = last,
            _ => return Ok(None),
        }
    }
    Ok(None)
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
}
