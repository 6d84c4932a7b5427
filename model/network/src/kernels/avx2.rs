//! How are the kernels run with AVX2 and FMA?
#![expect(unsafe_code, reason = "instructions are unsafe where they are not known to exist")]
#![expect(clippy::inline_always, reason = "must be compiled into each kernel")]

use std::arch::x86_64::{
    __m256, _mm256_add_ps, _mm256_castsi256_ps, _mm256_cvtps_epi32, _mm256_div_ps, _mm256_fmadd_ps,
    _mm256_loadu_ps, _mm256_max_ps, _mm256_min_ps, _mm256_mul_ps, _mm256_set1_epi32,
    _mm256_set1_ps, _mm256_slli_epi32, _mm256_storeu_ps, _mm256_sub_ps,
};

use super::simd::Simd;

#[derive(Clone, Copy)]
pub(crate) struct Avx2;

// SAFETY of every block below: `Level::run` makes this type only inside a function compiled for
// AVX2 and FMA, after both were detected; pointers are good by the contract of `Simd`.
impl Simd for Avx2 {
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
}
