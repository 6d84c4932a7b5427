//! When may the next call be made?
//!
//! Discord counts calls in buckets and says in each answer which bucket it was and how many calls are
//! left in it. Here a call waits for its turn before it is sent: a refusal (status 429) makes nothing
//! faster, and an address that collects 10 000 of them in ten minutes is shut out. Calls of one bucket
//! are sent one after the other, so that each knows what the one before it left.
//! <https://discord.com/developers/docs/topics/rate-limits>
//!
//! Knows no route but for what tells buckets apart, and sends nothing.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Mutex as Turns, OwnedMutexGuard};

/// What is counted together before Discord has named the bucket: one way of asking, for one channel,
/// guild or webhook (Discord's "top-level resources").
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Counted {
    route: String,
    resource: String,
}

impl Counted {
    /// The way of asking, without what it is asked for: that may hold a secret.
    pub(super) fn route(&self) -> &str {
        &self.route
    }

    /// How a call of `method` to `path` (from the version on, without parameters) is counted.
    pub(super) fn of(method: &str, path: &str) -> Self {
        let mut parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let resource = match parts.first() {
            Some(&"webhooks" | &"interactions") => 1..3,
            Some(&"channels" | &"guilds") => 1..2,
            _ => 0..0,
        };
        let resource = parts.drain(resource.start..resource.end.min(parts.len()));
        let resource = resource.collect::<Vec<_>>().join("/");
        let mut route = method.to_owned();
        for (n, part) in parts.iter().enumerate() {
            let is_id = part.bytes().all(|byte| byte.is_ascii_digit());
            let is_emoji = n > 0 && parts[n - 1] == "reactions";
            route += "/";
            route += if is_id || is_emoji { ":" } else { part };
        }
        Self { route, resource }
    }
}

/// What an answer says about its bucket. Whatever is missing is not limited.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Said {
    /// Discord's name for the bucket.
    pub(super) bucket: Option<String>,
    /// Calls that are left in it, and the time after which it is full again.
    pub(super) left: Option<(u64, Duration)>,
}

/// How long to wait after a refusal, and whether that holds for every call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Wait {
    pub(super) time: Duration,
    pub(super) global: bool,
}

/// A bucket's name and the resource it counts for.
type Key = (String, String);

/// What is known of all buckets.
#[derive(Debug, Default)]
pub(super) struct Limits(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    /// No call at all before this.
    all_blocked_until: Option<Instant>,
    /// Discord's names for the buckets of routes.
    names: HashMap<String, String>,
    buckets: HashMap<Key, Bucket>,
}

#[derive(Debug, Default)]
struct Bucket {
    turns: Arc<Turns<()>>,
    left: Option<(u64, Instant)>,
}

/// The right to make one call; the next one of the same bucket waits until it is dropped.
#[derive(Debug)]
pub(super) struct Turn {
    key: Key,
    _held: OwnedMutexGuard<()>,
}

impl Limits {
    /// Waits for the call's turn.
    pub(super) async fn turn(&self, call: &Counted) -> Turn {
        loop {
            let (key, turns) = self.known().turns(call);
            let held = turns.lock_owned().await;
            // The call before this one may have learnt that the route belongs to another bucket.
            if self.known().key(call) == key {
                return Turn { key, _held: held };
            }
        }
    }

    /// How long the bucket holds the next call back, if it does.
    pub(super) fn blocked_for(&self, turn: &Turn, now: Instant) -> Option<Duration> {
        let known = self.known();
        let emptied = known.buckets.get(&turn.key).and_then(|bucket| bucket.left);
        let emptied = emptied.filter(|(left, _)| *left == 0).map(|(_, full_at)| full_at);
        let until = known.all_blocked_until.into_iter().chain(emptied).max()?;
        until.checked_duration_since(now).filter(|wait| !wait.is_zero())
    }

    /// Takes note of what an answer says that came `now`.
    pub(super) fn learn(&self, call: &Counted, said: Said, now: Instant) {
        let mut known = self.known();
        if let Some(name) = said.bucket {
            known.names.insert(call.route.clone(), name);
        }
        let left = said.left.map(|(left, full_after)| (left, now + full_after));
        let key = known.key(call);
        known.buckets.entry(key).or_default().left = left;
    }

