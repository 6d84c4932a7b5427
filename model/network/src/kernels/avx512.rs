//! How are the kernels run with AVX-512, and with its products of bf16 and of 8 bits (VNNI)?
#![expect(unsafe_code, reason = "instructions are unsafe where they are not known to exist")]
#![expect(clippy::inline_always, reason = "must be compiled into each kernel")]

use std::arch::x86_64::{
    __m256bh, __m256i, __m512, __m512bh, __m512i, _mm_storeu_si128, _mm256_storeu_si256,
    _mm512_add_epi32, _mm512_add_ps, _mm512_and_si512, _mm512_castpd_ps, _mm512_castps_pd,
    _mm512_castsi512_ps, _mm512_cvtepi32_ps, _mm512_cvtne2ps_pbh, _mm512_cvtneps_pbh,
    _mm512_cvtps_epi32, _mm512_cvtusepi32_epi8, _mm512_dpbf16_ps, _mm512_dpbusd_epi32,
    _mm512_fmadd_ps, _mm512_fnmadd_ps, _mm512_loadu_ps, _mm512_loadu_si512, _mm512_madd_epi16,
    _mm512_max_epi32, _mm512_max_ps, _mm512_min_ps, _mm512_mul_ps, _mm512_permutexvar_epi16,
    _mm512_rcp14_ps, _mm512_scalef_ps, _mm512_set1_epi16, _mm512_set1_epi32, _mm512_set1_ps,
    _mm512_setzero_ps, _mm512_setzero_si512, _mm512_shuffle_f32x4, _mm512_slli_epi16,
    _mm512_slli_epi32, _mm512_srai_epi16, _mm512_srli_epi16, _mm512_storeu_ps, _mm512_storeu_si512,
    _mm512_sub_ps, _mm512_unpackhi_pd, _mm512_unpackhi_ps, _mm512_unpacklo_pd, _mm512_unpacklo_ps,
};
use std::mem::transmute;

use super::simd::{MAX_LANES, Simd, Square};

/// The proof that the processor has AVX-512 (F, VL, DQ, BW), and what else is said.
#[derive(Clone, Copy)]
pub(super) struct Avx512<const BF16: bool, const VNNI: bool>(());

