//! How does one LSTM layer run over a shard's window, and back?
//!
//! Lanes are padded to pairs; a padded lane never counts. Rows of the window are time-major:
//! `t · n + lane`.

use std::ops::Range;

use super::layout::LayerLayout;
use super::packed::PackedMatrix;
use super::table::Table;
use crate::kernels::Level;
use crate::kernels::aligned::Aligned;
use crate::kernels::cell::{Left, Panels, Step};
use crate::kernels::cell_back::StepBack;
use crate::kernels::outer::{Lines, Outer};
use crate::kernels::pack::Spread;
use crate::kernels::product::{Product, Rows};

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

/// What a layer reads.
#[derive(Clone, Copy)]
pub(super) enum Below<'a> {
    /// Rows of its own.
    Rows(&'a Input),
    /// Products that are known already, for these lanes.
    Table(&'a Table, &'a Range<usize>),
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
    /// What the gates' sums begin with \[n, 4·units\], where the products below are known.
    initial: Aligned<f32>,
}

/// Room for a layer's way back, used by one layer after the other.
pub(super) struct BackSpace {
    d_hidden: Aligned<f32>,
    d_cell: Aligned<f32>,
    rows: Aligned<u32>,
    panels: Aligned<u32>,
    chunk: usize,
    /// Gradient of products that were known, of this layer.
    pub(super) d_products: Aligned<f32>,
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
            initial: Aligned::zeros(0),
        }
    }

    /// Sets the state before the window, \[n, units\].
    pub(super) fn begin(&mut self, shape: &Shape<'_>, hidden: &[f32], cell: &[f32]) {
        self.cells[..cell.len()].copy_from_slice(cell);
        let depth = shape.lines(shape.time + 1);
        shape.level.run(Spread {
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

    /// Runs over the window from `below` to `above`.
    pub(super) fn forward(
        &mut self,
        shape: &Shape<'_>,
        weights: Weights<'_>,
        below: Below<'_>,
        above: &mut Input,
    ) {
        let Shape { level, n, .. } = *shape;
        let (group, numbers) = (level.group(), n * self.units);
        let words = numbers / group;
        let none = Rows { words: &[], depth: 0 };
        for t in 0..shape.time {
            self.reset(shape, t);
            let (x, input, initial) = match below {
                Below::Rows(input) => {
                    let depth = input.width / group;
                    let x = Rows { words: &input.rows[t * n * depth..], depth };
                    (x, &weights.input.forward[..], weights.bias)
                }
                Below::Table(table, lanes) => {
                    if self.initial.len() != 4 * numbers {
                        self.initial = Aligned::zeros(4 * numbers);
                    }
                    table.begin(t, lanes.clone(), &mut self.initial);
                    (none, &[][..], &self.initial[..])
                }
            };
            let (before, after) = self.cells.split_at_mut((t + 1) * numbers);
            let [hidden, next] = &mut self.hidden;
            let out_rows = &mut above.rows[t * words..(t + 1) * words];
            let left = shape.keep.then(|| Left {
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
                x,
                input,
                h: Rows { words: hidden, depth: self.units / group },
                recurrent: &weights.recurrent.forward,
                initial,
                before: &before[t * numbers..],
                after: &mut after[..numbers],
                hidden: next,
                left,
            });
            if !shape.keep {
                out_rows.copy_from_slice(next);
            }
            self.hidden.swap(0, 1);
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

    /// Goes back over the window: `d` \[time, n, stride\] holds the gradient of the output and
    /// receives that of the input, if it has rows of its own; the gradients of the weights are added to
    /// `gradient`, the vector of them all.
    #[expect(clippy::too_many_arguments, reason = "each is a different thing")]
    pub(super) fn back(
        &self,
        shape: &Shape<'_>,
        places: &LayerLayout,
        weights: Weights<'_>,
        (below, above): (Below<'_>, &Input),
        (d, stride): (&mut [f32], usize),
        space: &mut BackSpace,
        gradient: &mut [f32],
    ) {
        let Shape { level, n, .. } = *shape;
        let numbers = n * self.units;
        space.d_hidden.fill(0.0);
        space.d_cell.fill(0.0);
        let (d_hidden, d_cell) = (&mut space.d_hidden[..], &mut space.d_cell[..]);
        if let Below::Table(table, _) = below {
            space.d_products.reset(table.n_products());
        }
        for t in (0..shape.time).rev() {
            let d = &mut d[t * n * stride..(t + 1) * n * stride];
            level.run(StepBack {
                n,
                units: self.units,
                gates: &self.gates[t * 4 * numbers..(t + 1) * 4 * numbers],
                before: &self.cells[t * numbers..(t + 1) * numbers],
                d_out: d,
                stride,
                mask: &above.mask,
                d_hidden,
                d_cell,
                rows: &mut space.rows,
                panels: Panels {
                    words: &mut space.panels,
                    depth: shape.lines(space.chunk),
                    line: shape.lines(t % space.chunk),
                },
                d_bias: &mut gradient[places.bias.clone()],
            });
            let a = Rows { words: &space.rows, depth: 4 * self.units / level.group() };
            match below {
                Below::Rows(_) => {
                    let b = &weights.input.backward;
                    level.run(Product { a, b, bias: &[], out: d, stride, n_rows: n });
                }
                Below::Table(table, lanes) => {
                    table.add_gradient(t, lanes.clone(), &space.rows, &mut space.d_products);
                }
            }
            let (b, out) = (&weights.recurrent.backward, &mut *d_hidden);
            level.run(Product { a, b, bias: &[], out, stride: self.units, n_rows: n });
            for lane in (0..n).filter(|lane| shape.resets[t * n + lane]) {
                d_hidden[lane * self.units..][..self.units].fill(0.0);
                d_cell[lane * self.units..][..self.units].fill(0.0);
            }
            if t % space.chunk == 0 {
                let n_steps = space.chunk.min(shape.time - t);
                let b = Lines { panels: &space.panels, depth: shape.lines(space.chunk), from: 0 };
                let from = shape.lines(t);
                let inputs = match below {
                    Below::Rows(input) => {
                        Some((&input.panels, shape.lines(shape.time), &places.input))
                    }
                    Below::Table(..) => None,
                };
                let states = (&self.panels, shape.lines(shape.time + 1), &places.recurrent);
                for (panels, depth, matrix) in inputs.into_iter().chain([states]) {
                    level.run(Outer {
                        a: Lines { panels, depth, from },
                        b,
                        n_lines: shape.lines(n_steps),
                        out: &mut gradient[matrix.range.clone()],
                    });
                }
            }
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
            d_products: Aligned::zeros(0),
        }
    }
}
