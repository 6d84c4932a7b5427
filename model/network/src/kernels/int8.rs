//! How are products made with a quarter of the memory, or an eighth?
//!
//! For sampling one token at a time, which waits for weights to come from memory: weights in eight
//! bits, scaled a column, and activations between −1 and 1 in eight bits, multiplied by AVX512-VNNI or
//! AVX2. Sums are exact. Only where the processor has one of them; no gradient.
//!
//! In halves, a byte holds two weights. It is one of them as it stands, its lower half a part of the
//! number; raised by four bits it is the other, with what comes up from the byte below. Each upper half
//! is chosen for what lies under it, so both are as near as four bits allow, and none is masked.
#![expect(unsafe_code, reason = "calls code for instructions that were detected, with pointers")]

mod dots;
mod pairs;
mod vnni;

use super::aligned::Aligned;
use pairs::Pairs;
use vnni::Vnni;

/// Numbers in a word.
const GROUP: usize = 4;
/// Steps of an activation from 0 to 1.
const STEPS: f32 = 127.0;
/// What halves reach of a column's largest weight. The few beyond it are cut off, and all others nearer:
/// of networks of 550 songs, halves lose 0.0005 nats a token so and 0.002 if all is reached.
const REACH: f32 = 0.75;

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

/// A matrix in eight bits or halves, as words `[four vectors][line][vector][lane]`: one stream reads it from
/// front to back, which is as fast as memory gives it. Columns are filled up to whole fours with zeros.
pub(crate) struct Matrix8 {
    words: Aligned<u32>,
    /// Words of activations that a column takes.
    depth: usize,
    /// Whether each byte holds two weights, those of neighbouring words.
    halved: bool,
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
    /// What the gates' sums begin with, offsets included, if it is the same for all lanes.
    pub(crate) initial: Option<&'a [f32]>,
    /// Room for the gates' sums \[n, 4·units\]; without `initial`, what they begin with.
    pub(crate) sums: &'a mut [f32],
    /// Cell states \[n, units\].
    pub(crate) cells: &'a mut [f32],
    /// The outputs as activations \[n, units / 4\].
    pub(crate) out: &'a mut [u32],
}

