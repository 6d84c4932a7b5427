//! How is a matrix applied to a window's inputs, and how does the gradient come back?
//!
//! A mask of dropout stays the same over a window, so what it silences of a lane's inputs is zero at
//! every step. Those lines of the weights are not multiplied at all, forward and back: with the rate
//! that is shipped, nearly half the work of every matrix but the recurrent ones.

use std::ops::Range;

use crate::kernels::Level;
use crate::kernels::aligned::Aligned;
use crate::kernels::outer::{Lines, Outer};
use crate::kernels::pack::{Panels, Transpose};
use crate::kernels::product::{Product, Rows};
use crate::packed::PackedMatrix;

/// What is put into a layer, or what comes out of the last one: \[time, n, width\].
pub(super) struct Input {
    level: Level,
    n: usize,
    /// Numbers a row.
    pub(super) width: usize,
    pub(super) rows: Aligned<u32>,
    /// For the gradient of the weights: each group of lanes with its steps one after the other.
    panels: Aligned<u32>,
    lines: GroupLines,
    /// Factors \[n, width\], or empty for none.
    pub(super) mask: Vec<f32>,
    kept: Kept,
}

/// The gradient of a layer's output, and then of its input \[time, n, stride\].
pub(super) struct OutputGradient<'a> {
    pub(super) numbers: &'a mut [f32],
    pub(super) stride: usize,
}

/// Where the steps of a group of lanes lie in panels.
#[derive(Clone, Copy)]
pub(super) struct GroupLines {
    pub(super) n_groups: usize,
    /// Lines from group to group: steps, made odd so that the same step of all panels does not fall
    /// into the same few places of the cache.
    pub(super) step: usize,
}

/// What a mask leaves, nothing of which is listed without one.
#[derive(Default)]
struct Kept {
    /// Words of each lane's rows.
    words: Vec<Vec<u32>>,
    /// Numbers of each lane.
    numbers: Vec<Vec<u32>>,
    /// Numbers of each group of lanes that share words of panels.
    of_groups: Vec<Vec<u32>>,
}

/// A matrix and what it is applied to.
#[derive(Clone, Copy)]
pub(super) struct Dense<'a> {
    pub(super) input: &'a Input,
    pub(super) packed: &'a PackedMatrix,
    /// The weights in `f32`.
    pub(super) weights: &'a [f32],
}

/// Room for a gradient's way back through a matrix.
pub(super) struct DenseSpace {
    matrix: Aligned<u32>,
    rows: Aligned<f32>,
}

impl GroupLines {
    pub(super) fn new(level: Level, n: usize, time: usize) -> Self {
        Self { n_groups: n / level.group(), step: time | 1 }
    }

    /// Lines a panel.
    pub(super) fn depth(self) -> usize {
        self.n_groups * self.step
    }

    /// The place of step `t` in panels.
    pub(super) fn to(self, words: &mut [u32], t: usize) -> Panels<'_> {
        Panels { words, depth: self.depth(), line: t, step: self.step }
    }

    /// The steps from `t` in panels.
    pub(super) fn from(self, panels: &[u32], t: usize) -> Lines<'_> {
        Lines { panels, depth: self.depth(), from: t, step: self.step }
    }
}

impl Kept {
    fn new(level: Level, mask: &[f32], width: usize) -> Self {
        let of = |rows: &[f32], group: usize| -> Vec<u32> {
            let counts = |word: &usize| {
                let numbers = word * group..(word + 1) * group;
                rows.chunks_exact(width).any(|row| row[numbers.clone()].iter().any(|m| *m != 0.0))
            };
            (0..width / group).filter(counts).map(|word| word as u32).collect()
        };
        let group = level.group();
        Self {
            words: mask.chunks_exact(width).map(|row| of(row, group)).collect(),
            numbers: mask.chunks_exact(width).map(|row| of(row, 1)).collect(),
            of_groups: mask.chunks_exact(group * width).map(|rows| of(rows, 1)).collect(),
        }
    }
}

impl Input {
    pub(super) fn new(level: Level, (time, n): (usize, usize), width: usize, keep: bool) -> Self {
        let lines = GroupLines::new(level, n, time);
        Self {
            level,
            n,
            width,
            rows: Aligned::zeros(time * n * width / level.group()),
            panels: Aligned::zeros(if keep { lines.depth() * width } else { 0 }),
            lines,
            mask: Vec::new(),
            kept: Kept::default(),
        }
    }

