//! `retrain`: how is a genre trained at the next opportunity?
//!
//! The running daemon queues it; without a daemon it begins at once.

use std::fmt;

use clap::Args;
use serde::{Deserialize, Serialize};

use super::train::Train;
use crate::context::Context;
use crate::control::line::Out;
use crate::cycle::training_request::TrainingRequest;

/// Which genre to train.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub(crate) struct Retrain {
    /// The genre
    pub(crate) genre: String,
}

/// A training waits for its turn in the daemon.
#[derive(Debug, Serialize)]
pub(crate) struct Queued {
    genre: String,
    queued: bool,
}

impl Retrain {
    pub(super) fn run(self, context: &Context, out: &mut Out<'_>) -> anyhow::Result<()> {
        Train { genre: self.genre, fresh: false, epochs: None }.run(context, out)
    }

    /// What the daemon answers.
    pub(crate) fn queued(&self) -> Queued {
        Queued { genre: self.genre.clone(), queued: true }
    }
}

impl From<Retrain> for TrainingRequest {
    fn from(retrain: Retrain) -> Self {
        Self::by_person(retrain.genre, false, None)
    }
}

impl fmt::Display for Queued {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is trained at the next opportunity", self.genre)
    }
}
