//! What happens in one training cycle, from the news that make it due to the version that is played?

pub(crate) mod due;
#[cfg(test)]
mod fixtures;
mod gate;
mod identity;
pub(crate) mod label;
mod learn;
pub(crate) mod material;
pub(crate) mod model_report;
mod pace;
mod plan;
pub(crate) mod resume;
pub(crate) mod schedule;
mod speed;
pub(crate) mod training;
pub(crate) mod training_request;
