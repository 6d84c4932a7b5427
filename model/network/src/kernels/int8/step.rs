//! How does an LSTM layer make one step in 8 bits?
//!
//! The equations are those of [`cell`](super::super::cell), with x and h in 8 bits and c in `f32`.
#![expect(unsafe_code, reason = "pointers into slices whose lengths were checked once")]
#![expect(clippy::inline_always, reason = "must be compiled for each level")]

use super::super::level::Work;
use super::super::math::{sigmoid, tanh};
use super::super::simd::{BYTES, Simd};
use super::matrix::{Int8Matrix, STEPS};
use super::sums::{Initial, blocks, multiply};

/// One step of `n` lanes of an LSTM layer, as [`Step`](super::super::cell::Step) makes it.
pub(crate) struct Int8Step<'a> {
    pub(crate) n: usize,
    /// Activations \[n, depth\]: x of the layer below, if any, then h of the layer itself.
    pub(crate) rows: &'a [u32],
    /// Weights of both \[depth, 4·units\].
    pub(crate) matrix: &'a Int8Matrix,
    /// What the gates' sums begin with, offsets included, if it is the same for all lanes \[4·units\].
    pub(crate) initial: Option<&'a [f32]>,
    /// Room for the gates' sums \[n, 4·units\]; without `initial`, what they begin with.
    pub(crate) sums: &'a mut [f32],
    /// Cell states \[n, units\], from those before the step to those after.
    pub(crate) cells: &'a mut [f32],
    /// h after the step as activations \[n, units / 4\].
    pub(crate) out: &'a mut [u32],
}

impl Work for Int8Step<'_> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(mut self, simd: S) {
        let (n, width) = (self.n, self.matrix.width());
        let units = width / 4;
        let fits = units.is_multiple_of(S::LANES)
            && self.rows.len() == n * self.matrix.depth
            && self.initial.is_none_or(|initial| initial.len() == width)
            && self.sums.len() == n * width
            && self.cells.len() == n * units
            && self.out.len() * BYTES == n * units;
        assert!(fits, "a step's shapes must agree");
        // All sums first: what becomes of them takes long to come out, and nothing has to wait for it.
        for block in blocks::<S>(self.matrix, n) {
            let column = block.vector * S::LANES;
            // SAFETY: the block lies within the slices, by the assertion above.
            unsafe {
                let to = self.sums.as_mut_ptr().add(block.row * width + column);
                let initial = match self.initial {
                    Some(own) => Initial { from: own.as_ptr().add(column), stride: 0 },
                    None => Initial { from: to.cast_const(), stride: width },
                };
                multiply(simd, self.rows, self.matrix, block, initial, (to, width));
            }
        }
        for row in 0..n {
            for vector in 0..units / S::LANES {
                // SAFETY: row and vector lie within the slices, by the assertion above.
                unsafe { self.cell(simd, units, vector, row) };
            }
        }
    }
}

impl Int8Step<'_> {
    /// From the gates' sums to the cells and outputs of a vector of units.
    ///
    /// # Safety
    /// The shapes must agree, and hold `row` and `vector`.
    #[inline(always)]
    unsafe fn cell<S: Simd>(&mut self, simd: S, units: usize, vector: usize, row: usize) {
        // SAFETY: the caller's.
        unsafe {
            let gates = self.sums.as_ptr().add((row * units + vector * S::LANES) * 4);
            let sum = |gate: usize| simd.load(gates.add(gate * S::LANES));
            let at = row * units + vector * S::LANES;
            let cell = self.cells.as_mut_ptr().add(at);
            let (i, f) = (sigmoid(simd, sum(0)), sigmoid(simd, sum(1)));
            let (g, o) = (tanh(simd, sum(2)), sigmoid(simd, sum(3)));
            let c = simd.fma(i, g, simd.mul(f, simd.load(cell)));
            simd.store(cell, c);
            let h = simd.mul(o, tanh(simd, c));
            let to = self.out.as_mut_ptr().add(at / BYTES);
            simd.store_activations(to, simd.mul(h, simd.splat(STEPS)));
        }
    }
}
