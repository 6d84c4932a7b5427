//! Is every reaction that stands a vote, once, and nothing else?

use std::collections::BTreeMap;
use std::time::{Duration, UNIX_EPOCH};

use bot::chat::{ChannelId, ListenerId, Posted};

use super::*;
use crate::chat::posting::tests::{context, track};

const CHANNEL: ChannelId = ChannelId(1);
const MESSAGE: MessageId = MessageId(7);
const ASKED: u64 = 10;

fn reacted(listener: u64, emoji: &str, added: bool, at_ms: u64) -> Entry {
    Entry::Reacted(Reacted {
        channel: CHANNEL,
        message: MESSAGE,
        listener: ListenerId(listener),
        emoji: Emoji::new(emoji),
        added,
        at: UNIX_EPOCH + Duration::from_millis(at_ms),
    })
}

fn cleared(emoji: Option<&str>, at_ms: u64) -> Entry {
    Entry::Cleared { message: MESSAGE, emoji: emoji.map(Emoji::new), at_ms }
}

fn stood(track: TrackId, is_whole: bool, below: &[(&str, &[u64])]) -> Entry {
    let people = |ids: &[u64]| ids.iter().copied().map(ListenerId).collect();
    let below = below.iter().map(|(emoji, ids)| (Emoji::new(emoji), people(ids)));
    Entry::Standing(Standing { track, below: below.collect(), is_whole, asked_at_ms: ASKED })
}

/// Writes entries around the moment at which the store knows that the message is a track, and
/// gives back who stands below it with what.
fn votes(before: Vec<Entry>, after: impl FnOnce(TrackId) -> Vec<Entry>) -> Vec<(String, String)> {
    votes_with(bot::reaction::Settings::default(), before, after)
}

/// The same with other values.
fn votes_with(
    settings: bot::reaction::Settings,
    before: Vec<Entry>,
    after: impl FnOnce(TrackId) -> Vec<Entry>,
) -> Vec<(String, String)> {
    let (_folder, mut context) = context();
    let config = crate::config::Config { reactions: settings, ..(*context.config).clone() };
    context.config = std::sync::Arc::new(config);
    played(&context, before, |_, _| (), after)
}

/// The same where the store has votes already.
fn votes_after(
    prepare: impl FnOnce(&Context, TrackId),
    after: impl FnOnce(TrackId) -> Vec<Entry>,
) -> Vec<(String, String)> {
    played(&context().1, Vec::new(), prepare, after)
}

fn played(
    context: &Context,
    before: Vec<Entry>,
    prepare: impl FnOnce(&Context, TrackId),
    after: impl FnOnce(TrackId) -> Vec<Entry>,
) -> Vec<(String, String)> {
    let mut reactions = Reactions::new(context.clone());
    let mut write = |entries: Vec<Entry>| {
        for entry in entries {
            reactions.write(&entry).expect("written");
        }
    };
    let id = context.store.add_new_track(|_| track()).expect("added");
    write(before);
    prepare(context, id);
    let posted = Posted { channel: CHANNEL, message: MESSAGE };
    context.store.confirm_post(id, posted).expect("noted");
    write(after(id));
    let votes = context.store.votes_of(id).expect("readable");
    let standing = votes.into_iter().filter(Vote::stands);
    let named: BTreeMap<String, u64> =
        (1..10).map(|id| (context.listeners.name(ListenerId(id)), id)).collect();
    standing.map(|vote| (format!("{CHAT}{}", named[&vote.listener]), vote.emoji)).collect()
}

fn pair(listener: u64, emoji: &str) -> (String, String) {
    (format!("discord:{listener}"), emoji.to_owned())
}

#[test]
fn a_reaction_that_came_before_its_post_was_confirmed_counts_from_then_on() {
    let early = vec![reacted(1, "🔥", true, 5), reacted(2, "🔥", true, 5)];
    let standing = votes(early, |_| vec![Entry::Posted(MESSAGE), Entry::Posted(MESSAGE)]);
    assert_eq!(standing, [pair(1, "🔥"), pair(2, "🔥")]);
}

