//! What is known about a track?

use bot::chat::{ChannelId, MessageId};
use bot::wish::Wish;
use serde::{Deserialize, Serialize};
use taste::Boldness;

use super::ids::SongId;
use super::wish_text;

/// What is known about a track: one that was generated, or a file that was made elsewhere and is rated here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Track {
    /// Its genre.
    pub genre: String,
    /// The version of the genre's model that made it; 0 if it was made elsewhere.
    pub version: u32,
    /// The seed it was sampled with; 0 if it was made elsewhere.
    pub seed: u64,
    /// What its file was called, if it was made elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// What was asked for; at most 2 KiB as text.
    #[serde(rename = "settings", with = "wish_text")]
    pub wish: Wish,
    /// What its files are called, without extension; the hash of its file's content if it was made elsewhere.
    pub stem: String,
    /// Quarter notes a minute; finite.
    pub tempo_bpm: f64,
    /// `music::key::Key::index`.
    pub key_index: u8,
    /// Length in bars.
    pub n_bars: u32,
    /// When it was made, in milliseconds since 1970.
    pub created_at_ms: u64,
    /// How many samples it was chosen from; unknown for tracks of releases that kept them all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n_candidates: Option<u32>,
    /// The best of them, the best first; at most 16 fit.
    pub candidates: Vec<Candidate>,
    /// The number of the posterior by which it was chosen; `None` if it was taken as it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub posterior: Option<String>,
    /// Its side in the comparison of chosen with plain tracks; `None` if it takes no part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arm: Option<Arm>,
    /// How boldly it was drawn, where that was chosen, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boldness: Option<Boldness>,
    /// Notes of the longest run it shares with a song that was learned from; unknown for tracks made
    /// before that was measured.
    #[serde(default)]
    pub copied_notes: Option<u32>,
    /// What was asked for and is not reached, each as "asked for …"; at most 4 of 100 bytes fit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_reached: Vec<String>,
    /// The name of the listener of the chat who asked for it; `None` if nobody there did, or nobody knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asker: Option<String>,
    /// When its post was found to be deleted, in milliseconds since 1970: nobody reacts to it any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone_at_ms: Option<u64>,
    /// When all reactions below its post were last read, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_at_ms: Option<u64>,
    /// Whether and where it was posted.
    pub state: TrackState,
}

impl Track {
    /// The version that made it, and from which seed; `None` if it was made elsewhere.
    pub fn made_by(&self) -> Option<(u32, u64)> {
        self.file.is_none().then_some((self.version, self.seed))
    }

    /// What the library would know its file by, if it was made elsewhere.
    pub fn song_id(&self) -> Option<SongId> {
        self.file.as_ref().and_then(|_| self.stem.parse().ok())
    }
}

/// The sides of the comparison that shows whether votes move the music. Chance decides between them
/// where there is a taste to choose by and nobody asked for either.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Arm {
    /// The taste chose it.
    Chosen,
    /// It was made as if nobody had voted.
    Plain,
}

/// One of the samples a track was chosen from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// Its seed.
    pub seed: u64,
    /// Its score: more is better; finite.
    pub score: f32,
}

/// Whether and where a track was posted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrackState {
    /// Its files are there; it was not posted.
    Rendered,
    /// It is being posted, or was when the program stopped.
    Posting {
        /// Where.
        channel: ChannelId,
    },
    /// It was posted.
    Posted {
        /// Where.
        channel: ChannelId,
        /// As what.
        message: MessageId,
    },
}