    /// Sets the mask, empty for none.
    pub(super) fn set_mask(&mut self, mask: Vec<f32>) {
        self.kept = Kept::new(self.level, &mask, self.width);
        self.mask = mask;
    }

    fn depth(&self) -> usize {
        self.width / self.level.group()
    }

    /// Where a step is written: rows and panels, and the mask.
    pub(super) fn place(&mut self, t: usize) -> (&mut [u32], Panels<'_>, &[f32]) {
        let words = self.n * self.depth();
        (&mut self.rows[t * words..(t + 1) * words], self.lines.to(&mut self.panels, t), &self.mask)
    }
}

impl Dense<'_> {
    /// `out = input · matrix + bias` for some steps: \[steps, n, `stride`\].
    pub(super) fn forward(
        &self,
        steps: &Range<usize>,
        bias: &[f32],
        out: &mut [f32],
        stride: usize,
    ) {
        let Input { level, n, ref kept, .. } = *self.input;
        let depth = self.input.depth();
        let rows = &self.input.rows[steps.start * n * depth..];
        let b = &self.packed.forward;
        if kept.words.is_empty() {
            let (a, n_rows) = (Rows::dense(rows, depth), steps.len() * n);
            level.run(Product { a, words: None, b, bias, out: &mut *out, stride, n_rows });
        }
        for (lane, words) in kept.words.iter().enumerate() {
            let a = Rows { words: &rows[lane * depth..], depth, stride: n * depth };
            let (out, stride) = (&mut out[lane * stride..], n * stride);
            let words = Some(&words[..]);
            level.run(Product { a, words, b, bias, out, stride, n_rows: steps.len() });
        }
    }

    /// From the gradients of the outputs of some steps, rows of `width` numbers, to those of the inputs,
    /// which `d` receives.
    pub(super) fn back(
        &self,
        steps: &Range<usize>,
        (d_out, width): (&[u32], usize),
        d: &mut OutputGradient<'_>,
        space: &mut DenseSpace,
    ) {
        let Input { level, n, ref kept, .. } = *self.input;
        let (depth, stride) = (width / level.group(), d.stride);
        let to = &mut d.numbers[steps.start * n * stride..steps.end * n * stride];
        if kept.numbers.is_empty() {
            level.run(Product {
                a: Rows::dense(d_out, depth),
                words: None,
                b: &self.packed.backward,
                bias: &[],
                out: to,
                stride,
                n_rows: steps.len() * n,
            });
        }
        for (lane, numbers) in kept.numbers.iter().enumerate() {
            let narrow = numbers.len().next_multiple_of(level.lanes());
            let matrix = &mut space.matrix[..narrow * depth];
            level.run(Transpose {
                from: self.weights,
                depth: self.input.width,
                lines: Some(numbers),
                to: &mut *matrix,
            });
            let rows = &mut space.rows[..steps.len() * narrow];
            level.run(Product {
                a: Rows { words: &d_out[lane * depth..], depth, stride: n * depth },
                words: None,
                b: matrix,
                bias: &[],
                out: &mut *rows,
                stride: narrow,
                n_rows: steps.len(),
            });
            for step in 0..steps.len() {
                let to = &mut to[(step * n + lane) * stride..][..self.input.width];
                to.fill(0.0);
                for (number, d) in numbers.iter().zip(&rows[step * narrow..]) {
                    to[*number as usize] = *d;
                }
            }
        }
    }

    /// Adds the gradient of the matrix over some steps, of whose outputs the gradients lie in `d_out`.
    pub(super) fn add_gradient(&self, steps: &Range<usize>, d_out: Lines<'_>, out: &mut [f32]) {
        let Input { level, ref panels, lines, ref kept, .. } = *self.input;
        level.run(Outer {
            a: lines.from(panels, steps.start),
            b: d_out,
            n_parts: lines.n_groups,
            n_lines: steps.len(),
            numbers: &kept.of_groups,
            out,
        });
    }
}

impl DenseSpace {
    /// For matrices of up to `height` and `width` numbers, `n_steps` steps at once.
    pub(super) fn new(level: Level, height: usize, width: usize, n_steps: usize) -> Self {
        let matrix = Aligned::zeros(height * width / level.group());
        Self { matrix, rows: Aligned::zeros(n_steps * height) }
    }
}
