//! How does one thread go through a window with its share of the lanes?
//!
//! Forward through embedding, layers and loss, and back; everything lies in buffers that are used
//! again for the next window. Only the sums of the gradients meet those of other shards.

use std::ops::Range;

use super::layer::{BackSpace, Below, Input, LayerSpace, Shape, Weights};
use super::layout::Layout;
use super::packed::Packed;
use super::table::{Table, rows_of};
use crate::batch::Window;
use crate::kernels::Level;
use crate::kernels::adamw::{Add, Multiply};
use crate::kernels::aligned::Aligned;
use crate::kernels::cell::Panels;
use crate::kernels::outer::{Lines, Outer};
use crate::kernels::pack::Spread;
use crate::kernels::product::{Product, Rows};
use crate::loss;
use crate::{LayerState, State};

/// Rows whose logits are held at once.
const HEAD_ROWS: usize = 256;

/// Weights as a shard reads them.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) level: Level,
    pub(super) layout: &'a Layout,
    pub(super) weights: &'a [f32],
    pub(super) packed: &'a Packed,
}

/// A share of the lanes and everything it needs for a window.
pub(super) struct Shard {
    lanes: Range<usize>,
    time: usize,
    keep: bool,
    /// Lanes with padding.
    n: usize,
    resets: Vec<bool>,
    /// What goes into each layer and out of the last.
    inputs: Vec<Input>,
    layers: Vec<LayerSpace>,
    back: BackSpace,
    /// Gradient of an input \[time, n, stride\].
    d: Aligned<f32>,
    stride: usize,
    /// Sums of embeddings, then logits and their gradient.
    scratch: Aligned<f32>,
    d_rows: Aligned<u32>,
    d_panels: Aligned<u32>,
}

impl Shard {
    pub(super) fn new(view: &View<'_>, lanes: Range<usize>, time: usize, keep: bool) -> Self {
        let (layout, level) = (view.layout, view.level);
        let n = lanes.len().next_multiple_of(2);
        let shape = Shape { level, time, n, resets: &[], keep };
        let n_layers = layout.layers.len();
        let width = |idx| if idx == 0 { layout.embedding_width } else { layout.units };
        let stride = layout.units.max(layout.embedding_width);
        let n_words = HEAD_ROWS * layout.head_width / level.group();
        Self {
            time,
            keep,
            n,
            resets: vec![false; time * n],
            inputs: (0..=n_layers).map(|idx| Input::new(level, time * n, width(idx))).collect(),
            layers: (0..n_layers).map(|_| LayerSpace::new(&shape, layout.units)).collect(),
            back: BackSpace::new(&shape, layout.units),
            d: Aligned::zeros(if keep { time * n * stride } else { 0 }),
            stride,
            scratch: Aligned::zeros((HEAD_ROWS * layout.head_width).max(n * width(0))),
            d_rows: Aligned::zeros(if keep { n_words } else { 0 }),
            d_panels: Aligned::zeros(if keep { n_words } else { 0 }),
            lanes,
        }
    }

    pub(super) fn fits(&self, lanes: &Range<usize>, time: usize, keep: bool) -> bool {
        self.lanes == *lanes && self.time == time && self.keep == keep
    }

    /// Runs over the window, of which a table may be made; returns the weighted sum of losses, in
    /// nats, over all its lanes, and adds the gradients of the mean loss to `gradient` if it is not
    /// empty.
    pub(super) fn run(
        &mut self,
        view: &View<'_>,
        (window, table): (&Window, Option<&Table>),
        masks: &[Vec<f32>],
        state: &State,
        gradient: &mut [f32],
    ) -> f64 {
        self.begin(view, window, masks, state);
        if table.is_none() {
            self.embed(view, window);
        }
        for (idx, layer) in self.layers.iter_mut().enumerate() {
            let (before, after) = self.inputs.split_at_mut(idx + 1);
            let shape = Shape {
                level: view.level,
                time: self.time,
                n: self.n,
                resets: &self.resets,
                keep: self.keep,
            };
            let below = below(idx, table, &self.lanes, &before[idx]);
            layer.forward(&shape, weights(view, idx), below, &mut after[0]);
        }
        let loss = self.head(view, window, gradient);
        if !gradient.is_empty() {
            self.back(view, (window, table), gradient);
        }
        loss
    }

