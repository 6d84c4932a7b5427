//! Do the 8-bit kernels compute what their equations say, with every set of instructions?

use super::super::level::Level;
use super::super::simd::BYTES;
use super::matrix::{REACH, STEPS, TOGETHER};
use super::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A matrix \[depth, width\] of whole numbers and how it looks in `f32` panels, with 8 columns too few
/// to be whole fours of vectors.
struct Case {
    level: Level,
    weights: Weights,
    depth: usize,
    /// \[column\]\[k\], as the kernels see them.
    seen: Vec<Vec<i32>>,
    matrix: Int8Matrix,
    /// What a whole number is worth, in all columns.
    scale: f32,
}

/// Numbers from −`most` to `most`, those two more often than others.
fn numbers(rng: &mut ChaCha8Rng, n: usize, most: i8) -> Vec<i8> {
    let mut number = || match rng.random_range(0..3) {
        0 => most,
        1 => -most,
        _ => rng.random_range(-most..=most),
    };
    (0..n).map(|_| number()).collect()
}

impl Case {
    fn random(rng: &mut ChaCha8Rng, level: Level, weights: Weights) -> Self {
        let lanes = level.lanes();
        let (most, scale) = match weights {
            Weights::Bits8 => (127, 1.0),
            Weights::Bits4 => (112, REACH),
        };
        let n_vectors = rng.random_range(1..3 * TOGETHER);
        let depths = [rng.random_range(1..9) * 8, rng.random_range(1..9) * 8];
        let depth = depths[0] + depths[1];
        let mut parts = depths.map(|depth| vec![0.0; n_vectors * depth * lanes]);
        let mut seen = Vec::new();
        for column in 0..n_vectors * lanes {
            let mut own = numbers(rng, depth, most);
            // So that the column's scale is as said.
            own[0] = most;
            for (k, number) in own.iter_mut().enumerate() {
                let (part, k) = if k < depths[0] { (0, k) } else { (1, k - depths[0]) };
                let line = column / lanes * depths[part] + k;
                parts[part][line * lanes + column % lanes] = f32::from(*number);
                *number = (f32::from(*number) / scale).round() as i8;
            }
            let words = own.chunks_exact(BYTES * weights.a_byte());
            let bytes = words.flat_map(|word| weights.seen(weights.bytes(word)));
            seen.push(bytes.map(i32::from).collect());
        }
        let parts = [(&parts[0][..], depths[0]), (&parts[1][..], depths[1])];
        let matrix = Int8Matrix::new(level, &parts, weights);
        seen.resize(matrix.width(), vec![0; depth]);
        Self { level, weights, depth, seen, matrix, scale }
    }

    /// Activations as words.
    fn written(&self, activations: &[i8]) -> Vec<u32> {
        let zero = self.level.zero_activation();
        let byte = |number: &i8| zero.wrapping_add_signed(*number);
        let word = |four: &[i8]| {
            u32::from_le_bytes([byte(&four[0]), byte(&four[1]), byte(&four[2]), byte(&four[3])])
        };
        activations.chunks_exact(BYTES).map(word).collect()
    }

    /// `x · w` of a row and a column.
    fn product(&self, x: &[i8], column: usize) -> f32 {
        let products = x.iter().zip(&self.seen[column]).map(|(x, w)| i32::from(*x) * w);
        products.sum::<i32>() as f32 * self.scale / STEPS
    }
}

fn cases(n: usize) -> impl Iterator<Item = (ChaCha8Rng, Case)> {
    let all = Level::available().into_iter();
    let all = all.flat_map(|level| [Weights::Bits8, Weights::Bits4].map(|bits| (level, bits)));
    all.flat_map(move |(level, bits)| {
        (0..n as u64).map(move |seed| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let case = Case::random(&mut rng, level, bits);
            (rng, case)
        })
    })
}

