//! Does the bot, with the real client library, get along with Discord?
//!
//! Each test has a Discord of its own on loopback, and fails on anything that Discord received and
//! should not have.

mod acknowledging;
mod commands;
mod connection;
mod described;
mod playing;
mod posting;
mod reactions;
mod sloppiness;
