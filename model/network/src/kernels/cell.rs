//! How does an LSTM layer make one step, for all lanes of a shard?
//!
//! ```text
//! i = σ(x Wᵢ + h Uᵢ + bᵢ)        input gate
//! f = σ(x W_f + h U_f + b_f)     forget gate
//! g = tanh(x W_g + h U_g + b_g)  candidate
//! o = σ(x Wₒ + h Uₒ + bₒ)        output gate
//! c' = f ∘ c + i ∘ g
//! h' = o ∘ tanh c'
//! ```
//!
//! Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000. The four gates of a
//! vector of units are neighbouring panels in the order i f g o, so their sums stay in registers from
//! the first product to the unit's output.
#![expect(unsafe_code, reason = "pointers into slices whose lengths were checked once")]
#![expect(clippy::inline_always, reason = "must be compiled for each level")]

use super::level::Work;
use super::math::{sigmoid, tanh};
use super::pack::Panels;
use super::product::{Rows, accumulate, biases, block, by_rows};
use super::simd::Simd;

/// What a unit computes in a step.
#[cfg(test)]
#[derive(Clone, Copy, Debug)]
pub(super) struct Unit {
    pub(super) i: f64,
    pub(super) f: f64,
    pub(super) g: f64,
    pub(super) o: f64,
    pub(super) c: f64,
    pub(super) h: f64,
}

/// A unit's step from the sums of its gates: what [`Step`] computes for a vector of units at once.
#[cfg(test)]
pub(super) fn reference(sums: [f64; 4], c_before: f64) -> Unit {
    let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
    let (i, f, g, o) = (sigmoid(sums[0]), sigmoid(sums[1]), sums[2].tanh(), sigmoid(sums[3]));
    let c = f * c_before + i * g;
    Unit { i, f, g, o, c, h: o * c.tanh() }
}

/// What a step keeps beside the state, for the layer above and for the gradient.
pub(crate) struct Saved<'a> {
    /// i f g o of each unit \[units / lanes\]\[n\]\[4\]\[lanes\].
    pub(crate) gates: &'a mut [f32],
    /// h' in panels of the whole window.
    pub(crate) hidden: Panels<'a>,
    /// Factors of h' for the layer above \[n, units\]; empty for 1.
    pub(crate) mask: &'a [f32],
    /// The masked h' in rows of words.
    pub(crate) out_rows: &'a mut [u32],
    /// The masked h' in panels.
    pub(crate) out: Panels<'a>,
}

/// One step of `n` lanes; `n` is a multiple of the group, unless nothing is saved.
pub(crate) struct Step<'a> {
    pub(crate) n: usize,
    /// x, the layer's input.
    pub(crate) x: Rows<'a>,
    /// W, its weights in panels.
    pub(crate) input: &'a [u32],
    /// h, the output of the step before.
    pub(crate) h: Rows<'a>,
    /// U, its weights in panels.
    pub(crate) recurrent: &'a [u32],
    /// What the gates' sums begin with: b, or rows \[n, 4·units\] of b and x W.
    pub(crate) initial: &'a [f32],
    /// c \[n, units\].
    pub(crate) before: &'a [f32],
    /// c' \[n, units\].
    pub(crate) after: &'a mut [f32],
    /// h' in rows of words.
    pub(crate) hidden: &'a mut [u32],
    /// What the layer above and the gradient need; without it, `hidden` is the input of the layer above.
    pub(crate) saved: Option<Saved<'a>>,
}

impl Work for Step<'_> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(mut self, simd: S) {
        assert!(self.fits::<S>(), "a step's shapes must agree");
        let n_vectors = self.h.depth * S::GROUP / S::LANES;
        let multiple = if self.saved.is_some() { S::GROUP } else { 1 };
        for vector in 0..n_vectors {
            let mut row = 0;
            while row < self.n {
                let size = block(self.n - row, S::ROWS, multiple);
                // SAFETY: the block lies within the slices, by the assertion above.
                by_rows!(size, R => unsafe { self.tile::<S, R>(simd, vector, row) });
                row += size;
            }
        }
    }
}

