//! How are products made with a quarter of the memory?
//!
//! For sampling one token at a time, which waits for weights to come from memory: weights in eight
//! bits, scaled a column, and activations between −1 and 1 in eight bits, multiplied by AVX512-VNNI.
//! Sums are exact. Only where the processor has it; no gradient.
#![expect(unsafe_code, reason = "calls code for instructions that were detected, with pointers")]
#![expect(clippy::inline_always, reason = "must be compiled for these instructions")]

use std::arch::x86_64::{
    _mm_storeu_si128, _mm512_add_epi32, _mm512_cvtepi32_ps, _mm512_cvtps_epi32,
    _mm512_cvtusepi32_epi8, _mm512_dpbusd_epi32, _mm512_loadu_si512, _mm512_max_epi32,
    _mm512_set1_epi32, _mm512_setzero_si512,
};

use super::avx512::Avx512;
use super::math::{sigmoid, tanh};
use super::product::{block, by_rows};
use super::simd::Simd;

/// Numbers in a vector.
const LANES: usize = 16;
/// Numbers in a word.
const GROUP: usize = 4;
/// Steps of an activation from 0 to 1, and what 0 is written as.
const STEPS: f32 = 127.0;
const ZERO: i32 = 128;

/// Proof that the processor has the instructions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Int8(());

/// Vectors of columns that are multiplied together, and so lie together.
const TOGETHER: usize = 4;

/// A matrix in eight bits, as words `[four vectors][line][vector][lane]`: one stream reads it from
/// front to back, which is as fast as memory gives it. Columns are filled up to whole fours with zeros.
pub(crate) struct Matrix8 {
    words: Vec<u32>,
    /// Words of a column.
    depth: usize,
    /// What a sum of products is worth, a column.
    scales: Vec<f32>,
    /// To be added to the sums, a column, since activations are not written around 0.
    pub(crate) offsets: Vec<f32>,
}

/// One step of `n` lanes of an LSTM layer, as [`Step`](super::cell::Step) makes it.
pub(crate) struct Step8<'a> {
    pub(crate) n: usize,
    /// Rows of activations \[n, depth\]: of the layer below, if any, then of the layer itself.
    pub(crate) rows: &'a [u32],
    /// Weights of both.
    pub(crate) weights: &'a Matrix8,
    /// What the gates' sums begin with, offsets included: one row for all lanes, or one each.
    pub(crate) initial: &'a [f32],
    /// Cell states \[n, units\].
    pub(crate) cells: &'a mut [f32],
    /// The outputs as activations \[n, units / 4\].
    pub(crate) out: &'a mut [u32],
}

impl Matrix8 {
    /// The `f32` panels of vectors of 16, each with its depth, one below the other.
    pub(crate) fn new(parts: &[(&[f32], usize)]) -> Self {
        let height: usize = parts.iter().map(|(_, depth)| depth).sum();
        let n_vectors =
            parts.first().map_or(0, |(panels, depth)| panels.len() / (depth * LANES).max(1));
        let n_filled = n_vectors.next_multiple_of(TOGETHER);
        let mut own = Self {
            words: vec![0; n_filled * height / GROUP * LANES],
            depth: height / GROUP,
            scales: Vec::new(),
            offsets: Vec::new(),
        };
        for vector in 0..n_vectors {
            for lane in 0..LANES {
                let column: Vec<f32> = parts
                    .iter()
                    .flat_map(|(panels, depth)| {
                        (0..*depth).map(move |k| panels[(vector * depth + k) * LANES + lane])
                    })
                    .collect();
                own.put(vector, lane, &column);
            }
        }
        own.scales.resize(n_filled * LANES, 0.0);
        own.offsets.resize(n_filled * LANES, 0.0);
        own
    }

    /// Columns, filled up.
    pub(crate) fn width(&self) -> usize {
        self.scales.len()
    }

