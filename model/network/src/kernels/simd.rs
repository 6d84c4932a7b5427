//! What must a set of instructions offer to run the kernels?
//!
//! Vectors of `f32`; words, which products multiply; and for sampling, words of four 8-bit numbers.
//! A word is the bits of one `f32`, or two bf16 numbers, the first in the lower half. Products of
//! words are summed in `f32`, those of 8-bit numbers exactly, in 32 bits.
#![expect(
    unsafe_code,
    reason = "loads and stores take pointers, so that kernels check bounds once"
)]
#![expect(clippy::inline_always, reason = "must be compiled for each level")]

/// No set of instructions has more lanes.
pub(super) const MAX_LANES: usize = 16;

/// A square of numbers, of which as many lines and columns count as there are lanes.
pub(super) type Square = [[f32; MAX_LANES]; MAX_LANES];

/// 8-bit numbers in a word.
pub(super) const BYTES: usize = 4;

/// One set of instructions. A value of the type is the proof that the processor has them:
/// [`Level::run`](super::level::Level::run) alone makes one, after detection, inside a function
/// compiled for them.
///
/// Pointers may be unaligned. NaN goes through every `f32` operation, except where its description
/// says otherwise.
///
/// # Safety
/// Kernels rely on what an implementation promises:
/// - safe code cannot make a value where the processor lacks the instructions;
/// - `load`, `store`, `load_words` and `load_bytes` touch [`LANES`](Self::LANES) numbers or words,
///   `splat_word` one, `store_line` `LANES`, `store_row` `LANES / GROUP`, `store_activations`
///   `LANES / 4`, and nothing else;
/// - `LANES` is at most [`MAX_LANES`] and a multiple of 4, [`GROUP`](Self::GROUP) is 1 or 2,
///   [`OUTER`](Self::OUTER) is 4 or 8 and divides `LANES`, the numbers of rows are from 1 to 6, and
///   [`ROWS`](Self::ROWS) is a multiple of `GROUP`.
pub(crate) unsafe trait Simd: Copy {
    /// `LANES` numbers in `f32`, or words.
    type V: Copy;
    /// Numbers in a vector.
    const LANES: usize;
    /// Numbers in a word: 1 for `f32`, 2 for bf16.
    const GROUP: usize;
    /// Rows that a product with four vectors of columns keeps in registers.
    const ROWS: usize;
    /// Rows that an outer product with two vectors keeps in registers.
    const OUTER: usize;

    fn splat(self, x: f32) -> Self::V;
    fn add(self, a: Self::V, b: Self::V) -> Self::V;
    fn sub(self, a: Self::V, b: Self::V) -> Self::V;
    fn mul(self, a: Self::V, b: Self::V) -> Self::V;
    /// `a · b + c`
    fn fma(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    /// The lesser; `b` where either is NaN.
    fn min(self, a: Self::V, b: Self::V) -> Self::V;
    /// The greater; `b` where either is NaN.
    fn max(self, a: Self::V, b: Self::V) -> Self::V;
    /// 1/a to the last bits of `f32`; a above 0.
    fn recip(self, a: Self::V) -> Self::V;
    /// 2ⁿ for whole n from −126 to 127; anything for NaN.
    fn pow2(self, n: Self::V) -> Self::V;

    unsafe fn load(self, from: *const f32) -> Self::V;
    unsafe fn store(self, to: *mut f32, a: Self::V);
    /// Writes number j of line i as number i of line j. `lines` are good for `LANES` numbers each, where
    /// `LANES` of them count.
    #[inline(always)]
    unsafe fn turn(self, lines: &[*const f32; MAX_LANES], turned: &mut Square) {
        for (idx, line) in lines.iter().enumerate().take(Self::LANES) {
            for (lane, turned) in turned.iter_mut().enumerate().take(Self::LANES) {
                // SAFETY: the caller's.
                turned[idx] = unsafe { *line.add(lane) };
            }
        }
    }
    /// Words as they lie.
    unsafe fn load_words(self, from: *const u32) -> Self::V;
    /// One word for all lanes.
    unsafe fn splat_word(self, from: *const u32) -> Self::V;
    /// `sum` plus the products of the numbers in the words of `a` and `b`.
    fn add_product(self, sum: Self::V, a: Self::V, b: Self::V) -> Self::V;
    /// Writes a vector of a row as words, `GROUP` neighbours in each.
    unsafe fn store_row(self, to: *mut u32, a: Self::V);
    /// Writes vectors of `GROUP` rows as words, one number of each row in each. With a group of 1,
    /// only `first` counts.
    unsafe fn store_line(self, to: *mut u32, first: Self::V, second: Self::V);

    /// `LANES` words of 8-bit weights, or `LANES` sums of their products.
    type Sums: Copy;
    /// A word of activations for every lane.
    type Activations: Copy;
    /// What an activation of 0 is written as.
    const ZERO: u8;
    /// Rows of activations whose sums with four vectors stay in registers.
    const INT8_ROWS: usize;
    /// The same with weights in 4 bits.
    const INT4_ROWS: usize;

    fn zero_sums(self) -> Self::Sums;
    unsafe fn load_bytes(self, from: *const u32) -> Self::Sums;
    fn splat_activations(self, word: u32) -> Self::Activations;
    /// `sums` plus the products of the four numbers of each word; `weights` above −128.
    fn add_bytes(
        self,
        sums: Self::Sums,
        activations: Self::Activations,
        weights: Self::Sums,
    ) -> Self::Sums;
    fn add_sums(self, a: Self::Sums, b: Self::Sums) -> Self::Sums;
    /// Words shifted up by four bits.
    fn shift_nibbles(self, words: Self::Sums) -> Self::Sums;
    fn sums_to_f32(self, sums: Self::Sums) -> Self::V;
    /// Rounds numbers from −127 to 127 (no NaN) and writes them as activations.
    unsafe fn store_activations(self, to: *mut u32, a: Self::V);
}
