//! What does one step of an LSTM layer contribute to the gradient?
//!
//! With the letters of [`cell`](super::cell), δ for gradients, m for the mask of the layer's output and
//! δi, δf, δg, δo for the gradients of the gates' sums:
//!
//! ```text
//! δh = m ∘ (gradient by the layer above) + (gradient by the next step)
//! δc' = δh ∘ o ∘ (1 − tanh² c') + (gradient of c' by the next step)
//! δi = δc' ∘ g ∘ i ∘ (1 − i)
//! δf = δc' ∘ c ∘ f ∘ (1 − f)
//! δg = δc' ∘ i ∘ (1 − g²)
//! δo = δh ∘ tanh c' ∘ o ∘ (1 − o)
//! δc = δc' ∘ f
//! δb = Σ (δi δf δg δo), over lanes and steps
//! ```
#![expect(unsafe_code, reason = "pointers into slices whose lengths were checked once")]
#![expect(clippy::inline_always, reason = "must be compiled for each level")]

use super::level::Work;
use super::math::tanh;
use super::pack::Panels;
use super::simd::Simd;

/// From the gradients of a unit's h' and c' to those of its gates' sums and of c: what [`StepBack`]
/// computes for a vector of units at once.
#[cfg(test)]
pub(super) fn reference(
    unit: super::cell::Unit,
    c_before: f64,
    d_h: f64,
    d_c: f64,
) -> ([f64; 4], f64) {
    let super::cell::Unit { i, f, g, o, c, .. } = unit;
    let d_c = d_c + d_h * o * (1.0 - c.tanh().powi(2));
    let d_sums = [
        d_c * g * i * (1.0 - i),
        d_c * c_before * f * (1.0 - f),
        d_c * i * (1.0 - g * g),
        d_h * c.tanh() * o * (1.0 - o),
    ];
    (d_sums, d_c * f)
}

/// The gradient of a [`Step`](super::cell::Step) of `n` lanes, `n` a multiple of the group.
pub(crate) struct StepBack<'a> {
    pub(crate) n: usize,
    pub(crate) units: usize,
    /// i f g o, as the step saved them.
    pub(crate) gates: &'a [f32],
    /// c \[n, units\].
    pub(crate) before: &'a [f32],
    /// Gradient of the masked output, rows `stride` numbers apart, and the mask (or empty).
    pub(crate) d_out: &'a [f32],
    pub(crate) stride: usize,
    pub(crate) mask: &'a [f32],
    /// Gradient of h' by the next step \[n, units\].
    pub(crate) d_hidden: &'a [f32],
    /// From the gradient of c' by the next step to δc \[n, units\].
    pub(crate) d_cell: &'a mut [f32],
    /// Gradient of the gates' sums, in rows of words and in panels.
    pub(crate) rows: &'a mut [u32],
    pub(crate) panels: Panels<'a>,
    /// δb \[4·units\], to which the step's is added.
    pub(crate) d_bias: &'a mut [f32],
}

impl Work for StepBack<'_> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(mut self, simd: S) {
        assert!(self.fits::<S>(), "the shapes of a step's gradient must agree");
        for vector in 0..self.units / S::LANES {
            let mut sums = [simd.splat(0.0); 4];
            for row in (0..self.n).step_by(S::GROUP) {
                let mut lines = [[simd.splat(0.0); 4]; 2];
                for (r, line) in lines.iter_mut().enumerate().take(S::GROUP) {
                    // SAFETY: row and vector lie within the slices, by the assertion above.
                    *line = unsafe { self.gradient(simd, vector, row + r) };
                    for (sum, d) in sums.iter_mut().zip(line) {
                        *sum = simd.add(*sum, *d);
                    }
                }
                // SAFETY: as above.
                unsafe { self.store(simd, lines, vector, row) };
            }
            for (gate, sum) in sums.into_iter().enumerate() {
                // SAFETY: as above.
                unsafe {
                    let to = self.d_bias.as_mut_ptr().add((4 * vector + gate) * S::LANES);
                    simd.store(to, simd.add(sum, simd.load(to)));
                }
            }
        }
    }
}

