//! How does one thread go through a window with its share of the lanes?
//!
//! Forward through embedding, layers and loss, and back; everything lies in buffers that are used
//! again for the next window. Only the sums of the gradients meet those of other shards.

use std::ops::Range;

use super::dense::{Dense, DenseSpace, GroupLines, Input, OutputGradient};
use super::layer::{BackSpace, FORWARD_ROWS, LayerSpace, Shape, Weights};
use crate::batch::{NO_LABEL, Window};
use crate::kernels::Level;
use crate::kernels::aligned::Aligned;
use crate::kernels::elementwise::{Add, Multiply};
use crate::kernels::pack::PackRows;
use crate::layout::Layout;
use crate::loss;
use crate::packed::View;
use crate::{LayerState, State};

/// Rows whose logits are held at once.
const HEAD_ROWS: usize = 256;

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
    head: HeadSpace,
}

/// Room for the head's way back.
struct HeadSpace {
    /// Steps whose logits are held at once.
    n_steps: usize,
    d_rows: Aligned<u32>,
    d_panels: Aligned<u32>,
    lines: GroupLines,
    dense: DenseSpace,
}

impl Shard {
    pub(super) fn new(view: &View<'_>, lanes: Range<usize>, time: usize, keep: bool) -> Self {
        let (layout, level) = (view.layout, view.level);
        let n = lanes.len().next_multiple_of(2);
        let shape = Shape { level, time, n, resets: &[], keep };
        let n_layers = layout.layers.len();
        let width = |idx| if idx == 0 { layout.embedding_width } else { layout.units };
        let stride = layout.units.max(layout.embedding_width);
        let sums = n.max(FORWARD_ROWS) * 4 * layout.units;
        let head = HeadSpace::new(level, layout, (time, n), keep);
        let n_logits = head.n_steps * n * layout.head_width;
        Self {
            time,
            keep,
            n,
            resets: vec![false; time * n],
            inputs: (0..=n_layers)
                .map(|idx| Input::new(level, (time, n), width(idx), keep))
                .collect(),
            layers: (0..n_layers).map(|_| LayerSpace::new(&shape, layout.units)).collect(),
            back: BackSpace::new(&shape, layout.units, stride),
            d: Aligned::zeros(if keep { time * n * stride } else { 0 }),
            stride,
            scratch: Aligned::zeros(n_logits.max(n * width(0)).max(sums)),
            head,
            lanes,
        }
    }

    pub(super) fn fits(&self, lanes: &Range<usize>, time: usize, keep: bool) -> bool {
        self.lanes == *lanes && self.time == time && self.keep == keep
    }