    fn put(&mut self, vector: usize, lane: usize, column: &[f32]) {
        let most = column.iter().fold(0.0f32, |most, value| most.max(value.abs()));
        let scale = most.max(f32::MIN_POSITIVE) / 127.0;
        let mut sum = 0i32;
        for (k, numbers) in column.chunks_exact(GROUP).enumerate() {
            let mut bytes = [0u8; GROUP];
            for (byte, value) in bytes.iter_mut().zip(numbers) {
                let whole = (value / scale).round() as i8;
                sum += i32::from(whole);
                *byte = whole.cast_unsigned();
            }
            let line = (vector / TOGETHER * self.depth + k) * TOGETHER + vector % TOGETHER;
            self.words[line * LANES + lane] = u32::from_le_bytes(bytes);
        }
        self.scales.push(scale / STEPS);
        self.offsets.push(-(ZERO as f32) * sum as f32 * scale / STEPS);
    }
}

/// What zeroes are as activations.
pub(crate) fn zeros(n: usize) -> Vec<u32> {
    vec![0x8080_8080; n / GROUP]
}

impl Int8 {
    /// Whether the processor has it.
    pub(crate) fn detect() -> Option<Self> {
        use std::arch::is_x86_feature_detected as has;
        let found = has!("avx512f")
            && has!("avx512vl")
            && has!("avx512dq")
            && has!("avx512bw")
            && has!("avx512vnni")
            && has!("fma");
        found.then_some(Self(()))
    }

    /// Makes a step.
    #[expect(clippy::unused_self, reason = "it proves that the processor has the instructions")]
    pub(crate) fn step(self, step: Step8<'_>) {
        let units = step.weights.scales.len() / 4;
        let fits = step.rows.len() == step.n * step.weights.depth
            && (step.initial.len() == 4 * units || step.initial.len() == step.n * 4 * units)
            && step.cells.len() == step.n * units
            && step.out.len() * GROUP == step.n * units;
        assert!(fits, "a step's shapes must agree");
        // SAFETY: the instructions were detected, and the shapes agree.
        unsafe { run_step(step, units) }
    }

    /// `out = rows · weights + initial` for `n` rows, where `initial` holds the offsets.
    #[expect(clippy::unused_self, reason = "it proves that the processor has the instructions")]
    pub(crate) fn product(
        self,
        n: usize,
        rows: &[u32],
        weights: &Matrix8,
        initial: &[f32],
        out: &mut [f32],
    ) {
        let width = weights.scales.len();
        let fits =
            rows.len() == n * weights.depth && initial.len() == width && out.len() == n * width;
        assert!(fits, "a product's shapes must agree");
        // SAFETY: the instructions were detected, and the shapes agree.
        unsafe { run_product(n, rows, weights, initial, out) }
    }
}

/// # Safety
/// The processor must have the instructions, and the shapes must agree.
#[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx512vnni,fma")]
unsafe fn run_step(mut step: Step8<'_>, units: usize) {
    for vector in 0..units / LANES {
        let mut row = 0;
        while row < step.n {
            let size = block(step.n - row, 6, 1);
            // SAFETY: the caller's.
            by_rows!(size, R => unsafe { tile_step::<R>(&mut step, units, vector, row) });
            row += size;
        }
    }
}

/// # Safety
/// As for [`run_step`].
#[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx512vnni,fma")]
unsafe fn run_product(n: usize, rows: &[u32], weights: &Matrix8, initial: &[f32], out: &mut [f32]) {
    let width = weights.width();
    for vector in (0..width / LANES).step_by(TOGETHER) {
        let mut row = 0;
        while row < n {
            let size = block(n - row, 6, 1);
            // SAFETY: the caller's.
            unsafe {
                let initial = initial.as_ptr().add(vector * LANES);
                let to = out.as_mut_ptr().add(row * width + vector * LANES);
                by_rows!(size, R => {
                    store(sums::<R>(rows, weights, vector, row, initial, 0), to, width);
                });
            }
            row += size;
        }
    }
}

type Vector = <Avx512<false> as Simd>::V;

