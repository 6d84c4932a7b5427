//! How are sums of 8-bit products made?
#![expect(unsafe_code, reason = "pointers into slices whose lengths were checked once")]
#![expect(clippy::inline_always, reason = "must be compiled for each level")]

use super::super::product::{block, by_rows};
use super::super::simd::Simd;
use super::matrix::{Int8Matrix, TOGETHER, Weights};

/// What sums begin with: numbers from row to row.
#[derive(Clone, Copy)]
pub(super) struct Initial {
    pub(super) from: *const f32,
    pub(super) stride: usize,
}

/// A block of rows and four vectors of columns.
#[derive(Clone, Copy)]
pub(super) struct Block {
    /// The first row.
    pub(super) row: usize,
    /// Rows, as many as have sums that stay in registers.
    pub(super) n_rows: usize,
    /// The first vector.
    pub(super) vector: usize,
}

/// All blocks of a product of `n` rows, those of the same columns one after the other.
pub(super) fn blocks<S: Simd>(matrix: &Int8Matrix, n: usize) -> impl Iterator<Item = Block> {
    let most = match matrix.weights {
        Weights::Bits8 => S::INT8_ROWS,
        Weights::Bits4 => S::INT4_ROWS,
    };
    let vectors = (0..matrix.width() / S::LANES).step_by(TOGETHER);
    vectors.flat_map(move |vector| {
        let mut row = 0;
        std::iter::from_fn(move || {
            let n_rows = if row < n { block(n - row, most, 1) } else { return None };
            row += n_rows;
            Some(Block { row: row - n_rows, n_rows, vector })
        })
    })
}

/// Writes `initial + rows · matrix` for a block.
///
/// # Safety
/// It must lie within `rows` and `matrix`; `initial` and `to` must be good for as many rows of four
/// vectors, those of `to` `stride` numbers apart.
#[inline(always)]
pub(super) unsafe fn multiply<S: Simd>(
    simd: S,
    rows: &[u32],
    matrix: &Int8Matrix,
    Block { row, n_rows, vector }: Block,
    initial: Initial,
    (to, stride): (*mut f32, usize),
) {
    // SAFETY: passed on.
    unsafe {
        let activations = rows.as_ptr().add(row * matrix.depth);
        by_rows!(n_rows, R => {
            let sums = match matrix.weights {
                Weights::Bits8 => sums_of_8::<S, R>(simd, activations, matrix, vector),
                Weights::Bits4 => sums_of_4::<S, R>(simd, activations, matrix, vector),
            };
            scale_and_store(simd, sums, matrix, vector, initial, (to, stride));
        });
    }
}

/// Σ of `R` rows with four vectors of 8-bit weights from `vector`.
///
/// # Safety
/// `rows` must be good for `R` rows; the vectors must lie within `matrix`, of 8-bit weights.
#[inline(always)]
#[expect(clippy::needless_range_loop, reason = "iterators keep the sums from staying in registers")]
unsafe fn sums_of_8<S: Simd, const R: usize>(
    simd: S,
    rows: *const u32,
    matrix: &Int8Matrix,
    vector: usize,
) -> [[S::Sums; TOGETHER]; R] {
    let depth = matrix.depth;
    let mut sums = [[simd.zero_sums(); TOGETHER]; R];
    // SAFETY: the caller's.
    unsafe {
        let panels = matrix.words.as_ptr().add(vector * depth * S::LANES);
        for k in 0..depth {
            let weights = line(simd, panels, k);
            for r in 0..R {
                let left = simd.splat_activations(*rows.add(r * depth + k));
                for j in 0..TOGETHER {
                    sums[r][j] = simd.add_bytes(sums[r][j], left, weights[j]);
                }
            }
        }
    }
    sums
}

/// The same of 4-bit weights.
///
/// # Safety
/// As for [`sums_of_8`], with 4-bit weights.
#[inline(always)]
#[expect(clippy::needless_range_loop, reason = "iterators keep the sums from staying in registers")]
unsafe fn sums_of_4<S: Simd, const R: usize>(
    simd: S,
    rows: *const u32,
    matrix: &Int8Matrix,
    vector: usize,
) -> [[S::Sums; TOGETHER]; R] {
    let depth = matrix.depth;
    let mut sums = [[simd.zero_sums(); TOGETHER]; R];
    // A single row has registers for sums that do not wait for those.
    let mut others = [simd.zero_sums(); TOGETHER];
    // SAFETY: the caller's.
    unsafe {
        let panels = matrix.words.as_ptr().add(vector * depth / 2 * S::LANES);
        for k in 0..depth / 2 {
            let mut weights = line(simd, panels, k);
            for r in 0..R {
                let left = simd.splat_activations(*rows.add(r * depth + 2 * k));
                for j in 0..TOGETHER {
                    sums[r][j] = simd.add_bytes(sums[r][j], left, weights[j]);
                }
            }
            for j in 0..TOGETHER {
                weights[j] = simd.shift_nibbles(weights[j]);
            }
            for r in 0..R {
                let left = simd.splat_activations(*rows.add(r * depth + 2 * k + 1));
                for j in 0..TOGETHER {
                    let sum = if R == 1 { &mut others[j] } else { &mut sums[r][j] };
                    *sum = simd.add_bytes(*sum, left, weights[j]);
                }
            }
        }
    }
    if R == 1 {
        for j in 0..TOGETHER {
            sums[0][j] = simd.add_sums(sums[0][j], others[j]);
        }
    }
    sums
}

/// Four vectors of line `k`.
///
/// # Safety
/// `panels` must be good for them.
#[inline(always)]
unsafe fn line<S: Simd>(simd: S, panels: *const u32, k: usize) -> [S::Sums; TOGETHER] {
    let mut weights = [simd.zero_sums(); TOGETHER];
    for (j, weights) in weights.iter_mut().enumerate() {
        // SAFETY: the caller's.
        *weights = unsafe { simd.load_bytes(panels.add((k * TOGETHER + j) * S::LANES)) };
    }
    weights
}

/// # Safety
/// As for [`multiply`].
#[inline(always)]
#[expect(clippy::needless_range_loop, reason = "iterators keep the sums from staying in registers")]
unsafe fn scale_and_store<S: Simd, const R: usize>(
    simd: S,
    sums: [[S::Sums; TOGETHER]; R],
    matrix: &Int8Matrix,
    vector: usize,
    initial: Initial,
    (to, stride): (*mut f32, usize),
) {
    // SAFETY: the caller's.
    unsafe {
        for r in 0..R {
            for j in 0..TOGETHER {
                let scale = simd.load(matrix.scales.as_ptr().add((vector + j) * S::LANES));
                let initial = simd.load(initial.from.add(r * initial.stride + j * S::LANES));
                let sum = simd.fma(simd.sums_to_f32(sums[r][j]), scale, initial);
                simd.store(to.add(r * stride + j * S::LANES), sum);
            }
        }
    }
}
