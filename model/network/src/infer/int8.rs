//! How do layers predict in 8 bits, or with weights in 4?

use std::ops::Range;

use super::stream::Stream;
use crate::kernels::Level;
use crate::kernels::int8::{Int8Matrix, Int8Product, Int8Step, Weights};
use crate::layout::{Layout, Matrix};

/// Layers in 8 bits or with weights in 4, the output in 8.
pub(super) struct Int8Layers {
    level: Level,
    units: usize,
    layers: Vec<Layer>,
    output: Layer,
}

/// Weights and what sums begin with: the bias and the weights' offsets.
struct Layer {
    /// Of a layer's input (but the first's) and its own last output.
    matrix: Int8Matrix,
    initial: Vec<f32>,
}

impl Int8Layers {
    /// `bits` are those of the layers' weights.
    pub(super) fn new(level: Level, bits: Weights, layout: &Layout, weights: &[f32]) -> Self {
        let panels = |matrix: &Matrix| (&weights[matrix.range.clone()], matrix.depth);
        let layer = |matrix: Int8Matrix, bias: &Range<usize>| {
            let mut initial = matrix.offsets().to_vec();
            initial.iter_mut().zip(&weights[bias.clone()]).for_each(|(sum, bias)| *sum += bias);
            Layer { matrix, initial }
        };
        let layers = layout.layers.iter().enumerate().map(|(idx, own)| {
            let both = [panels(&own.input), panels(&own.recurrent)];
            let matrix = Int8Matrix::new(level, &both[usize::from(idx == 0)..], bits);
            layer(matrix, &own.bias)
        });
        let output = Int8Matrix::new(level, &[panels(&layout.output)], Weights::Bits8);
        Self {
            level,
            units: layout.units,
            layers: layers.collect(),
            output: layer(output, &layout.output_bias),
        }
    }

    /// What has to be added to the first layer's sums beside the bias.
    pub(super) fn first_offsets(&self) -> &[f32] {
        self.layers.first().map_or(&[], |layer| layer.matrix.offsets())
    }

    /// Rows of activations before the first token of `n` streams, of the layer below and the layer's
    /// own, and room for the next.
    pub(super) fn hidden(&self, n: usize) -> Vec<[Vec<u32>; 2]> {
        let zero = u32::from_le_bytes([self.level.zero_activation(); 4]);
        let room = n * self.units / 4;
        let rows = |idx: usize| vec![zero; if idx == 0 { room } else { 2 * room }];
        (0..self.layers.len()).map(|idx| [rows(idx), vec![zero; room]]).collect()
    }

    /// Numbers a row of logits.
    pub(super) fn width(&self) -> usize {
        self.output.matrix.width()
    }

    /// From the first layer's sums to the logits.
    pub(super) fn run(&self, stream: &mut Stream) {
        let n = stream.n_streams;
        for idx in 0..self.layers.len() {
            self.step(idx, n, stream);
        }
        if let Some([_, top]) = stream.hidden.last() {
            let Layer { matrix, initial } = &self.output;
            let out = &mut stream.logits;
            self.level.run(Int8Product { n, rows: top, matrix, initial, out });
        }
    }

    fn step(&self, idx: usize, n: usize, stream: &mut Stream) {
        let words = self.units / 4;
        let Layer { matrix, initial } = &self.layers[idx];
        let (own, above) = stream.hidden.split_at_mut(idx + 1);
        let [rows, out] = &mut own[idx];
        self.level.run(Int8Step {
            n,
            rows,
            matrix,
            initial: (idx > 0).then_some(&initial[..]),
            sums: &mut stream.sums,
            cells: &mut stream.cells[idx][0],
            out,
        });
        let depth = rows.len() / n;
        for (lane, new) in out.chunks_exact(words).enumerate() {
            rows[(lane + 1) * depth - words..][..words].copy_from_slice(new);
            if let Some([rows, _]) = above.first_mut() {
                rows[lane * 2 * words..][..words].copy_from_slice(new);
            }
        }
    }
}
