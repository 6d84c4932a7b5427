//! How does one LSTM layer run over a shard's window, and back?
//!
//! Lanes are padded to pairs; a padded lane never counts. Rows of the window are time-major:
//! `t · n + lane`.

use crate::kernels::Level;
use crate::kernels::aligned::Aligned;
use crate::kernels::cell::{Saved, Step};
use crate::kernels::cell_back::StepBack;
use crate::kernels::outer::{Lines, Outer};
use crate::kernels::pack::{PackRows, Panels};
use crate::kernels::product::{Product, Rows};
use crate::layout::LayerLayout;
use crate::packed::PackedMatrix;

/// Rows after which the gradient of the weights is added up: enough to pay for reading and writing
/// it, few enough to lie in the cache.
const CHUNK_ROWS: usize = 512;

/// What is put into a layer, or what comes out of the last one: \[time, n, width\].
pub(super) struct Input {
    /// Numbers a row.
    pub(super) width: usize,
    pub(super) rows: Aligned<u32>,
    /// For the gradient of the weights.
    pub(super) panels: Aligned<u32>,
    /// Factors \[n, width\], or empty for none.
    pub(super) mask: Vec<f32>,
}

impl Input {
    pub(super) fn new(level: Level, n_rows: usize, width: usize) -> Self {
        let n_words = n_rows * width / level.group();
        let words = || Aligned::zeros(n_words);
        Self { width, rows: words(), panels: words(), mask: Vec::new() }
    }
}

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

impl Shape<'_> {
    fn lines(&self, n_steps: usize) -> usize {
        n_steps * self.n / self.level.group()
    }
}

/// The matrices of a layer.
#[derive(Clone, Copy)]
pub(super) struct Weights<'a> {
    pub(super) input: &'a PackedMatrix,
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
    /// Cells before each step, and after the last \[time + 1, n, units\].
    cells: Aligned<f32>,
    /// Activations \[time, 4·n·units\].
    gates: Aligned<f32>,
}

/// The gradient of a layer's output, and then of its input \[time, n, stride\].
pub(super) struct OutputGradient<'a> {
    pub(super) numbers: &'a mut [f32],
    pub(super) stride: usize,
}

/// Room for a layer's way back, used by one layer after the other.
pub(super) struct BackSpace {
    d_hidden: Aligned<f32>,
    d_cell: Aligned<f32>,
    rows: Aligned<u32>,
    panels: Aligned<u32>,
    chunk: usize,
}

impl LayerSpace {
    pub(super) fn new(shape: &Shape<'_>, units: usize) -> Self {
        let numbers = shape.n * units;
        let n_words = numbers / shape.level.group();
        Self {
            units,
            hidden: [Aligned::zeros(n_words), Aligned::zeros(n_words)],
            panels: Aligned::zeros((shape.time + 1) * n_words),
            cells: Aligned::zeros((shape.time + 1) * numbers),
            gates: Aligned::zeros(if shape.keep { shape.time * 4 * numbers } else { 0 }),
        }
    }

