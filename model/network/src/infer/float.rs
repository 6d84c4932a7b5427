//! How do layers predict in `f32`?

use std::ops::Range;

use super::stream::Stream;
use crate::kernels::Level;
use crate::kernels::cell::Step;
use crate::kernels::product::{Product, Rows};
use crate::layout::Layout;
use crate::packed::Packed;

/// Layers and output in `f32`.
pub(super) struct FloatLayers {
    level: Level,
    packed: Packed,
    units: usize,
    biases: Vec<Vec<f32>>,
    output_bias: Vec<f32>,
}

impl FloatLayers {
    /// `level` multiplies `f32`.
    pub(super) fn new(level: Level, layout: &Layout, weights: &[f32]) -> Self {
        let mut packed = Packed::new(level, layout, false);
        packed.fill(level, layout, weights, 1);
        let bias = |range: &Range<usize>| weights[range.clone()].to_vec();
        Self {
            level,
            packed,
            units: layout.units,
            biases: layout.layers.iter().map(|layer| bias(&layer.bias)).collect(),
            output_bias: bias(&layout.output_bias),
        }
    }

    /// Outputs of each layer before the first token of `n` streams, and room for the next.
    pub(super) fn hidden(&self, n: usize) -> Vec<[Vec<u32>; 2]> {
        let words = || vec![0; n * self.units];
        self.biases.iter().map(|_| [words(), words()]).collect()
    }

    /// Numbers a row of logits.
    pub(super) fn width(&self) -> usize {
        self.output_bias.len()
    }

    /// From the first layer's sums to the logits.
    pub(super) fn run(&self, stream: &mut Stream) {
        let n = stream.n_streams;
        for idx in 0..stream.hidden.len() {
            self.step(idx, n, stream);
        }
        let Some([top, _]) = stream.hidden.last() else { return };
        self.level.run(Product {
            a: Rows::dense(top, self.units),
            words: None,
            b: &self.packed.output().forward,
            bias: &self.output_bias,
            out: &mut stream.logits,
            stride: self.width(),
            n_rows: n,
        });
    }

    fn step(&self, idx: usize, n: usize, stream: &mut Stream) {
        let depth = self.units;
        let (below, own) = stream.hidden.split_at_mut(idx);
        let [hidden, next] = &mut own[0];
        let [before, after] = &mut stream.cells[idx];
        let (x, input, initial) = match below.last() {
            Some([x, _]) => (
                Rows::dense(x, depth),
                &self.packed.input(idx).forward[..],
                self.biases[idx].as_slice(),
            ),
            None => (Rows::dense(&[], 0), &[][..], stream.sums.as_slice()),
        };
        self.level.run(Step {
            n,
            x,
            input,
            h: Rows::dense(hidden, depth),
            recurrent: &self.packed.recurrent(idx).forward,
            initial,
            before,
            after,
            hidden: next,
            saved: None,
        });
        own[0].swap(0, 1);
        stream.cells[idx].swap(0, 1);
    }
}
