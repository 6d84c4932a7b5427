//! How are eight bits multiplied with AVX2?
//!
//! It multiplies numbers without a sign by such with one, and adds the products up in pairs of sixteen
//! bits. So the activation's sign is given to the weight; neither is below −127, and no pair overflows.
#![expect(unsafe_code, reason = "instructions are unsafe where they are not known to exist")]
#![expect(clippy::inline_always, reason = "must be compiled into each kernel")]

use std::arch::x86_64::{
    __m256i, _mm_packs_epi16, _mm_packs_epi32, _mm_storel_epi64, _mm256_abs_epi8, _mm256_add_epi32,
    _mm256_castsi256_si128, _mm256_cvtepi32_ps, _mm256_cvtps_epi32, _mm256_extracti128_si256,
    _mm256_loadu_si256, _mm256_madd_epi16, _mm256_maddubs_epi16, _mm256_set1_epi16,
    _mm256_set1_epi32, _mm256_setzero_si256, _mm256_sign_epi8, _mm256_slli_epi32,
};

use super::super::avx2::Avx2;
use super::super::simd::Simd;
use super::dots::Dots;

#[derive(Clone, Copy)]
pub(super) struct Pairs;

// SAFETY of every block below: made only inside functions compiled for AVX2, after it was detected;
// pointers are good by the contract of `Dots`.
impl Dots for Pairs {
    type Simd = Avx2;
    type Sums = __m256i;
    /// Sizes and signs.
    type Left = (__m256i, __m256i);
    const ROWS: usize = 2;
    const ROWS_HALVED: usize = 2;

    #[inline(always)]
    fn simd(self) -> Avx2 {
        Avx2
    }

    #[inline(always)]
    fn zero(self) -> __m256i {
        unsafe { _mm256_setzero_si256() }
    }

    #[inline(always)]
    unsafe fn load(self, from: *const u32) -> __m256i {
        unsafe { _mm256_loadu_si256(from.cast()) }
    }

    #[inline(always)]
    fn splat(self, word: u32) -> Self::Left {
        unsafe {
            let signed = _mm256_set1_epi32(word.cast_signed());
            (_mm256_abs_epi8(signed), signed)
        }
    }

    #[inline(always)]
    fn add(self, sums: __m256i, (size, sign): Self::Left, right: __m256i) -> __m256i {
        unsafe {
            let pairs = _mm256_maddubs_epi16(size, _mm256_sign_epi8(right, sign));
            _mm256_add_epi32(sums, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)))
        }
    }

    #[inline(always)]
    fn both(self, a: __m256i, b: __m256i) -> __m256i {
        unsafe { _mm256_add_epi32(a, b) }
    }

    #[inline(always)]
    fn raised(self, words: __m256i) -> __m256i {
        unsafe { _mm256_slli_epi32::<4>(words) }
    }

    #[inline(always)]
    fn float(self, sums: __m256i) -> <Avx2 as Simd>::V {
        unsafe { _mm256_cvtepi32_ps(sums) }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut u32, a: <Avx2 as Simd>::V) {
        unsafe {
            let whole = _mm256_cvtps_epi32(a);
            let (low, high) = (_mm256_castsi256_si128(whole), _mm256_extracti128_si256::<1>(whole));
            let halves = _mm_packs_epi32(low, high);
            _mm_storel_epi64(to.cast(), _mm_packs_epi16(halves, halves));
        }
    }
}
