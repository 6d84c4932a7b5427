//! What must instructions offer to run the kernels?
//!
//! A vector of `f32`, and words: what products multiply. A word is the bits of one `f32`, or two
//! bf16 numbers, the first in the lower half. Products always sum in `f32`.
#![expect(
    unsafe_code,
    reason = "loads and stores take pointers, so that kernels check bounds once"
)]

/// One set of instructions. Its values are made by [`Level::run`](super::level::Level::run) alone,
/// inside functions compiled for those instructions.
///
/// # Safety
/// The pointers given to loads and stores must be good for as many numbers or words as are read or
/// written: [`LANES`](Self::LANES) unless said otherwise.
pub(crate) trait Simd: Copy {
    /// [`LANES`](Self::LANES) `f32`.
    type V: Copy;
    /// Numbers in a vector.
    const LANES: usize;
    /// Numbers in a word.
    const GROUP: usize;
    /// Rows that a product of rows with four vectors keeps in registers.
    const ROWS: usize;
    /// Rows that an outer product with two vectors keeps in registers; divides the lanes.
    const OUTER: usize;

    fn splat(self, x: f32) -> Self::V;
    fn add(self, a: Self::V, b: Self::V) -> Self::V;
    fn sub(self, a: Self::V, b: Self::V) -> Self::V;
    fn mul(self, a: Self::V, b: Self::V) -> Self::V;
    /// `a · b + c`
    fn fma(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    fn min(self, a: Self::V, b: Self::V) -> Self::V;
    fn max(self, a: Self::V, b: Self::V) -> Self::V;
    /// 1/a to the last bits of `f32`; a above 0.
    fn recip(self, a: Self::V) -> Self::V;
    /// 2ⁿ for whole n from −126 to 127.
    fn pow2(self, n: Self::V) -> Self::V;

    unsafe fn load(self, from: *const f32) -> Self::V;
    unsafe fn store(self, to: *mut f32, a: Self::V);
    /// Words as they lie.
    unsafe fn load_words(self, from: *const u32) -> Self::V;
    /// One word for all lanes.
    unsafe fn splat_word(self, from: *const u32) -> Self::V;
    /// `sum` plus the products of the numbers in the words of `a` and `b`.
    fn add_product(self, sum: Self::V, a: Self::V, b: Self::V) -> Self::V;
    /// Writes the numbers of one row, [`GROUP`](Self::GROUP) neighbours a word: `LANES / GROUP` words.
    unsafe fn store_row(self, to: *mut u32, a: Self::V);
    /// Writes [`GROUP`](Self::GROUP) rows, their numbers one above the other in a word.
    /// With a group of 1, only `first` counts.
    unsafe fn store_line(self, to: *mut u32, first: Self::V, second: Self::V);
}
