//! How are sums of eight-bit products made, whatever multiplies them?
#![expect(unsafe_code, reason = "pointers into slices whose lengths were checked once")]
#![expect(clippy::inline_always, reason = "must be compiled for the instructions that multiply")]

use super::super::math::{sigmoid, tanh};
use super::super::product::{block, by_rows};
use super::super::simd::Simd;
use super::{Matrix8, STEPS, Step8, TOGETHER};

/// Instructions that multiply eight-bit numbers, four a word, and add them up exactly.
///
/// # Safety
/// The pointers must be good for a vector.
pub(super) trait Dots: Copy {
    /// What computes in `f32`, in vectors of as many numbers as this has sums.
    type Simd: Simd;
    /// Sums, or words of weights.
    type Sums: Copy;
    /// A word of activations for every sum.
    type Left: Copy;
    /// Rows whose sums stay in registers, and with weights in halves of bytes.
    const ROWS: usize;
    const ROWS_HALVED: usize;

    fn simd(self) -> Self::Simd;
    fn zero(self) -> Self::Sums;
    unsafe fn load(self, from: *const u32) -> Self::Sums;
    fn splat(self, word: u32) -> Self::Left;
    /// `sums` plus the products of the four numbers of each word.
    fn add(self, sums: Self::Sums, left: Self::Left, right: Self::Sums) -> Self::Sums;
    fn both(self, a: Self::Sums, b: Self::Sums) -> Self::Sums;
    /// Words four bits further up.
    fn raised(self, words: Self::Sums) -> Self::Sums;
    fn float(self, sums: Self::Sums) -> Vector<Self>;
    /// Rounds numbers from −127 to 127 and writes them as activations.
    unsafe fn store(self, to: *mut u32, a: Vector<Self>);
}

type Vector<D> = <<D as Dots>::Simd as Simd>::V;

/// # Safety
/// The shapes must agree.
#[inline(always)]
pub(super) unsafe fn step<D: Dots>(dots: D, mut step: Step8<'_>, units: usize) {
    let lanes = D::Simd::LANES;
    let most = if step.weights.halved { D::ROWS_HALVED } else { D::ROWS };
    // All sums first: what becomes of them takes long to come out, and nothing has to wait for it.
    for vector in (0..4 * units / lanes).step_by(TOGETHER) {
        let mut row = 0;
        while row < step.n {
            let size = block(step.n - row, most, 1);
            // SAFETY: the caller's.
            unsafe {
                let to = step.sums.as_mut_ptr().add(row * 4 * units + vector * lanes);
                let initial = match step.initial {
                    Some(initial) => (initial.as_ptr().add(vector * lanes), 0),
                    None => (to.cast_const(), 4 * units),
                };
                by_rows!(size, R => {
                    let place = (vector, row);
                    let sums = either::<D, R>(dots, step.rows, step.weights, place, initial);
                    store::<D, R>(dots, sums, to, 4 * units);
                });
            }
            row += size;
        }
    }
    for row in 0..step.n {
        for vector in 0..units / lanes {
            // SAFETY: the caller's.
            unsafe { cell(dots, &mut step, units, vector, row) };
        }
    }
}

/// # Safety
/// `to` must be good for `R` rows of four vectors, `stride` numbers apart.
#[inline(always)]
unsafe fn store<D: Dots, const R: usize>(
    dots: D,
    sums: [[Vector<D>; TOGETHER]; R],
    to: *mut f32,
    stride: usize,
) {
    for (r, sums) in sums.iter().enumerate() {
        for (j, sum) in sums.iter().enumerate() {
            // SAFETY: the caller's.
            unsafe { dots.simd().store(to.add(r * stride + j * D::Simd::LANES), *sum) };
        }
    }
}

/// # Safety
/// The shapes must agree.
#[inline(always)]
pub(super) unsafe fn product<D: Dots>(
    dots: D,
    n: usize,
    rows: &[u32],
    weights: &Matrix8,
    initial: &[f32],
    out: &mut [f32],
) {
    let width = weights.width();
    let lanes = D::Simd::LANES;
    let most = if weights.halved { D::ROWS_HALVED } else { D::ROWS };
    for vector in (0..width / lanes).step_by(TOGETHER) {
        let mut row = 0;
        while row < n {
            let size = block(n - row, most, 1);
            // SAFETY: the caller's.
            unsafe {
                let initial = (initial.as_ptr().add(vector * lanes), 0);
                let to = out.as_mut_ptr().add(row * width + vector * lanes);
                by_rows!(size, R => {
                    let sums = either::<D, R>(dots, rows, weights, (vector, row), initial);
                    store::<D, R>(dots, sums, to, width);
                });
            }
            row += size;
        }
    }
}

