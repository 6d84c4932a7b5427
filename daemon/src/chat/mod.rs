//! How does the daemon take part in the chat?

pub(crate) mod answer;
pub(crate) mod catch_up;
pub(crate) mod offer;
pub(crate) mod posting;
mod refusal;