/// Also of the largest numbers of either sign, which any shorter sums would not hold.
#[test]
fn products_are_exact() {
    for (mut rng, case) in cases(8) {
        let (n, width) = (rng.random_range(0..14), case.matrix.width());
        let x = numbers(&mut rng, n * case.depth, 127);
        let bias: Vec<f32> = (0..width).map(|_| rng.random_range(-3.0..3.0)).collect();
        let initial: Vec<f32> =
            bias.iter().zip(case.matrix.offsets()).map(|(bias, offset)| bias + offset).collect();
        let rows = case.written(&x);
        let mut out = vec![f32::NAN; n * width];
        let matrix = &case.matrix;
        case.level.run(Int8Product { n, rows: &rows, matrix, initial: &initial, out: &mut out });
        for (idx, ours) in out.into_iter().enumerate() {
            let (row, column) = (idx / width, idx % width);
            let exact = case.product(&x[row * case.depth..][..case.depth], column) + bias[column];
            let off = (ours - exact).abs();
            assert!(off < 0.01, "{:?}, {:?}: {ours} for {exact}", case.level, case.weights);
        }
    }
}

/// `c' = σ(f) c + σ(i) tanh g`, `h' = σ(o) tanh c'`.
fn cell_by_hand(sums: [f64; 4], c: f64) -> (f64, f64) {
    let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
    let [i, f, g, o] = sums;
    let c = sigmoid(f) * c + sigmoid(i) * g.tanh();
    (c, sigmoid(o) * c.tanh())
}

#[test]
fn steps_are_those_of_the_equations() {
    for (mut rng, case) in cases(6) {
        let (n, width, lanes) = (rng.random_range(0..9), case.matrix.width(), case.level.lanes());
        let units = width / 4;
        // Few large sums, so that the gates are not all open or shut.
        let x: Vec<i8> = (0..n * case.depth)
            .map(|_| if rng.random_bool(0.02) { rng.random_range(-9..=9) } else { 0 })
            .collect();
        let before: Vec<f32> = (0..n * units).map(|_| rng.random_range(-2.0..2.0)).collect();
        for is_common in [true, false] {
            let n_initial = if is_common { width } else { n * width };
            let bias: Vec<f32> = (0..n_initial).map(|_| rng.random_range(-3.0..3.0)).collect();
            let offsets = case.matrix.offsets().iter().cycle();
            let initial: Vec<f32> =
                bias.iter().zip(offsets).map(|(b, offset)| b + offset).collect();
            let mut sums = if is_common { vec![0.0; n * width] } else { initial.clone() };
            let (mut cells, mut out) = (before.clone(), vec![0; n * units / BYTES]);
            case.level.run(Int8Step {
                n,
                rows: &case.written(&x),
                matrix: &case.matrix,
                initial: is_common.then_some(&initial[..]),
                sums: &mut sums,
                cells: &mut cells,
                out: &mut out,
            });
            for (idx, c) in cells.iter().enumerate() {
                let (row, unit) = (idx / units, idx % units);
                let sums = [0, 1, 2, 3].map(|gate| {
                    let column = (unit / lanes * 4 + gate) * lanes + unit % lanes;
                    let bias = if is_common { bias[column] } else { bias[row * width + column] };
                    f64::from(case.product(&x[row * case.depth..][..case.depth], column) + bias)
                });
                let (c_exact, h_exact) = cell_by_hand(sums, f64::from(before[idx]));
                let byte = out[idx / BYTES].to_le_bytes()[idx % BYTES];
                let h = byte.wrapping_sub(case.level.zero_activation()).cast_signed();
                let h_off = (f64::from(h) - h_exact * f64::from(STEPS)).abs();
                let c_off = (f64::from(*c) - c_exact).abs();
                assert!(c_off < 1e-3 && h_off < 0.6, "{:?}, {:?}", case.level, case.weights);
            }
        }
    }
}

#[test]
fn weights_in_4_bits_are_as_near_as_they_allow() {
    let weights = numbers(&mut ChaCha8Rng::seed_from_u64(7), 8000, 112);
    let words = weights.chunks_exact(2 * BYTES);
    let seen = words.flat_map(|word| Weights::Bits4.seen(Weights::Bits4.bytes(word)));
    let mut squares = 0.0;
    for (weight, seen) in weights.iter().zip(seen) {
        let off = i32::from(*weight) - i32::from(seen);
        assert!(off.abs() <= 16 && seen > -128, "{weight}: {seen}");
        squares += f64::from(off * off);
    }
    let off = (squares / weights.len() as f64).sqrt();
    assert!(off < 6.0, "off by {off}");
}
