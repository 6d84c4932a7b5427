//! How are the kernels run with AVX-512, and with its bf16 products?
#![expect(unsafe_code, reason = "instructions are unsafe where they are not known to exist")]
#![expect(clippy::inline_always, reason = "must be compiled into each kernel")]

use std::arch::x86_64::{
    __m256bh, __m256i, __m512, __m512bh, __m512i, _mm256_storeu_si256, _mm512_add_ps,
    _mm512_castsi512_ps, _mm512_cvtne2ps_pbh, _mm512_cvtneps_pbh, _mm512_dpbf16_ps,
    _mm512_fmadd_ps, _mm512_fnmadd_ps, _mm512_loadu_ps, _mm512_loadu_si512, _mm512_max_ps,
    _mm512_min_ps, _mm512_mul_ps, _mm512_permutexvar_epi16, _mm512_rcp14_ps, _mm512_scalef_ps,
    _mm512_set1_epi32, _mm512_set1_ps, _mm512_storeu_ps, _mm512_storeu_si512, _mm512_sub_ps,
};
use std::mem::transmute;

use super::simd::Simd;

#[derive(Clone, Copy)]
pub(crate) struct Avx512<const BF16: bool>;

impl<const BF16: bool> Avx512<BF16> {
    /// For code that was compiled for these instructions.
    ///
    /// # Safety
    /// The processor must have them.
    #[inline(always)]
    pub(super) unsafe fn detected() -> Self {
        Self
    }
}

/// Moves the numbers of two rows, one after the other, to pairs.
const PAIRS: [u16; 32] = {
    let mut places = [0; 32];
    let mut i = 0;
    while i < 32 {
        places[i] = (i / 2 + i % 2 * 16) as u16;
        i += 1;
    }
    places
};

// SAFETY of every block below: `Level::run` makes this type only inside a function compiled for
// these instructions (with `BF16`, also avx512bf16), after they were detected; pointers are good by
// the contract of `Simd`; vectors of 512 bits are transmuted to one another.
impl<const BF16: bool> Simd for Avx512<BF16> {
    type V = __m512;
    const LANES: usize = 16;
    const GROUP: usize = if BF16 { 2 } else { 1 };
    const ROWS: usize = 6;
    const OUTER: usize = 8;

    #[inline(always)]
    fn splat(self, x: f32) -> Self::V {
        unsafe { _mm512_set1_ps(x) }
    }

    #[inline(always)]
    fn add(self, a: Self::V, b: Self::V) -> Self::V {
        unsafe { _mm512_add_ps(a, b) }
    }

    #[inline(always)]
    fn sub(self, a: Self::V, b: Self::V) -> Self::V {
        unsafe { _mm512_sub_ps(a, b) }
    }

    #[inline(always)]
    fn mul(self, a: Self::V, b: Self::V) -> Self::V {
        unsafe { _mm512_mul_ps(a, b) }
    }

    #[inline(always)]
    fn fma(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V {
        unsafe { _mm512_fmadd_ps(a, b, c) }
    }

    #[inline(always)]
    fn min(self, a: Self::V, b: Self::V) -> Self::V {
        unsafe { _mm512_min_ps(a, b) }
    }

    #[inline(always)]
    fn max(self, a: Self::V, b: Self::V) -> Self::V {
        unsafe { _mm512_max_ps(a, b) }
    }

    #[inline(always)]
    fn recip(self, a: Self::V) -> Self::V {
        // One step of Newton's method doubles the 14 bits of the estimate.
        unsafe {
            let estimate = _mm512_rcp14_ps(a);
            _mm512_mul_ps(estimate, _mm512_fnmadd_ps(a, estimate, _mm512_set1_ps(2.0)))
        }
    }

    #[inline(always)]
    fn pow2(self, n: Self::V) -> Self::V {
        unsafe { _mm512_scalef_ps(_mm512_set1_ps(1.0), n) }
    }

    #[inline(always)]
    unsafe fn load(self, from: *const f32) -> Self::V {
        unsafe { _mm512_loadu_ps(from) }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32, a: Self::V) {
        unsafe { _mm512_storeu_ps(to, a) }
    }

    #[inline(always)]
    unsafe fn load_words(self, from: *const u32) -> Self::V {
        unsafe { _mm512_loadu_ps(from.cast()) }
    }

    #[inline(always)]
    unsafe fn splat_word(self, from: *const u32) -> Self::V {
        unsafe { _mm512_castsi512_ps(_mm512_set1_epi32(*from as i32)) }
    }

    #[inline(always)]
    fn add_product(self, sum: Self::V, a: Self::V, b: Self::V) -> Self::V {
        if !BF16 {
            return unsafe { _mm512_fmadd_ps(a, b, sum) };
        }
        unsafe {
            let (a, b) = (transmute::<__m512, __m512bh>(a), transmute::<__m512, __m512bh>(b));
            _mm512_dpbf16_ps(sum, a, b)
        }
    }

    #[inline(always)]
    unsafe fn store_row(self, to: *mut u32, a: Self::V) {
        if !BF16 {
            return unsafe { _mm512_storeu_ps(to.cast(), a) };
        }
        unsafe {
            let row = transmute::<__m256bh, __m256i>(_mm512_cvtneps_pbh(a));
            _mm256_storeu_si256(to.cast(), row);
        }
    }

    #[inline(always)]
    unsafe fn store_line(self, to: *mut u32, first: Self::V, second: Self::V) {
        if !BF16 {
            return unsafe { _mm512_storeu_ps(to.cast(), first) };
        }
        unsafe {
            let rows = transmute::<__m512bh, __m512i>(_mm512_cvtne2ps_pbh(second, first));
            let places = _mm512_loadu_si512(PAIRS.as_ptr().cast());
            _mm512_storeu_si512(to.cast(), _mm512_permutexvar_epi16(places, rows));
        }
    }
}
