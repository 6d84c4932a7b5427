//! How is the first layer's input multiplied where the same few embeddings come again and again?
//!
//! Each distinct embedding of a window is multiplied by the input weights once, and its product is a
//! row of a table; a step begins with the sum of its rows. On the way back the gradients of the steps
//! are added up row by row, and each sum is multiplied once. Not possible with dropout of the
//! embeddings, where no two lanes see the same one.

use std::ops::Range;

use super::layer::Input;
use super::layout::Layout;
use super::shard::View;
use super::{n_cores, on_threads};
use crate::batch::Window;
use crate::kernels::Level;
use crate::kernels::adamw::{Add, AddWords};
use crate::kernels::aligned::Aligned;
use crate::kernels::cell::Panels;
use crate::kernels::outer::{Lines, Outer};
use crate::kernels::pack::Spread;
use crate::kernels::product::{Product, Rows};

/// Steps that must share a row on average for the table to pay.
const STEPS_A_ROW: usize = 4;
/// Numbers that an embedding must have for each that is added up at a step.
const WIDTH_A_PICK: usize = 16;
/// Rows whose gradients are held at once.
const ROWS_AT_ONCE: usize = 128;

/// The distinct embeddings of a window and their products.
pub(super) struct Table {
    level: Level,
    /// Places among the weights.
    embeddings: Vec<Range<usize>>,
    /// The same as operands, with a row of zeros if their number is not one of whole groups.
    operands: Input,
    /// Numbers a row: four gates a unit.
    width: usize,
    /// With the layer's bias for tokens \[rows, width\].
    products: Aligned<f32>,
    /// Rows that are added up at a step \[time, batch, picks\].
    picks: Vec<u32>,
    n_picks: usize,
    batch: usize,
}

impl Table {
    /// The table of a window, or `None` where it would not pay.
    pub(super) fn of(view: &View<'_>, window: &Window) -> Option<Self> {
        let (level, layout) = (view.level, view.layout);
        let n_steps = window.time * window.batch;
        let n_picks = layout.size.inputs() + usize::from(layout.size.conditions > 0);
        if layout.embedding_width < WIDTH_A_PICK * n_picks {
            return None;
        }
        let mut rows = vec![None; layout.size.embedding_rows() + layout.size.conditions];
        let mut embeddings: Vec<Range<usize>> = Vec::new();
        let mut picks = Vec::with_capacity(n_steps * n_picks);
        for at in 0..n_steps {
            for range in rows_of(layout, window, at) {
                let place = (range.start - layout.embedding.start) / layout.embedding_width;
                picks.push(*rows[place].get_or_insert_with(|| {
                    embeddings.push(range);
                    embeddings.len() as u32 - 1
                }));
            }
            if embeddings.len() * STEPS_A_ROW > n_steps {
                return None;
            }
        }
        // The first of a step's embeddings is its token's, whose products take the bias.
        let tokens_end = layout.embedding.start + layout.size.rows() * layout.embedding_width;
        let width = 4 * layout.units;
        let n_rows = embeddings.len().next_multiple_of(level.group());
        let operands = operands(view, &embeddings, n_rows);
        let mut products = Aligned::zeros(n_rows * width);
        let part = n_rows.div_ceil(n_cores());
        let depth = operands.width / level.group();
        let jobs = products.chunks_mut(part * width).zip(operands.rows.chunks(part * depth));
        on_threads(jobs.collect(), |(out, words)| {
            level.run(Product {
                a: Rows { words, depth },
                b: &view.packed.input(0).forward,
                bias: &[],
                n_rows: out.len() / width,
                out,
                stride: width,
            });
        });
        let bias = &view.weights[layout.layers[0].bias.clone()];
        for (range, to) in embeddings.iter().zip(products.chunks_exact_mut(width)) {
            if range.start < tokens_end {
                level.run(Add { to, from: bias });
            }
        }
        let batch = window.batch;
        Some(Self { level, embeddings, operands, width, products, picks, n_picks, batch })
    }

    fn picks(&self, t: usize, lane: usize) -> impl Iterator<Item = usize> {
        let from = (t * self.batch + lane) * self.n_picks;
        self.picks[from..from + self.n_picks].iter().map(|row| *row as usize)
    }

    /// What the gates' sums of some lanes begin with at a step \[lanes, width\].
    pub(super) fn begin(&self, t: usize, lanes: Range<usize>, to: &mut [f32]) {
        for (lane, to) in lanes.zip(to.chunks_exact_mut(self.width)) {
            let mut rows = self.picks(t, lane).map(|row| &self.products[row * self.width..]);
            if let Some(token) = rows.next() {
                to.copy_from_slice(&token[..self.width]);
            }
            for from in rows {
                self.level.run(Add { to: &mut *to, from });
            }
        }
    }

