//! What happens in one training cycle, from the news that make it due to the version that is played?

pub mod due;
mod gate;
mod identity;
pub mod label;
mod learn;
pub mod material;
mod pace;
mod plan;
pub mod request;
pub mod resume;
pub mod schedule;
mod speed;
pub mod standing;
pub mod training;
