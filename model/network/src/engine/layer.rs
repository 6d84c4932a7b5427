//! How does one LSTM layer run over a shard's window, and back?
//!
//! Lanes are padded to pairs; a padded lane never counts. Rows of the window are time-major:
//! `t · n + lane`.

use super::dense::{Dense, DenseSpace, GroupLines, Input, OutputGradient};
use crate::kernels::Level;
use crate::kernels::aligned::Aligned;
use crate::kernels::cell::{Saved, Step};
use crate::kernels::cell_back::StepBack;
use crate::kernels::outer::Outer;
use crate::kernels::pack::PackRows;
use crate::kernels::product::{Product, Rows};
use crate::layout::LayerLayout;
use crate::packed::PackedMatrix;

/// Rows after which the gradient of the weights is added up: enough to pay for reading and writing
/// it, few enough to lie in the cache.
const CHUNK_ROWS: usize = 512;

/// Rows whose products with the input are made at once, before their steps: enough to read the
/// weights seldom, few enough to lie in the cache.
pub(super) const FORWARD_ROWS: usize = 256;

/// A shard's window.
#[derive(Clone, Copy)]
pub(super) struct Shape<'a> {
    pub(super) level: Level,
    pub(super) time: usize,
    /// Lanes, with padding.
    pub(super) n: usize,
    /// Lanes that start from zero at a step \[time, n\].
    pub(super) resets: &'a [bool],
    /// Whether the gradient is wanted.
    pub(super) keep: bool,
}

/// The matrices of a layer.
#[derive(Clone, Copy)]
pub(super) struct Weights<'a> {
    pub(super) input: &'a PackedMatrix,
    /// The same in `f32`.
    pub(super) input_numbers: &'a [f32],
    pub(super) recurrent: &'a PackedMatrix,
    pub(super) bias: &'a [f32],
}

/// What a layer keeps from its way forward, and room for its way back.
pub(super) struct LayerSpace {
    units: usize,
    /// Outputs of the last and of this step.
    hidden: [Aligned<u32>; 2],
    /// Outputs before each step, and after the last.
    panels: Aligned<u32>,
    lines: GroupLines,
    /// Cells before each step, and after the last \[time + 1, n, units\].
    cells: Aligned<f32>,
    /// Activations \[time, 4·n·units\].
    gates: Aligned<f32>,
}

/// Room for a layer's way back, used by one layer after the other.
pub(super) struct BackSpace {
    d_hidden: Aligned<f32>,
    d_cell: Aligned<f32>,
    /// Gradients of the gates' sums over a chunk \[chunk, n, 4·units\], and in panels.
    rows: Aligned<u32>,
    panels: Aligned<u32>,
    lines: GroupLines,
    chunk: usize,
    dense: DenseSpace,
}

impl LayerSpace {
    pub(super) fn new(shape: &Shape<'_>, units: usize) -> Self {
        let numbers = shape.n * units;
        let n_words = numbers / shape.level.group();
        let lines = GroupLines::new(shape.level, shape.n, shape.time + 1);
        Self {
            units,
            hidden: [Aligned::zeros(n_words), Aligned::zeros(n_words)],
            panels: Aligned::zeros(lines.depth() * units),
            lines,
            cells: Aligned::zeros((shape.time + 1) * numbers),
            gates: Aligned::zeros(if shape.keep { shape.time * 4 * numbers } else { 0 }),
        }
    }

    /// Sets the state before the window, \[n, units\].
    pub(super) fn begin(&mut self, shape: &Shape<'_>, hidden: &[f32], cell: &[f32]) {
        self.cells[..cell.len()].copy_from_slice(cell);
        shape.level.run(PackRows {
            from: hidden,
            width: self.units,
            rows: &mut self.hidden[0],
            panels: Some(self.lines.to(&mut self.panels, 0)),
            sums: &mut [],
        });
    }

