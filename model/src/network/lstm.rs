//! How does one LSTM layer run over a whole window at once?
//!
//! A custom operation for candle: candle's own layer makes some thirty tensors a step and zero-pads
//! the window in every step's gradient. Here the lanes of a batch are divided among the cores, each
//! runs through time by itself, and what the gradient needs is kept beside. Hochreiter and
//! Schmidhuber 1997, with the forget gate of Gers et al. 2000; gates in the order input, forget,
//! candidate, output.

use std::sync::{Arc, Mutex, PoisonError};

use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor, bail};

use super::kernels::{Rows, lstm_cell, lstm_cell_gradient, matmul_add};

/// Hidden and cell states between windows, each \[batch, hidden\].
#[derive(Clone, Debug)]
pub(crate) struct LayerState {
    pub(crate) hidden: Vec<f32>,
    pub(crate) cell: Vec<f32>,
}

impl LayerState {
    pub(crate) fn zero(n_lanes: usize, width: usize) -> Self {
        Self { hidden: vec![0.0; n_lanes * width], cell: vec![0.0; n_lanes * width] }
    }
}

/// The layer over a window: inputs \[time, batch, 4·hidden\] already multiplied by their weights,
/// recurrent weights \[hidden, 4·hidden\] and bias \[4·hidden\] give outputs \[time, batch, hidden\].
/// Where `resets` \[time, batch\] is true, a lane starts from zero.
pub(crate) struct LstmLayer {
    pub(crate) initial: LayerState,
    pub(crate) resets: Arc<Vec<bool>>,
    pub(crate) kept: Arc<Mutex<Vec<Shard>>>,
}

/// What one core computed for its lanes; all \[time, lanes, …\].
pub(crate) struct Shard {
    lanes: std::ops::Range<usize>,
    gates: Vec<f32>,
    cells_before: Vec<f32>,
    cells: Vec<f32>,
    hidden_before: Vec<f32>,
    hidden: Vec<f32>,
}

#[derive(Clone, Copy)]
struct Dims {
    time: usize,
    batch: usize,
    width: usize,
}

impl LstmLayer {
    /// The states after the window, once the forward pass has run.
    pub(crate) fn final_state(
        kept: &Mutex<Vec<Shard>>,
        n_lanes: usize,
        width: usize,
    ) -> LayerState {
        let mut state = LayerState::zero(n_lanes, width);
        for shard in kept.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            let size = shard.lanes.len() * width;
            let to = shard.lanes.start * width..shard.lanes.end * width;
            state.hidden[to.clone()].copy_from_slice(&shard.hidden[shard.hidden.len() - size..]);
            state.cell[to].copy_from_slice(&shard.cells[shard.cells.len() - size..]);
        }
        state
    }

    fn is_reset(&self, dims: Dims, t: usize, lane: usize) -> bool {
        self.resets[t * dims.batch + lane]
    }

    fn run(
        &self,
        dims: Dims,
        lanes: std::ops::Range<usize>,
        inputs: &[f32],
        weights: &[f32],
        bias: &[f32],
    ) -> Shard {
        let Dims { time, batch, width } = dims;
        let n = lanes.len();
        let mut shard = Shard {
            gates: vec![0.0; time * n * 4 * width],
            cells_before: vec![0.0; time * n * width],
            cells: vec![0.0; time * n * width],
            hidden_before: vec![0.0; time * n * width],
            hidden: vec![0.0; time * n * width],
            lanes: lanes.clone(),
        };
        let of_lanes = lanes.start * width..lanes.end * width;
        let mut cell = self.initial.cell[of_lanes.clone()].to_vec();
        let mut hidden = self.initial.hidden[of_lanes].to_vec();
        for t in 0..time {
            for (idx, lane) in lanes.clone().enumerate() {
                if self.is_reset(dims, t, lane) {
                    cell[idx * width..][..width].fill(0.0);
                    hidden[idx * width..][..width].fill(0.0);
                }
            }
            let here = t * n * width..(t + 1) * n * width;
            shard.cells_before[here.clone()].copy_from_slice(&cell);
            shard.hidden_before[here.clone()].copy_from_slice(&hidden);
            let gates = &mut shard.gates[t * n * 4 * width..(t + 1) * n * 4 * width];
            let from = (t * batch + lanes.start) * 4 * width;
            let given = &inputs[from..from + gates.len()];
            for (row, given) in gates.chunks_exact_mut(4 * width).zip(given.chunks_exact(4 * width))
            {
                for ((sum, input), bias) in row.iter_mut().zip(given).zip(bias) {
                    *sum = input + bias;
                }
            }
            matmul_add(gates, Rows::dense(&hidden, width), Rows::dense(weights, 4 * width), false);
            for idx in 0..n {
                let of = idx * width..(idx + 1) * width;
                lstm_cell(
                    &mut gates[idx * 4 * width..][..4 * width],
                    &mut cell[of.clone()],
                    &mut hidden[of],
                );
            }
            shard.cells[here.clone()].copy_from_slice(&cell);
            shard.hidden[here].copy_from_slice(&hidden);
        }
        shard
    }

    /// The gradients of a shard's gate sums \[time, lanes, 4·hidden\] and of the recurrent weights.
    fn run_back(
        &self,
        dims: Dims,
        shard: &Shard,
        transposed: &[f32],
        d_out: &[f32],
    ) -> (Vec<f32>, Vec<f32>) {
        let Dims { time, batch, width } = dims;
        let n = shard.lanes.len();
        let mut d_gates = vec![0.0; time * n * 4 * width];
        let mut d_cell = vec![0.0; n * width];
        let mut d_hidden = vec![0.0; n * width];
        for t in (0..time).rev() {
            let from = (t * batch + shard.lanes.start) * width;
            for (d, given) in d_hidden.iter_mut().zip(&d_out[from..from + n * width]) {
                *d += given;
            }
            let here = t * n * 4 * width..(t + 1) * n * 4 * width;
            for idx in 0..n {
                let state = (t * n + idx) * width..(t * n + idx + 1) * width;
                let of = idx * width..(idx + 1) * width;
                let gate = (t * n + idx) * 4 * width..(t * n + idx + 1) * 4 * width;
                lstm_cell_gradient(
                    &shard.gates[gate.clone()],
                    &shard.cells_before[state.clone()],
                    &shard.cells[state],
                    &d_hidden[of.clone()],
                    &mut d_cell[of],
                    &mut d_gates[gate],
                );
            }
            d_hidden.fill(0.0);
            matmul_add(
                &mut d_hidden,
                Rows::dense(&d_gates[here], 4 * width),
                Rows::dense(transposed, width),
                false,
            );
            for (idx, lane) in shard.lanes.clone().enumerate() {
                if self.is_reset(dims, t, lane) {
                    d_cell[idx * width..][..width].fill(0.0);
                    d_hidden[idx * width..][..width].fill(0.0);
                }
            }
        }
        let mut d_weights = vec![0.0; width * 4 * width];
        matmul_add(
            &mut d_weights,
            Rows::dense(&shard.hidden_before, width),
            Rows::dense(&d_gates, 4 * width),
            true,
        );
        (d_gates, d_weights)
    }
}

