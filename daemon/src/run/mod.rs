//! How does the daemon run?
//!
//! [`run`] starts its parts and the loop in `daemon`, the one place where everything meets; what can
//! happen is in `event`, and work off the loop starts in `worker`.

mod chat;
mod commands;
mod daemon;
mod event;
mod lookup;
mod offers;
mod socket;
mod trainings;
mod wishes;
mod worker;

pub(crate) use chat::OpenChat;
pub(crate) use daemon::run;
