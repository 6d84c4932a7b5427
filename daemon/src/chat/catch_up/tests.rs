//! Is every vote found that was given or taken back unheard, at the price of few questions?

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bot::chat::{
    Answered, Below, ChannelId, File, ListenerId, MessageId, Placed, Post, Posted, ReplyTo,
};
use bot::reaction::Emoji;

use super::*;
use crate::chat::posting::tests::{context, track};
use crate::store::{Track, TrackId, Vote};
use crate::votes::ledger::Ledger;

const HERE: ChannelId = ChannelId(5);
const ELSEWHERE: ChannelId = ChannelId(6);
const AT_ONCE: Pace = Pace {
    between: Duration::ZERO,
    gentle: Duration::ZERO,
    again: Duration::from_secs(3600),
    retry: Duration::ZERO,
};

/// What stands below a message: emoji and people.
type Reactions = BTreeSet<(Emoji, ListenerId)>;

/// Channels with messages.
#[derive(Default)]
struct Board {
    channels: BTreeMap<ChannelId, BTreeMap<MessageId, Reactions>>,
    forbidden: Option<ChannelId>,
    /// Emoji of which the chat does not say who put them.
    unnamed: Option<Emoji>,
    asked: Vec<String>,
}

struct BoardChat(Mutex<Board>);

impl BoardChat {
    fn board(&self) -> std::sync::MutexGuard<'_, Board> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ask(&self, channel: ChannelId, what: String) -> Result<(), Error> {
        let mut board = self.board();
        board.asked.push(what);
        if board.forbidden == Some(channel) {
            let permission = Some("Read Message History");
            return Err(Error::Forbidden { what: "read reactions".to_owned(), permission });
        }
        board.channels.get(&channel).map(|_| ()).ok_or(Error::Gone)
    }
}

impl Chat for BoardChat {
    fn answer<'a>(&'a self, _: &'a ReplyTo, _: Post, _: bool) -> Answered<'a, Placed> {
        Box::pin(async { Err(Error::Stopped) })
    }

    fn tell<'a>(&'a self, _: &'a ReplyTo, _: String, _: Vec<File>) -> Answered<'a, ()> {
        Box::pin(async { Err(Error::Stopped) })
    }

    fn refuse<'a>(&'a self, _: &'a ReplyTo, _: String) -> Answered<'a, ()> {
        Box::pin(async { Err(Error::Stopped) })
    }

    fn report<'a>(&'a self, _: &'a ReplyTo, _: String) -> Answered<'a, ()> {
        Box::pin(async { Err(Error::Stopped) })
    }

    fn call<'a>(&'a self, _: &'a ReplyTo, _: ListenerId) -> Answered<'a, ()> {
        Box::pin(async { Err(Error::Stopped) })
    }

    fn below(&self, channel: ChannelId, newest: MessageId) -> Answered<'_, Vec<Below>> {
        Box::pin(async move {
            self.ask(channel, format!("below {newest}"))?;
            let board = self.board();
            let page = board.channels[&channel].range(..=newest).rev().take(Below::PAGE);
            let shown = page.map(|(message, reactions)| {
                let mut counts: BTreeMap<Emoji, u64> = BTreeMap::new();
                for (emoji, _) in reactions {
                    *counts.entry(emoji.clone()).or_default() += 1;
                }
                Below { message: *message, counts: counts.into_iter().collect() }
            });
            Ok(shown.collect())
        })
    }

    fn is_there(&self, channel: ChannelId, message: MessageId) -> Answered<'_, bool> {
        Box::pin(async move {
            self.ask(channel, format!("is {message} there"))?;
            Ok(self.board().channels[&channel].contains_key(&message))
        })
    }

    fn people<'a>(
        &'a self,
        channel: ChannelId,
        message: MessageId,
        emoji: &'a Emoji,
    ) -> Answered<'a, Vec<ListenerId>> {
        Box::pin(async move {
            self.ask(channel, format!("{emoji} of {message}"))?;
            let board = self.board();
            if board.unnamed.as_ref() == Some(emoji) {
                let (what, why) = ("read reactions".to_owned(), "a test".to_owned());
                return Err(Error::NotAccepted { what, why });
            }
            let reactions = board.channels[&channel].get(&message).ok_or(Error::Gone)?;
            Ok(reactions.iter().filter(|own| own.0 == *emoji).map(|own| own.1).collect())
        })
    }

    fn stop(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async {})
    }
}

/// Posts in a chat, and what the daemon knows of them.
struct World {
    _folder: tempfile::TempDir,
    context: Context,
    chat: Arc<BoardChat>,
}

