//! What does the bot say?
//!
//! Texts only: what is posted with a track, how a model is doing, and how a request is refused.
//! Nothing is sent here. Every text keeps within Discord's limit and shows names from outside
//! (genres are folder names) as they are, never as formatting or as a mention.

mod marker;
mod model_report;
mod people;
mod refusal;
mod text;
mod track;

pub use self::marker::Marker;
pub use self::model_report::{ModelReport, model_report};
pub use self::people::{before_forgetting, forgotten, privacy};
pub use self::refusal::{
    artist_not_learned_yet, community_waits, enough_waiting, failed, missing_permission,
    no_model_report, no_room_for_artist, not_noted, not_trained_yet, place_in_queue, too_few_songs,
    too_few_songs_of_artist, unknown_artist, unknown_genre,
};
pub(crate) use self::refusal::{impossible, stopping, unknown_instrument};
pub(crate) use self::text::{cut, cut_before, left_out};
pub(crate) use self::track::is_ready;
pub use self::track::{About, track};