impl StepBack<'_> {
    fn fits<S: Simd>(&self) -> bool {
        let (n, units) = (self.n, self.units);
        let numbers = n * units;
        units.is_multiple_of(S::LANES)
            && n.is_multiple_of(S::GROUP)
            && self.gates.len() == 4 * numbers
            && self.before.len() == numbers
            && (n == 0 || self.d_out.len() >= (n - 1) * self.stride + units)
            && (self.mask.is_empty() || self.mask.len() == numbers)
            && self.d_hidden.len() == numbers
            && self.d_cell.len() == numbers
            && self.rows.len() == 4 * numbers / S::GROUP
            && self.panels.fit::<S>(n, 4 * units / S::LANES)
            && self.d_bias.len() == 4 * units
    }

    /// δi δf δg δo of a vector of one lane's units; `d_cell` is moved on.
    ///
    /// # Safety
    /// `vector` and `row` must lie within the slices.
    #[inline(always)]
    unsafe fn gradient<S: Simd>(&mut self, simd: S, vector: usize, row: usize) -> [S::V; 4] {
        let at = row * self.units + vector * S::LANES;
        // SAFETY: the caller's.
        unsafe {
            let gates = self.gates.as_ptr().add((vector * self.n + row) * 4 * S::LANES);
            let (i, f) = (simd.load(gates), simd.load(gates.add(S::LANES)));
            let (g, o) = (simd.load(gates.add(2 * S::LANES)), simd.load(gates.add(3 * S::LANES)));
            let c_before = simd.load(self.before.as_ptr().add(at));
            let tanh_c = tanh(simd, simd.fma(i, g, simd.mul(f, c_before)));
            let mut above =
                simd.load(self.d_out.as_ptr().add(row * self.stride + vector * S::LANES));
            if !self.mask.is_empty() {
                above = simd.mul(above, simd.load(self.mask.as_ptr().add(at)));
            }
            let d_h = simd.add(above, simd.load(self.d_hidden.as_ptr().add(at)));
            let d_cell = self.d_cell.as_mut_ptr().add(at);
            let d_c = simd.fma(simd.mul(d_h, o), tanh_slope(simd, tanh_c), simd.load(d_cell));
            simd.store(d_cell, simd.mul(d_c, f));
            [
                simd.mul(simd.mul(d_c, g), sigmoid_slope(simd, i)),
                simd.mul(simd.mul(d_c, c_before), sigmoid_slope(simd, f)),
                simd.mul(simd.mul(d_c, i), tanh_slope(simd, g)),
                simd.mul(simd.mul(d_h, tanh_c), sigmoid_slope(simd, o)),
            ]
        }
    }

    /// Writes the gradients of a group of rows, in rows and in panels.
    ///
    /// # Safety
    /// `vector` and the rows of the group from `row` must lie within the slices.
    #[inline(always)]
    unsafe fn store<S: Simd>(&mut self, simd: S, lines: [[S::V; 4]; 2], vector: usize, row: usize) {
        for gate in 0..4 {
            let panel = 4 * vector + gate;
            // SAFETY: the caller's.
            unsafe {
                let to = self.panels.words.as_mut_ptr().add(self.panels.at::<S>(panel, row));
                simd.store_line(to, lines[0][gate], lines[S::GROUP - 1][gate]);
                for (r, line) in lines.iter().enumerate().take(S::GROUP) {
                    let at = (row + r) * 4 * self.units + panel * S::LANES;
                    simd.store_row(self.rows.as_mut_ptr().add(at / S::GROUP), line[gate]);
                }
            }
        }
    }
}

/// How fast a sigmoid rises where its value is `y`.
#[inline(always)]
fn sigmoid_slope<S: Simd>(simd: S, y: S::V) -> S::V {
    simd.mul(y, simd.sub(simd.splat(1.0), y))
}

/// How fast tanh rises where its value is `y`.
#[inline(always)]
fn tanh_slope<S: Simd>(simd: S, y: S::V) -> S::V {
    simd.sub(simd.splat(1.0), simd.mul(y, y))
}
