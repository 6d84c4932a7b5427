//! How does a wish become a track?

pub mod choice;
pub mod defaults;
pub mod order;
pub mod output;
pub mod primer;
pub mod publish;
pub mod settings;
pub mod track_file;