impl World {
    /// Posts in two channels, every third in the second one, with much between them.
    fn new(n_posts: u64) -> Self {
        let (folder, context) = context();
        let mut board = Board::default();
        for number in 1..=n_posts {
            let channel = if number % 3 == 0 { ELSEWHERE } else { HERE };
            let id = context.store.add_new_track(|_| track()).expect("added");
            assert_eq!(id, TrackId(number));
            let message = message(number);
            context.store.confirm_post(id, Posted { channel, message }).expect("noted");
            let of_channel = board.channels.entry(channel).or_default();
            of_channel.insert(message, Reactions::new());
            of_channel.insert(MessageId(message.0 + 1), Reactions::new());
        }
        Self { _folder: folder, context, chat: Arc::new(BoardChat(Mutex::new(board))) }
    }

    fn put(&self, number: u64, listener: u64, emoji: &str) {
        let reaction = (Emoji::new(emoji), ListenerId(listener));
        self.reactions(number, |own| assert!(own.insert(reaction)));
    }

    fn take(&self, number: u64, listener: u64, emoji: &str) {
        let reaction = (Emoji::new(emoji), ListenerId(listener));
        self.reactions(number, |own| assert!(own.remove(&reaction)));
    }

    fn reactions(&self, number: u64, change: impl FnOnce(&mut Reactions)) {
        let mut board = self.chat.board();
        let mut channels = board.channels.values_mut();
        change(channels.find_map(|own| own.get_mut(&message(number))).expect("a post"));
    }

    /// Reads back once; gives what was asked.
    async fn read_back(&self) -> Vec<String> {
        let ledger = Ledger::start(self.context.clone(), || ()).expect("a ledger");
        let chat: Arc<dyn Chat> = self.chat.clone();
        let mut reader = Reader::new(self.context.clone(), chat, ledger.desk(), AT_ONCE);
        reader.read_back().await.expect("read");
        reader.read_back().await.expect("and again, as after a day");
        ledger.close();
        std::mem::take(&mut self.chat.board().asked)
    }

    /// The votes that stand, as "track listener emoji".
    fn votes(&self) -> BTreeSet<String> {
        let all = self.context.store.votes_of_genre("hardstyle").expect("readable").into_iter();
        let text = |id: TrackId, vote: Vote| format!("{id} {} {}", vote.listener, vote.emoji);
        all.flat_map(|(id, votes)| {
            votes.into_iter().filter(Vote::stands).map(move |vote| text(id, vote))
        })
        .collect()
    }

    /// The same as it is in the chat.
    fn standing(&self) -> BTreeSet<String> {
        let board = self.chat.board();
        let messages = board.channels.values().flatten();
        messages
            .flat_map(|(message, reactions)| {
                let name = |listener| self.context.listeners.name(listener);
                reactions.iter().map(move |(emoji, listener)| {
                    format!("{} {} {emoji}", message.0 / 10, name(*listener))
                })
            })
            .collect()
    }

    fn track(&self, number: u64) -> Track {
        self.context.store.track(TrackId(number)).expect("readable").expect("it is there")
    }
}

fn message(number: u64) -> MessageId {
    MessageId(number * 10)
}

#[tokio::test]
async fn of_hundreds_of_posts_only_the_newest_and_those_that_differ_are_asked_about() {
    const N_POSTS: u64 = 400;
    let world = World::new(N_POSTS);
    for number in 1..=N_POSTS {
        for (listener, emoji) in [(1, "🔥"), (2, "🔥"), (2, "👎🏽"), (number % 7 + 3, "👍 burst")]
        {
            let emoji = emoji.replace("👎🏽", if number % 2 == 0 { "👍🏽" } else { "👎" });
            world.put(number, listener, &emoji);
        }
    }
    world.read_back().await;
    assert_eq!(world.votes(), world.standing(), "all that was missed, in every form");
    assert_eq!(world.votes().len() as u64, N_POSTS * 4);
    assert!((1..=N_POSTS).all(|number| world.track(number).read_at_ms.is_some()));

    world.put(2, 9, "🔥");
    world.take(3, 1, "🔥");
    world.put(101, 1, "👍🏿");
    let asked = world.read_back().await;
    assert_eq!(world.votes(), world.standing());
    let n_pages = asked.iter().filter(|asked| asked.starts_with("below")).count();
    // 267 posts and as many other messages here, 133 elsewhere; everything is gone through twice.
    assert_eq!(n_pages, 2 * (6 + 3));
    let old = asked.iter().filter(|asked| asked.contains(" of ") && !asked.contains("below"));
    let mut old: Vec<&str> = old
        .filter(|asked| {
            let id: u64 = asked.rsplit(' ').next().and_then(|id| id.parse().ok()).unwrap_or(0);
            id <= message(N_POSTS - 25).0
        })
        .map(String::as_str)
        .collect();
    old.sort_unstable();
    assert_eq!(old, ["👍🏿 of 1010", "🔥 of 20", "🔥 of 30"]);
    assert_eq!(asked.len(), n_pages + old.len() + 2 * 25 * 3);
}

