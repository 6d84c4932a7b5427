//! How does an LSTM layer make one step, for all lanes of a shard?
//!
//! Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000. The four gates of a
//! vector of units are neighbouring panels (input, forget, candidate, output), so their sums stay in
//! registers from the first product to the unit's output.
#![expect(unsafe_code, reason = "pointers into slices whose lengths were checked once")]
#![expect(clippy::inline_always, reason = "must be compiled for each level")]

use super::level::Work;
use super::math::{sigmoid, tanh};
use super::product::{Rows, accumulate, biases, block, by_rows};
use super::simd::Simd;

/// What a step leaves behind beside the state, for the layer above and the gradient.
pub(crate) struct Left<'a> {
    /// Activations of the gates \[units / lanes\]\[n\]\[4\]\[lanes\].
    pub(crate) gates: &'a mut [f32],
    /// The output in panels of the whole window; written to lines from `line`.
    pub(crate) hidden: Panels<'a>,
    /// Factors of the output for the layer above \[n, units\]; empty for 1.
    pub(crate) mask: &'a [f32],
    /// The masked output in rows of words.
    pub(crate) out_rows: &'a mut [u32],
    /// The masked output in panels.
    pub(crate) out: Panels<'a>,
}

/// Panels to write to: `depth` lines a panel, from line `line`.
pub(crate) struct Panels<'a> {
    pub(crate) words: &'a mut [u32],
    pub(crate) depth: usize,
    pub(crate) line: usize,
}

/// One step of `n` lanes; `n` is even, unless no gradient is wanted.
pub(crate) struct Step<'a> {
    pub(crate) n: usize,
    /// The layer's input and its weights.
    pub(crate) x: Rows<'a>,
    pub(crate) input: &'a [u32],
    /// The output of the step before, and the recurrent weights.
    pub(crate) h: Rows<'a>,
    pub(crate) recurrent: &'a [u32],
    /// What the gates' sums begin with: the bias, or rows \[n, 4·units\] with bias and input.
    pub(crate) initial: &'a [f32],
    /// Cell states \[n, units\] before and after.
    pub(crate) before: &'a [f32],
    pub(crate) after: &'a mut [f32],
    /// The output in rows of words.
    pub(crate) hidden: &'a mut [u32],
    /// What the layer above and the gradient need; without it, `out_rows` of the layer above is
    /// `hidden`.
    pub(crate) left: Option<Left<'a>>,
}

impl Panels<'_> {
    #[inline(always)]
    fn fit<S: Simd>(&self, n: usize, n_vectors: usize) -> bool {
        self.line + n / S::GROUP <= self.depth
            && self.words.len() == n_vectors * self.depth * S::LANES
    }

    /// Where row `row` of vector `vector` belongs.
    #[inline(always)]
    fn at<S: Simd>(&self, vector: usize, row: usize) -> usize {
        (vector * self.depth + self.line + row / S::GROUP) * S::LANES
    }
}

impl Work for Step<'_> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(mut self, simd: S) {
        let n = self.n;
        let units = self.h.depth * S::GROUP;
        let n_vectors = units / S::LANES;
        let numbers = n * units;
        let mut fits = self.x.words.len() >= n * self.x.depth
            && self.h.words.len() >= n * self.h.depth
            && self.input.len() == 4 * units * self.x.depth
            && self.recurrent.len() == 4 * units * self.h.depth
            && (self.initial.len() == 4 * units || self.initial.len() == 4 * numbers)
            && self.before.len() == numbers
            && self.after.len() == numbers
            && self.hidden.len() == numbers / S::GROUP;
        if let Some(left) = &self.left {
            fits = fits
                && n.is_multiple_of(S::GROUP)
                && left.gates.len() == 4 * numbers
                && left.hidden.fit::<S>(n, n_vectors)
                && left.out.fit::<S>(n, n_vectors)
                && left.out_rows.len() == numbers / S::GROUP
                && (left.mask.is_empty() || left.mask.len() == numbers);
        }
        assert!(fits, "a step's shapes must agree");
        let step = if self.left.is_some() { S::GROUP } else { 1 };
        for vector in 0..n_vectors {
            let mut row = 0;
            while row < n {
                let size = block(n - row, S::ROWS, step);
                // SAFETY: the block lies within the slices, by the assertion above.
                by_rows!(size, R => unsafe { self.tile::<S, R>(simd, vector, row) });
                row += size;
            }
        }
    }
}

impl Step<'_> {
    /// # Safety
    /// The shapes must agree; `R` rows from `row` must be there, `R` and `row` multiples of the
    /// group if the gradient is wanted.
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
            sums = below(simd, sums, self.x, self.input, vector, row);
            sums = below(simd, sums, self.h, self.recurrent, vector, row);
            let mut hidden = [simd.splat(0.0); R];
            for r in 0..R {
                let sums = sums[r];
                let at = (row + r) * units + vector * S::LANES;
                let input = sigmoid(simd, sums[0]);
                let forget = sigmoid(simd, sums[1]);
                let candidate = tanh(simd, sums[2]);
                let output = sigmoid(simd, sums[3]);
                let kept = simd.mul(forget, simd.load(self.before.as_ptr().add(at)));
                let cell = simd.fma(input, candidate, kept);
                simd.store(self.after.as_mut_ptr().add(at), cell);
                hidden[r] = simd.mul(output, tanh(simd, cell));
                simd.store_row(self.hidden.as_mut_ptr().add(at / S::GROUP), hidden[r]);
                if let Some(left) = &mut self.left {
                    let to = left.gates.as_mut_ptr();
                    let to = to.add((vector * self.n + row + r) * 4 * S::LANES);
                    simd.store(to, input);
                    simd.store(to.add(S::LANES), forget);
                    simd.store(to.add(2 * S::LANES), candidate);
                    simd.store(to.add(3 * S::LANES), output);
                }
            }
            if let Some(left) = &mut self.left {
                let mut r = 0;
                while r < R {
                    let second = (r + S::GROUP - 1).min(R - 1);
                    let to = left.hidden.at::<S>(vector, row + r);
                    simd.store_line(
                        left.hidden.words.as_mut_ptr().add(to),
                        hidden[r],
                        hidden[second],
                    );
                    r += S::GROUP;
                }
                for (r, hidden) in hidden.iter_mut().enumerate() {
                    let at = (row + r) * units + vector * S::LANES;
                    if !left.mask.is_empty() {
                        *hidden = simd.mul(*hidden, simd.load(left.mask.as_ptr().add(at)));
                    }
                    simd.store_row(left.out_rows.as_mut_ptr().add(at / S::GROUP), *hidden);
                }
                let mut r = 0;
                while r < R {
                    let second = (r + S::GROUP - 1).min(R - 1);
                    let to = left.out.at::<S>(vector, row + r);
                    simd.store_line(left.out.words.as_mut_ptr().add(to), hidden[r], hidden[second]);
                    r += S::GROUP;
                }
            }
        }
    }
}

/// Adds the products of a block of rows with the gates' panels of a vector of units.
///
/// # Safety
/// As for [`accumulate`].
#[inline(always)]
unsafe fn below<S: Simd, const R: usize>(
    simd: S,
    sums: [[S::V; 4]; R],
    rows: Rows<'_>,
    weights: &[u32],
    vector: usize,
    row: usize,
) -> [[S::V; 4]; R] {
    let step = rows.depth * S::LANES;
    // SAFETY: passed on.
    unsafe {
        let from = rows.words.as_ptr().add(row * rows.depth);
        let panels = weights.as_ptr().add(4 * vector * step);
        accumulate(simd, sums, from, rows.depth, panels, step, rows.depth)
    }
}
