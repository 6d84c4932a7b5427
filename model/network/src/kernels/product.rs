//! How are rows multiplied by a matrix?
//!
//! ```text
//! out[r,j] = bias[j] + Σₖ a[r,k] · b[k,j]
//! ```
//!
//! The matrix lies in [panels](super::pack): vector by vector of its columns, each with its whole
//! depth, so that a block of rows and four vectors of columns is summed in registers while the
//! panels are read from front to back.
#![expect(unsafe_code, reason = "pointers into slices whose lengths were checked once")]
#![expect(clippy::inline_always, reason = "must be compiled for each level")]

use super::level::Work;
use super::simd::Simd;

/// The equation as it stands: what [`Product`] computes a block of rows and columns at a time.
#[cfg(test)]
pub(super) fn reference(
    a: &super::testing::Matrix,
    b: &super::testing::Matrix,
    bias: &[f32],
) -> super::testing::Matrix {
    super::testing::Matrix::from_fn(a.rows, b.columns, |r, j| {
        let mut sum = bias.get(j).map_or(0.0, |bias| f64::from(*bias));
        for k in 0..a.columns {
            sum += a.at(r, k) * b.at(k, j);
        }
        sum
    })
}

/// Rows of words.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a> {
    pub(crate) words: &'a [u32],
    /// Words a row.
    pub(crate) depth: usize,
    /// Words from row to row.
    pub(crate) stride: usize,
}

impl<'a> Rows<'a> {
    /// Rows one after the other.
    pub(crate) fn dense(words: &'a [u32], depth: usize) -> Self {
        Self { words, depth, stride: depth }
    }

    /// Whether `n` rows are there.
    pub(super) fn hold(&self, n: usize) -> bool {
        n == 0 || self.words.len() >= (n - 1) * self.stride + self.depth
    }
}

/// `out = a · b + bias`, `out` with `stride` numbers from row to row.
pub(crate) struct Product<'a> {
    pub(crate) a: Rows<'a>,
    /// The words of a row that are not all zero; `None` for all.
    pub(crate) words: Option<&'a [u32]>,
    /// Panels of `a.depth` lines.
    pub(crate) b: &'a [u32],
    /// A number a column, or none.
    pub(crate) bias: &'a [f32],
    pub(crate) out: &'a mut [f32],
    pub(crate) stride: usize,
    pub(crate) n_rows: usize,
}

impl Work for Product<'_> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let depth = self.a.depth;
        let n_vectors = self.b.len() / (depth * S::LANES);
        let width = n_vectors * S::LANES;
        assert!(
            self.a.hold(self.n_rows)
                && self.words.is_none_or(|words| words.iter().all(|k| (*k as usize) < depth))
                && (self.bias.is_empty() || self.bias.len() == width)
                && (self.n_rows == 0 || (self.n_rows - 1) * self.stride + width <= self.out.len()),
            "a product's shapes must agree"
        );
        let mut vector = 0;
        while vector < n_vectors {
            let n = block(n_vectors - vector, 4, 1);
            let mut row = 0;
            while row < self.n_rows {
                let size = block(self.n_rows - row, S::ROWS, 1);
                // SAFETY: `size` rows from `row` and `n` vectors from `vector` lie within the slices,
                // by the assertion above.
                unsafe {
                    let a = self.a.words.as_ptr().add(row * self.a.stride);
                    let b = self.b.as_ptr().add(vector * depth * S::LANES);
                    let out = self.out.as_mut_ptr().add(row * self.stride + vector * S::LANES);
                    let bias = if self.bias.is_empty() {
                        std::ptr::null()
                    } else {
                        self.bias.as_ptr().add(vector * S::LANES)
                    };
                    by_rows!(size, R => match n {
                        4 => self.tile::<S, R, 4>(simd, a, b, bias, out),
                        3 => self.tile::<S, R, 3>(simd, a, b, bias, out),
                        2 => self.tile::<S, R, 2>(simd, a, b, bias, out),
                        _ => self.tile::<S, R, 1>(simd, a, b, bias, out),
                    });
                }
                row += size;
            }
            vector += n;
        }
    }
}

