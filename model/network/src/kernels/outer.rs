//! How do rows of inputs and of gradients become the gradient of a matrix?
//!
//! ```text
//! out[i,j] += Σₜ a[t,i] · b[t,j]
//! ```
//!
//! Both lie in [panels](super::pack) whose lines are rows of the window; `out` lies as the weights do, in
//! panels of `f32`.
#![expect(unsafe_code, reason = "pointers into slices whose lengths were checked once")]
#![expect(clippy::inline_always, reason = "must be compiled for each level")]

use super::level::Work;
use super::simd::Simd;

/// The equation as it stands: what [`Outer`] computes a block of rows and columns at a time.
#[cfg(test)]
pub(super) fn reference(
    a: &super::testing::Matrix,
    b: &super::testing::Matrix,
) -> super::testing::Matrix {
    super::testing::Matrix::from_fn(a.columns, b.columns, |i, j| {
        let mut sum = 0.0;
        for t in 0..a.rows {
            sum += a.at(t, i) * b.at(t, j);
        }
        sum
    })
}

/// A range of lines of panels.
#[derive(Clone, Copy)]
pub(crate) struct Lines<'a> {
    pub(crate) panels: &'a [u32],
    /// Lines a panel.
    pub(crate) depth: usize,
    /// The first line that counts.
    pub(crate) from: usize,
}

/// Adds the products of `n_lines` lines of `a` and `b`.
pub(crate) struct Outer<'a> {
    pub(crate) a: Lines<'a>,
    pub(crate) b: Lines<'a>,
    pub(crate) n_lines: usize,
    /// \[vectors of b\]\[numbers of a\]\[lanes\]
    pub(crate) out: &'a mut [f32],
}

impl Work for Outer<'_> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(mut self, simd: S) {
        let n_a = self.a.panels.len() / (self.a.depth * S::LANES);
        let n_b = self.b.panels.len() / (self.b.depth * S::LANES);
        assert!(
            self.a.from + self.n_lines <= self.a.depth
                && self.b.from + self.n_lines <= self.b.depth
                && self.out.len() == n_b * n_a * S::LANES * S::LANES,
            "an outer product's shapes must agree"
        );
        for a in 0..n_a {
            for b in (0..n_b).step_by(2) {
                // SAFETY: panels `a`, `b` and, if there is one, `b + 1` and their blocks of `out` lie
                // within the slices, by the assertion above.
                unsafe { self.panel(simd, (a, n_a), b, (n_b - b).min(2)) };
            }
        }
    }
}

impl Outer<'_> {
    /// Adds the products of panel `a` of `n_a` and the `n` panels (1 or 2) from `b`.
    ///
    /// # Safety
    /// They must lie within the slices, whose shapes must agree.
    #[inline(always)]
    unsafe fn panel<S: Simd>(&mut self, simd: S, (a, n_a): (usize, usize), b: usize, n: usize) {
        let (a_stride, b_stride) = (self.a.depth * S::LANES, self.b.depth * S::LANES);
        let height = n_a * S::LANES;
        // SAFETY: the caller's.
        unsafe {
            let lines_a = self.a.panels.as_ptr().add(a * a_stride + self.a.from * S::LANES);
            let lines_b = self.b.panels.as_ptr().add(b * b_stride + self.b.from * S::LANES);
            let out = self.out.as_mut_ptr().add((b * height + a * S::LANES) * S::LANES);
            for part in (0..S::LANES).step_by(S::OUTER) {
                let (from, to) = (lines_a.add(part), out.add(part * S::LANES));
                let out_stride = height * S::LANES;
                let lines = (from, lines_b, b_stride, self.n_lines);
                match (S::OUTER, n) {
                    (8, 2) => tile::<S, 8, 2>(simd, lines, to, out_stride),
                    (8, _) => tile::<S, 8, 1>(simd, lines, to, out_stride),
                    (_, 2) => tile::<S, 4, 2>(simd, lines, to, out_stride),
                    _ => tile::<S, 4, 1>(simd, lines, to, out_stride),
                }
            }
        }
    }
}

/// # Safety
/// `a` must be good for `n_lines` lines of `R` words, `b` for `N` panels `b_stride` words apart, `out`
/// for `N` blocks of `R` vectors `out_stride` numbers apart.
#[inline(always)]
#[expect(clippy::needless_range_loop, reason = "iterators keep the sums from staying in registers")]
unsafe fn tile<S: Simd, const R: usize, const N: usize>(
    simd: S,
    (a, b, b_stride, n_lines): (*const u32, *const u32, usize, usize),
    out: *mut f32,
    out_stride: usize,
) {
    // SAFETY: passed on.
    unsafe {
        let mut sums = [[simd.splat(0.0); N]; R];
        for line in 0..n_lines {
            let mut right = [simd.splat(0.0); N];
            for j in 0..N {
                right[j] = simd.load_words(b.add(j * b_stride + line * S::LANES));
            }
            for r in 0..R {
                let left = simd.splat_word(a.add(line * S::LANES + r));
                for j in 0..N {
                    sums[r][j] = simd.add_product(sums[r][j], left, right[j]);
                }
            }
        }
        for r in 0..R {
            for j in 0..N {
                let to = out.add(j * out_stride + r * S::LANES);
                simd.store(to, simd.add(sums[r][j], simd.load(to)));
            }
        }
    }
}
