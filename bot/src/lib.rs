//! The way out: arrangement, audio, picture, and the chat where listeners react.
//!
//! [`render::render`] makes a track's files from a song and a spec; it knows of no
//! chat. Nothing here trains, watches folders or keeps anything.

pub mod arrange;
pub mod arrangement;
pub mod arrangement_kind;
pub mod audio;
pub mod chat;
pub mod command;
pub mod discord;
pub mod id;
pub mod instrument;
mod part;
pub mod picture;
pub mod post;
pub mod reaction;
pub mod render;
pub mod render_spec;
pub mod section;
pub mod track_name;
pub mod wish;
