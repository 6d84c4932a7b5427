//! How are the kernels run with AVX2 and FMA?
#![expect(unsafe_code, reason = "instructions are unsafe where they are not known to exist")]
#![expect(clippy::inline_always, reason = "must be compiled into each kernel")]

use std::arch::x86_64::{
    __m256, __m256i, _mm_packs_epi16, _mm_packs_epi32, _mm_storel_epi64, _mm256_abs_epi8,
    _mm256_add_epi32, _mm256_add_ps, _mm256_castsi256_ps, _mm256_castsi256_si128,
    _mm256_cvtepi32_ps, _mm256_cvtps_epi32, _mm256_div_ps, _mm256_extracti128_si256,
    _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_loadu_si256, _mm256_madd_epi16, _mm256_maddubs_epi16,
    _mm256_max_ps, _mm256_min_ps, _mm256_mul_ps, _mm256_set1_epi16, _mm256_set1_epi32,
    _mm256_set1_ps, _mm256_setzero_si256, _mm256_sign_epi8, _mm256_slli_epi32, _mm256_storeu_ps,
    _mm256_sub_ps,
};

use super::simd::Simd;

/// The proof that the processor has AVX2 and FMA.
#[derive(Clone, Copy)]
pub(super) struct Avx2(());

impl Avx2 {
    /// # Safety
    /// The processor must have AVX2 and FMA.
    #[inline(always)]
    pub(super) const unsafe fn assume_detected() -> Self {
        Self(())
    }
}

// SAFETY: `Avx2` is made where the processor has the instructions, as its constructor demands, which
// is all that the blocks below need beside good pointers; those are the caller's.
unsafe impl Simd for Avx2 {
    type V = __m256;
    const LANES: usize = 8;
    const GROUP: usize = 1;
    const ROWS: usize = 3;
    const OUTER: usize = 4;

    #[inline(always)]
    fn splat(self, x: f32) -> Self::V {
        unsafe { _mm256_set1_ps(x) }
    }

    #[inline(always)]
    fn add(self, a: Self::V, b: Self::V) -> Self::V {
        unsafe { _mm256_add_ps(a, b) }
    }

    #[inline(always)]
    fn sub(self, a: Self::V, b: Self::V) -> Self::V {
        unsafe { _mm256_sub_ps(a, b) }
    }

    #[inline(always)]
    fn mul(self, a: Self::V, b: Self::V) -> Self::V {
        unsafe { _mm256_mul_ps(a, b) }
    }

    #[inline(always)]
    fn fma(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V {
        unsafe { _mm256_fmadd_ps(a, b, c) }
    }

    #[inline(always)]
    fn min(self, a: Self::V, b: Self::V) -> Self::V {
        unsafe { _mm256_min_ps(a, b) }
    }

    #[inline(always)]
    fn max(self, a: Self::V, b: Self::V) -> Self::V {
        unsafe { _mm256_max_ps(a, b) }
    }

    #[inline(always)]
    fn recip(self, a: Self::V) -> Self::V {
        unsafe { _mm256_div_ps(_mm256_set1_ps(1.0), a) }
    }

    #[inline(always)]
    fn pow2(self, n: Self::V) -> Self::V {
        unsafe {
            let biased = _mm256_cvtps_epi32(_mm256_add_ps(n, _mm256_set1_ps(127.0)));
            _mm256_castsi256_ps(_mm256_slli_epi32::<23>(biased))
        }
    }

    #[inline(always)]
    unsafe fn load(self, from: *const f32) -> Self::V {
        unsafe { _mm256_loadu_ps(from) }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32, a: Self::V) {
        unsafe { _mm256_storeu_ps(to, a) }
    }

    #[inline(always)]
    unsafe fn load_words(self, from: *const u32) -> Self::V {
        unsafe { _mm256_loadu_ps(from.cast()) }
    }

    #[inline(always)]
    unsafe fn splat_word(self, from: *const u32) -> Self::V {
        unsafe { _mm256_castsi256_ps(_mm256_set1_epi32(*from as i32)) }
    }

    #[inline(always)]
    fn add_product(self, sum: Self::V, a: Self::V, b: Self::V) -> Self::V {
        unsafe { _mm256_fmadd_ps(a, b, sum) }
    }

    #[inline(always)]
    unsafe fn store_row(self, to: *mut u32, a: Self::V) {
        unsafe { _mm256_storeu_ps(to.cast(), a) }
    }

    #[inline(always)]
    unsafe fn store_line(self, to: *mut u32, first: Self::V, _second: Self::V) {
        unsafe { _mm256_storeu_ps(to.cast(), first) }
    }

    type Sums = __m256i;
    /// Sizes and signs.
    type Activations = (__m256i, __m256i);
    const ZERO: u8 = 0;
    const INT8_ROWS: usize = 2;
    const INT4_ROWS: usize = 2;

    #[inline(always)]
    fn zero_sums(self) -> __m256i {
        unsafe { _mm256_setzero_si256() }
    }

    #[inline(always)]
    unsafe fn load_bytes(self, from: *const u32) -> __m256i {
        unsafe { _mm256_loadu_si256(from.cast()) }
    }

    #[inline(always)]
    fn splat_activations(self, word: u32) -> Self::Activations {
        unsafe {
            let signed = _mm256_set1_epi32(word.cast_signed());
            (_mm256_abs_epi8(signed), signed)
        }
    }

    // AVX2 multiplies unsigned by signed bytes and adds the products in pairs of 16 bits. So the
    // activation's sign is given to the weight; neither is below −127, and no pair overflows.
    #[inline(always)]
    fn add_bytes(
        self,
        sums: __m256i,
        (size, sign): Self::Activations,
        weights: __m256i,
    ) -> __m256i {
        unsafe {
            let pairs = _mm256_maddubs_epi16(size, _mm256_sign_epi8(weights, sign));
            _mm256_add_epi32(sums, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)))
        }
    }

    #[inline(always)]
    fn add_sums(self, a: __m256i, b: __m256i) -> __m256i {
        unsafe { _mm256_add_epi32(a, b) }
    }

    #[inline(always)]
    fn shift_nibbles(self, words: __m256i) -> __m256i {
        unsafe { _mm256_slli_epi32::<4>(words) }
    }

    #[inline(always)]
    fn sums_to_f32(self, sums: __m256i) -> __m256 {
        unsafe { _mm256_cvtepi32_ps(sums) }
    }

    #[inline(always)]
    unsafe fn store_activations(self, to: *mut u32, a: __m256) {
        unsafe {
            let whole = _mm256_cvtps_epi32(a);
            let (low, high) = (_mm256_castsi256_si128(whole), _mm256_extracti128_si256::<1>(whole));
            let halves = _mm_packs_epi32(low, high);
            _mm_storel_epi64(to.cast(), _mm_packs_epi16(halves, halves));
        }
    }
}