#[test]
fn a_reaction_between_the_confirmation_and_the_news_of_it_waits_for_nothing() {
    let late = |_| vec![reacted(1, "🔥", true, 5), Entry::Posted(MESSAGE)];
    assert_eq!(votes(Vec::new(), late), [pair(1, "🔥")]);
    let latest = |_| vec![Entry::Posted(MESSAGE), reacted(1, "🔥", true, 5)];
    assert_eq!(votes(Vec::new(), latest), [pair(1, "🔥")]);
}

#[test]
fn what_was_taken_back_or_cleared_before_its_post_was_confirmed_never_counts() {
    let early = vec![reacted(1, "🔥", true, 5), reacted(1, "🔥", false, 6)];
    assert_eq!(votes(early, |_| vec![Entry::Posted(MESSAGE)]), []);
    let fire = "🔥";
    let early = vec![reacted(1, "🔥", true, 5), reacted(1, "👎", true, 5), cleared(Some(fire), 6)];
    assert_eq!(votes(early, |_| vec![Entry::Posted(MESSAGE)]), [pair(1, "👎")]);
}

#[test]
fn votes_follow_the_reactions_that_stood_unless_something_was_heard_since() {
    let standing = votes(Vec::new(), |track| {
        vec![
            reacted(1, "🔥", true, 5),
            reacted(2, "🔥", true, 5),
            reacted(3, "🔥", true, 5),
            // Heard while the chat was asked: 2 takes back, 3 votes again, 4 is new, and 5
            // takes back what no vote was made of.
            reacted(2, "🔥", false, 12),
            reacted(3, "👎", true, 12),
            reacted(4, "🔥", true, 12),
            reacted(5, "🔥", false, 12),
            stood(track, true, &[("🔥", &[2, 3, 5, 6])]),
        ]
    });
    // 1 took it back unheard, 6 voted unheard.
    assert_eq!(standing, [pair(3, "🔥"), pair(3, "👎"), pair(4, "🔥"), pair(6, "🔥")]);
}

#[test]
fn what_was_not_asked_for_stays_as_it_is() {
    let standing = votes(Vec::new(), |track| {
        vec![
            reacted(1, "🔥", true, 5),
            reacted(1, "👎", true, 5),
            reacted(2, "🔥", true, 5),
            stood(track, false, &[("🔥", &[2]), ("👍", &[3])]),
        ]
    });
    assert_eq!(standing, [pair(1, "👎"), pair(2, "🔥"), pair(3, "👍")]);
}

#[test]
fn what_was_cleared_while_the_chat_was_asked_stays_cleared() {
    let late = |track| vec![cleared(None, ASKED + 2), stood(track, true, &[("🔥", &[1])])];
    assert_eq!(votes(Vec::new(), late), []);
    // Also if that was heard before the message was known to be a track.
    let early = vec![cleared(Some("🔥"), ASKED + 2)];
    let late =
        |track| vec![Entry::Posted(MESSAGE), stood(track, true, &[("🔥", &[1]), ("👎", &[2])])];
    assert_eq!(votes(early, late), [pair(2, "👎")]);
}

#[test]
fn forms_of_an_emoji_are_taken_back_one_by_one() {
    let hands = || [(1, "👍"), (1, "👍🏿"), (1, "👍🏿 burst"), (2, "👍🏽")];
    let put = || hands().map(|(listener, emoji)| reacted(listener, emoji, true, 5)).into();
    let left = |then: Entry| votes(put(), |_| vec![Entry::Posted(MESSAGE), then]);
    let all = hands().map(|(listener, emoji)| pair(listener, emoji));
    let without = |idx: &[usize]| {
        let kept = all.iter().enumerate().filter(|(i, _)| !idx.contains(i));
        kept.map(|(_, pair)| pair.clone()).collect::<Vec<_>>()
    };
    for (idx, (listener, emoji)) in hands().into_iter().enumerate() {
        assert_eq!(left(reacted(listener, emoji, false, 6)), without(&[idx]), "{emoji}");
    }
    // A moderator takes an emoji away in both kinds, but in one tone.
    assert_eq!(left(cleared(Some("👍🏽"), 6)), without(&[3]));
    assert_eq!(left(cleared(Some("👍🏿"), 6)), without(&[1, 2]));
}

