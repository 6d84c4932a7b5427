//! How do layers predict with the words of a level?

use super::Stream;
use crate::engine::layout::Layout;
use crate::engine::packed::Packed;
use crate::kernels::Level;
use crate::kernels::cell::Step;
use crate::kernels::product::{Product, Rows};

/// Layers and output in words.
pub(super) struct Words {
    level: Level,
    packed: Packed,
    units: usize,
    biases: Vec<Vec<f32>>,
    output_bias: Vec<f32>,
}

impl Words {
    pub(super) fn new(level: Level, layout: &Layout, weights: &[f32]) -> Self {
        let mut packed = Packed::new(level, layout, false);
        packed.fill(level, layout, weights, 1);
        let bias = |range: &std::ops::Range<usize>| weights[range.clone()].to_vec();
        Self {
            level,
            packed,
            units: layout.units,
            biases: layout.layers.iter().map(|layer| bias(&layer.bias)).collect(),
            output_bias: bias(&layout.output_bias),
        }
    }

    pub(super) fn hidden(&self, n: usize) -> Vec<[Vec<u32>; 2]> {
        let words = || vec![0; n * self.units / self.level.group()];
        self.biases.iter().map(|_| [words(), words()]).collect()
    }

    /// From the first layer's sums to the logits.
    pub(super) fn run(&self, stream: &mut Stream) {
        let n = stream.conditions.len();
        let depth = self.units / self.level.group();
        for idx in 0..stream.hidden.len() {
            let (below, own) = stream.hidden.split_at_mut(idx);
            let [hidden, next] = &mut own[0];
            let [before, after] = &mut stream.cells[idx];
            let (x, input, initial) = match below.last() {
                Some([x, _]) => (
                    Rows { words: x, depth },
                    &self.packed.input(idx).forward[..],
                    self.biases[idx].as_slice(),
                ),
                None => (Rows { words: &[], depth: 0 }, &[][..], stream.sums.as_slice()),
            };
            self.level.run(Step {
                n,
                x,
                input,
                h: Rows { words: hidden, depth },
                recurrent: &self.packed.recurrent(idx).forward,
                initial,
                before,
                after,
                hidden: next,
                left: None,
            });
            own[0].swap(0, 1);
            stream.cells[idx].swap(0, 1);
        }
        let Some([top, _]) = stream.hidden.last() else { return };
        self.level.run(Product {
            a: Rows { words: top, depth },
            b: &self.packed.output().forward,
            bias: &self.output_bias,
            out: &mut stream.logits,
            stride: self.output_bias.len(),
            n_rows: n,
        });
    }
}