impl Step<'_> {
    fn fits<S: Simd>(&self) -> bool {
        let (n, units) = (self.n, self.h.depth * S::GROUP);
        let numbers = n * units;
        let saved_fits = self.saved.as_ref().is_none_or(|saved| {
            n.is_multiple_of(S::GROUP)
                && saved.gates.len() == 4 * numbers
                && saved.hidden.fit::<S>(n, units / S::LANES)
                && saved.out.fit::<S>(n, units / S::LANES)
                && saved.out_rows.len() == numbers / S::GROUP
                && (saved.mask.is_empty() || saved.mask.len() == numbers)
        });
        units.is_multiple_of(S::LANES)
            && self.x.hold(n)
            && self.h.hold(n)
            && self.input.len() == 4 * units * self.x.depth
            && self.recurrent.len() == 4 * units * self.h.depth
            && (self.initial.len() == 4 * units || self.initial.len() == 4 * numbers)
            && self.before.len() == numbers
            && self.after.len() == numbers
            && self.hidden.len() == numbers / S::GROUP
            && saved_fits
    }

    /// # Safety
    /// The shapes must agree; `R` rows from `row` must be there, `R` and `row` multiples of the
    /// group if anything is saved.
    #[inline(always)]
    unsafe fn tile<S: Simd, const R: usize>(&mut self, simd: S, vector: usize, row: usize) {
        let units = self.h.depth * S::GROUP;
        // SAFETY: the caller has checked the shapes.
        unsafe {
            let stride = if self.initial.len() == 4 * units { 0 } else { 4 * units };
            let mut sums = [[simd.splat(0.0); 4]; R];
            for (r, sums) in sums.iter_mut().enumerate() {
                let from = (row + r) * stride + 4 * vector * S::LANES;
                *sums = biases(simd, self.initial.as_ptr().add(from));
            }
            sums = add_products(simd, sums, self.x, self.input, vector, row);
            sums = add_products(simd, sums, self.h, self.recurrent, vector, row);
            let mut hidden = [simd.splat(0.0); R];
            for r in 0..R {
                hidden[r] = self.activate(simd, sums[r], vector, row + r);
            }
            if let Some(saved) = &mut self.saved {
                saved.hidden.store(simd, hidden, vector, row);
                for (r, hidden) in hidden.iter_mut().enumerate() {
                    let at = (row + r) * units + vector * S::LANES;
                    if !saved.mask.is_empty() {
                        *hidden = simd.mul(*hidden, simd.load(saved.mask.as_ptr().add(at)));
                    }
                    simd.store_row(saved.out_rows.as_mut_ptr().add(at / S::GROUP), *hidden);
                }
                saved.out.store(simd, hidden, vector, row);
            }
        }
    }

    /// From the gates' sums of a vector of units to h', which is returned; it, c' and, if wanted, the
    /// gates are written.
    ///
    /// # Safety
    /// The shapes must agree, and hold `vector` and `row`.
    #[inline(always)]
    unsafe fn activate<S: Simd>(
        &mut self,
        simd: S,
        sums: [S::V; 4],
        vector: usize,
        row: usize,
    ) -> S::V {
        let at = row * self.h.depth * S::GROUP + vector * S::LANES;
        let (i, f) = (sigmoid(simd, sums[0]), sigmoid(simd, sums[1]));
        let (g, o) = (tanh(simd, sums[2]), sigmoid(simd, sums[3]));
        // SAFETY: the caller's.
        unsafe {
            let kept = simd.mul(f, simd.load(self.before.as_ptr().add(at)));
            let c = simd.fma(i, g, kept);
            simd.store(self.after.as_mut_ptr().add(at), c);
            let h = simd.mul(o, tanh(simd, c));
            simd.store_row(self.hidden.as_mut_ptr().add(at / S::GROUP), h);
            if let Some(saved) = &mut self.saved {
                let to = saved.gates.as_mut_ptr().add((vector * self.n + row) * 4 * S::LANES);
                for (idx, gate) in [i, f, g, o].into_iter().enumerate() {
                    simd.store(to.add(idx * S::LANES), gate);
                }
            }
            h
        }
    }
}

/// Adds the products of a block of rows with the gates' panels of a vector of units.
///
/// # Safety
/// As for [`accumulate`].
#[inline(always)]
unsafe fn add_products<S: Simd, const R: usize>(
    simd: S,
    sums: [[S::V; 4]; R],
    rows: Rows<'_>,
    weights: &[u32],
    vector: usize,
    row: usize,
) -> [[S::V; 4]; R] {
    let stride = rows.depth * S::LANES;
    // SAFETY: passed on.
    unsafe {
        let from = rows.words.as_ptr().add(row * rows.stride);
        let panels = weights.as_ptr().add(4 * vector * stride);
        accumulate(simd, sums, (from, rows.stride), (panels, stride), 0..rows.depth)
    }
}