impl Matrix8 {
    /// From `f32` panels of vectors as long as those of `int8`, each with its depth, one below the
    /// other; in halves if wanted, where depths must be multiples of 8.
    pub(crate) fn new(int8: Int8, parts: &[(&[f32], usize)], halved: bool) -> Self {
        let lanes = int8.lanes();
        let height: usize = parts.iter().map(|(_, depth)| depth).sum();
        let n_vectors =
            parts.first().map_or(0, |(panels, depth)| panels.len() / (depth * lanes).max(1));
        let n_filled = n_vectors.next_multiple_of(TOGETHER);
        let n_words = n_filled * height / GROUP * lanes / if halved { 2 } else { 1 };
        let mut own = Self {
            words: Aligned::zeros(n_words),
            depth: height / GROUP,
            halved,
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

    fn put(&mut self, int8: Int8, (vector, lane): (usize, usize), column: &[f32]) {
        let most = column.iter().fold(0.0f32, |most, value| most.max(value.abs()));
        let top = if self.halved { 112.0 / REACH } else { 127.0 };
        let scale = most.max(f32::MIN_POSITIVE) / top;
        let whole = |value: f32| (value / scale).round() as i8;
        let n = if self.halved { 2 * GROUP } else { GROUP };
        let n_lines = column.len() / n;
        let mut sum = 0;
        for (k, numbers) in column.chunks_exact(n).enumerate() {
            let (first, second) = numbers.split_at(GROUP);
            let mut bytes = [0i8; GROUP];
            for (byte, value) in bytes.iter_mut().zip(first) {
                *byte = whole(*value);
            }
            if self.halved {
                let mut others = [0i8; GROUP];
                for (other, value) in others.iter_mut().zip(second) {
                    *other = whole(*value);
                }
                bytes = halves(bytes, others);
                sum += raised(bytes).into_iter().map(i32::from).sum::<i32>();
            }
            sum += bytes.into_iter().map(i32::from).sum::<i32>();
            let line = (vector / TOGETHER * n_lines + k) * TOGETHER + vector % TOGETHER;
            self.words[line * int8.lanes() + lane] =
                u32::from_le_bytes(bytes.map(i8::cast_unsigned));
        }
        self.scales.push(scale / STEPS);
        self.offsets.push(-f32::from(int8.zero()) * sum as f32 * scale / STEPS);
    }
}

/// Bytes that are about `first`, and about `second` when [`raised`]; none of them −128.
fn halves(first: [i8; GROUP], second: [i8; GROUP]) -> [i8; GROUP] {
    // The upper half of the number nearest to `wanted` over a lower half.
    let upper = |wanted: i8, lower: u8| {
        let sixteenths = (f32::from(wanted) - f32::from(lower)) / 16.0;
        // −128 has no opposite.
        let least = if lower == 0 { -7.0 } else { -8.0 };
        (sixteenths.round().clamp(least, 7.0) as i8).cast_unsigned() << 4
    };
    let mut below = 0;
    std::array::from_fn(|idx| {
        let lower = upper(second[idx], below) >> 4;
        let byte = upper(first[idx], lower) | lower;
        below = byte >> 4;
        byte.cast_signed()
    })
}

/// What the kernels see of the bytes of a word four bits further up.
fn raised(bytes: [i8; GROUP]) -> [i8; GROUP] {
    let word = u32::from_le_bytes(bytes.map(i8::cast_unsigned)) << 4;
    word.to_le_bytes().map(u8::cast_signed)
}

impl Int8 {
    /// The fastest that the processor has, if any.
    pub(crate) fn detect() -> Option<Self> {
        Self::vnni().or_else(Self::avx2)
    }

    /// AVX512-VNNI, if the processor has it.
    pub(crate) fn vnni() -> Option<Self> {
        use std::arch::is_x86_feature_detected as has;
        let has_all = has!("avx512f")
            && has!("avx512vl")
            && has!("avx512dq")
            && has!("avx512bw")
            && has!("avx512vnni")
            && has!("fma");
        has_all.then_some(Self(Instructions::Avx512Vnni))
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
            && step.initial.is_none_or(|initial| initial.len() == 4 * units)
            && step.sums.len() == step.n * 4 * units
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

    const DEPTH: usize = 128;

    /// Numbers from −`most` to `most`, those two more often than others.
    fn numbers(rng: &mut ChaCha8Rng, n: usize, most: i8) -> Vec<i8> {
        let mut number = || match rng.random_range(0..3) {
            0 => most,
            1 => -most,
            _ => rng.random_range(-most..=most),
        };
        (0..n).map(|_| number()).collect()
    }

    /// Weights of a column as the kernels see them.
    fn seen(weights: &[i8], halved: bool) -> Vec<i32> {
        let four = |numbers: &[i8]| std::array::from_fn::<i8, GROUP, _>(|i| numbers[i]);
        let pairs = weights.chunks_exact(2 * GROUP).flat_map(|numbers| {
            let (first, second) = (four(numbers), four(&numbers[GROUP..]));
            let bytes = if halved { halves(first, second) } else { first };
            [bytes, if halved { raised(bytes) } else { second }].into_iter().flatten()
        });
        pairs.map(i32::from).collect()
    }

    /// Also of the largest numbers of either sign, which any shorter sums would not hold.
    #[test]
    fn sums_are_exact() {
        let mut rng = ChaCha8Rng::seed_from_u64(6);
        let levels = [Int8::avx2(), Int8::detect()].into_iter().flatten();
        for (int8, halved) in levels.flat_map(|int8| [(int8, false), (int8, true)]) {
            let lanes = int8.lanes();
            let width = TOGETHER * lanes;
            // With these numbers in every column the scale is 1 for whole bytes.
            let weights = numbers(&mut rng, width * DEPTH, if halved { 112 } else { 127 });
            let scale = if halved { REACH } else { 1.0 };
            let activations = numbers(&mut rng, 7 * DEPTH, 127);
            let mut panels = vec![0.0; width * DEPTH];
            for (idx, weight) in weights.iter().enumerate() {
                let (column, k) = (idx / DEPTH, idx % DEPTH);
                panels[(column / lanes * DEPTH + k) * lanes + column % lanes] = f32::from(*weight);
            }
            let matrix = Matrix8::new(int8, &[(&panels, DEPTH)], halved);
            let written = |numbers: &[i8]| {
                let bytes = [0, 1, 2, 3].map(|i| int8.zero().wrapping_add_signed(numbers[i]));
                u32::from_le_bytes(bytes)
            };
            let rows: Vec<u32> = activations.chunks_exact(GROUP).map(written).collect();
            let mut out = vec![0.0; 7 * width];
            // One row, and several.
            let (one, others) = out.split_at_mut(width);
            int8.product(1, &rows[..DEPTH / GROUP], &matrix, &matrix.offsets, one);
            int8.product(6, &rows[DEPTH / GROUP..], &matrix, &matrix.offsets, others);
            for (idx, sum) in out.into_iter().enumerate() {
                let (row, column) = (idx / width, idx % width);
                let weights = &weights[column * DEPTH..][..DEPTH];
                let scaled = |weight: &i8| (f32::from(*weight) / scale).round() as i8;
                let seen = seen(&weights.iter().map(scaled).collect::<Vec<i8>>(), halved);
                let products = activations[row * DEPTH..].iter().zip(seen);
                let exact = products.map(|(a, w)| i32::from(*a) * w).sum::<i32>() as f32;
                let exact = exact * scale / STEPS;
                assert!((sum - exact).abs() < 0.005, "{int8:?}, {halved}: {sum} for {exact}");
            }
        }
    }

    #[test]
    fn halves_are_as_near_as_four_bits_allow() {
        let weights = numbers(&mut ChaCha8Rng::seed_from_u64(7), 8000, 112);
        for (weight, seen) in weights.iter().zip(seen(&weights, true)) {
            assert!((i32::from(*weight) - seen).abs() <= 16 && seen > -128, "{weight}: {seen}");
        }
        let off: f64 = weights
            .iter()
            .zip(seen(&weights, true))
            .map(|(weight, seen)| f64::from(i32::from(*weight) - seen).powi(2))
            .sum();
        let off = (off / weights.len() as f64).sqrt();
        assert!(off < 6.0, "off by {off}");
    }
}
