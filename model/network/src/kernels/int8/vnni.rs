//! How are eight bits multiplied with AVX512-VNNI?
//!
//! Of two factors one has no sign, so activations are written with 128 added.
#![expect(unsafe_code, reason = "instructions are unsafe where they are not known to exist")]
#![expect(clippy::inline_always, reason = "must be compiled into each kernel")]

use std::arch::x86_64::{
    __m512i, _mm_storeu_si128, _mm512_add_epi32, _mm512_cvtepi32_ps, _mm512_cvtps_epi32,
    _mm512_cvtusepi32_epi8, _mm512_dpbusd_epi32, _mm512_loadu_si512, _mm512_max_epi32,
    _mm512_set1_epi32, _mm512_setzero_si512, _mm512_slli_epi32,
};

use super::super::avx512::Avx512;
use super::super::simd::Simd;
use super::dots::Dots;

/// What 0 is written as.
pub(super) const ZERO: u8 = 128;

#[derive(Clone, Copy)]
pub(super) struct Vnni;

// SAFETY of every block below: made only inside functions compiled for these instructions, after they
// were detected; pointers are good by the contract of `Dots`.
impl Dots for Vnni {
    type Simd = Avx512<false>;
    type Sums = __m512i;
    type Left = __m512i;
    const ROWS: usize = 6;
    const ROWS_HALVED: usize = 4;

    #[inline(always)]
    fn simd(self) -> Self::Simd {
        unsafe { Avx512::detected() }
    }

    #[inline(always)]
    fn zero(self) -> __m512i {
        unsafe { _mm512_setzero_si512() }
    }

    #[inline(always)]
    unsafe fn load(self, from: *const u32) -> __m512i {
        unsafe { _mm512_loadu_si512(from.cast()) }
    }

    #[inline(always)]
    fn splat(self, word: u32) -> __m512i {
        unsafe { _mm512_set1_epi32(word.cast_signed()) }
    }

    #[inline(always)]
    fn add(self, sums: __m512i, left: __m512i, right: __m512i) -> __m512i {
        unsafe { _mm512_dpbusd_epi32(sums, left, right) }
    }

    #[inline(always)]
    fn both(self, a: __m512i, b: __m512i) -> __m512i {
        unsafe { _mm512_add_epi32(a, b) }
    }

    #[inline(always)]
    fn raised(self, words: __m512i) -> __m512i {
        unsafe { _mm512_slli_epi32::<4>(words) }
    }

    #[inline(always)]
    fn float(self, sums: __m512i) -> <Self::Simd as Simd>::V {
        unsafe { _mm512_cvtepi32_ps(sums) }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut u32, a: <Self::Simd as Simd>::V) {
        unsafe {
            let shifted = _mm512_add_epi32(_mm512_cvtps_epi32(a), _mm512_set1_epi32(ZERO.into()));
            let bytes = _mm512_cvtusepi32_epi8(_mm512_max_epi32(shifted, _mm512_setzero_si512()));
            _mm_storeu_si128(to.cast(), bytes);
        }
    }
}
