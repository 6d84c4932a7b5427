//! How do rows of inputs and of gradients become the gradient of a matrix?
//!
//! `out += aᵀ · b`, both in [panels](super::pack) whose lines are rows of the window; `out` lies as
//! the weights do, in panels of `f32`.
#![expect(unsafe_code, reason = "pointers into slices whose lengths were checked once")]
#![expect(clippy::inline_always, reason = "must be compiled for each level")]

use super::level::Work;
use super::simd::Simd;

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
    fn run<S: Simd>(self, simd: S) {
        let n_a = self.a.panels.len() / (self.a.depth * S::LANES);
        let n_b = self.b.panels.len() / (self.b.depth * S::LANES);
        let height = n_a * S::LANES;
        assert!(
            self.a.from + self.n_lines <= self.a.depth
                && self.b.from + self.n_lines <= self.b.depth
                && self.out.len() == n_b * height * S::LANES,
            "an outer product's shapes must agree"
        );
        let (a_step, b_step) = (self.a.depth * S::LANES, self.b.depth * S::LANES);
        for a in 0..n_a {
            let mut b = 0;
            while b < n_b {
                let n = if n_b - b >= 2 { 2 } else { 1 };
                // SAFETY: panels `a` and `b` to `b + n` and their blocks of `out` lie within the
                // slices, by the assertion above.
                unsafe {
                    let lines_a = self.a.panels.as_ptr().add(a * a_step + self.a.from * S::LANES);
                    let lines_b = self.b.panels.as_ptr().add(b * b_step + self.b.from * S::LANES);
                    let out = self.out.as_mut_ptr().add((b * height + a * S::LANES) * S::LANES);
                    let mut part = 0;
                    while part < S::LANES {
                        let (from, to) = (lines_a.add(part), out.add(part * S::LANES));
                        let step = height * S::LANES;
                        let lines = (from, lines_b, b_step, self.n_lines);
                        match (S::OUTER, n) {
                            (8, 2) => tile::<S, 8, 2>(simd, lines, to, step),
                            (8, _) => tile::<S, 8, 1>(simd, lines, to, step),
                            (_, 2) => tile::<S, 4, 2>(simd, lines, to, step),
                            _ => tile::<S, 4, 1>(simd, lines, to, step),
                        }
                        part += S::OUTER;
                    }
                }
                b += n;
            }
        }
    }
}

/// # Safety
/// `a` must be good for `n_lines` lines of `R` words, `b` for `N` panels `b_step` words apart, `out`
/// for `N` blocks of `R` vectors `out_step` numbers apart.
#[inline(always)]
#[expect(clippy::needless_range_loop, reason = "iterators keep the sums from staying in registers")]
unsafe fn tile<S: Simd, const R: usize, const N: usize>(
    simd: S,
    (a, b, b_step, n_lines): (*const u32, *const u32, usize, usize),
    out: *mut f32,
    out_step: usize,
) {
    // SAFETY: passed on.
    unsafe {
        let mut sums = [[simd.splat(0.0); N]; R];
        for line in 0..n_lines {
            let mut right = [simd.splat(0.0); N];
            for j in 0..N {
                right[j] = simd.load_words(b.add(j * b_step + line * S::LANES));
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
                let to = out.add(j * out_step + r * S::LANES);
                simd.store(to, simd.add(sums[r][j], simd.load(to)));
            }
        }
    }
}
