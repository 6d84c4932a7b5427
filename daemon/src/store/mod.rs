//! What does Kickback remember, and can it be trusted to be there after a crash?
//!
//! Every function that writes returns only when the disk has confirmed the write; if it returns an
//! error, nothing of the step may be relied on, and doing it again is harmless. A step is applied
//! wholly or not at all. Functions block for a few milliseconds, so async code calls them through
//! `spawn_blocking`; callers that write at the same time share one sync.
//!
//! Songs, tracks and models are files; the store holds only what is known about them, in values of
//! at most 4 KiB. It never reads the clock: times are given, in milliseconds since 1970 (UTC). It is
//! the only place that knows sled.

mod codec;
mod cycles;
mod engine;
mod error;
mod export;
#[cfg(test)]
mod fixtures;
mod handle;
mod ids;
mod jobs;
mod moves;
mod path_text;
mod posts;
mod settings;
mod songs;
#[cfg(test)]
mod survival;
mod track;
mod tracks;
mod txn;
mod versions;
mod view;
mod votes;
mod wish_text;
mod writer;

pub use cycles::{Cycle, Outcome, Weighted};
pub use error::Error;
pub use export::{ExportError, Exported};
pub use handle::Store;
pub use ids::{MAX_NAME, SongId, TrackId};
pub use jobs::{Asker, Job};
pub use moves::{Move, MoveId, ReasonText};
pub use settings::Settings;
pub use songs::{Music, Song, SongCounts, SongStatus};
pub use track::{Arm, Candidate, Track, TrackState};
pub use versions::Promotion;
pub use votes::{CHAT, Vote};
