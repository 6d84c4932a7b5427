//! How does the daemon take part in the chat?

pub mod posting;
