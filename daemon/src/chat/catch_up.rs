//! Which reactions were missed while nobody listened?
//!
//! The chat is asked which reactions stand below recent posts, and the ledger makes the votes agree.

use std::collections::BTreeMap;

use bot::chat::{Chat, Error, Posted};

use crate::context::{Context, now_ms};
use crate::store::{TrackId, TrackState};
use crate::votes::ledger::LedgerDesk;
use crate::votes::reactions::Standing;

/// Posts whose reactions are looked at again after a connection was lost.
const RECENT_POSTS: usize = 50;

/// The posts whose reactions are worth a look, the oldest first.
///
/// # Errors
/// When the store cannot be read.
pub(crate) fn recent_posts(context: &Context) -> anyhow::Result<Vec<(TrackId, Posted)>> {
    let tracks = context.store.tracks()?.into_iter();
    let mut posts: Vec<(TrackId, Posted)> = tracks
        .filter_map(|(id, track)| match track.state {
            TrackState::Posted { channel, message } => Some((id, Posted { channel, message })),
            TrackState::Rendered | TrackState::Posting { .. } => None,
        })
        .collect();
    posts.drain(..posts.len().saturating_sub(RECENT_POSTS));
    Ok(posts)
}

/// Brings the votes below a post up to date.
pub(crate) async fn catch_up(chat: &dyn Chat, desk: &LedgerDesk, track: TrackId, post: Posted) {
    let asked_at_ms = now_ms();
    match chat.reactions_of(post.channel, post.message).await {
        Ok(reactions) => {
            let mut below: BTreeMap<_, Vec<_>> = BTreeMap::new();
            for (emoji, listener) in reactions {
                below.entry(emoji).or_default().push(listener);
            }
            desk.standing(Standing { track, below, is_whole: true, asked_at_ms });
        }
        Err(Error::Gone) => {}
        Err(error) => tracing::warn!(%track, %error, "reactions may have been missed"),
    }
}
