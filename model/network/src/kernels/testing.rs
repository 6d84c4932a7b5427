//! With what are the kernels tested? Matrices drawn at random, and how they lie in words.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::level::Level;
use super::portable::to_bf16;

/// A matrix, row-major, of numbers that a level's words can hold.
#[derive(Clone, Debug)]
pub(super) struct Matrix {
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) numbers: Vec<f64>,
}

impl Matrix {
    pub(super) fn from_fn(
        rows: usize,
        columns: usize,
        number: impl Fn(usize, usize) -> f64,
    ) -> Self {
        let places = (0..rows * columns).map(|idx| (idx / columns, idx % columns));
        let numbers = places.map(|(row, column)| number(row, column)).collect();
        Self { rows, columns, numbers }
    }

    /// Numbers from −1 to 1 in the first `filled` columns, zeros in the others.
    pub(super) fn random(
        rng: &mut ChaCha8Rng,
        level: Level,
        (rows, columns): (usize, usize),
        filled: usize,
    ) -> Self {
        let number = |idx: usize| {
            let number = rounded(level, rng.random_range(-1.0..1.0));
            if idx % columns < filled { f64::from(number) } else { 0.0 }
        };
        Self { rows, columns, numbers: (0..rows * columns).map(number).collect() }
    }

    pub(super) fn at(&self, row: usize, column: usize) -> f64 {
        self.numbers[row * self.columns + column]
    }

    pub(super) fn f32(&self) -> Vec<f32> {
        self.numbers.iter().map(|number| *number as f32).collect()
    }

    /// As rows of words.
    pub(super) fn row_words(&self, level: Level) -> Vec<u32> {
        let groups = self.numbers.chunks(level.group());
        groups.map(word).collect()
    }

    /// As panels of words: `[vector][line][lane]`, a line for each group of rows.
    pub(super) fn panel_words(&self, level: Level) -> Vec<u32> {
        let (lanes, group) = (level.lanes(), level.group());
        let n_lines = self.rows / group;
        let number_of_words = self.rows * self.columns / group;
        let word_at = |idx: usize| {
            let (panel, line, lane) = (idx / lanes / n_lines, idx / lanes % n_lines, idx % lanes);
            let numbers: Vec<f64> =
                (0..group).map(|g| self.at(line * group + g, panel * lanes + lane)).collect();
            word(&numbers)
        };
        (0..number_of_words).map(word_at).collect()
    }

    /// As panels of `f32`: `[vector][row][lane]`.
    pub(super) fn panels(&self, level: Level) -> Vec<f32> {
        let lanes = level.lanes();
        let number_at = |idx: usize| {
            let (panel, row) = (idx / lanes / self.rows, idx / lanes % self.rows);
            self.at(row, panel * lanes + idx % lanes) as f32
        };
        (0..self.numbers.len()).map(number_at).collect()
    }

    pub(super) fn transposed(&self) -> Self {
        Self::from_fn(self.columns, self.rows, |row, column| self.at(column, row))
    }
}

/// A number as a level's words hold it.
pub(super) fn rounded(level: Level, number: f32) -> f32 {
    if level.group() == 1 { number } else { f32::from_bits(to_bf16(number) << 16) }
}

/// The numbers of words, one after the other.
pub(super) fn numbers_of(level: Level, words: &[u32]) -> Vec<f32> {
    let numbers = |word: &u32| match level.group() {
        1 => vec![f32::from_bits(*word)],
        _ => vec![f32::from_bits(word << 16), f32::from_bits(word & 0xffff_0000)],
    };
    words.iter().flat_map(numbers).collect()
}

fn word(numbers: &[f64]) -> u32 {
    match numbers {
        [number] => (*number as f32).to_bits(),
        [first, second] => to_bf16(*first as f32) | to_bf16(*second as f32) << 16,
        _ => panic!("a word holds one number or two"),
    }
}

/// A vector of random numbers from −`most` to `most`.
pub(super) fn random(rng: &mut ChaCha8Rng, n: usize, most: f32) -> Vec<f32> {
    (0..n).map(|_| rng.random_range(-most..most)).collect()
}

/// Does `test` for every set of instructions, a dozen times each.
pub(super) fn everywhere(test: impl Fn(Level, &mut ChaCha8Rng)) {
    for level in Level::available() {
        for seed in 0..12 {
            test(level, &mut ChaCha8Rng::seed_from_u64(seed));
        }
    }
}

/// Holds numbers against exact ones.
///
/// # Panics
/// When one is off by more than `allowed` and `relative` of itself, or their numbers differ.
pub(super) fn assert_near(
    level: Level,
    ours: &[f32],
    exact: impl IntoIterator<Item = f64>,
    (allowed, relative): (f64, f64),
) {
    let mut n = 0;
    for (idx, exact) in exact.into_iter().enumerate() {
        let off = (f64::from(ours[idx]) - exact).abs();
        let most = allowed + relative * exact.abs();
        assert!(off <= most, "{level:?}: number {idx} is {} for {exact}", ours[idx]);
        n += 1;
    }
    assert_eq!(ours.len(), n, "{level:?}: as many numbers as expected");
}

/// What rounding to a level's words may change, relative to a number.
pub(super) fn word_precision(level: Level) -> f64 {
    if level.group() == 1 { 1e-7 } else { 1.0 / 256.0 }
}
