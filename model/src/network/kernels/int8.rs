//! How are products made with a quarter of the memory?
//!
//! For sampling one token at a time, which waits for weights to come from memory: weights in eight
//! bits, scaled a column, and activations between −1 and 1 in eight bits, multiplied by AVX512-VNNI or
//! AVX2. Sums are exact. Only where the processor has one of them; no gradient.
#![expect(unsafe_code, reason = "calls code for instructions that were detected, with pointers")]

mod dots;
mod pairs;
mod vnni;

use pairs::Pairs;
use vnni::Vnni;

/// Numbers in a word.
const GROUP: usize = 4;
/// Steps of an activation from 0 to 1.
const STEPS: f32 = 127.0;

/// Instructions that the processor has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Int8(Instructions);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Instructions {
    Avx2,
    Avx512Vnni,
}

/// Vectors of columns that are multiplied together, and so lie together.
const TOGETHER: usize = 4;

/// A line of the cache.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Line([u32; 16]);

/// A matrix in eight bits, as words `[four vectors][line][vector][lane]`: one stream reads it from
/// front to back, which is as fast as memory gives it. Columns are filled up to whole fours with zeros.
pub(crate) struct Matrix8 {
    /// No vector lies across two of them.
    lines: Vec<Line>,
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
    /// From `f32` panels of vectors as long as those of `int8`, each with its depth, one below the
    /// other.
    pub(crate) fn new(int8: Int8, parts: &[(&[f32], usize)]) -> Self {
        let lanes = int8.lanes();
        let height: usize = parts.iter().map(|(_, depth)| depth).sum();
        let n_vectors =
            parts.first().map_or(0, |(panels, depth)| panels.len() / (depth * lanes).max(1));
        let n_filled = n_vectors.next_multiple_of(TOGETHER);
        let n_words = n_filled * height / GROUP * lanes;
        let mut own = Self {
            lines: vec![Line([0; 16]); n_words.div_ceil(16)],
            depth: height / GROUP,
            scales: Vec::new(),
            offsets: Vec::new(),
        };
        for vector in 0..n_vectors {
            for lane in 0..lanes {
                let column: Vec<f32> = parts
                    .iter()
                    .flat_map(|(panels, depth)| {
                        (0..*depth).map(move |k| panels[(vector * depth + k) * lanes + lane])
                    })
                    .collect();
                own.put(int8, (vector, lane), &column);
            }
        }
        own.scales.resize(n_filled * lanes, 0.0);
        own.offsets.resize(n_filled * lanes, 0.0);
        own
    }

    /// Columns, filled up.
    pub(crate) fn width(&self) -> usize {
        self.scales.len()
    }

    fn words(&self) -> *const u32 {
        self.lines.as_ptr().cast()
    }

    fn put(&mut self, int8: Int8, (vector, lane): (usize, usize), column: &[f32]) {
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
            let word = line * int8.lanes() + lane;
            self.lines[word / 16].0[word % 16] = u32::from_le_bytes(bytes);
        }
        self.scales.push(scale / STEPS);
        self.offsets.push(-f32::from(int8.zero()) * sum as f32 * scale / STEPS);
    }
}

impl Int8 {
    /// The fastest that the processor has, if any.
    pub(crate) fn detect() -> Option<Self> {
        use std::arch::is_x86_feature_detected as has;
        let has_vnni = has!("avx512f")
            && has!("avx512vl")
            && has!("avx512dq")
            && has!("avx512bw")
            && has!("avx512vnni")
            && has!("fma");
        if has_vnni { Some(Self(Instructions::Avx512Vnni)) } else { Self::avx2() }
    }

    /// AVX2, if the processor has it.
    pub(crate) fn avx2() -> Option<Self> {
        use std::arch::is_x86_feature_detected as has;
        (has!("avx2") && has!("fma")).then_some(Self(Instructions::Avx2))
    }

    /// Numbers in a vector.
    pub(crate) fn lanes(self) -> usize {
        match self.0 {
            Instructions::Avx2 => 8,
            Instructions::Avx512Vnni => 16,
        }
    }

    /// What 0 is written as.
    fn zero(self) -> u8 {
        match self.0 {
            Instructions::Avx2 => 0,
            Instructions::Avx512Vnni => vnni::ZERO,
        }
    }

    /// What `n` zeroes are as activations.
    pub(crate) fn zeros(self, n: usize) -> Vec<u32> {
        vec![u32::from_le_bytes([self.zero(); GROUP]); n / GROUP]
    }

