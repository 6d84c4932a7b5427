//! How are weights stored in 8 bits, or in 4?
//!
//! In 4 bits, a byte holds two weights. Read as it stands it is one of them, the lower half being part
//! of the number; shifted up by four bits it is the other, with what moves in from the byte below. Each
//! upper half is chosen for what lies under it, so both weights are as close as 4 bits allow, and the
//! kernels mask nothing.

use super::super::aligned::Aligned;
use super::super::level::Level;
use super::super::simd::BYTES;

/// Steps of an activation from 0 to 1.
pub(super) const STEPS: f32 = 127.0;

/// Vectors of columns that are multiplied together, and so lie together.
pub(super) const TOGETHER: usize = 4;

/// The share of a column's largest weight that 4 bits reach. The few weights beyond are clipped, and all
/// others are closer: networks of 550 songs lose 0.0005 nats a token this way, and 0.002 if nothing is
/// clipped.
pub(super) const REACH: f32 = 0.75;

/// How many bits a weight takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weights {
    Bits8,
    Bits4,
}

/// A matrix \[4·depth, width\] as words `[four vectors][line][vector][lane]`: one stream reads it from
/// front to back, as fast as memory delivers. Columns of zeros fill it up to whole fours of vectors.
pub(crate) struct Int8Matrix {
    pub(super) words: Aligned<u32>,
    /// Words of activations that a column takes.
    pub(super) depth: usize,
    pub(super) weights: Weights,
    /// What a sum of products in a column is multiplied by.
    pub(super) scales: Vec<f32>,
    /// Added to the sums of a column, because activations are written with an offset.
    offsets: Vec<f32>,
}

impl Int8Matrix {
    /// From `f32` panels of the level's vectors, each with its depth (whole words, with 4 bits pairs of
    /// words), one below the other. All weights must be finite.
    pub(crate) fn new(level: Level, parts: &[(&[f32], usize)], weights: Weights) -> Self {
        let lanes = level.lanes();
        let height: usize = parts.iter().map(|(_, depth)| depth).sum();
        let first = parts.first();
        let n_vectors = first.map_or(0, |(panels, depth)| panels.len() / (depth * lanes).max(1));
        let width = n_vectors.next_multiple_of(TOGETHER) * lanes;
        let depth = height / BYTES;
        let words = Aligned::zeros(depth * width / weights.a_byte());
        let mut own = Self { words, depth, weights, scales: Vec::new(), offsets: Vec::new() };
        for column in 0..n_vectors * lanes {
            let (vector, lane) = (column / lanes, column % lanes);
            let numbers = parts.iter().flat_map(|(panels, depth)| {
                (0..*depth).map(move |k| panels[(vector * depth + k) * lanes + lane])
            });
            own.push_column(level, column, &numbers.collect::<Vec<f32>>());
        }
        own.scales.resize(width, 0.0);
        own.offsets.resize(width, 0.0);
        own
    }

    /// Columns, filled up.
    pub(crate) fn width(&self) -> usize {
        self.scales.len()
    }

    /// What sums must begin with for each column, beside a bias.
    pub(crate) fn offsets(&self) -> &[f32] {
        &self.offsets
    }

    fn push_column(&mut self, level: Level, column: usize, numbers: &[f32]) {
        let scale = self.weights.scale(numbers);
        let (lanes, n) = (level.lanes(), BYTES * self.weights.a_byte());
        let (vector, n_lines) = (column / lanes, numbers.len() / n);
        let mut sum = 0;
        for (k, numbers) in numbers.chunks_exact(n).enumerate() {
            let numbers: Vec<i8> = numbers.iter().map(|w| (w / scale).round() as i8).collect();
            let bytes = self.weights.bytes(&numbers);
            sum += self.weights.seen(bytes).map(i32::from).sum::<i32>();
            let line = (vector / TOGETHER * n_lines + k) * TOGETHER + vector % TOGETHER;
            self.words[line * lanes + column % lanes] =
                u32::from_le_bytes(bytes.map(i8::cast_unsigned));
        }
        self.scales.push(scale / STEPS);
        let zero = f32::from(level.zero_activation());
        self.offsets.push(-zero * sum as f32 * scale / STEPS);
    }
}

impl Weights {
    /// Weights in a byte.
    pub(super) fn a_byte(self) -> usize {
        match self {
            Self::Bits8 => 1,
            Self::Bits4 => 2,
        }
    }

    /// What the whole numbers of a column are multiplied by.
    fn scale(self, column: &[f32]) -> f32 {
        let most = column.iter().fold(0.0f32, |most, value| most.max(value.abs()));
        let top = match self {
            Self::Bits8 => 127.0,
            Self::Bits4 => 112.0 / REACH,
        };
        most.max(f32::MIN_POSITIVE) / top
    }

    /// The word for the weights of one word of activations, or of two with 4 bits.
    pub(super) fn bytes(self, weights: &[i8]) -> [i8; BYTES] {
        let four = |from: usize| std::array::from_fn(|idx| weights[from + idx]);
        match self {
            Self::Bits8 => four(0),
            Self::Bits4 => nibbles(four(0), four(BYTES)),
        }
    }

    /// What a word stands for.
    pub(super) fn seen(self, bytes: [i8; BYTES]) -> impl Iterator<Item = i8> {
        let second = (self == Self::Bits4).then(|| shifted(bytes));
        bytes.into_iter().chain(second.into_iter().flatten())
    }
}

/// Bytes that are about `first`, and about `second` when [`shifted`]; none of them −128.
fn nibbles(first: [i8; BYTES], second: [i8; BYTES]) -> [i8; BYTES] {
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
fn shifted(bytes: [i8; BYTES]) -> [i8; BYTES] {
    let word = u32::from_le_bytes(bytes.map(i8::cast_unsigned)) << 4;
    word.to_le_bytes().map(u8::cast_signed)
}
