//! How does the daemon take part in the chat?

pub(crate) mod answer;
pub(crate) mod catch_up;
pub(crate) mod ending;
pub(crate) mod offer;
pub(crate) mod posting;
pub(crate) mod queue;
mod refusal;
pub(crate) mod unposted;
