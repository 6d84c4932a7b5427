//! What does the network compute, written plainly?
//!
//! With candle's own operations, whose gradients are candle's: what the [`engine`](super::engine) is
//! held against in tests. Nothing else uses it; it takes thirty tensors a step.

use candle_core::{Device, Result, Tensor};
use candle_nn::{Embedding, Module, ops::log_softmax, ops::sigmoid};

use super::{LayerState, Network, State};
use crate::batch::Window;

/// The loss of a window with the masks of [`Dropout`](super::Dropout) (or none), differentiable; the
/// state after it is left in `state`.
pub(crate) fn loss(
    network: &Network,
    window: &Window,
    state: &mut State,
    masks: &[Vec<f32>],
) -> Result<Tensor> {
    let size = network.size();
    let (time, batch) = (window.time, window.batch);
    let table = |name: &str, rows: &[u32]| -> Result<Tensor> {
        let embedding = Embedding::new(network.get(name).clone(), size.embedding);
        let rows = Tensor::new(rows, &Device::Cpu)?;
        embedding.forward(&rows)?.reshape((time * batch, (), size.embedding))?.sum(1)
    };
    let mut sum = table("embedding", &window.inputs)?;
    if size.conditions > 0 {
        sum = (sum + table("condition", &window.conditions)?)?;
    }
    let sum = sum.reshape((time, batch, size.embedding))?;
    let mut x = (0..time).map(|t| sum.get(t)).collect::<Result<Vec<Tensor>>>()?;
    for (layer, own) in state.0.iter_mut().enumerate() {
        x = masked(x, masks.get(layer))?;
        x = lstm(network, layer, &x, window, own)?;
    }
    let x = Tensor::cat(&masked(x, masks.get(size.layers))?, 0)?;
    let linear = |name: &str| {
        let weight = network.get(&format!("{name}.weight"));
        x.matmul(weight)?.broadcast_add(network.get(&format!("{name}.bias")))
    };
    cross_entropy(&linear("output")?, &linear("copy")?, window)
}

fn masked(x: Vec<Tensor>, mask: Option<&Vec<f32>>) -> Result<Vec<Tensor>> {
    let Some(mask) = mask else { return Ok(x) };
    x.into_iter().map(|x| &x * Tensor::from_slice(mask, x.shape(), &Device::Cpu)?).collect()
}

fn lstm(
    network: &Network,
    layer: usize,
    x: &[Tensor],
    window: &Window,
    state: &mut LayerState,
) -> Result<Vec<Tensor>> {
    let weight = |name: &str| network.get(&format!("lstm.{layer}.{name}"));
    let (batch, width) = (window.batch, network.size().hidden);
    let mut h = Tensor::from_slice(&state.hidden, (batch, width), &Device::Cpu)?;
    let mut c = Tensor::from_slice(&state.cell, (batch, width), &Device::Cpu)?;
    let mut out = Vec::new();
    for (x, resets) in x.iter().zip(window.resets.chunks(batch)) {
        let keep: Vec<f32> = resets.iter().map(|reset| if *reset { 0.0 } else { 1.0 }).collect();
        let keep = Tensor::from_vec(keep, (batch, 1), &Device::Cpu)?;
        (h, c) = (h.broadcast_mul(&keep)?, c.broadcast_mul(&keep)?);
        let sums = (x.matmul(weight("input"))? + h.matmul(weight("recurrent"))?)?
            .broadcast_add(weight("bias"))?;
        let gate = |idx: usize| sums.narrow(1, idx * width, width);
        c = ((sigmoid(&gate(1)?)? * c)? + (sigmoid(&gate(0)?)? * gate(2)?.tanh()?)?)?;
        h = (sigmoid(&gate(3)?)? * c.tanh()?)?;
        out.push(h.clone());
    }
    *state = LayerState { hidden: h.flatten_all()?.to_vec1()?, cell: c.flatten_all()?.to_vec1()? };
    Ok(out)
}

/// The weighted sum of −ln p(target) over the divisor, with the copy term.
fn cross_entropy(logits: &Tensor, gates: &Tensor, window: &Window) -> Result<Tensor> {
    let targets = &window.targets;
    let (n, width) = logits.dims2()?;
    let n_back = gates.dim(1)?;
    let mut hits = vec![0f32; n * n_back * width];
    for (idx, token) in targets.suggested.iter().enumerate() {
        if (*token as usize) < width {
            hits[idx * width + *token as usize] = 1.0;
        }
    }
    let hits = Tensor::from_vec(hits, (n, n_back, width), &Device::Cpu)?;
    let copied = gates.reshape((n, n_back, 1))?.broadcast_mul(&hits)?.sum(1)?;
    let log_p = log_softmax(&(logits + copied)?, 1)?;
    let tokens = Tensor::new(targets.tokens.as_slice(), &Device::Cpu)?.reshape((n, 1))?;
    let weights = Tensor::new(targets.weights.as_slice(), &Device::Cpu)?.reshape((n, 1))?;
    (log_p.gather(&tokens, 1)? * weights)?.sum_all()? / -f64::from(targets.divisor)
}
