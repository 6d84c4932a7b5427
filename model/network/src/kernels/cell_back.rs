//! What does one step of an LSTM layer contribute to the gradient?
#![expect(unsafe_code, reason = "pointers into slices whose lengths were checked once")]
#![expect(clippy::inline_always, reason = "must be compiled for each level")]

use super::cell::Panels;
use super::level::Work;
use super::math::tanh;
use super::simd::Simd;

/// The gradient of a [`Step`](super::cell::Step) of `n` lanes, `n` a multiple of the group.
pub(crate) struct StepBack<'a> {
    pub(crate) n: usize,
    pub(crate) units: usize,
    /// Activations, as the step left them.
    pub(crate) gates: &'a [f32],
    /// Cell states before the step \[n, units\].
    pub(crate) before: &'a [f32],
    /// Gradient of the masked output, rows `stride` numbers apart, and the mask (or empty).
    pub(crate) d_out: &'a [f32],
    pub(crate) stride: usize,
    pub(crate) mask: &'a [f32],
    /// Gradient of the output by the next step \[n, units\].
    pub(crate) d_hidden: &'a [f32],
    /// From the gradient of the cells after to that of the cells before \[n, units\].
    pub(crate) d_cell: &'a mut [f32],
    /// Gradient of the gates' sums, in rows of words and in panels.
    pub(crate) rows: &'a mut [u32],
    pub(crate) panels: Panels<'a>,
    /// The gradient of the bias is added to it.
    pub(crate) d_bias: &'a mut [f32],
}

impl Work for StepBack<'_> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(mut self, simd: S) {
        let (n, units) = (self.n, self.units);
        let numbers = n * units;
        let n_vectors = units / S::LANES;
        assert!(
            units.is_multiple_of(S::LANES)
                && n.is_multiple_of(S::GROUP)
                && self.gates.len() == 4 * numbers
                && self.before.len() == numbers
                && (n == 0 || self.d_out.len() >= (n - 1) * self.stride + units)
                && (self.mask.is_empty() || self.mask.len() == numbers)
                && self.d_hidden.len() == numbers
                && self.d_cell.len() == numbers
                && self.rows.len() == 4 * numbers / S::GROUP
                && self.panels.line + n / S::GROUP <= self.panels.depth
                && self.panels.words.len() == 4 * n_vectors * self.panels.depth * S::LANES
                && self.d_bias.len() == 4 * units,
            "the shapes of a step's gradient must agree"
        );
        for vector in 0..n_vectors {
            let mut sums = [simd.splat(0.0); 4];
            let mut row = 0;
            while row < n {
                let mut lines = [[simd.splat(0.0); 4]; 2];
                for (r, line) in lines.iter_mut().enumerate().take(S::GROUP) {
                    // SAFETY: row and vector lie within the slices, by the assertion above.
                    *line = unsafe { self.gradient(simd, vector, row + r) };
                    for (sum, d) in sums.iter_mut().zip(line) {
                        *sum = simd.add(*sum, *d);
                    }
                }
                for gate in 0..4 {
                    let panel = 4 * vector + gate;
                    let line =
                        (panel * self.panels.depth + self.panels.line + row / S::GROUP) * S::LANES;
                    // SAFETY: as above.
                    unsafe {
                        let to = self.panels.words.as_mut_ptr().add(line);
                        simd.store_line(to, lines[0][gate], lines[S::GROUP - 1][gate]);
                        for (r, line) in lines.iter().enumerate().take(S::GROUP) {
                            let at = (row + r) * 4 * units + panel * S::LANES;
                            let to = self.rows.as_mut_ptr().add(at / S::GROUP);
                            simd.store_row(to, line[gate]);
                        }
                    }
                }
                row += S::GROUP;
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
    /// The gradient of the sums of one lane's gates; `d_cell` is moved on.
    ///
    /// # Safety
    /// `vector` and `row` must lie within the slices.
    #[inline(always)]
    unsafe fn gradient<S: Simd>(&mut self, simd: S, vector: usize, row: usize) -> [S::V; 4] {
        let one = simd.splat(1.0);
        let at = row * self.units + vector * S::LANES;
        // SAFETY: the caller's.
        unsafe {
            let gates = self.gates.as_ptr().add((vector * self.n + row) * 4 * S::LANES);
            let (input, forget) = (simd.load(gates), simd.load(gates.add(S::LANES)));
            let candidate = simd.load(gates.add(2 * S::LANES));
            let output = simd.load(gates.add(3 * S::LANES));
            let before = simd.load(self.before.as_ptr().add(at));
            let squashed = tanh(simd, simd.fma(input, candidate, simd.mul(forget, before)));
            let mut above =
                simd.load(self.d_out.as_ptr().add(row * self.stride + vector * S::LANES));
            if !self.mask.is_empty() {
                above = simd.mul(above, simd.load(self.mask.as_ptr().add(at)));
            }
            let d_hidden = simd.add(above, simd.load(self.d_hidden.as_ptr().add(at)));
            let d_cell = self.d_cell.as_mut_ptr().add(at);
            let flat = simd.sub(one, simd.mul(squashed, squashed));
            let d = simd.fma(simd.mul(d_hidden, output), flat, simd.load(d_cell));
            simd.store(d_cell, simd.mul(d, forget));
            [
                simd.mul(simd.mul(d, candidate), slope(simd, input)),
                simd.mul(simd.mul(d, before), slope(simd, forget)),
                simd.mul(simd.mul(d, input), simd.sub(one, simd.mul(candidate, candidate))),
                simd.mul(simd.mul(d_hidden, squashed), slope(simd, output)),
            ]
        }
    }
}

/// How fast a sigmoid rises where its value is `gate`.
#[inline(always)]
fn slope<S: Simd>(simd: S, gate: S::V) -> S::V {
    simd.mul(gate, simd.sub(simd.splat(1.0), gate))
}