impl CustomOp3 for LstmLayer {
    fn name(&self) -> &'static str {
        "lstm-layer"
    }

    fn cpu_fwd(
        &self,
        s1: &CpuStorage,
        l1: &Layout,
        s2: &CpuStorage,
        l2: &Layout,
        s3: &CpuStorage,
        l3: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (time, batch, four) = l1.shape().dims3()?;
        let dims = Dims { time, batch, width: four / 4 };
        let (inputs, weights, bias) =
            (contiguous(s1, l1)?, contiguous(s2, l2)?, contiguous(s3, l3)?);
        let shards: Vec<Shard> = std::thread::scope(|scope| {
            let threads: Vec<_> = shares(batch)
                .into_iter()
                .map(|lanes| scope.spawn(move || self.run(dims, lanes, inputs, weights, bias)))
                .collect();
            threads.into_iter().map(join).collect()
        });
        let mut out = vec![0.0; time * batch * dims.width];
        for shard in &shards {
            spread(&mut out, &shard.hidden, shard, dims, dims.width);
        }
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = shards;
        Ok((CpuStorage::F32(out), (time, batch, dims.width).into()))
    }

    fn bwd(
        &self,
        inputs: &Tensor,
        weights: &Tensor,
        _bias: &Tensor,
        _out: &Tensor,
        d_out: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let (time, batch, four) = inputs.dims3()?;
        let dims = Dims { time, batch, width: four / 4 };
        let transposed = weights.t()?.contiguous()?.flatten_all()?.to_vec1::<f32>()?;
        let d_out = d_out.flatten_all()?.to_vec1::<f32>()?;
        let shards = std::mem::take(&mut *self.kept.lock().unwrap_or_else(PoisonError::into_inner));
        if shards.is_empty() {
            bail!("the gradient of an LSTM layer was asked for twice")
        }
        let gradients: Vec<(Vec<f32>, Vec<f32>)> = std::thread::scope(|scope| {
            let (transposed, d_out) = (&transposed, &d_out);
            let threads: Vec<_> = shards
                .iter()
                .map(|shard| scope.spawn(move || self.run_back(dims, shard, transposed, d_out)))
                .collect();
            threads.into_iter().map(join).collect()
        });
        let mut d_inputs = vec![0.0; time * batch * four];
        let mut d_weights = vec![0.0; dims.width * four];
        for (shard, (d_gates, d_share)) in shards.iter().zip(&gradients) {
            spread(&mut d_inputs, d_gates, shard, dims, four);
            for (sum, d) in d_weights.iter_mut().zip(d_share) {
                *sum += d;
            }
        }
        let mut d_bias = vec![0.0; four];
        for row in d_inputs.chunks_exact(four) {
            for (sum, d) in d_bias.iter_mut().zip(row) {
                *sum += d;
            }
        }
        let device = inputs.device();
        Ok((
            Some(Tensor::from_vec(d_inputs, (time, batch, four), device)?),
            Some(Tensor::from_vec(d_weights, (dims.width, four), device)?),
            Some(Tensor::from_vec(d_bias, four, device)?),
        ))
    }
}

