//! Is what an earlier process left taken up?

use std::sync::Mutex;

use bot::chat::{Error, Placed};
use tokio::sync::mpsc;

use super::*;
use crate::chat::posting::tests::{
    CHANNEL, POSTED, QUESTION, ScriptedChat, context, noted, unreachable,
};
use crate::chat::unposted::unposted;
use crate::store::TrackState;
use crate::votes::ledger::Ledger;

/// A post that an earlier process began meets a panic, then a chat that is not reached, then one that
/// has it.
#[tokio::test]
async fn a_post_that_could_not_be_made_is_tried_again_at_the_next_connection() {
    let (_folder, context) = context();
    let track = noted(&context);
    context.store.begin_post(track, CHANNEL).expect("noted");
    let answers: Mutex<Vec<Result<Placed, Error>>> =
        Mutex::new(vec![Ok(Placed { posted: POSTED, was_there: true }), Err(unreachable())]);
    let mut n_tries = 0;
    let chat = ScriptedChat::new(move |tried| {
        n_tries += 1;
        assert!(tried && n_tries <= 3);
        assert!(n_tries > 1, "a test panics");
        answers.lock().expect("no panic").pop().expect("an answer")
    });
    let ledger = Ledger::start(context.clone(), || ()).expect("a ledger");
    let (events, mut inbound) = mpsc::unbounded_channel();
    let left = unposted(&context).expect("readable");
    assert_eq!(left.len(), 1);
    let worker = Worker::new(context.clone(), events);
    let making = Arc::new(Semaphore::new(1));
    let mut wishes = Wishes::new(worker, ledger.desk(), Arc::new(chat), making, left);
    let posting = TrackState::Posting { channel: CHANNEL };
    let posted = TrackState::Posted { channel: CHANNEL, message: POSTED.message };
    for (expected, n_open) in [(posting, 1), (posting, 1), (posted, 0)] {
        wishes.take_up();
        loop {
            let Some(Event::Job(id, event)) = inbound.recv().await else { panic!("no end") };
            assert_eq!(id, QUESTION);
            let is_end = matches!(event, JobEvent::Ended(_));
            wishes.handle(id, event);
            if is_end {
                break;
            }
        }
        let state = context.store.track(track).expect("readable").expect("there").state;
        assert_eq!((state, wishes.n_open()), (expected, n_open));
    }
    assert_eq!(context.store.jobs(), Ok(Vec::new()));
    drop(wishes);
    ledger.close();
}