#[test]
fn a_deleted_emoji_keeps_its_votes_whatever_it_is_called() {
    let mut settings = bot::reaction::Settings::default();
    settings.values.insert("banger".to_owned(), 1.0);
    let after = |then: fn(TrackId) -> Vec<Entry>| {
        votes_with(settings.clone(), vec![reacted(1, "banger:5", true, 5)], then)
    };
    let deleted = after(|track| vec![Entry::Posted(MESSAGE), stood(track, true, &[(":5", &[1])])]);
    assert_eq!(deleted, [pair(1, "banger:5")]);
    let renamed = after(|track| {
        vec![
            Entry::Posted(MESSAGE),
            stood(track, true, &[("boom:5", &[1]), ("banger:6", &[1])]),
            reacted(1, "boom:5", false, 20),
        ]
    });
    assert_eq!(renamed, [pair(1, "banger:6")]);
}

#[test]
fn votes_without_their_form_get_it_when_the_chat_is_asked() {
    let standing = votes_after(
        |context, track| {
            for listener in 1..=3 {
                let vote = Vote {
                    listener: context.listeners.name(ListenerId(listener)),
                    emoji: "👍 any".to_owned(),
                    value: 1.0,
                    weight: 1.0,
                    at_ms: 5,
                    removed_at_ms: None,
                };
                context.store.add_vote(track, vote).expect("voted");
            }
        },
        |track| {
            vec![
                // What is asked for in part leaves alone what may be anything.
                stood(track, false, &[("👍", &[1])]),
                stood(track, true, &[("👍", &[1]), ("👍🏿", &[1, 2])]),
            ]
        },
    );
    assert_eq!(standing, [pair(1, "👍"), pair(2, "👍🏿"), pair(1, "👍🏿")]);
}

#[test]
fn nothing_that_waits_is_forgotten_when_its_message_becomes_a_track_unsaid() {
    let early =
        || vec![Entry::Posted(MESSAGE), reacted(1, "🔥", true, 5), reacted(2, "🔥", true, 5)];
    assert_eq!(votes(early(), |_| vec![Entry::Look]), [pair(1, "🔥"), pair(2, "🔥")]);
    // What comes next of the same message comes after what waits.
    let next = |_| vec![reacted(1, "🔥", false, 6), Entry::Look];
    assert_eq!(votes(early(), next), [pair(2, "🔥")]);
    assert_eq!(votes(early(), |_| vec![cleared(None, 6), Entry::Look]), []);
}

#[test]
fn a_forgotten_listener_counts_again_only_by_what_is_heard_since() {
    let standing = votes_after(
        |context, _| {
            let name = context.listeners.name(ListenerId(1));
            assert_eq!(context.store.forget(&name, 8), Ok(0));
        },
        |track| {
            vec![
                reacted(1, "👍", true, 8),
                stood(track, true, &[("🔥", &[1, 2])]),
                reacted(1, "👎", true, 12),
                stood(track, true, &[("🔥", &[1, 2]), ("👎", &[1])]),
            ]
        },
    );
    assert_eq!(standing, [pair(2, "🔥"), pair(1, "👎")]);
}

#[test]
fn who_asked_for_a_track_says_less_of_it() {
    let (_folder, context) = context();
    let asker = Some(context.listeners.name(ListenerId(1)));
    let own = Track { asker, ..track() };
    let id = context.store.add_new_track(|_| own).expect("added");
    let posted = Posted { channel: CHANNEL, message: MESSAGE };
    context.store.confirm_post(id, posted).expect("noted");
    let mut reactions = Reactions::new(context.clone());
    for entry in [reacted(1, "🔥", true, 5), stood(id, true, &[("🔥", &[1, 2]), ("👍", &[1])])]
    {
        reactions.write(&entry).expect("written");
    }
    let votes = context.store.votes_of(id).expect("readable");
    let weights: Vec<_> = votes.iter().map(|vote| (&*vote.emoji, vote.weight)).collect();
    assert!(votes.iter().all(Vote::stands));
    let n_full = weights.iter().filter(|own| own.1 > 0.9).count();
    assert!(weights.iter().all(|own| own.1 > 0.4) && weights.len() == 3, "{weights:?}");
    assert_eq!(n_full, 1, "{weights:?}");
}