/// From the gates' sums to the cells and outputs of a vector of units.
///
/// # Safety
/// As for [`step`].
#[inline(always)]
unsafe fn cell<D: Dots>(dots: D, step: &mut Step8<'_>, units: usize, vector: usize, row: usize) {
    let lanes = D::Simd::LANES;
    // SAFETY: the caller's.
    unsafe {
        let simd = dots.simd();
        let gates = step.sums.as_ptr().add(row * 4 * units + 4 * vector * lanes);
        let sum = |gate: usize| simd.load(gates.add(gate * lanes));
        let at = row * units + vector * lanes;
        let cell = step.cells.as_mut_ptr().add(at);
        let kept = simd.mul(sigmoid(simd, sum(1)), simd.load(cell));
        let new = simd.fma(sigmoid(simd, sum(0)), tanh(simd, sum(2)), kept);
        simd.store(cell, new);
        let output = simd.mul(sigmoid(simd, sum(3)), tanh(simd, new));
        dots.store(step.out.as_mut_ptr().add(at / 4), simd.mul(output, simd.splat(STEPS)));
    }
}

/// [`sums`] with weights of either kind.
///
/// # Safety
/// As for [`sums`].
#[inline(always)]
unsafe fn either<D: Dots, const R: usize>(
    dots: D,
    rows: &[u32],
    weights: &Matrix8,
    place: (usize, usize),
    initial: (*const f32, usize),
) -> [[Vector<D>; TOGETHER]; R] {
    // SAFETY: passed on.
    unsafe {
        if weights.halved {
            sums::<D, R, true>(dots, rows, weights, place, initial)
        } else {
            sums::<D, R, false>(dots, rows, weights, place, initial)
        }
    }
}

/// The sums of `R` rows from `row` with four vectors of columns from `vector`.
///
/// # Safety
/// As for [`step`]; `initial` must be good for four vectors, and if `stride` is not 0, for `R` rows of
/// them, `stride` numbers apart.
#[inline(always)]
#[expect(clippy::needless_range_loop, reason = "iterators keep the sums from staying in registers")]
unsafe fn sums<D: Dots, const R: usize, const HALVED: bool>(
    dots: D,
    rows: &[u32],
    weights: &Matrix8,
    (vector, row): (usize, usize),
    (initial, stride): (*const f32, usize),
) -> [[Vector<D>; TOGETHER]; R] {
    let (depth, lanes) = (weights.depth, D::Simd::LANES);
    // SAFETY: the caller's.
    unsafe {
        let simd = dots.simd();
        // Words of activations to a line of weights.
        let n = if HALVED { 2 } else { 1 };
        let (from, panels) = (
            rows.as_ptr().add(row * depth),
            weights.words.as_ptr().add(vector * depth / n * lanes),
        );
        let mut whole = [[dots.zero(); TOGETHER]; R];
        // A single row has registers for sums that do not wait for those.
        let mut others = [dots.zero(); TOGETHER];
        for k in 0..depth / n {
            let mut right = [dots.zero(); TOGETHER];
            for j in 0..TOGETHER {
                right[j] = dots.load(panels.add((k * TOGETHER + j) * lanes));
            }
            for r in 0..R {
                let left = dots.splat(*from.add(r * depth + k * n));
                for j in 0..TOGETHER {
                    whole[r][j] = dots.add(whole[r][j], left, right[j]);
                }
            }
            if HALVED {
                for j in 0..TOGETHER {
                    right[j] = dots.raised(right[j]);
                }
                for r in 0..R {
                    let left = dots.splat(*from.add(r * depth + k * n + 1));
                    for j in 0..TOGETHER {
                        let sum = if R == 1 { &mut others[j] } else { &mut whole[r][j] };
                        *sum = dots.add(*sum, left, right[j]);
                    }
                }
            }
        }
        let mut sums = [[simd.splat(0.0); TOGETHER]; R];
        for r in 0..R {
            for j in 0..TOGETHER {
                let scale = simd.load(weights.scales.as_ptr().add((vector + j) * lanes));
                let initial = simd.load(initial.add(r * stride + j * lanes));
                if HALVED && R == 1 {
                    whole[r][j] = dots.both(whole[r][j], others[j]);
                }
                sums[r][j] = simd.fma(dots.float(whole[r][j]), scale, initial);
            }
        }
        sums
    }
}
