//! How does a wish become a track?

pub(crate) mod arm;
pub(crate) mod candidates;
pub(crate) mod elsewhere;
pub(crate) mod listeners_taste;
pub(crate) mod make;
pub(crate) mod order;
pub(crate) mod output;
pub(crate) mod pattern;
pub(crate) mod patterns;
pub(crate) mod primer;
pub(crate) mod settings;
mod shortfall;
pub(crate) mod track_file;
