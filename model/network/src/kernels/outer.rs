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

use std::ops::Range;

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

/// Some lines of panels: parts of equally many, `step` lines from one to the next.
#[derive(Clone, Copy)]
pub(crate) struct Lines<'a> {
    pub(crate) panels: &'a [u32],
    /// Lines a panel.
    pub(crate) depth: usize,
    /// The first line that counts.
    pub(crate) from: usize,
    pub(crate) step: usize,
}

impl Lines<'_> {
    fn hold(&self, n_parts: usize, n_lines: usize) -> bool {
        n_parts == 0 || self.from + (n_parts - 1) * self.step + n_lines <= self.depth
    }
}

/// Adds the products of the lines of `a` and `b`, `n_parts` of `n_lines` each.
pub(crate) struct Outer<'a> {
    pub(crate) a: Lines<'a>,
    pub(crate) b: Lines<'a>,
    pub(crate) n_parts: usize,
    pub(crate) n_lines: usize,
    /// For each part the numbers of `a` that are not all zero; empty for all.
    pub(crate) numbers: &'a [Vec<u32>],
    /// \[vectors of b\]\[numbers of a\]\[lanes\]
    pub(crate) out: &'a mut [f32],
}

impl Work for Outer<'_> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(mut self, simd: S) {
        let height = self.a.panels.len() / self.a.depth;
        let n_b = self.b.panels.len() / (self.b.depth * S::LANES);
        let all_known = |own: &Vec<u32>| own.iter().all(|number| (*number as usize) < height);
        assert!(
            self.a.hold(self.n_parts, self.n_lines)
                && self.b.hold(self.n_parts, self.n_lines)
                && (self.numbers.is_empty() || self.numbers.len() == self.n_parts)
                && self.numbers.iter().all(all_known)
                && height.is_multiple_of(S::LANES)
                && self.out.len() == n_b * height * S::LANES,
            "an outer product's shapes must agree"
        );
        // What is read again and again, `a` and a part of `out`, stays in the cache.
        let all: Vec<u32> = (0..height as u32).collect();
        for b in (0..n_b).step_by(2) {
            let panels = (b, (n_b - b).min(2));
            // SAFETY: panels, parts and numbers lie within the slices, by the assertion above.
            unsafe {
                if self.numbers.is_empty() {
                    self.add(simd, panels, 0..self.n_parts, &all);
                }
                for (part, numbers) in self.numbers.iter().enumerate() {
                    self.add(simd, panels, part..part + 1, numbers);
                }
            }
        }
    }
}

impl Outer<'_> {
    /// Adds the products of some numbers of `a` and the `n` panels (1 or 2) from `b`, over some parts.
    ///
    /// # Safety
    /// They must lie within the slices, whose shapes must agree.
    #[inline(always)]
    unsafe fn add<S: Simd>(
        &mut self,
        simd: S,
        (b, n): (usize, usize),
        parts: Range<usize>,
        numbers: &[u32],
    ) {
        for numbers in numbers.chunks(S::OUTER) {
            // SAFETY: the caller's.
            unsafe {
                match (S::OUTER, n) {
                    (8, 2) => self.tile::<S, 8, 2>(simd, b, parts.clone(), numbers),
                    (8, _) => self.tile::<S, 8, 1>(simd, b, parts.clone(), numbers),
                    (_, 2) => self.tile::<S, 4, 2>(simd, b, parts.clone(), numbers),
                    _ => self.tile::<S, 4, 1>(simd, b, parts.clone(), numbers),
                }
            }
        }
    }

    /// The same of 1 to `R` numbers and `N` panels.
    ///
    /// # Safety
    /// As for [`Self::add`].
    #[inline(always)]
    #[expect(
        clippy::needless_range_loop,
        reason = "iterators keep the sums from staying in registers"
    )]
    unsafe fn tile<S: Simd, const R: usize, const N: usize>(
        &mut self,
        simd: S,
        b: usize,
        parts: Range<usize>,
        numbers: &[u32],
    ) {
        let last = numbers.len() - 1;
        let number: [usize; R] = std::array::from_fn(|r| numbers[r.min(last)] as usize);
        let b_stride = self.b.depth * S::LANES;
        // SAFETY: the caller's.
        unsafe {
            let mut sums = [[simd.splat(0.0); N]; R];
            for part in parts {
                let first = self.a.from + part * self.a.step;
                let left: [*const u32; R] = std::array::from_fn(|r| {
                    let (panel, lane) = (number[r] / S::LANES, number[r] % S::LANES);
                    let line = panel * self.a.depth + first;
                    self.a.panels.as_ptr().add(line * S::LANES + lane)
                });
                let first = self.b.from + part * self.b.step;
                let right = self.b.panels.as_ptr().add(b * b_stride + first * S::LANES);
                for line in 0..self.n_lines {
                    let mut vectors = [simd.splat(0.0); N];
                    for j in 0..N {
                        vectors[j] = simd.load_words(right.add(j * b_stride + line * S::LANES));
                    }
                    for r in 0..R {
                        let number = simd.splat_word(left[r].add(line * S::LANES));
                        for j in 0..N {
                            sums[r][j] = simd.add_product(sums[r][j], number, vectors[j]);
                        }
                    }
                }
            }
            let height = self.a.panels.len() / self.a.depth;
            for r in 0..R {
                for j in 0..N {
                    let to = ((b + j) * height + number[r]) * S::LANES;
                    let to = self.out.as_mut_ptr().add(to);
                    if r <= last {
                        simd.store(to, simd.add(sums[r][j], simd.load(to)));
                    }
                }
            }
        }
    }
}
