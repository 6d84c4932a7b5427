//! The loss of a window, from the embeddings to the cross-entropy.

use candle_core::{DType, Result, Tensor};
use candle_nn::ops::{log_softmax, sigmoid};

use super::variables::Variables;
use crate::batch::Window;
use crate::{LayerState, State};

/// The loss of a window with the masks of [`Dropout`](crate::Dropout) (or none), differentiable, on the
/// network's device; the state after it is left in `state`.
pub(super) fn loss(
    network: &Variables,
    window: &Window,
    state: &mut State,
    masks: &[Vec<f32>],
) -> Result<Tensor> {
    let size = network.size;
    let n_rows = window.time * window.batch;
    let sums = |table: &Tensor, rows: &[u32]| -> Result<Tensor> {
        let rows = Tensor::new(rows, &network.device)?;
        table.index_select(&rows, 0)?.reshape((n_rows, (), size.embedding))?.sum(1)
    };
    let mut x = sums(network.get("embedding"), &window.inputs)?;
    if size.labels > 0 && window.n_labels > 0 {
        // A row of zeros at the end stands for no label.
        let nothing = Tensor::zeros((1, size.embedding), DType::F32, &network.device)?;
        let table = Tensor::cat(&[network.get("condition"), &nothing], 0)?;
        let last = size.labels as u32;
        let rows: Vec<u32> = window.labels.iter().map(|row| last.min(*row)).collect();
        x = (x + sums(&table, &rows)?)?;
    }
    for (layer, own) in state.0.iter_mut().enumerate() {
        x = masked(x, masks.get(layer), window.batch)?;
        x = lstm(network, layer, &x, window, own)?;
    }
    let x = masked(x, masks.get(size.layers), window.batch)?;
    let linear = |name: &str| {
        let weight = network.get(&format!("{name}.weight"));
        x.matmul(weight)?.broadcast_add(network.get(&format!("{name}.bias")))
    };
    let mut logits = linear("output")?;
    if size.lookbacks > 0 {
        logits = with_copies(logits, &linear("copy")?, &window.targets.suggested)?;
    }
    cross_entropy(&logits, window)
}

/// Rows \[time · batch, width\] times the factors of their lanes.
fn masked(x: Tensor, mask: Option<&Vec<f32>>, batch: usize) -> Result<Tensor> {
    let Some(mask) = mask else { return Ok(x) };
    let (n_rows, width) = x.dims2()?;
    let mask = Tensor::from_slice(mask, (batch, width), x.device())?;
    x.reshape(((), batch, width))?.broadcast_mul(&mask)?.reshape((n_rows, width))
}

/// One layer: from rows \[time · batch, width\] to rows \[time · batch, hidden\].
fn lstm(
    network: &Variables,
    layer: usize,
    x: &Tensor,
    window: &Window,
    state: &mut LayerState,
) -> Result<Tensor> {
    let weight = |name: &str| network.get(&format!("lstm.{layer}.{name}"));
    let (batch, width) = (window.batch, network.size.hidden);
    let carried = |numbers: &[f32]| Tensor::from_slice(numbers, (batch, width), x.device());
    let (mut h, mut c) = (carried(&state.hidden)?, carried(&state.cell)?);
    let of_inputs = x.matmul(weight("input"))?.broadcast_add(weight("bias"))?;
    let mut out = Vec::with_capacity(window.time);
    for (of_input, resets) in steps(&of_inputs, batch)?.iter().zip(window.resets.chunks(batch)) {
        if resets.contains(&true) {
            let keep: Vec<f32> = resets.iter().map(|reset| f32::from(!*reset)).collect();
            let keep = Tensor::from_vec(keep, (batch, 1), x.device())?;
            (h, c) = (h.broadcast_mul(&keep)?, c.broadcast_mul(&keep)?);
        }
        let sums = (of_input + h.matmul(weight("recurrent"))?)?;
        let gate = |idx: usize| sums.narrow(1, idx * width, width);
        c = ((sigmoid(&gate(1)?)? * c)? + (sigmoid(&gate(0)?)? * gate(2)?.tanh()?)?)?;
        h = (sigmoid(&gate(3)?)? * c.tanh()?)?;
        out.push(h.clone());
    }
    *state = LayerState { hidden: h.flatten_all()?.to_vec1()?, cell: c.flatten_all()?.to_vec1()? };
    Tensor::cat(&out, 0)
}

/// The rows of each step, by halving again and again: the gradient of a part is as large as what it is
/// a part of, so that taking each step from the whole would cost the square of their number.
fn steps(rows: &Tensor, batch: usize) -> Result<Vec<Tensor>> {
    let n = rows.dim(0)? / batch;
    if n < 2 {
        return Ok(vec![rows.clone()]);
    }
    let (first, second) = (n / 2 * batch, (n - n / 2) * batch);
    let mut parts = steps(&rows.narrow(0, 0, first)?, batch)?;
    parts.extend(steps(&rows.narrow(0, first, second)?, batch)?);
    Ok(parts)
}

/// The logits with each lookback's gate added wherever it suggests a token.
fn with_copies(logits: Tensor, gates: &Tensor, suggested: &[u32]) -> Result<Tensor> {
    let (n_rows, width) = logits.dims2()?;
    let n_back = gates.dim(1)?;
    let tokens = Tensor::arange(0u32, width as u32, logits.device())?.reshape((1, width))?;
    let suggested = Tensor::from_slice(suggested, (n_rows, n_back), logits.device())?;
    (0..n_back).try_fold(logits, |logits, k| {
        let hits = suggested.narrow(1, k, 1)?.broadcast_eq(&tokens)?.to_dtype(DType::F32)?;
        logits + hits.broadcast_mul(&gates.narrow(1, k, 1)?)?
    })
}

/// The weighted sum of −ln p(target) over the divisor.
fn cross_entropy(logits: &Tensor, window: &Window) -> Result<Tensor> {
    let targets = &window.targets;
    let column = (targets.tokens.len(), 1);
    let tokens = Tensor::from_slice(targets.tokens.as_slice(), column, logits.device())?;
    let weights = Tensor::from_slice(targets.weights.as_slice(), column, logits.device())?;
    let log_p = log_softmax(logits, 1)?.gather(&tokens, 1)?;
    (log_p * weights)?.sum_all()? / -f64::from(targets.divisor)
}
