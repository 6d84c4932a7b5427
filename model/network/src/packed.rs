//! In which form are the weights multiplied?
//!
//! As words of a level: forward as they lie, and transposed for the gradient. Made anew after each
//! update; that is one part in a few hundred of a step.

use crate::kernels::Level;
use crate::kernels::aligned::Aligned;
use crate::kernels::pack::{Pack, Transpose};
use crate::layout::{Layout, Matrix};
use crate::threads::on_threads;

/// Weights as they are read while a window is run over.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) level: Level,
    pub(crate) layout: &'a Layout,
    pub(crate) weights: &'a [f32],
    pub(crate) packed: &'a Packed,
}

/// A matrix in words.
pub(crate) struct PackedMatrix {
    pub(crate) forward: Aligned<u32>,
    /// Empty if no gradient is wanted.
    pub(crate) backward: Aligned<u32>,
}

/// All matrices of a network: two a layer, input and recurrent, and the output's.
pub(crate) struct Packed {
    matrices: Vec<PackedMatrix>,
}

impl Packed {
    /// Room for the matrices of a layout.
    pub(crate) fn new(level: Level, layout: &Layout, with_backward: bool) -> Self {
        let matrix = |matrix: &Matrix| {
            let n_words = matrix.range.len() / level.group();
            let backward = Aligned::zeros(if with_backward { n_words } else { 0 });
            PackedMatrix { forward: Aligned::zeros(n_words), backward }
        };
        Self { matrices: matrices(layout).map(matrix).collect() }
    }

    pub(crate) fn input(&self, layer: usize) -> &PackedMatrix {
        &self.matrices[2 * layer]
    }

    pub(crate) fn recurrent(&self, layer: usize) -> &PackedMatrix {
        &self.matrices[2 * layer + 1]
    }

    pub(crate) fn output(&self) -> &PackedMatrix {
        &self.matrices[self.matrices.len() - 1]
    }

    /// Writes the weights, on `n_threads` threads.
    pub(crate) fn fill(
        &mut self,
        level: Level,
        layout: &Layout,
        weights: &[f32],
        n_threads: usize,
    ) {
        let mut jobs: Vec<(&[f32], usize, &mut [u32], bool)> = Vec::new();
        for (packed, matrix) in self.matrices.iter_mut().zip(matrices(layout)) {
            let from = &weights[matrix.range.clone()];
            jobs.push((from, matrix.depth, &mut packed.forward, false));
            if !packed.backward.is_empty() {
                jobs.push((from, matrix.depth, &mut packed.backward, true));
            }
        }
        jobs.sort_by_key(|(from, ..)| std::cmp::Reverse(from.len()));
        let mut shares: Vec<Vec<_>> = (0..n_threads).map(|_| Vec::new()).collect();
        for (idx, job) in jobs.into_iter().enumerate() {
            shares[idx % n_threads].push(job);
        }
        on_threads(shares, |share| {
            for (from, depth, to, is_backward) in share {
                if is_backward {
                    level.run(Transpose { from, depth, lines: None, to });
                } else {
                    level.run(Pack { from, depth, to });
                }
            }
        });
    }
}

fn matrices(layout: &Layout) -> impl Iterator<Item = &Matrix> {
    let of_layers = layout.layers.iter().flat_map(|layer| [&layer.input, &layer.recurrent]);
    of_layers.chain([&layout.output])
}
