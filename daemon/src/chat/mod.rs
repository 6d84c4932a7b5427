//! How does the daemon take part in the chat?

pub mod answer;
pub mod offer;
pub mod posting;
mod refusal;