impl<const BF16: bool, const VNNI: bool> Avx512<BF16, VNNI> {
    /// # Safety
    /// The processor must have AVX-512 F, VL, DQ and BW, FMA, with `BF16` AVX512-BF16 and with `VNNI`
    /// AVX512-VNNI.
    #[inline(always)]
    pub(super) const unsafe fn assume_detected() -> Self {
        Self(())
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

// SAFETY: `Avx512` is made where the processor has the instructions, as its constructor demands,
// which is all that the blocks below need beside good pointers; those are the caller's. Vectors of 512
// bits are transmuted to one another.
unsafe impl<const BF16: bool, const VNNI: bool> Simd for Avx512<BF16, VNNI> {
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

    /// Pairs, then fours within 128 bits, then the quarters themselves.
    #[inline(always)]
    unsafe fn turn(self, lines: &[*const f32; MAX_LANES], turned: &mut Square) {
        unsafe {
            // Loops, as closures given to `map` are not compiled for the instructions.
            let mut a = [_mm512_setzero_ps(); 16];
            for i in 0..16 {
                a[i] = _mm512_loadu_ps(lines[i]);
            }
            for i in (0..16).step_by(2) {
                let (x, y) = (a[i], a[i + 1]);
                (a[i], a[i + 1]) = (_mm512_unpacklo_ps(x, y), _mm512_unpackhi_ps(x, y));
            }
            for i in (0..16).step_by(4) {
                let (x, y) = (_mm512_castps_pd(a[i]), _mm512_castps_pd(a[i + 1]));
                let (z, w) = (_mm512_castps_pd(a[i + 2]), _mm512_castps_pd(a[i + 3]));
                a[i] = _mm512_castpd_ps(_mm512_unpacklo_pd(x, z));
                a[i + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(x, z));
                a[i + 2] = _mm512_castpd_ps(_mm512_unpacklo_pd(y, w));
                a[i + 3] = _mm512_castpd_ps(_mm512_unpackhi_pd(y, w));
            }
            for i in 0..4 {
                let even = _mm512_shuffle_f32x4::<0x88>(a[i], a[i + 4]);
                let odd = _mm512_shuffle_f32x4::<0xdd>(a[i], a[i + 4]);
                let other_even = _mm512_shuffle_f32x4::<0x88>(a[i + 8], a[i + 12]);
                let other_odd = _mm512_shuffle_f32x4::<0xdd>(a[i + 8], a[i + 12]);
                let quarters = [
                    _mm512_shuffle_f32x4::<0x88>(even, other_even),
                    _mm512_shuffle_f32x4::<0x88>(odd, other_odd),
                    _mm512_shuffle_f32x4::<0xdd>(even, other_even),
                    _mm512_shuffle_f32x4::<0xdd>(odd, other_odd),
                ];
                for quarter in 0..4 {
                    _mm512_storeu_ps(turned[i + 4 * quarter].as_mut_ptr(), quarters[quarter]);
                }
            }
        }
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

    type Sums = __m512i;
    /// Bytes without a sign; without VNNI, the even ones and the odd ones in 16 bits each.
    type Activations = (__m512i, __m512i);
    /// VNNI multiplies unsigned by signed bytes, so 128 is added to activations.
    const ZERO: u8 = 128;
    const INT8_ROWS: usize = 6;
    const INT4_ROWS: usize = 4;

    #[inline(always)]
    fn zero_sums(self) -> __m512i {
        unsafe { _mm512_setzero_si512() }
    }

    #[inline(always)]
    unsafe fn load_bytes(self, from: *const u32) -> __m512i {
        unsafe { _mm512_loadu_si512(from.cast()) }
    }

    #[inline(always)]
    fn splat_activations(self, word: u32) -> Self::Activations {
        unsafe {
            let bytes = _mm512_set1_epi32(word.cast_signed());
            if VNNI {
                return (bytes, bytes);
            }
            let even = _mm512_and_si512(bytes, _mm512_set1_epi16(0xff));
            (even, _mm512_srli_epi16::<8>(bytes))
        }
    }

    #[inline(always)]
    fn add_bytes(self, sums: __m512i, (left, odd): Self::Activations, weights: __m512i) -> __m512i {
        unsafe {
            if VNNI {
                return _mm512_dpbusd_epi32(sums, left, weights);
            }
            let even_weights = _mm512_srai_epi16::<8>(_mm512_slli_epi16::<8>(weights));
            let even = _mm512_madd_epi16(left, even_weights);
            let odd = _mm512_madd_epi16(odd, _mm512_srai_epi16::<8>(weights));
            _mm512_add_epi32(sums, _mm512_add_epi32(even, odd))
        }
    }

    #[inline(always)]
    fn add_sums(self, a: __m512i, b: __m512i) -> __m512i {
        unsafe { _mm512_add_epi32(a, b) }
    }

    #[inline(always)]
    fn shift_nibbles(self, words: __m512i) -> __m512i {
        unsafe { _mm512_slli_epi32::<4>(words) }
    }

    #[inline(always)]
    fn sums_to_f32(self, sums: __m512i) -> __m512 {
        unsafe { _mm512_cvtepi32_ps(sums) }
    }

    #[inline(always)]
    unsafe fn store_activations(self, to: *mut u32, a: __m512) {
        unsafe {
            let zero = _mm512_set1_epi32(Self::ZERO.into());
            let shifted = _mm512_add_epi32(_mm512_cvtps_epi32(a), zero);
            let bytes = _mm512_cvtusepi32_epi8(_mm512_max_epi32(shifted, _mm512_setzero_si512()));
            _mm_storeu_si128(to.cast(), bytes);
        }
    }
}
