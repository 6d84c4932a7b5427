//! How do layers predict in eight bits, or with weights in four?

use super::Stream;
use crate::engine::layout::{Layout, Matrix};
use crate::kernels::int8::{Int8, Matrix8, Step8};

/// Layers in eight bits or with weights in four, the output in eight.
pub(super) struct Eight {
    int8: Int8,
    units: usize,
    /// Weights of a layer's input (but the first's) and its own last output, and what its sums begin
    /// with.
    layers: Vec<(Matrix8, Vec<f32>)>,
    output: Matrix8,
    output_base: Vec<f32>,
}

impl Eight {
    pub(super) fn new(int8: Int8, halved: bool, layout: &Layout, weights: &[f32]) -> Self {
        let panels = |matrix: &Matrix| (&weights[matrix.range.clone()], matrix.depth);
        let base = |matrix: &Matrix8, bias: &std::ops::Range<usize>| {
            let mut base = matrix.offsets.clone();
            base.iter_mut().zip(&weights[bias.clone()]).for_each(|(sum, bias)| *sum += bias);
            base
        };
        let layers = layout.layers.iter().enumerate().map(|(idx, layer)| {
            let both = [panels(&layer.input), panels(&layer.recurrent)];
            let matrix = Matrix8::new(int8, &both[usize::from(idx == 0)..], halved);
            let base = base(&matrix, &layer.bias);
            (matrix, base)
        });
        let output = Matrix8::new(int8, &[panels(&layout.output)], false);
        Self {
            int8,
            units: layout.units,
            layers: layers.collect(),
            output_base: base(&output, &layout.output_bias),
            output,
        }
    }

    /// What has to be added to the first layer's sums.
    pub(super) fn first_offsets(&self) -> &[f32] {
        self.layers.first().map_or(&[], |(matrix, _)| &matrix.offsets)
    }

    /// Rows of activations, of the layer below and the layer's own, and room for the next.
    pub(super) fn hidden(&self, n: usize) -> Vec<[Vec<u32>; 2]> {
        let rows = |idx: usize| self.int8.zeros(n * self.units * if idx == 0 { 1 } else { 2 });
        let room = || self.int8.zeros(n * self.units);
        (0..self.layers.len()).map(|idx| [rows(idx), room()]).collect()
    }

    /// Numbers a row of logits.
    pub(super) fn width(&self) -> usize {
        self.output.width()
    }

    /// From the first layer's sums to the logits.
    pub(super) fn run(&self, stream: &mut Stream) {
        let n = stream.conditions.len();
        let words = self.units / 4;
        for (idx, (weights, base)) in self.layers.iter().enumerate() {
            let initial = (idx > 0).then_some(&base[..]);
            let (own, above) = stream.hidden.split_at_mut(idx + 1);
            let [rows, out] = &mut own[idx];
            let cells = &mut stream.cells[idx][0];
            let sums = &mut stream.sums[..];
            self.int8.step(Step8 { n, rows, weights, initial, sums, cells, out });
            let depth = rows.len() / n;
            for (lane, new) in out.chunks_exact(words).enumerate() {
                rows[(lane + 1) * depth - words..][..words].copy_from_slice(new);
                if let Some([rows, _]) = above.first_mut() {
                    rows[lane * 2 * words..][..words].copy_from_slice(new);
                }
            }
        }
        if let Some([_, top]) = stream.hidden.last() {
            self.int8.product(n, top, &self.output, &self.output_base, &mut stream.logits);
        }
    }
}
