//! Is what was learned played from now on?

use std::sync::atomic::{AtomicBool, Ordering};

use composer::lessons::evaluate_while;
use composer::version::{self, Manifest};
use network::Network;
use network::train::{TrainError, Trained};

use super::plan::Plan;
use crate::context::Context;
use crate::cycle::label;
use crate::store::Promotion;

/// Whether the trained network is played, and why (not).
pub(super) fn judge(
    context: &Context,
    genre: &str,
    plan: &Plan,
    trained: &Trained,
    stop: &AtomicBool,
) -> anyhow::Result<(bool, String)> {
    // A person may have rolled back meanwhile.
    let Some(Promotion { version, .. }) = context.store.current_version(genre)? else {
        return Ok((true, "it is the first version".to_owned()));
    };
    let current_nll = if plan.parent(genre) == Some(version) {
        trained.start_nll
    } else {
        match version::load(&context.home.version(genre, version)) {
            Ok((network, manifest)) => loss_of(&network, &manifest, genre, plan, stop)?,
            Err(error) => return Ok((true, format!("v{version} can't be read any more: {error}"))),
        }
    };
    let valid_nll = trained.best.valid_nll;
    let margin = context.config.schedule.promotion_margin;
    let said = format!("{valid_nll:.3} against {current_nll:.3} of v{version} on the same songs");
    if valid_nll <= current_nll + margin {
        Ok((true, said))
    } else {
        Ok((false, format!("{said}, worse by more than the margin of {margin}")))
    }
}

/// The loss of another version on the held-out songs.
fn loss_of(
    network: &Network,
    manifest: &Manifest,
    genre: &str,
    plan: &Plan,
    stop: &AtomicBool,
) -> anyhow::Result<f64> {
    let mut pieces = plan.held_out().to_vec();
    for piece in &mut pieces {
        piece.condition = label::number(&manifest.genres, genre);
    }
    let goes_on = || !stop.load(Ordering::Relaxed);
    Ok(evaluate_while(network, &pieces, goes_on)?.ok_or(TrainError::Abandoned)?)
}