    /// Takes note of a refusal that came `now`.
    pub(super) fn refused(&self, call: &Counted, wait: Wait, now: Instant) {
        let mut known = self.known();
        let until = now + wait.time;
        if wait.global {
            known.all_blocked_until = Some(until);
        } else {
            let key = known.key(call);
            known.buckets.entry(key).or_default().left = Some((0, until));
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn key(&self, call: &Counted) -> Key {
        let name = self.names.get(&call.route).unwrap_or(&call.route);
        (name.clone(), call.resource.clone())
    }

    /// Also forgets what limits nobody any more: each interaction has a bucket of its own.
    fn turns(&mut self, call: &Counted) -> (Key, Arc<Turns<()>>) {
        let now = Instant::now();
        self.buckets.retain(|_, bucket| {
            let limits = bucket.left.is_some_and(|(_, full_at)| full_at > now);
            limits || Arc::strong_count(&bucket.turns) > 1
        });
        let key = self.key(call);
        let turns = Arc::clone(&self.buckets.entry(key.clone()).or_default().turns);
        (key, turns)
    }
}

impl fmt::Debug for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.route)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(bucket: &str, left: u64, full_after_s: u64) -> Said {
        let left = Some((left, Duration::from_secs(full_after_s)));
        Said { bucket: Some(bucket.to_owned()), left }
    }

    #[test]
    fn calls_are_counted_by_their_way_and_their_channel() {
        let post = Counted::of("POST", "/channels/5/messages");
        assert_eq!((post.route.as_str(), post.resource.as_str()), ("POST/channels/messages", "5"));
        let react = |message, emoji| {
            Counted::of("PUT", &format!("/channels/5/messages/{message}/reactions/{emoji}/@me"))
        };
        assert_eq!(react(1, "%F0%9F%94%A5"), react(2, "a:7"));
        assert_ne!(Counted::of("GET", "/channels/5/messages"), post);
        assert_ne!(Counted::of("POST", "/channels/6/messages"), post);
        let answer =
            |token| Counted::of("PATCH", &format!("/webhooks/1/{token}/messages/@original"));
        assert_ne!(answer("one"), answer("two"));
        assert_eq!(answer("one").route, answer("two").route);
        assert_eq!(Counted::of("GET", "/webhooks").resource, "");
    }

    #[tokio::test]
    async fn an_empty_bucket_holds_back_the_calls_that_share_it_and_no_others() {
        let limits = Limits::default();
        let (post, edit) =
            (Counted::of("POST", "/channels/5/x"), Counted::of("PUT", "/channels/5/x"));
        let elsewhere = Counted::of("POST", "/channels/6/x");
        let now = Instant::now();
        let (two, three) = (Duration::from_secs(2), Duration::from_secs(3));
        limits.learn(&edit, said("shared", 1, 9), now);
        limits.learn(&post, said("shared", 0, 3), now);
        let blocked = async |call, at| limits.blocked_for(&limits.turn(call).await, at);
        assert_eq!(blocked(&edit, now).await, Some(three), "they share a bucket");
        assert_eq!(blocked(&elsewhere, now).await, None, "another channel");
        assert_eq!(blocked(&post, now + three).await, None, "it is full again");
        limits.refused(&post, Wait { time: two, global: false }, now + three);
        assert_eq!(blocked(&post, now + three).await, Some(two), "it was refused");
    }

    #[tokio::test]
    async fn a_global_refusal_holds_back_every_call() {
        let limits = Limits::default();
        let (one, other) = (Counted::of("GET", "/users/@me"), Counted::of("GET", "/gateway/bot"));
        let (now, time) = (Instant::now(), Duration::from_secs(2));
        limits.refused(&one, Wait { time, global: true }, now);
        let turn = limits.turn(&other).await;
        assert_eq!(limits.blocked_for(&turn, now), Some(time));
    }

    #[tokio::test]
    async fn calls_of_one_bucket_are_made_one_after_the_other() {
        let limits = Limits::default();
        let call = Counted::of("POST", "/channels/5/messages");
        let first = limits.turn(&call).await;
        let at_once = tokio::time::timeout(Duration::ZERO, limits.turn(&call)).await;
        assert!(at_once.is_err(), "not yet");
        let past = Instant::now().checked_sub(Duration::from_secs(9)).expect("a later time");
        limits.learn(&call, said("named now", 4, 5), past);
        drop(first);
        let second = limits.turn(&call).await;
        assert_eq!(second.key.0, "named now");
        drop(second);
        let _other = limits.turn(&Counted::of("GET", "/users/@me")).await;
        assert_eq!(limits.known().buckets.len(), 1, "what limits nobody is forgotten");
    }
}