/// The numbers of a dense `f32` tensor.
pub(crate) fn contiguous<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    match layout.contiguous_offsets() {
        Some((from, to)) => Ok(&storage.as_slice::<f32>()?[from..to]),
        None => bail!("a custom operation needs dense tensors"),
    }
}

/// The lanes divided among the cores, at least four a share; always the same way on a machine.
pub(crate) fn shares(n: usize) -> Vec<std::ops::Range<usize>> {
    let n_cores = std::thread::available_parallelism().map_or(1, usize::from);
    let n_shares = n_cores.min(n / 4).max(1);
    (0..n_shares).map(|idx| n * idx / n_shares..n * (idx + 1) / n_shares).collect()
}

/// The result of a thread; its panic goes on here.
pub(crate) fn join<T>(thread: std::thread::ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// Copies a shard's rows \[time, lanes, width\] to their places in \[time, batch, width\].
fn spread(out: &mut [f32], rows: &[f32], shard: &Shard, dims: Dims, width: usize) {
    let size = shard.lanes.len() * width;
    for t in 0..dims.time {
        let to = (t * dims.batch + shard.lanes.start) * width;
        out[to..to + size].copy_from_slice(&rows[t * size..(t + 1) * size]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{Device, Var};

    fn sigmoid(x: &Tensor) -> Result<Tensor> {
        (x.neg()?.exp()? + 1.0)?.recip()
    }

    /// The layer written with candle's own operations, whose gradients are candle's.
    fn composed(x: &Tensor, u: &Tensor, b: &Tensor, resets: &[bool]) -> Result<Tensor> {
        let (time, batch, four) = x.dims3()?;
        let width = four / 4;
        let mut h = Tensor::full(0.3f32, (batch, width), &Device::Cpu)?;
        let mut c = Tensor::full(-0.2f32, (batch, width), &Device::Cpu)?;
        let mut out = Vec::new();
        for t in 0..time {
            let keep: Vec<f32> =
                (0..batch).map(|lane| if resets[t * batch + lane] { 0.0 } else { 1.0 }).collect();
            let keep = Tensor::from_vec(keep, (batch, 1), &Device::Cpu)?;
            (h, c) = (h.broadcast_mul(&keep)?, c.broadcast_mul(&keep)?);
            let sums = (x.get(t)? + h.matmul(u)?)?.broadcast_add(b)?;
            let gate = |idx: usize| sums.narrow(1, idx * width, width);
            c = ((sigmoid(&gate(1)?)? * c)? + (sigmoid(&gate(0)?)? * gate(2)?.tanh()?)?)?;
            h = (sigmoid(&gate(3)?)? * c.tanh()?)?;
            out.push(h.clone());
        }
        Tensor::stack(&out, 0)
    }

    fn relative(a: &Tensor, b: &Tensor) -> Result<f32> {
        let off = (a - b)?.sqr()?.sum_all()?.to_scalar::<f32>()?.sqrt();
        Ok(off / b.sqr()?.sum_all()?.to_scalar::<f32>()?.sqrt())
    }

    #[test]
    fn values_and_gradients_are_those_of_the_plain_composition() -> Result<()> {
        let (time, batch, width) = (7, 19, 12);
        let random =
            |shape: &[usize]| Var::from_tensor(&Tensor::randn(0f32, 1.0, shape, &Device::Cpu)?);
        let (x, u, b) = (
            random(&[time, batch, 4 * width])?,
            random(&[width, 4 * width])?,
            random(&[4 * width])?,
        );
        let resets: Vec<bool> = (0..time * batch).map(|i| i % 11 == 3).collect();
        let op = LstmLayer {
            initial: LayerState {
                hidden: vec![0.3; batch * width],
                cell: vec![-0.2; batch * width],
            },
            resets: Arc::new(resets.clone()),
            kept: Arc::default(),
        };
        let ours = x.apply_op3(&u, &b, op)?;
        let theirs = composed(&x, &u, &b, &resets)?;
        assert!(relative(&ours, &theirs)? < 1e-5);
        let pull = Tensor::randn(0f32, 1.0, ours.shape(), &Device::Cpu)?;
        let our_grads = (ours * &pull)?.sum_all()?.backward()?;
        let their_grads = (theirs * &pull)?.sum_all()?.backward()?;
        for (name, var) in [("inputs", &x), ("weights", &u), ("bias", &b)] {
            let (a, b) = (our_grads.get(var).expect("ours"), their_grads.get(var).expect("theirs"));
            assert!(relative(a, b)? < 1e-5, "{name} differ by {}", relative(a, b)?);
        }
        Ok(())
    }
}