    /// The state after the window: output and cell of a lane.
    pub(super) fn end(&self, shape: &Shape<'_>, lane: usize) -> (Vec<f32>, &[f32]) {
        let group = shape.level.group();
        let words = &self.hidden[0][lane * self.units / group..][..self.units / group];
        let hidden = words.iter().flat_map(|word| match group {
            1 => [Some(f32::from_bits(*word)), None],
            _ => [Some(f32::from_bits(word << 16)), Some(f32::from_bits(word & 0xffff_0000))],
        });
        let from = (shape.time * shape.n + lane) * self.units;
        (hidden.flatten().collect(), &self.cells[from..from + self.units])
    }

    /// Runs over the window from the layer's input to `above`, the input of the next; `sums` is room for
    /// the sums of [`FORWARD_ROWS`] rows, or of a step.
    pub(super) fn forward(
        &mut self,
        shape: &Shape<'_>,
        weights: Weights<'_>,
        input: &Input,
        above: &mut Input,
        sums: &mut [f32],
    ) {
        let (width, chunk) = (4 * self.units, (FORWARD_ROWS / shape.n).max(1));
        let dense = weights.dense(input);
        for from in (0..shape.time).step_by(chunk) {
            let steps = from..shape.time.min(from + chunk);
            dense.forward(&steps, weights.bias, sums, width);
            for (t, sums) in steps.zip(sums.chunks_exact(shape.n * width)) {
                self.reset(shape, t);
                self.step(shape, weights, sums, above, t);
                self.hidden.swap(0, 1);
            }
        }
    }

    fn step(
        &mut self,
        shape: &Shape<'_>,
        weights: Weights<'_>,
        sums: &[f32],
        above: &mut Input,
        t: usize,
    ) {
        let Shape { level, n, .. } = *shape;
        let numbers = n * self.units;
        let (before, after) = self.cells.split_at_mut((t + 1) * numbers);
        let [hidden, next] = &mut self.hidden;
        let (out_rows, out, mask) = above.place(t);
        let saved = shape.keep.then(|| Saved {
            gates: &mut self.gates[t * 4 * numbers..(t + 1) * 4 * numbers],
            hidden: self.lines.to(&mut self.panels, t + 1),
            mask,
            out_rows: &mut *out_rows,
            out,
        });
        level.run(Step {
            n,
            x: Rows::dense(&[], 0),
            input: &[],
            h: Rows::dense(hidden, self.units / level.group()),
            recurrent: &weights.recurrent.forward,
            initial: sums,
            before: &before[t * numbers..],
            after: &mut after[..numbers],
            hidden: next,
            saved,
        });
        if !shape.keep {
            out_rows.copy_from_slice(next);
        }
    }

    /// Zeroes the lanes that start anew at a step.
    fn reset(&mut self, shape: &Shape<'_>, t: usize) {
        let (group, units) = (shape.level.group(), self.units);
        let lanes = shape.level.lanes();
        for lane in (0..shape.n).filter(|lane| shape.resets[t * shape.n + lane]) {
            self.hidden[0][lane * units / group..][..units / group].fill(0);
            self.cells[(t * shape.n + lane) * units..][..units].fill(0.0);
            let kept = match (group, lane % 2) {
                (1, _) => 0,
                (_, 0) => 0xffff_0000,
                _ => 0x0000_ffff,
            };
            for panel in self.panels.chunks_exact_mut(self.lines.depth() * lanes) {
                let line = t + lane / group * self.lines.step;
                panel[line * lanes..][..lanes].iter_mut().for_each(|word| *word &= kept);
            }
        }
    }