    /// Makes a step.
    pub(crate) fn step(self, step: Step8<'_>) {
        let units = step.weights.scales.len() / 4;
        let fits = units.is_multiple_of(self.lanes())
            && step.rows.len() == step.n * step.weights.depth
            && (step.initial.len() == 4 * units || step.initial.len() == step.n * 4 * units)
            && step.cells.len() == step.n * units
            && step.out.len() * GROUP == step.n * units;
        assert!(fits, "a step's shapes must agree");
        // SAFETY: the instructions were detected, and the shapes agree.
        unsafe {
            match self.0 {
                Instructions::Avx2 => step_avx2(step, units),
                Instructions::Avx512Vnni => step_vnni(step, units),
            }
        }
    }

    /// `out = rows · weights + initial` for `n` rows, where `initial` holds the offsets.
    pub(crate) fn product(
        self,
        n: usize,
        rows: &[u32],
        weights: &Matrix8,
        initial: &[f32],
        out: &mut [f32],
    ) {
        let width = weights.scales.len();
        let fits = width.is_multiple_of(self.lanes() * TOGETHER)
            && rows.len() == n * weights.depth
            && initial.len() == width
            && out.len() == n * width;
        assert!(fits, "a product's shapes must agree");
        // SAFETY: the instructions were detected, and the shapes agree.
        unsafe {
            match self.0 {
                Instructions::Avx2 => product_avx2(n, rows, weights, initial, out),
                Instructions::Avx512Vnni => product_vnni(n, rows, weights, initial, out),
            }
        }
    }
}

/// # Safety
/// The processor must have the instructions, and the shapes must agree.
#[target_feature(enable = "avx2,fma")]
unsafe fn step_avx2(step: Step8<'_>, units: usize) {
    // SAFETY: the caller's.
    unsafe { dots::step(Pairs, step, units) }
}

/// # Safety
/// As for [`step_avx2`].
#[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx512vnni,fma")]
unsafe fn step_vnni(step: Step8<'_>, units: usize) {
    // SAFETY: the caller's.
    unsafe { dots::step(Vnni, step, units) }
}

/// # Safety
/// As for [`step_avx2`].
#[target_feature(enable = "avx2,fma")]
unsafe fn product_avx2(
    n: usize,
    rows: &[u32],
    weights: &Matrix8,
    initial: &[f32],
    out: &mut [f32],
) {
    // SAFETY: the caller's.
    unsafe { dots::product(Pairs, n, rows, weights, initial, out) }
}

/// # Safety
/// As for [`step_avx2`].
#[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx512vnni,fma")]
unsafe fn product_vnni(
    n: usize,
    rows: &[u32],
    weights: &Matrix8,
    initial: &[f32],
    out: &mut [f32],
) {
    // SAFETY: the caller's.
    unsafe { dots::product(Vnni, n, rows, weights, initial, out) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// Also the largest numbers of either sign, which any shorter sums would not hold.
    #[test]
    fn sums_are_exact() {
        const DEPTH: usize = 128;
        let mut rng = ChaCha8Rng::seed_from_u64(6);
        for int8 in [Int8::avx2(), Int8::detect()].into_iter().flatten() {
            let lanes = int8.lanes();
            let width = TOGETHER * lanes;
            let mut numbers = |n: usize| -> Vec<i8> {
                let number = |_| match rng.random_range(0..3) {
                    0 => 127,
                    1 => -127,
                    _ => rng.random_range(-127..=127),
                };
                (0..n).map(number).collect()
            };
            let (weights, activations) = (numbers(width * DEPTH), numbers(3 * DEPTH));
            let panels: Vec<f32> = weights.iter().map(|weight| f32::from(*weight)).collect();
            let matrix = Matrix8::new(int8, &[(&panels, DEPTH)]);
            let written = |numbers: &[i8]| {
                let bytes = [0, 1, 2, 3].map(|i| int8.zero().wrapping_add_signed(numbers[i]));
                u32::from_le_bytes(bytes)
            };
            let rows: Vec<u32> = activations.chunks_exact(GROUP).map(written).collect();
            let mut out = vec![0.0; 3 * width];
            int8.product(3, &rows, &matrix, &matrix.offsets, &mut out);
            for (idx, sum) in out.into_iter().enumerate() {
                let (row, column) = (idx / width, idx % width);
                let product = |k: usize| {
                    let at = (column / lanes * DEPTH + k) * lanes + column % lanes;
                    i32::from(weights[at]) * i32::from(activations[row * DEPTH + k])
                };
                let exact = (0..DEPTH).map(product).sum::<i32>() as f32 / STEPS;
                assert!((sum - exact).abs() < 0.005, "{int8:?}: {sum} for {exact}");
            }
        }
    }
}
