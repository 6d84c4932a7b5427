//! Does a window fit a network?

use crate::batch::{NO_LABEL, Window};
use crate::{Error, Size, State};

/// Whether every id of the window is one the network knows, and everything is there.
pub(crate) fn check(window: &Window, state: &State, size: Size) -> Result<(), Error> {
    let n = window.time * window.batch;
    let targets = &window.targets;
    let fits = n > 0
        && window.inputs.len() == n * size.inputs()
        && window.inputs.iter().all(|row| (*row as usize) < size.embedding_rows())
        && window.resets.len() == n
        && targets.tokens.len() == n
        && targets.tokens.iter().all(|token| (*token as usize) < size.vocabulary)
        && targets.weights.len() == n
        && targets.suggested.len() == n * size.lookbacks
        && targets.divisor > 0.0;
    let labels_fit = size.labels == 0
        || (window.labels.len() == n * window.n_labels
            && window.labels.iter().all(|row| *row == NO_LABEL || (*row as usize) < size.labels));
    let numbers = window.batch * size.hidden;
    let state_fits = state.0.len() == size.layers
        && state.0.iter().all(|own| own.hidden.len() == numbers && own.cell.len() == numbers);
    if !(fits && labels_fit && state_fits) {
        return Err(Error::Window { time: window.time, batch: window.batch, size });
    }
    Ok(())
}