    /// Goes back over the window: `d` holds the gradient of the output and receives that of the input;
    /// the gradients of the weights are added to `gradient`, the vector of them all.
    pub(super) fn back(
        &self,
        shape: &Shape<'_>,
        (places, weights): (&LayerLayout, Weights<'_>),
        (input, above): (&Input, &Input),
        d: &mut OutputGradient<'_>,
        space: &mut BackSpace,
        gradient: &mut [f32],
    ) {
        space.d_hidden.fill(0.0);
        space.d_cell.fill(0.0);
        for t in (0..shape.time).rev() {
            self.step_back(shape, t, d, &above.mask, space, &mut gradient[places.bias.clone()]);
            self.recurrent_back(shape, t, weights, space);
            if t % space.chunk == 0 {
                let steps = t..shape.time.min(t + space.chunk);
                let dense = weights.dense(input);
                dense.back(&steps, (&space.rows, 4 * self.units), d, &mut space.dense);
                let sums = space.lines.from(&space.panels, 0);
                dense.add_gradient(&steps, sums, &mut gradient[places.input.range.clone()]);
                shape.level.run(Outer {
                    a: self.lines.from(&self.panels, t),
                    b: sums,
                    n_parts: space.lines.n_groups,
                    n_lines: steps.len(),
                    numbers: &[],
                    out: &mut gradient[places.recurrent.range.clone()],
                });
            }
        }
    }

    /// From the gradient of a step's output to that of its gates' sums.
    fn step_back(
        &self,
        shape: &Shape<'_>,
        t: usize,
        d: &OutputGradient<'_>,
        mask: &[f32],
        space: &mut BackSpace,
        d_bias: &mut [f32],
    ) {
        let numbers = shape.n * self.units;
        let n_words = 4 * numbers / shape.level.group();
        shape.level.run(StepBack {
            n: shape.n,
            units: self.units,
            gates: &self.gates[t * 4 * numbers..(t + 1) * 4 * numbers],
            before: &self.cells[t * numbers..(t + 1) * numbers],
            d_out: &d.numbers[t * shape.n * d.stride..(t + 1) * shape.n * d.stride],
            stride: d.stride,
            mask,
            d_hidden: &space.d_hidden,
            d_cell: &mut space.d_cell,
            rows: &mut space.rows[t % space.chunk * n_words..][..n_words],
            panels: space.lines.to(&mut space.panels, t % space.chunk),
            d_bias,
        });
    }

    /// From the gradient of the gates' sums to that of the step before.
    fn recurrent_back(
        &self,
        shape: &Shape<'_>,
        t: usize,
        weights: Weights<'_>,
        space: &mut BackSpace,
    ) {
        let Shape { level, n, .. } = *shape;
        let depth = 4 * self.units / level.group();
        level.run(Product {
            a: Rows::dense(&space.rows[t % space.chunk * n * depth..], depth),
            words: None,
            b: &weights.recurrent.backward,
            bias: &[],
            out: &mut space.d_hidden[..],
            stride: self.units,
            n_rows: n,
        });
        for lane in (0..n).filter(|lane| shape.resets[t * n + lane]) {
            space.d_hidden[lane * self.units..][..self.units].fill(0.0);
            space.d_cell[lane * self.units..][..self.units].fill(0.0);
        }
    }
}

impl<'a> Weights<'a> {
    fn dense(&self, input: &'a Input) -> Dense<'a> {
        Dense { input, packed: self.input, weights: self.input_numbers }
    }
}

impl BackSpace {
    /// For layers of `units` whose inputs have up to `widest` numbers.
    pub(super) fn new(shape: &Shape<'_>, units: usize, widest: usize) -> Self {
        let Shape { level, n, time, keep, .. } = *shape;
        let chunk = (CHUNK_ROWS / n).clamp(1, time.max(1));
        let lines = GroupLines::new(level, n, chunk);
        let if_kept = |numbers: usize| if keep { numbers } else { 0 };
        Self {
            d_hidden: Aligned::zeros(if_kept(n * units)),
            d_cell: Aligned::zeros(if_kept(n * units)),
            rows: Aligned::zeros(if_kept(chunk * n * 4 * units / level.group())),
            panels: Aligned::zeros(if_kept(lines.depth() * 4 * units)),
            lines,
            chunk,
            dense: DenseSpace::new(level, if_kept(widest), 4 * units, chunk),
        }
    }
}