    /// Sets the state before the window, \[n, units\].
    pub(super) fn begin(&mut self, shape: &Shape<'_>, hidden: &[f32], cell: &[f32]) {
        self.cells[..cell.len()].copy_from_slice(cell);
        let depth = shape.lines(shape.time + 1);
        shape.level.run(PackRows {
            from: hidden,
            width: self.units,
            rows: &mut self.hidden[0],
            panels: Some(Panels { words: &mut self.panels, depth, line: 0 }),
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

    /// Runs over the window from the layer's input to `above`, the input of the next.
    pub(super) fn forward(
        &mut self,
        shape: &Shape<'_>,
        weights: Weights<'_>,
        input: &Input,
        above: &mut Input,
    ) {
        for t in 0..shape.time {
            self.reset(shape, t);
            self.step(shape, weights, input, above, t);
            self.hidden.swap(0, 1);
        }
    }

    fn step(
        &mut self,
        shape: &Shape<'_>,
        weights: Weights<'_>,
        input: &Input,
        above: &mut Input,
        t: usize,
    ) {
        let Shape { level, n, .. } = *shape;
        let (group, numbers) = (level.group(), n * self.units);
        let (words, depth) = (numbers / group, input.width / group);
        let (before, after) = self.cells.split_at_mut((t + 1) * numbers);
        let [hidden, next] = &mut self.hidden;
        let out_rows = &mut above.rows[t * words..(t + 1) * words];
        let saved = shape.keep.then(|| Saved {
            gates: &mut self.gates[t * 4 * numbers..(t + 1) * 4 * numbers],
            hidden: Panels {
                words: &mut self.panels,
                depth: shape.lines(shape.time + 1),
                line: shape.lines(t + 1),
            },
            mask: &above.mask,
            out_rows: &mut *out_rows,
            out: Panels {
                words: &mut above.panels,
                depth: shape.lines(shape.time),
                line: shape.lines(t),
            },
        });
        level.run(Step {
            n,
            x: Rows { words: &input.rows[t * n * depth..], depth },
            input: &weights.input.forward,
            h: Rows { words: hidden, depth: self.units / group },
            recurrent: &weights.recurrent.forward,
            initial: weights.bias,
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
        let depth = shape.lines(shape.time + 1);
        let lanes = shape.level.lanes();
        for lane in (0..shape.n).filter(|lane| shape.resets[t * shape.n + lane]) {
            self.hidden[0][lane * units / group..][..units / group].fill(0);
            self.cells[(t * shape.n + lane) * units..][..units].fill(0.0);
            let kept = match (group, lane % 2) {
                (1, _) => 0,
                (_, 0) => 0xffff_0000,
                _ => 0x0000_ffff,
            };
            for panel in self.panels.chunks_exact_mut(depth * lanes) {
                let line = shape.lines(t) + lane / group;
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
            self.products_back(shape, t, weights, d, space);
            if t % space.chunk == 0 {
                let n_steps = space.chunk.min(shape.time - t);
                self.add_weights(shape, (t, n_steps), places, input, space, gradient);
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
            rows: &mut space.rows,
            panels: Panels {
                words: &mut space.panels,
                depth: shape.lines(space.chunk),
                line: shape.lines(t % space.chunk),
            },
            d_bias,
        });
    }

    /// From the gradient of the gates' sums to those of the input and of the step before.
    fn products_back(
        &self,
        shape: &Shape<'_>,
        t: usize,
        weights: Weights<'_>,
        d: &mut OutputGradient<'_>,
        space: &mut BackSpace,
    ) {
        let Shape { level, n, .. } = *shape;
        let a = Rows { words: &space.rows, depth: 4 * self.units / level.group() };
        let (b, stride) = (&weights.input.backward, d.stride);
        let out = &mut d.numbers[t * n * stride..(t + 1) * n * stride];
        level.run(Product { a, b, bias: &[], out, stride, n_rows: n });
        let (b, out) = (&weights.recurrent.backward, &mut space.d_hidden[..]);
        level.run(Product { a, b, bias: &[], out, stride: self.units, n_rows: n });
        for lane in (0..n).filter(|lane| shape.resets[t * n + lane]) {
            space.d_hidden[lane * self.units..][..self.units].fill(0.0);
            space.d_cell[lane * self.units..][..self.units].fill(0.0);
        }
    }

    /// Adds the gradient of the matrices over `n_steps` steps from `t`.
    fn add_weights(
        &self,
        shape: &Shape<'_>,
        (t, n_steps): (usize, usize),
        places: &LayerLayout,
        input: &Input,
        space: &BackSpace,
        gradient: &mut [f32],
    ) {
        let b = Lines { panels: &space.panels, depth: shape.lines(space.chunk), from: 0 };
        let inputs = (&input.panels, shape.lines(shape.time), &places.input);
        let states = (&self.panels, shape.lines(shape.time + 1), &places.recurrent);
        for (panels, depth, matrix) in [inputs, states] {
            shape.level.run(Outer {
                a: Lines { panels, depth, from: shape.lines(t) },
                b,
                n_lines: shape.lines(n_steps),
                out: &mut gradient[matrix.range.clone()],
            });
        }
    }
}

impl BackSpace {
    pub(super) fn new(shape: &Shape<'_>, units: usize) -> Self {
        let chunk = (CHUNK_ROWS / shape.n).clamp(1, shape.time.max(1));
        let numbers = if shape.keep { shape.n * units } else { 0 };
        let n_words = 4 * numbers / shape.level.group();
        Self {
            d_hidden: Aligned::zeros(numbers),
            d_cell: Aligned::zeros(numbers),
            rows: Aligned::zeros(n_words),
            panels: Aligned::zeros(chunk * n_words),
            chunk,
        }
    }
}
