//! Are votes kept singly, with their history, and found by whoever asks?

use super::*;
use crate::store::Track;
use crate::store::fixtures::{open, scratch, track, vote};

fn two_tracks(store: &Store) -> (TrackId, TrackId) {
    let a = store.add_new_track(|id| track("hardstyle", id.0)).expect("added");
    let b = store.add_new_track(|id| track("trance", id.0)).expect("added");
    (a, b)
}

#[test]
fn a_vote_taken_back_stays_in_the_history() {
    let (folder, store) = scratch();
    let (a, _) = two_tracks(&store);
    assert_eq!(store.add_vote(a, vote("ann", "🔥", 1)), Ok(true));
    assert_eq!(store.add_vote(a, vote("ann", "🔥", 2)), Ok(false));
    assert_eq!(store.add_vote(a, vote("ann", "👎", 3)), Ok(true));
    assert_eq!(store.take_back_vote(a, "ann", "🔥", 4), Ok(true));
    assert_eq!(store.take_back_vote(a, "ann", "🔥", 5), Ok(false));
    assert_eq!(store.add_vote(a, vote("ann", "🔥", 6)), Ok(true));
    drop(store);
    let store = open(&folder.path().join("store"));
    let removed = Vote { removed_at_ms: Some(4), ..vote("ann", "🔥", 1) };
    let expected = vec![removed, vote("ann", "👎", 3), vote("ann", "🔥", 6)];
    assert_eq!(store.votes_of(a), Ok(expected.clone()));
    assert_eq!(store.votes_of_genre("hardstyle"), Ok(vec![(a, expected)]));
}

#[test]
fn a_vote_of_another_value_replaces_the_standing_one() {
    let (_folder, store) = scratch();
    let (a, _) = two_tracks(&store);
    store.add_vote(a, vote("ann", "🔥", 1)).expect("voted");
    let stronger = Vote { value: 2.0, ..vote("ann", "🔥", 9) };
    assert_eq!(store.add_vote(a, stronger.clone()), Ok(true));
    let replaced = Vote { removed_at_ms: Some(9), ..vote("ann", "🔥", 1) };
    assert_eq!(store.votes_of(a), Ok(vec![replaced, stronger]));
}

#[test]
fn changes_are_counted_by_genre_and_each_vote_once() {
    let (_folder, store) = scratch();
    let (a, b) = two_tracks(&store);
    assert_eq!(store.vote_change(), Ok(0));
    store.add_vote(a, vote("ann", "🔥", 1)).expect("voted");
    store.add_vote(a, vote("bob", "🔥", 1)).expect("voted");
    store.add_vote(b, vote("ann", "🔥", 1)).expect("voted");
    assert_eq!(store.votes_changed_since("hardstyle", 0), Ok(2));
    let seen = store.vote_change().expect("readable");
    assert_eq!(seen, 3);
    assert_eq!(store.votes_changed_since("hardstyle", seen), Ok(0));
    store.take_back_vote(a, "ann", "🔥", 2).expect("taken back");
    store.add_vote(a, vote("bob", "🔥", 3)).expect("no change");
    assert_eq!(store.votes_changed_since("hardstyle", seen), Ok(1));
    assert_eq!(store.votes_changed_since("hardstyle", 0), Ok(2));
    assert_eq!(store.votes_changed_since("trance", seen), Ok(0));
    assert_eq!(store.votes_changed_since("trance", u64::MAX), Ok(0));
}

#[test]
fn all_votes_of_a_message_can_be_taken_back_at_once() {
    let (_folder, store) = scratch();
    let (a, b) = two_tracks(&store);
    for (listener, emoji) in [("ann", "🔥"), ("bob", "🔥"), ("bob", "👎")] {
        store.add_vote(a, vote(listener, emoji, 1)).expect("voted");
    }
    store.add_vote(b, vote("ann", "🔥", 1)).expect("voted");
    assert_eq!(store.take_back_all_votes(a, "", Some("🔥"), 2), Ok(2));
    assert_eq!(store.take_back_all_votes(a, "", None, 3), Ok(1));
    assert_eq!(store.take_back_all_votes(a, "", None, 4), Ok(0));
    assert!(store.votes_of(b).is_ok_and(|votes| votes.iter().all(Vote::stands)));
}

#[test]
fn a_forgotten_listener_leaves_no_vote() {
    let (_folder, store) = scratch();
    let (a, b) = two_tracks(&store);
    for track in [a, b] {
        store.add_vote(track, vote("ann", "🔥", 1)).expect("voted");
        store.add_vote(track, vote("anna", "🔥", 1)).expect("voted");
    }
    let asker = Some("ann".to_owned());
    let asked = Track { asker, ..track("hardstyle", 3) };
    let c = store.add_new_track(|_| asked.clone()).expect("added");
    store.take_back_vote(a, "ann", "🔥", 2).expect("taken back");
    let seen = store.vote_change().expect("readable");
    assert_eq!(store.forgotten_at_ms("ann"), Ok(None));
    assert_eq!(store.forget("ann", 7), Ok(2));
    assert_eq!(store.forget("ann", 8), Ok(0));
    assert_eq!(store.votes_of(a), Ok(vec![vote("anna", "🔥", 1)]));
    assert_eq!(store.track(c), Ok(Some(Track { asker: None, ..asked })));
    assert_eq!(
        (store.forgotten_at_ms("ann"), store.forgotten_at_ms("anna")),
        (Ok(Some(8)), Ok(None))
    );
    // The next cycle sees that a vote is gone, where it stood.
    let changed = |genre| store.votes_changed_since(genre, seen);
    assert_eq!((changed("hardstyle"), changed("trance")), (Ok(0), Ok(1)));
    let (_, damaged) = store.verify().expect("readable");
    assert_eq!(damaged, []);
}

