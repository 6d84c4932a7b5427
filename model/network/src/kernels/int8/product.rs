//! How are rows of 8-bit activations multiplied by a matrix?
#![expect(unsafe_code, reason = "pointers into slices whose lengths were checked once")]
#![expect(clippy::inline_always, reason = "must be compiled for each level")]

use super::super::level::Work;
use super::super::simd::Simd;
use super::matrix::{Int8Matrix, TOGETHER};
use super::sums::{Initial, blocks, multiply};

/// `out = rows · matrix + initial` for `n` rows.
pub(crate) struct Int8Product<'a> {
    pub(crate) n: usize,
    /// Activations \[n, depth\].
    pub(crate) rows: &'a [u32],
    pub(crate) matrix: &'a Int8Matrix,
    /// Bias and offsets \[width\].
    pub(crate) initial: &'a [f32],
    /// \[n, width\]
    pub(crate) out: &'a mut [f32],
}

impl Work for Int8Product<'_> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { n, rows, matrix, initial, out } = self;
        let width = matrix.width();
        let fits = width.is_multiple_of(S::LANES * TOGETHER)
            && rows.len() == n * matrix.depth
            && initial.len() == width
            && out.len() == n * width;
        assert!(fits, "a product's shapes must agree");
        for block in blocks::<S>(matrix, n) {
            let column = block.vector * S::LANES;
            // SAFETY: the block lies within the slices, by the assertion above.
            unsafe {
                let initial = Initial { from: initial.as_ptr().add(column), stride: 0 };
                let to = (out.as_mut_ptr().add(block.row * width + column), width);
                multiply(simd, rows, matrix, block, initial, to);
            }
        }
    }
}