    /// Runs over the window; returns the weighted sum of losses, in nats, over all its lanes, and adds
    /// the gradients of the mean loss to `gradient` if it is not empty.
    pub(super) fn run(
        &mut self,
        view: &View<'_>,
        window: &Window,
        masks: &[Vec<f32>],
        state: &State,
        gradient: &mut [f32],
    ) -> f64 {
        self.begin(view, window, masks, state);
        self.embed(view, window);
        let Self { time, n, keep, resets, inputs, layers, scratch, .. } = self;
        let shape = Shape { level: view.level, time: *time, n: *n, resets, keep: *keep };
        for (idx, layer) in layers.iter_mut().enumerate() {
            let (before, after) = inputs.split_at_mut(idx + 1);
            layer.forward(&shape, weights(view, idx), &before[idx], &mut after[0], scratch);
        }
        let loss = self.head(view, window, gradient);
        if !gradient.is_empty() {
            self.back(view, window, gradient);
        }
        loss
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
            let mask = masks.get(idx).map_or(Vec::new(), |mask| pad(mask, width, input.width));
            input.set_mask(mask);
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
        let width = input.width;
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
            let (rows, panels, _) = input.place(t);
            level.run(PackRows {
                from: sums,
                width,
                rows,
                panels: self.keep.then_some(panels),
                sums: &mut [],
            });
        }
    }

    /// The loss, and with `gradient` also the output's gradients and, in `d`, that of its input.
    fn head(&mut self, view: &View<'_>, window: &Window, gradient: &mut [f32]) -> f64 {
        let mut loss = 0.0;
        for from in (0..self.time).step_by(self.head.n_steps) {
            let steps = from..self.time.min(from + self.head.n_steps);
            let (bias, width) =
                (&view.weights[view.layout.output_bias.clone()], view.layout.head_width);
            output(view, &self.inputs).forward(&steps, bias, &mut self.scratch, width);
            loss += self.losses(view, window, steps.start * self.n..steps.end * self.n);
            if !gradient.is_empty() {
                self.head_back(view, &steps, gradient);
            }
        }
        loss
    }

    /// The losses of some rows, whose logits in `scratch` become their gradients.
    fn losses(&mut self, view: &View<'_>, window: &Window, rows: Range<usize>) -> f64 {
        let (size, width) = (view.layout.size, view.layout.head_width);
        let mut loss = 0.0;
        for (row, logits) in rows.zip(self.scratch.chunks_exact_mut(width)) {
            let (t, lane) = (row / self.n, row % self.n);
            if lane < self.lanes.len() {
                let at = t * window.batch + self.lanes.start + lane;
                loss += loss::gradient_of_row(view.level, logits, size, &window.targets, at);
            } else {
                logits.fill(0.0);
            }
        }
        loss
    }

    /// From the gradients of some steps' logits to those of the output's weights and input.
    fn head_back(&mut self, view: &View<'_>, steps: &Range<usize>, gradient: &mut [f32]) {
        let (level, layout) = (view.level, view.layout);
        let width = layout.head_width;
        let (numbers, n_words) = (self.n * width, self.n * width / level.group());
        let HeadSpace { d_rows, d_panels, lines, dense: space, .. } = &mut self.head;
        for step in 0..steps.len() {
            level.run(PackRows {
                from: &self.scratch[step * numbers..(step + 1) * numbers],
                width,
                rows: &mut d_rows[step * n_words..(step + 1) * n_words],
                panels: Some(lines.to(d_panels, step)),
                sums: &mut gradient[layout.output_bias.clone()],
            });
        }
        let dense = output(view, &self.inputs);
        let to = &mut gradient[layout.output.range.clone()];
        dense.add_gradient(steps, lines.from(d_panels, 0), to);
        let mut d = OutputGradient { numbers: &mut self.d, stride: self.stride };
        dense.back(steps, (d_rows, width), &mut d, space);
    }

    /// From the gradient of the last output to those of the layers' weights and the embeddings.
    fn back(&mut self, view: &View<'_>, window: &Window, gradient: &mut [f32]) {
        let Self { time, n, keep, resets, inputs, layers, back, d, stride, .. } = self;
        let shape = Shape { level: view.level, time: *time, n: *n, resets, keep: *keep };
        let mut d = OutputGradient { numbers: &mut *d, stride: *stride };
        for (idx, layer) in layers.iter().enumerate().rev() {
            let own = (&view.layout.layers[idx], weights(view, idx));
            let between = (&inputs[idx], &inputs[idx + 1]);
            layer.back(&shape, own, between, &mut d, back, gradient);
        }
        self.embeddings_back(view, window, gradient);
    }

    /// Adds the gradient of the first layer's input to those of the embeddings.
    fn embeddings_back(&mut self, view: &View<'_>, window: &Window, gradient: &mut [f32]) {
        let (level, width, mask) = (view.level, view.layout.embedding_width, &self.inputs[0].mask);
        for (row, d) in self.d.chunks_exact_mut(self.stride).enumerate() {
            let (t, lane) = (row / self.n, row % self.n);
            if lane >= self.lanes.len() {
                continue;
            }
            let from = &mut d[..width];
            if !mask.is_empty() {
                level.run(Multiply { to: &mut *from, by: &mask[lane * width..][..width] });
            }
            let at = t * window.batch + self.lanes.start + lane;
            for range in rows_of(view.layout, window, at) {
                level.run(Add { to: &mut gradient[range], from: &*from });
            }
        }
    }
}

impl HeadSpace {
    fn new(level: Level, layout: &Layout, (time, n): (usize, usize), keep: bool) -> Self {
        let n_steps = (HEAD_ROWS / n).clamp(1, time);
        let lines = GroupLines::new(level, n, n_steps);
        let if_kept = |numbers: usize| if keep { numbers } else { 0 };
        Self {
            n_steps,
            d_rows: Aligned::zeros(if_kept(n_steps * n * layout.head_width / level.group())),
            d_panels: Aligned::zeros(if_kept(lines.depth() * layout.head_width)),
            lines,
            dense: DenseSpace::new(level, if_kept(layout.units), layout.head_width, n_steps),
        }
    }
}

/// The output's matrix and what it is applied to.
fn output<'a>(view: &View<'a>, inputs: &'a [Input]) -> Dense<'a> {
    Dense {
        input: &inputs[inputs.len() - 1],
        packed: view.packed.output(),
        weights: &view.weights[view.layout.output.range.clone()],
    }
}

/// Embeddings that are added up at a step of a lane, as ranges of the weights.
fn rows_of<'a>(
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
    let n_labels = if layout.size.labels > 0 { window.n_labels } else { 0 };
    let labels = window.labels[at * n_labels..][..n_labels].iter().filter(|row| **row != NO_LABEL);
    let inputs = inputs.map(move |row| of(layout.embedding.start, *row));
    inputs.chain(labels.map(move |row| of(layout.labels.start, *row)))
}

fn weights<'a>(view: &View<'a>, layer: usize) -> Weights<'a> {
    Weights {
        input: view.packed.input(layer),
        input_numbers: &view.weights[view.layout.layers[layer].input.range.clone()],
        recurrent: view.packed.recurrent(layer),
        bias: &view.weights[view.layout.layers[layer].bias.clone()],
    }
}