#[tokio::test]
async fn a_swap_of_two_people_is_found_below_the_newest_posts_and_once_a_day_below_all() {
    let world = World::new(60);
    for number in [1, 60] {
        world.put(number, 1, "🔥");
    }
    world.read_back().await;
    for number in [1, 60] {
        world.take(number, 1, "🔥");
        world.put(number, 2, "🔥");
    }
    world.read_back().await;
    let of = |number: u64| {
        world.votes().into_iter().find(|vote| vote.starts_with(&format!("{number} ")))
    };
    assert_eq!(
        of(60).as_deref(),
        Some(&*format!("60 {} 🔥", world.context.listeners.name(ListenerId(2))))
    );
    assert_ne!(world.votes(), world.standing());
    world.context.store.note_read(TrackId(1), 5).expect("noted");
    world.read_back().await;
    assert_eq!(world.votes(), world.standing());
}

#[tokio::test]
async fn posts_that_were_deleted_are_looked_up_once() {
    let world = World::new(30);
    (1..=30).for_each(|number| world.put(number, 1, "🔥"));
    world.read_back().await;
    let votes = world.votes();
    world.chat.board().channels.remove(&ELSEWHERE);
    for number in [1, 20] {
        world.chat.board().channels.get_mut(&HERE).expect("a channel").remove(&message(number));
    }
    let asked = world.read_back().await;
    let n_asked = |part: &str| asked.iter().filter(|asked| asked.contains(part)).count();
    assert_eq!((n_asked("is 10 there"), n_asked("is 200 there"), n_asked("below 300")), (1, 1, 1));
    let gone: Vec<u64> =
        (1..=30).filter(|number| world.track(*number).gone_at_ms.is_some()).collect();
    assert_eq!(gone, [1, 3, 6, 9, 12, 15, 18, 20, 21, 24, 27, 30]);
    assert_eq!(world.votes(), votes, "what was given stays given");
}

#[tokio::test]
async fn where_nothing_may_be_read_all_stays_as_it_is() {
    let world = World::new(30);
    (1..=30).for_each(|number| world.put(number, 1, "🔥"));
    world.read_back().await;
    let votes = world.votes();
    world.chat.board().forbidden = Some(ELSEWHERE);
    (1..=30).for_each(|number| world.take(number, 1, "🔥"));
    let asked = world.read_back().await;
    // The channel's newest post is 30: one question each time.
    assert_eq!(asked.iter().filter(|asked| *asked == "below 300").count(), 2);
    let kept: BTreeSet<String> = votes
        .into_iter()
        .filter(|vote| {
            vote.split(' ').next().is_some_and(|n| n.parse::<u64>().is_ok_and(|n| n % 3 == 0))
        })
        .collect();
    assert_eq!(world.votes(), kept);
    assert!((1..=30).all(|number| world.track(number).gone_at_ms.is_none()));
}

#[tokio::test]
async fn an_emoji_of_which_the_chat_names_nobody_keeps_its_votes() {
    let world = World::new(3);
    world.put(1, 1, "🔥");
    world.put(1, 1, "👎");
    world.read_back().await;
    world.chat.board().unnamed = Some(Emoji::new("🔥"));
    world.take(1, 1, "👎");
    world.read_back().await;
    assert_eq!(world.votes(), world.standing());
}

#[tokio::test]
async fn a_new_session_begins_anew_and_what_was_under_way_is_abandoned() {
    let world = World::new(3);
    world.put(1, 1, "🔥");
    let ledger = Ledger::start(world.context.clone(), || ()).expect("a ledger");
    let never = Pace { between: Duration::from_secs(3600), ..AT_ONCE };
    let mut catch_up = CatchUp::new(world.context.clone(), ledger.desk(), never);
    catch_up.begin(world.chat.clone());
    catch_up.pace = AT_ONCE;
    catch_up.begin(world.chat.clone());
    while world.track(1).read_at_ms.is_none() {
        tokio::task::yield_now().await;
    }
    drop(catch_up);
    ledger.close();
    assert_eq!(world.votes(), world.standing());
    // Nobody asks any more.
    while Arc::strong_count(&world.chat) > 1 {
        tokio::task::yield_now().await;
    }
}