/// How many of `left` rows the next block takes: about as many as the others, at most `most`, and a
/// multiple of `step` if `left` and `most` are.
#[inline(always)]
pub(super) fn block(left: usize, most: usize, step: usize) -> usize {
    left.div_ceil(left.div_ceil(most)).next_multiple_of(step)
}

/// Names a constant number of rows, 1 to 6, in an expression.
macro_rules! by_rows {
    ($n:expr, $rows:ident => $body:expr) => {
        match $n {
            1 => {
                const $rows: usize = 1;
                $body
            }
            2 => {
                const $rows: usize = 2;
                $body
            }
            3 => {
                const $rows: usize = 3;
                $body
            }
            4 => {
                const $rows: usize = 4;
                $body
            }
            5 => {
                const $rows: usize = 5;
                $body
            }
            _ => {
                const $rows: usize = 6;
                $body
            }
        }
    };
}
pub(super) use by_rows;

impl Product<'_> {
    /// # Safety
    /// The pointers must be good for `R` rows and `N` vectors; `bias` may be null.
    #[inline(always)]
    #[expect(
        clippy::needless_range_loop,
        reason = "iterators keep the sums from staying in registers"
    )]
    unsafe fn tile<S: Simd, const R: usize, const N: usize>(
        &self,
        simd: S,
        a: *const u32,
        b: *const u32,
        bias: *const f32,
        out: *mut f32,
    ) {
        let Rows { depth, stride, .. } = self.a;
        // SAFETY: passed on.
        unsafe {
            let mut sums = [[simd.splat(0.0); N]; R];
            if !bias.is_null() {
                sums = [biases(simd, bias); R];
            }
            let panels = (b, depth * S::LANES);
            let sums = match self.words {
                Some(words) => {
                    let words = words.iter().map(|k| *k as usize);
                    accumulate(simd, sums, (a, stride), panels, words)
                }
                None => accumulate(simd, sums, (a, stride), panels, 0..depth),
            };
            for r in 0..R {
                for j in 0..N {
                    simd.store(out.add(r * self.stride + j * S::LANES), sums[r][j]);
                }
            }
        }
    }
}

/// `N` vectors from `from`.
///
/// # Safety
/// `from` must be good for as many numbers.
#[inline(always)]
pub(super) unsafe fn biases<S: Simd, const N: usize>(simd: S, from: *const f32) -> [S::V; N] {
    let mut biases = [simd.splat(0.0); N];
    for (j, bias) in biases.iter_mut().enumerate() {
        // SAFETY: passed on.
        *bias = unsafe { simd.load(from.add(j * S::LANES)) };
    }
    biases
}

/// `sums` plus the products of `R` rows, `row_stride` words apart, with `N` vectors of panels,
/// `vector_stride` words apart, over `words` of the rows.
///
/// # Safety
/// The pointers must be good for that.
#[inline(always)]
#[expect(clippy::needless_range_loop, reason = "iterators keep the sums from staying in registers")]
pub(super) unsafe fn accumulate<S: Simd, const R: usize, const N: usize>(
    simd: S,
    mut sums: [[S::V; N]; R],
    (rows, row_stride): (*const u32, usize),
    (panels, vector_stride): (*const u32, usize),
    words: impl Iterator<Item = usize>,
) -> [[S::V; N]; R] {
    // SAFETY: passed on.
    unsafe {
        for k in words {
            let mut b = [simd.splat(0.0); N];
            for j in 0..N {
                b[j] = simd.load_words(panels.add(j * vector_stride + k * S::LANES));
            }
            for r in 0..R {
                let a = simd.splat_word(rows.add(r * row_stride + k));
                for j in 0..N {
                    sums[r][j] = simd.add_product(sums[r][j], a, b[j]);
                }
            }
        }
    }
    sums
}