    /// The gradient of a table's products.
    pub(super) fn d_products(&self) -> &[f32] {
        &self.back.d_products
    }

    /// Writes the state after the window to the shard's lanes.
    pub(super) fn end(&self, view: &View<'_>, state: &mut State) {
        let hidden = view.layout.size.hidden;
        let shape = self.shape(view.level);
        for (layer, LayerState { hidden: to_hidden, cell: to_cell }) in
            self.layers.iter().zip(&mut state.0)
        {
            for (idx, lane) in self.lanes.clone().enumerate() {
                let (last, cell) = layer.end(&shape, idx);
                to_hidden[lane * hidden..][..hidden].copy_from_slice(&last[..hidden]);
                to_cell[lane * hidden..][..hidden].copy_from_slice(&cell[..hidden]);
            }
        }
    }

    fn shape(&self, level: Level) -> Shape<'_> {
        Shape { level, time: self.time, n: self.n, resets: &self.resets, keep: self.keep }
    }

    fn begin(&mut self, view: &View<'_>, window: &Window, masks: &[Vec<f32>], state: &State) {
        let (n, size) = (self.n, view.layout.size);
        for t in 0..self.time {
            for (idx, lane) in self.lanes.clone().enumerate() {
                self.resets[t * n + idx] = window.resets[t * window.batch + lane];
            }
        }
        let lanes = &self.lanes;
        let pad = |from: &[f32], width: usize, padded: usize| {
            let mut to = vec![0.0; n * padded];
            for (idx, lane) in lanes.clone().enumerate() {
                to[idx * padded..][..width].copy_from_slice(&from[lane * width..][..width]);
            }
            to
        };
        for (idx, input) in self.inputs.iter_mut().enumerate() {
            let width = if idx == 0 { size.embedding } else { size.hidden };
            input.mask = masks.get(idx).map_or(Vec::new(), |mask| pad(mask, width, input.width));
        }
        let shape =
            Shape { level: view.level, time: self.time, n, resets: &self.resets, keep: self.keep };
        for (layer, LayerState { hidden, cell }) in self.layers.iter_mut().zip(&state.0) {
            let units = view.layout.units;
            let (hidden, cell) = (pad(hidden, size.hidden, units), pad(cell, size.hidden, units));
            layer.begin(&shape, &hidden, &cell);
        }
    }

    /// Sums of the embeddings, masked, as the input of the first layer.
    fn embed(&mut self, view: &View<'_>, window: &Window) {
        let (level, n) = (view.level, self.n);
        let input = &mut self.inputs[0];
        let (width, n_words) = (input.width, n * input.width / level.group());
        let sums = &mut self.scratch[..n * width];
        for t in 0..self.time {
            sums.fill(0.0);
            for (idx, lane) in self.lanes.clone().enumerate() {
                let to = &mut sums[idx * width..][..width];
                for range in rows_of(view.layout, window, t * window.batch + lane) {
                    level.run(Add { to, from: &view.weights[range] });
                }
            }
            if !input.mask.is_empty() {
                level.run(Multiply { to: sums, by: &input.mask });
            }
            let panels = Panels {
                words: &mut input.panels,
                depth: self.time * n / level.group(),
                line: t * n / level.group(),
            };
            level.run(Spread {
                from: sums,
                width,
                rows: &mut input.rows[t * n_words..(t + 1) * n_words],
                panels: self.keep.then_some(panels),
                sums: &mut [],
            });
        }
    }

    /// The loss, and with `gradient` also the output's gradients and, in `d`, that of its input.
    fn head(&mut self, view: &View<'_>, window: &Window, gradient: &mut [f32]) -> f64 {
        let (level, layout) = (view.level, view.layout);
        let (width, group) = (layout.head_width, level.group());
        let n_rows = self.time * self.n;
        let input = &self.inputs[self.inputs.len() - 1];
        let depth = input.width / group;
        let matrix = view.packed.output();
        let mut loss = 0.0;
        for from in (0..n_rows).step_by(HEAD_ROWS) {
            let rows = HEAD_ROWS.min(n_rows - from);
            let logits = &mut self.scratch[..rows * width];
            level.run(Product {
                a: Rows { words: &input.rows[from * depth..], depth },
                b: &matrix.forward,
                bias: &view.weights[layout.output_bias.clone()],
                out: &mut *logits,
                stride: width,
                n_rows: rows,
            });
            for (idx, row) in logits.chunks_exact_mut(width).enumerate() {
                let (t, lane) = ((from + idx) / self.n, (from + idx) % self.n);
                if lane < self.lanes.len() {
                    let at = t * window.batch + self.lanes.start + lane;
                    loss += loss::gradient_of_row(level, row, layout.size, &window.targets, at);
                } else {
                    row.fill(0.0);
                }
            }
            if gradient.is_empty() {
                continue;
            }
            let n_lines = rows / group;
            let d_rows = &mut self.d_rows[..rows * width / group];
            level.run(Spread {
                from: logits,
                width,
                rows: &mut *d_rows,
                panels: Some(Panels {
                    words: &mut self.d_panels,
                    depth: HEAD_ROWS / group,
                    line: 0,
                }),
                sums: &mut gradient[layout.output_bias.clone()],
            });
            level.run(Outer {
                a: Lines { panels: &input.panels, depth: n_rows / group, from: from / group },
                b: Lines { panels: &self.d_panels, depth: HEAD_ROWS / group, from: 0 },
                n_lines,
                out: &mut gradient[layout.output.range.clone()],
            });
            level.run(Product {
                a: Rows { words: d_rows, depth: width / group },
                b: &matrix.backward,
                bias: &[],
                out: &mut self.d[from * self.stride..],
                stride: self.stride,
                n_rows: rows,
            });
        }
        loss
    }

    /// From the gradient of the last output to those of the layers' weights and the embeddings.
    fn back(
        &mut self,
        view: &View<'_>,
        (window, table): (&Window, Option<&Table>),
        gradient: &mut [f32],
    ) {
        let (level, layout) = (view.level, view.layout);
        let Self { time, n, keep, resets, inputs, layers, back, d, stride, lanes, .. } = self;
        let (time, n, keep, stride) = (*time, *n, *keep, *stride);
        let shape = Shape { level, time, n, resets, keep };
        for (idx, layer) in layers.iter().enumerate().rev() {
            layer.back(
                &shape,
                &layout.layers[idx],
                weights(view, idx),
                (below(idx, table, lanes, &inputs[idx]), &inputs[idx + 1]),
                (d, stride),
                back,
                gradient,
            );
        }
        if table.is_some() {
            return;
        }
        let (width, mask) = (layout.embedding_width, &inputs[0].mask);
        for (row, d) in d.chunks_exact_mut(stride).enumerate() {
            let (t, lane) = (row / n, row % n);
            if lane >= lanes.len() {
                continue;
            }
            let from = &mut d[..width];
            if !mask.is_empty() {
                level.run(Multiply { to: &mut *from, by: &mask[lane * width..][..width] });
            }
            for range in rows_of(layout, window, t * window.batch + lanes.start + lane) {
                level.run(Add { to: &mut gradient[range], from: &*from });
            }
        }
    }
}

fn below<'a>(
    layer: usize,
    table: Option<&'a Table>,
    lanes: &'a Range<usize>,
    input: &'a Input,
) -> Below<'a> {
    match table {
        Some(table) if layer == 0 => Below::Table(table, lanes),
        _ => Below::Rows(input),
    }
}

fn weights<'a>(view: &View<'a>, layer: usize) -> Weights<'a> {
    Weights {
        input: view.packed.input(layer),
        recurrent: view.packed.recurrent(layer),
        bias: &view.weights[view.layout.layers[layer].bias.clone()],
    }
}
