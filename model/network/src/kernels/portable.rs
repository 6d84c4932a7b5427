//! How are the kernels run on any processor?
//!
//! In arrays of eight that the compiler turns into what vectors there are. With `BF16`, bf16 is
//! computed bit by bit as other levels do in one instruction: slow, for comparison.
#![expect(unsafe_code, reason = "loads and stores take pointers")]
#![expect(clippy::inline_always, reason = "must be compiled into each kernel")]

use super::simd::Simd;

#[derive(Clone, Copy)]
pub(crate) struct Portable<const BF16: bool>;

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

impl<const BF16: bool> Simd for Portable<BF16> {
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
}
