//! `train`: how is a genre trained at once?
//!
//! The running daemon queues it instead, see `run/trainings.rs`.

use clap::Args;
use serde::{Deserialize, Serialize};

use crate::cli::signals::stop_flag;
use crate::context::Context;
use crate::control::line::{Line, Out};
use crate::cycle::training::cycle;
use crate::cycle::training_request::TrainingRequest;
use crate::intake;

/// Options of a training.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub(crate) struct Train {
    /// The genre
    pub(crate) genre: String,
    /// Begin with new weights instead of those of the current version
    #[arg(long)]
    pub(crate) fresh: bool,
    /// Epochs at most
    #[arg(long, value_name = "N", value_parser = one_or_more, allow_negative_numbers = true)]
    pub(crate) epochs: Option<usize>,
}

impl Train {
    /// Trains in this process, after taking in what lies in the inbox. SIGTERM and SIGINT stop it at
    /// the next step, from which it can be resumed.
    pub(super) fn run(self, context: &Context, out: &mut Out<'_>) -> anyhow::Result<()> {
        let taken = intake::take_in_now(context)?;
        if taken.n_accepted + taken.n_rejected + taken.n_failed > 0 {
            out(Line::Remark(format!(
                "from the inbox: {} accepted, {} rejected, {} failed",
                taken.n_accepted, taken.n_rejected, taken.n_failed
            )));
        }
        let stop = stop_flag()?;
        cycle(context, &self.into(), &stop, out).map(|_| ())
    }
}

impl From<Train> for TrainingRequest {
    fn from(train: Train) -> Self {
        Self::by_person(train.genre, train.fresh, train.epochs)
    }
}

/// Reads a number of epochs.
///
/// # Errors
/// With what is allowed.
pub(crate) fn one_or_more(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number @ 1..=10_000) => Ok(number),
        _ => Err("give a whole number from 1 to 10000".to_owned()),
    }
}