#[test]
fn thousands_of_votes_are_forgotten_in_one_step() {
    let (folder, store) = scratch();
    let (a, _) = two_tracks(&store);
    store
        .write(move |txn| {
            (1..=5000_u64).try_for_each(|number| {
                let vote = vote("ann", &format!("emoji{number}"), number);
                put(txn, a, number, Stored { vote, change: 0 })
            })
        })
        .expect("written");
    assert_eq!(store.votes_of(a).map(|votes| votes.len()), Ok(5000));
    assert_eq!(store.forget("ann", 7), Ok(5000));
    drop(store);
    assert_eq!(open(&folder.path().join("store")).votes_of(a), Ok(vec![]));
}

#[test]
fn bad_votes_are_refused() {
    let (_folder, store) = scratch();
    let (a, _) = two_tracks(&store);
    let nan = Vote { value: f32::NAN, ..vote("ann", "🔥", 1) };
    assert!(matches!(store.add_vote(a, nan), Err(Error::BadValue { .. })));
    let unnamed = store.add_vote(a, vote("", "🔥", 1));
    assert!(matches!(unnamed, Err(Error::BadValue { what: "listener", .. })));
    let nowhere = store.add_vote(TrackId(9), vote("ann", "🔥", 1));
    assert!(matches!(nowhere, Err(Error::NotFound { what: "track", .. })));
}

#[test]
fn a_vote_of_an_earlier_release_is_found_in_whichever_form_it_was_put() {
    let (_folder, store) = scratch();
    let (a, _) = two_tracks(&store);
    let old = |listener: &str, emoji: &str| {
        let stored = OldStored { vote: vote(listener, emoji, 1), change: 0 };
        store
            .write(move |txn| {
                let number = txn.next("last_vote")?;
                put(txn, a, number, Stored { vote: stored.vote.clone(), change: 0 })?;
                txn.put(Tree::Votes, with_number(tracks::key(a), number), &stored)
            })
            .expect("written");
    };
    old("discord:1", "👍");
    old("discord:2", "👍");
    old("ann", "👍");
    store.add_vote(a, vote("discord:1", "👍🏿", 2)).expect("voted");
    let standing = || {
        let votes = store.votes_of(a).expect("readable").into_iter().filter(Vote::stands);
        votes.map(|vote| format!("{} {}", vote.listener, vote.emoji)).collect::<Vec<_>>()
    };
    let all = ["discord:1 👍 any", "discord:2 👍 any", "ann 👍", "discord:1 👍🏿"];
    assert_eq!(standing(), all);
    assert_eq!(store.name_vote(a, "discord:2", "👍 any", "👍🏽"), Ok(()));
    assert_eq!(store.take_back_vote(a, "discord:2", "👍", 3), Ok(false));
    assert_eq!(store.take_back_vote(a, "discord:1", "👍🏾", 3), Ok(true));
    assert_eq!(standing(), ["discord:2 👍🏽", "ann 👍", "discord:1 👍🏿"]);
    assert_eq!(store.take_back_all_votes(a, "discord:", None, 4), Ok(2));
    assert_eq!(standing(), ["ann 👍"]);
}

/// A vote as the first releases kept it.
#[derive(Clone, Serialize, Deserialize)]
struct OldStored {
    vote: Vote,
    change: u64,
}

impl Record for OldStored {}

#[test]
fn listeners_whose_names_tell_their_ids_get_others_once_and_after_a_crash() {
    let (folder, store) = scratch();
    let (a, b) = two_tracks(&store);
    for (track, listener) in [(a, "discord:1"), (b, "discord:1"), (a, "discord:22"), (a, "ann")] {
        store.add_vote(track, vote(listener, "👍", 1)).expect("voted");
    }
    store.take_back_vote(b, "discord:1", "👍", 2).expect("taken back");
    store.age(1);
    let before = store.votes_of_genre("hardstyle").expect("readable");
    let changes = (store.vote_change(), store.votes_changed_since("trance", 0));
    assert_eq!(store.has_names(), Ok(false));
    // The first listener is renamed, and then the program is killed.
    let killed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        store.name_listeners(|id| if id == 1 { "discord:xx1".to_owned() } else { panic!("a test") })
    }));
    assert!(killed.is_err());
    drop(store);
    let store = open(&folder.path().join("store"));
    assert_eq!(store.has_names(), Ok(true));
    assert_eq!(store.name_listeners(|id| format!("discord:xx{id}")), Ok(1));
    assert_eq!(store.name_listeners(|_| panic!("a test")), Ok(0), "all are named");
    let renamed = |vote: &Vote| {
        let listener = vote.listener.replace("discord:", "discord:xx");
        Vote { listener, ..vote.clone() }
    };
    let after: Vec<(TrackId, Vec<Vote>)> =
        before.iter().map(|(id, votes)| (*id, votes.iter().map(renamed).collect())).collect();
    assert_eq!(store.votes_of_genre("hardstyle"), Ok(after));
    assert_eq!((store.vote_change(), store.votes_changed_since("trance", 0)), changes);
    assert_eq!(store.add_vote(a, vote("discord:xx22", "👍", 9)), Ok(false), "it stands");
    assert_eq!(store.forget("discord:xx1", 9), Ok(2));
    assert_eq!(store.forget("discord:1", 9), Ok(0));
    assert_eq!(store.verify().map(|(_, damaged)| damaged), Ok(Vec::new()));
}