    /// Numbers of the gradient of the products.
    pub(super) fn n_products(&self) -> usize {
        self.products.len()
    }

    /// Adds the gradient of some lanes' sums at a step, rows of words, to that of the products.
    pub(super) fn add_gradient(&self, t: usize, lanes: Range<usize>, d: &[u32], to: &mut [f32]) {
        for (lane, d) in lanes.zip(d.chunks_exact(self.width / self.level.group())) {
            for row in self.picks(t, lane) {
                let to = &mut to[row * self.width..][..self.width];
                self.level.run(AddWords { to, from: d });
            }
        }
    }

    /// The rows divided among `n` threads.
    pub(super) fn shares(&self, n: usize) -> impl Iterator<Item = Range<usize>> {
        let n_rows = self.products.len() / self.width;
        let part = n_rows.div_ceil(n).next_multiple_of(self.level.group());
        (0..n).map(move |idx| (idx * part).min(n_rows)..((idx + 1) * part).min(n_rows))
    }

    /// Adds to `gradient` what gradients of the products, which are added up, say by these rows of
    /// the embeddings and of the input weights.
    pub(super) fn back(
        &self,
        view: &View<'_>,
        d: &[&[f32]],
        rows: Range<usize>,
        gradient: &mut [f32],
    ) {
        let (level, width, numbers) = (self.level, self.width, self.operands.width);
        let group = level.group();
        let lines = self.products.len() / width / group;
        let n_most = ROWS_AT_ONCE.min(rows.len());
        let depth = n_most / group;
        let mut sums = Aligned::zeros(n_most * width);
        let mut words = Aligned::zeros(n_most * width / group);
        let mut panels = Aligned::zeros(words.len());
        let mut d_embeddings = vec![0.0; n_most * numbers];
        let end = rows.end;
        for from in rows.step_by(ROWS_AT_ONCE) {
            let n_rows = n_most.min(end - from);
            let sums = &mut sums[..n_rows * width];
            let words = &mut words[..n_rows * width / group];
            sums.fill(0.0);
            for d in d {
                level.run(Add { to: &mut *sums, from: &d[from * width..] });
            }
            level.run(Spread {
                from: sums,
                width,
                rows: &mut *words,
                panels: Some(Panels { words: &mut panels, depth, line: 0 }),
                sums: &mut [],
            });
            level.run(Outer {
                a: Lines { panels: &self.operands.panels, depth: lines, from: from / group },
                b: Lines { panels: &panels, depth, from: 0 },
                n_lines: n_rows / group,
                out: &mut gradient[view.layout.layers[0].input.range.clone()],
            });
            level.run(Product {
                a: Rows { words, depth: width / group },
                b: &view.packed.input(0).backward,
                bias: &[],
                out: &mut d_embeddings,
                stride: numbers,
                n_rows,
            });
            let embeddings = self.embeddings.iter().skip(from).take(n_rows);
            for (range, from) in embeddings.zip(d_embeddings.chunks_exact(numbers)) {
                level.run(Add { to: &mut gradient[range.clone()], from });
            }
        }
    }
}

fn operands(view: &View<'_>, embeddings: &[Range<usize>], n_rows: usize) -> Input {
    let width = view.layout.embedding_width;
    let mut operands = Input::new(view.level, n_rows, width);
    let mut from = vec![0.0; n_rows * width];
    for (range, to) in embeddings.iter().zip(from.chunks_exact_mut(width)) {
        to.copy_from_slice(&view.weights[range.clone()]);
    }
    let depth = n_rows / view.level.group();
    view.level.run(Spread {
        from: &from,
        width,
        rows: &mut operands.rows,
        panels: Some(Panels { words: &mut operands.panels, depth, line: 0 }),
        sums: &mut [],
    });
    operands
}

/// Embeddings that are added up at a step of a lane, as ranges of the weights.
pub(super) fn rows_of<'a>(
    layout: &'a Layout,
    window: &'a Window,
    at: usize,
) -> impl Iterator<Item = Range<usize>> + 'a {
    let (width, n) = (layout.embedding_width, layout.size.inputs());
    let of = move |start: usize, row: u32| {
        let from = start + row as usize * width;
        from..from + width
    };
    let inputs = window.inputs[at * n..][..n].iter();
    let condition = window.conditions.get(at).filter(|_| layout.size.conditions > 0);
    let inputs = inputs.map(move |row| of(layout.embedding.start, *row));
    inputs.chain(condition.map(move |row| of(layout.conditions.start, *row)))
}
