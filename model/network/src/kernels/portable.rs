//! How are the kernels run on any processor?
//!
//! In arrays of eight that the compiler turns into what vectors there are. With `BF16`, bf16 is
//! computed bit by bit as other levels do in one instruction: slow, for comparison.
#![expect(unsafe_code, reason = "loads and stores take pointers")]
#![expect(clippy::inline_always, reason = "must be compiled into each kernel")]

use super::simd::{BYTES, Simd};

/// What any processor has.
#[derive(Clone, Copy)]
pub(super) struct Portable<const BF16: bool>;

const LANES: usize = 8;

macro_rules! each {
    ($i:ident => $value:expr) => {{
        let mut out = [0.0f32; LANES];
        for $i in 0..LANES {
            out[$i] = $value;
        }
        out
    }};
}

/// The nearest bf16, ties to even, as the upper half of the word.
#[inline(always)]
pub(crate) fn to_bf16(x: f32) -> u32 {
    let bits = x.to_bits();
    if x.is_nan() {
        return (bits >> 16) | 0x40;
    }
    (bits + 0x7fff + ((bits >> 16) & 1)) >> 16
}

// SAFETY: nothing but what any processor has, and as many numbers are read and written as promised.
unsafe impl<const BF16: bool> Simd for Portable<BF16> {
    type V = [f32; LANES];
    const LANES: usize = LANES;
    const GROUP: usize = if BF16 { 2 } else { 1 };
    const ROWS: usize = 2;
    const OUTER: usize = 4;

    #[inline(always)]
    fn splat(self, x: f32) -> Self::V {
        [x; LANES]
    }

    #[inline(always)]
    fn add(self, a: Self::V, b: Self::V) -> Self::V {
        each!(i => a[i] + b[i])
    }

    #[inline(always)]
    fn sub(self, a: Self::V, b: Self::V) -> Self::V {
        each!(i => a[i] - b[i])
    }

    #[inline(always)]
    fn mul(self, a: Self::V, b: Self::V) -> Self::V {
        each!(i => a[i] * b[i])
    }

    #[inline(always)]
    fn fma(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V {
        // Not `mul_add`, which is a slow call where there is no such instruction.
        each!(i => a[i] * b[i] + c[i])
    }

    #[inline(always)]
    fn min(self, a: Self::V, b: Self::V) -> Self::V {
        each!(i => if a[i] < b[i] { a[i] } else { b[i] })
    }

    #[inline(always)]
    fn max(self, a: Self::V, b: Self::V) -> Self::V {
        each!(i => if a[i] > b[i] { a[i] } else { b[i] })
    }

    #[inline(always)]
    fn recip(self, a: Self::V) -> Self::V {
        each!(i => 1.0 / a[i])
    }

    #[inline(always)]
    fn pow2(self, n: Self::V) -> Self::V {
        each!(i => f32::from_bits(((n[i] as i32 + 127) << 23) as u32))
    }

    #[inline(always)]
    unsafe fn load(self, from: *const f32) -> Self::V {
        // SAFETY: the caller gives a pointer to that many numbers.
        unsafe { from.cast::<Self::V>().read_unaligned() }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32, a: Self::V) {
        // SAFETY: the caller gives a pointer to that many numbers.
        unsafe { to.cast::<Self::V>().write_unaligned(a) }
    }

    #[inline(always)]
    unsafe fn load_words(self, from: *const u32) -> Self::V {
        // SAFETY: the caller gives a pointer to that many words, of the size of an `f32`.
        unsafe { from.cast::<Self::V>().read_unaligned() }
    }

    #[inline(always)]
    unsafe fn splat_word(self, from: *const u32) -> Self::V {
        // SAFETY: the caller gives a pointer to a word.
        [f32::from_bits(unsafe { *from }); LANES]
    }

    #[inline(always)]
    fn add_product(self, sum: Self::V, a: Self::V, b: Self::V) -> Self::V {
        if !BF16 {
            return self.fma(a, b, sum);
        }
        let lower = |x: f32| f32::from_bits(x.to_bits() << 16);
        let upper = |x: f32| f32::from_bits(x.to_bits() & 0xffff_0000);
        each!(i => sum[i] + lower(a[i]) * lower(b[i]) + upper(a[i]) * upper(b[i]))
    }

    #[inline(always)]
    unsafe fn store_row(self, to: *mut u32, a: Self::V) {
        for i in 0..LANES / Self::GROUP {
            let word =
                if BF16 { to_bf16(a[2 * i]) | to_bf16(a[2 * i + 1]) << 16 } else { a[i].to_bits() };
            // SAFETY: the caller gives a pointer to that many words.
            unsafe { *to.add(i) = word };
        }
    }

    #[inline(always)]
    unsafe fn store_line(self, to: *mut u32, first: Self::V, second: Self::V) {
        for i in 0..LANES {
            let word = if BF16 {
                to_bf16(first[i]) | to_bf16(second[i]) << 16
            } else {
                first[i].to_bits()
            };
            // SAFETY: the caller gives a pointer to that many words.
            unsafe { *to.add(i) = word };
        }
    }

    type Sums = [u32; LANES];
    type Activations = [i8; BYTES];
    const ZERO: u8 = 0;
    const INT8_ROWS: usize = 2;
    const INT4_ROWS: usize = 2;

    #[inline(always)]
    fn zero_sums(self) -> Self::Sums {
        [0; LANES]
    }

    #[inline(always)]
    unsafe fn load_bytes(self, from: *const u32) -> Self::Sums {
        // SAFETY: the caller gives a pointer to that many words.
        unsafe { from.cast::<Self::Sums>().read_unaligned() }
    }

    #[inline(always)]
    fn splat_activations(self, word: u32) -> Self::Activations {
        signed_bytes(word)
    }

    #[inline(always)]
    fn add_bytes(
        self,
        mut sums: Self::Sums,
        activations: Self::Activations,
        weights: Self::Sums,
    ) -> Self::Sums {
        for (sum, word) in sums.iter_mut().zip(weights) {
            for (a, w) in activations.into_iter().zip(signed_bytes(word)) {
                *sum = sum.wrapping_add_signed(i32::from(a) * i32::from(w));
            }
        }
        sums
    }

    #[inline(always)]
    fn add_sums(self, a: Self::Sums, b: Self::Sums) -> Self::Sums {
        std::array::from_fn(|i| a[i].wrapping_add(b[i]))
    }

    #[inline(always)]
    fn shift_nibbles(self, words: Self::Sums) -> Self::Sums {
        words.map(|word| word << 4)
    }

    #[inline(always)]
    fn sums_to_f32(self, sums: Self::Sums) -> Self::V {
        sums.map(|sum| sum.cast_signed() as f32)
    }

    #[inline(always)]
    unsafe fn store_activations(self, to: *mut u32, a: Self::V) {
        for i in 0..LANES / BYTES {
            let byte = |b: usize| (a[BYTES * i + b].round_ties_even() as i8).cast_unsigned();
            let word = u32::from_le_bytes([byte(0), byte(1), byte(2), byte(3)]);
            // SAFETY: the caller gives a pointer to that many words.
            unsafe { *to.add(i) = word };
        }
    }
}

fn signed_bytes(word: u32) -> [i8; BYTES] {
    word.to_le_bytes().map(u8::cast_signed)
}
