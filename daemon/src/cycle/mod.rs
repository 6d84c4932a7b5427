//! What happens in one training cycle, from the news that make it due to the version that is played?

pub(crate) mod due;
mod gate;
mod identity;
pub(crate) mod label;
mod learn;
pub(crate) mod material;
mod pace;
mod plan;
pub(crate) mod request;
pub(crate) mod resume;
pub(crate) mod schedule;
mod speed;
pub(crate) mod standing;
pub(crate) mod training;