/// # Safety
/// As for [`run_step`]; `to` must be good for `R` rows of four vectors, `width` numbers apart.
#[inline(always)]
unsafe fn store<const R: usize>(sums: [[Vector; TOGETHER]; R], to: *mut f32, width: usize) {
    for (r, sums) in sums.iter().enumerate() {
        for (j, sum) in sums.iter().enumerate() {
            // SAFETY: the caller's.
            unsafe { Avx512::<false>::detected().store(to.add(r * width + j * LANES), *sum) };
        }
    }
}

/// # Safety
/// As for [`run_step`].
#[inline(always)]
unsafe fn tile_step<const R: usize>(step: &mut Step8<'_>, units: usize, vector: usize, row: usize) {
    // SAFETY: the caller's.
    unsafe {
        let simd = Avx512::<false>::detected();
        let stride = if step.initial.len() == 4 * units { 0 } else { 4 * units };
        let initial = step.initial.as_ptr().add(row * stride + 4 * vector * LANES);
        let sums = sums::<R>(step.rows, step.weights, 4 * vector, row, initial, stride);
        for (r, sums) in sums.iter().enumerate() {
            let at = (row + r) * units + vector * LANES;
            let cell = step.cells.as_mut_ptr().add(at);
            let kept = simd.mul(sigmoid(simd, sums[1]), simd.load(cell));
            let new = simd.fma(sigmoid(simd, sums[0]), tanh(simd, sums[2]), kept);
            simd.store(cell, new);
            let output = simd.mul(sigmoid(simd, sums[3]), tanh(simd, new));
            let whole = _mm512_cvtps_epi32(simd.mul(output, simd.splat(STEPS)));
            let shifted = _mm512_add_epi32(whole, _mm512_set1_epi32(ZERO));
            let bytes = _mm512_cvtusepi32_epi8(_mm512_max_epi32(shifted, _mm512_setzero_si512()));
            _mm_storeu_si128(step.out.as_mut_ptr().add(at / GROUP).cast(), bytes);
        }
    }
}

/// The sums of `R` rows from `row` with four vectors of columns from `vector`.
///
/// # Safety
/// As for [`run_step`]; `initial` must be good for four vectors, and if `stride` is not 0, for `R` rows
/// of them, `stride` numbers apart.
#[inline(always)]
#[expect(clippy::needless_range_loop, reason = "iterators keep the sums from staying in registers")]
unsafe fn sums<const R: usize>(
    rows: &[u32],
    weights: &Matrix8,
    vector: usize,
    row: usize,
    initial: *const f32,
    stride: usize,
) -> [[Vector; TOGETHER]; R] {
    let depth = weights.depth;
    // SAFETY: the caller's.
    unsafe {
        let simd = Avx512::<false>::detected();
        let (from, panels) =
            (rows.as_ptr().add(row * depth), weights.words.as_ptr().add(vector * depth * LANES));
        let mut whole = [[_mm512_setzero_si512(); TOGETHER]; R];
        for k in 0..depth {
            let mut right = [_mm512_setzero_si512(); TOGETHER];
            for j in 0..TOGETHER {
                let line = panels.add((k * TOGETHER + j) * LANES);
                right[j] = _mm512_loadu_si512(line.cast());
            }
            for r in 0..R {
                let left = _mm512_set1_epi32((*from.add(r * depth + k)).cast_signed());
                for j in 0..TOGETHER {
                    whole[r][j] = _mm512_dpbusd_epi32(whole[r][j], left, right[j]);
                }
            }
        }
        let mut sums = [[simd.splat(0.0); TOGETHER]; R];
        for r in 0..R {
            for j in 0..TOGETHER {
                let scale = simd.load(weights.scales.as_ptr().add((vector + j) * LANES));
                let initial = simd.load(initial.add(r * stride + j * LANES));
                sums[r][j] = simd.fma(_mm512_cvtepi32_ps(whole[r][j]), scale, initial);
            }
        }
        sums
    }
}
