//! How does a command that came through the socket get its answer?

use std::sync::Arc;

use tokio::sync::Semaphore;

use super::event::{AskedTraining, Event};
use super::worker::Worker;
use crate::command::{DaemonState, HomeCommand};
use crate::context::Context;
use crate::control::failure::NotNow;
use crate::control::line::Line;
use crate::control::{Asked, Reply};

/// The training that a command asks for; any other command is given back.
pub(super) fn training_of(asked: Asked) -> Result<AskedTraining, Asked> {
    let Asked { command, replies } = asked;
    match command {
        HomeCommand::Train(train) => {
            Ok(AskedTraining { request: train.into(), replies, queued: None })
        }
        HomeCommand::Retrain(retrain) => {
            let queued = Some(Line::row(&retrain.queued()));
            Ok(AskedTraining { request: retrain.into(), replies, queued })
        }
        command => Err(Asked { command, replies }),
    }
}

/// Carries a command out and answers it. Tracks are made in their turn.
pub(super) fn execute(worker: &Worker, making: &Arc<Semaphore>, asked: Asked, now: DaemonState) {
    let Asked { command, replies } = asked;
    let makes_tracks = matches!(command, HomeCommand::Generate(_));
    let is_rollback = matches!(command, HomeCommand::Rollback(_));
    let lines = replies.clone();
    let work = move |context: &Context| {
        let mut out = |line| drop(lines.send(Reply::Line(line)));
        command.execute(context, &now, &mut out)
    };
    let event = move |result| {
        let _ = replies.send(Reply::end(&result));
        Event::Executed { is_rollback }
    };
    if makes_tracks {
        worker.start_in_turn(making.clone(), work, event);
    } else {
        worker.start(work, event);
    }
}

/// Answers a command that comes while the daemon stops.
pub(super) fn refuse(asked: &Asked) {
    let why = NotNow("the daemon is stopping; ask again when it has stopped".to_owned());
    let _ = asked.replies.send(Reply::end(&Err(why.into())));
}
