//! Do the kernels compute what their equations say, with every set of instructions and in any shape?

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::adamw::{self, AdamW, Factors, Weight};
use super::elementwise::{Add, Multiply, Scale, SquareSum};
use super::outer::{self, Lines, Outer};
use super::pack::{Pack, PackRows, Panels, Transpose};
use super::product::{self, Product, Rows};
use super::softmax::{self, Softmax};
use super::testing::{Matrix, assert_near, everywhere, random};
use super::{Level, cell, cell_back};

/// A number of columns, any, and how many they are as whole vectors.
fn width(rng: &mut ChaCha8Rng, level: Level, most: usize) -> (usize, usize) {
    let filled = rng.random_range(1..=most);
    (filled, filled.next_multiple_of(level.lanes()))
}

#[test]
fn products() {
    everywhere(|level, rng| {
        let n_rows = rng.random_range(0..15);
        let depth = rng.random_range(1..=24) * level.group();
        let (filled, columns) = width(rng, level, 150);
        let a = Matrix::random(rng, level, (n_rows, depth), depth);
        let b = Matrix::random(rng, level, (depth, columns), filled);
        let bias = if rng.random() { random(rng, columns, 2.0) } else { Vec::new() };
        // Rows of `out` lie apart, with something between that must stay.
        let stride = columns + rng.random_range(0..3) * 5;
        let mut out = vec![7.0; n_rows * stride];
        level.run(Product {
            a: Rows::dense(&a.row_words(level), depth / level.group()),
            words: None,
            b: &b.panel_words(level),
            bias: &bias,
            out: &mut out,
            stride,
            n_rows,
        });
        let exact = product::reference(&a, &b, &bias);
        for (row, out) in out.chunks_exact(stride).enumerate() {
            let exact = exact.numbers[row * columns..][..columns].iter().copied();
            assert_near(level, &out[..columns], exact, (1e-5, 1e-6));
            assert_eq!(&out[columns..], &vec![7.0; stride - columns], "{level:?}");
        }
    });
}

/// Some of `n` numbers, in order.
fn some(rng: &mut ChaCha8Rng, n: usize) -> Vec<u32> {
    (0..n as u32).filter(|_| rng.random()).collect()
}

#[test]
fn products_of_the_words_that_count_in_rows_that_lie_apart() {
    everywhere(|level, rng| {
        let (group, columns) = (level.group(), rng.random_range(1..8) * level.lanes());
        let (n_rows, depth) = (rng.random_range(1..9), rng.random_range(1..=24));
        // Every other row counts, and of it some words.
        let a = Matrix::random(rng, level, (2 * n_rows, depth * group), depth * group);
        let b = Matrix::random(rng, level, (depth * group, columns), columns);
        let words = some(rng, depth);
        let mut out = vec![7.0; n_rows * columns];
        level.run(Product {
            a: Rows { words: &a.row_words(level), depth, stride: 2 * depth },
            words: Some(&words),
            b: &b.panel_words(level),
            bias: &[],
            out: &mut out,
            stride: columns,
            n_rows,
        });
        let counting = Matrix::from_fn(n_rows, depth * group, |row, k| {
            if words.contains(&((k / group) as u32)) { a.at(2 * row, k) } else { 0.0 }
        });
        let exact = product::reference(&counting, &b, &[]).numbers;
        assert_near(level, &out, exact, (1e-5, 1e-6));
    });
}

#[test]
fn outer_products_of_parts_are_added_where_numbers_count() {
    everywhere(|level, rng| {
        let (group, lanes) = (level.group(), level.lanes());
        let (columns_a, columns_b) =
            (rng.random_range(1..5) * lanes, rng.random_range(1..5) * lanes);
        let (n_parts, n_lines) = (rng.random_range(1..4), rng.random_range(1..6));
        let (step_a, step_b) = (n_lines + rng.random_range(0..3), n_lines + rng.random_range(0..3));
        let (depth_a, depth_b) = (n_parts * step_a, n_parts * step_b);
        let a = Matrix::random(rng, level, (depth_a * group, columns_a), columns_a);
        let b = Matrix::random(rng, level, (depth_b * group, columns_b), columns_b);
        let numbers: Vec<_> = (0..n_parts).map(|_| some(rng, columns_a)).collect();
        for listed in [&numbers[..], &[]] {
            let mut out = vec![0.25; columns_a * columns_b];
            let (panels_a, panels_b) = (a.panel_words(level), b.panel_words(level));
            level.run(Outer {
                a: Lines { panels: &panels_a, depth: depth_a, from: 0, step: step_a },
                b: Lines { panels: &panels_b, depth: depth_b, from: 0, step: step_b },
                n_parts,
                n_lines,
                numbers: listed,
                out: &mut out,
            });
            let mut exact = vec![0.25; columns_a * columns_b];
            for part in 0..n_parts {
                let of = |of: &Matrix, step: usize| {
                    Matrix::from_fn(n_lines * group, of.columns, |t, j| {
                        of.at(part * step * group + t, j)
                    })
                };
                let mut rows = of(&a, step_a);
                for (idx, number) in rows.numbers.iter_mut().enumerate() {
                    let column = (idx % columns_a) as u32;
                    if listed.get(part).is_some_and(|own| !own.contains(&column)) {
                        *number = 0.0;
                    }
                }
                let added = outer::reference(&rows, &of(&b, step_b)).panels(level);
                exact.iter_mut().zip(added).for_each(|(sum, own)| *sum += f64::from(own));
            }
            assert_near(level, &out, exact, (1e-5, 1e-6));
        }
    });
}

#[test]
fn outer_products_are_added() {
    everywhere(|level, rng| {
        let group = level.group();
        let (filled_a, columns_a) = width(rng, level, 70);
        let (filled_b, columns_b) = width(rng, level, 70);
        let lines = rng.random_range(1..20);
        let a = Matrix::random(rng, level, (lines * group, columns_a), filled_a);
        let b = Matrix::random(rng, level, (lines * group, columns_b), filled_b);
        let before = random(rng, columns_a * columns_b, 1.0);
        let mut out = before.clone();
        let (from_a, from_b) = (rng.random_range(0..lines), rng.random_range(0..lines));
        let n_lines = rng.random_range(0..=lines - from_a.max(from_b));
        level.run(Outer {
            a: Lines { panels: &a.panel_words(level), depth: lines, from: from_a, step: 0 },
            b: Lines { panels: &b.panel_words(level), depth: lines, from: from_b, step: 0 },
            n_parts: 1,
            n_lines,
            numbers: &[],
            out: &mut out,
        });
        let part = |of: &Matrix, from: usize| {
            Matrix::from_fn(n_lines * group, of.columns, |t, j| of.at(from * group + t, j))
        };
        let added = outer::reference(&part(&a, from_a), &part(&b, from_b)).panels(level);
        let exact = before.iter().zip(added).map(|(before, added)| f64::from(before + added));
        assert_near(level, &out, exact, (1e-5, 1e-6));
    });
}

#[test]
fn matrices_lie_as_said() {
    everywhere(|level, rng| {
        let rows = rng.random_range(1..5) * level.lanes();
        let (filled, columns) = width(rng, level, 60);
        let matrix = Matrix::random(rng, level, (rows, columns), filled);
        let panels = matrix.panels(level);
        let mut packed = vec![0; matrix.panel_words(level).len()];
        level.run(Pack { from: &panels, depth: rows, to: &mut packed });
        assert_eq!(packed, matrix.panel_words(level), "{level:?}");
        level.run(Transpose { from: &panels, depth: rows, lines: None, to: &mut packed });
        assert_eq!(packed, matrix.transposed().panel_words(level), "{level:?}");
        // Some lines, and zeros beside them.
        let lines = some(rng, rows);
        let width = lines.len().next_multiple_of(level.lanes());
        let expected = Matrix::from_fn(columns, width, |column, idx| {
            lines.get(idx).map_or(0.0, |line| matrix.at(*line as usize, column))
        });
        let mut packed = vec![7; expected.panel_words(level).len()];
        level.run(Transpose { from: &panels, depth: rows, lines: Some(&lines), to: &mut packed });
        assert_eq!(packed, expected.panel_words(level), "{level:?}");
    });
}

#[test]
fn rows_are_packed_and_added_up() {
    everywhere(|level, rng| {
        let group = level.group();
        let n_rows = rng.random_range(0..8) * group;
        let (filled, columns) = width(rng, level, 60);
        let matrix = Matrix::random(rng, level, (n_rows, columns), filled);
        // In the midst of panels of more lines.
        let (line, after) = (rng.random_range(0..4), rng.random_range(0..4));
        let depth = line + n_rows / group + after;
        let mut rows = vec![0; matrix.row_words(level).len()];
        let mut panels = vec![7; depth * columns];
        let mut sums = vec![0.5; columns];
        level.run(PackRows {
            from: &matrix.f32(),
            width: columns,
            rows: &mut rows,
            panels: Some(Panels { words: &mut panels, depth, line, step: 1 }),
            sums: &mut sums,
        });
        assert_eq!(rows, matrix.row_words(level), "{level:?}");
        let lanes = level.lanes();
        let expected = matrix.panel_words(level);
        let n_words = n_rows / group * lanes;
        for (idx, panel) in panels.chunks_exact((depth * lanes).max(1)).enumerate() {
            let (before, rest) = panel.split_at(line * lanes);
            let (own, after) = rest.split_at(n_words);
            assert_eq!(own, &expected[idx * n_words..][..n_words], "{level:?}");
            assert!(before.iter().chain(after).all(|word| *word == 7), "{level:?}");
        }
        let sum = |column| (0..n_rows).map(|row| matrix.at(row, column)).sum::<f64>() + 0.5;
        assert_near(level, &sums, (0..columns).map(sum), (1e-5, 0.0));
    });
}

#[test]
fn softmax_of_any_width() {
    everywhere(|level, rng| {
        let n = rng.random_range(1..60);
        let mut logits = random(rng, n, 20.0);
        let (exact_max, exact) =
            softmax::reference(&logits.iter().map(|x| f64::from(*x)).collect::<Vec<_>>());
        let (max, sum) = level.run(Softmax(&mut logits));
        assert_near(level, &[max, sum], [exact_max, exact.iter().sum()], (0.0, 1e-6));
        assert_near(level, &logits, exact, (1e-30, 3e-6));
    });
}

#[test]
fn softmax_tells_of_what_is_not_a_number() {
    everywhere(|level, rng| {
        let n = rng.random_range(1..60);
        for bad in [f32::NAN, f32::INFINITY] {
            let mut logits = random(rng, n, 3.0);
            logits[rng.random_range(0..n)] = bad;
            let (_, sum) = level.run(Softmax(&mut logits));
            assert!(sum.is_nan(), "{level:?}: {sum} for {bad}");
        }
        assert!(level.run(Softmax(&mut vec![f32::NAN; n])).1.is_nan(), "{level:?}");
    });
}

#[test]
fn adamw_for_any_number_of_weights() {
    everywhere(|level, rng| {
        let n = rng.random_range(0..50);
        let (mut weights, gradient) = (random(rng, n, 1.0), random(rng, n, 3.0));
        let mut mean = random(rng, n, 1.0);
        let mut square: Vec<f32> = random(rng, n, 1.0).into_iter().map(|v| v * v).collect();
        let t = rng.random_range(1..30);
        let (rate, decay, clipping) = (0.01, 0.1, 0.3);
        let exact: Vec<Weight> = (0..n)
            .map(|j| {
                let [w, m, v] = [weights[j], mean[j], square[j]].map(f64::from);
                let d = f64::from(gradient[j]) * clipping;
                adamw::reference(Weight { w, m, v }, d, t, rate, decay)
            })
            .collect();
        let correction = |beta: f32| (1.0 / (1.0 - f64::from(beta).powi(t))) as f32;
        level.run(AdamW {
            weights: &mut weights,
            gradient: &gradient,
            mean: &mut mean,
            square: &mut square,
            factors: Factors {
                learning_rate: rate as f32,
                clipping: clipping as f32,
                decay: (rate * decay) as f32,
                corrections: (correction(adamw::BETA.0), correction(adamw::BETA.1)),
            },
        });
        assert_near(level, &weights, exact.iter().map(|own| own.w), (1e-6, 1e-5));
        assert_near(level, &mean, exact.iter().map(|own| own.m), (1e-6, 0.0));
        assert_near(level, &square, exact.iter().map(|own| own.v), (1e-6, 0.0));
    });
}

#[test]
fn numbers_one_by_one() {
    everywhere(|level, rng| {
        let n = rng.random_range(0..3000);
        let (a, b) = (random(rng, n, 1.0), random(rng, n, 1.0));
        let pairs = || a.iter().zip(&b).map(|(a, b)| (f64::from(*a), f64::from(*b)));
        let mut sum = a.clone();
        level.run(Add { to: &mut sum, from: &b });
        assert_near(level, &sum, pairs().map(|(a, b)| a + b), (1e-6, 0.0));
        let mut product = a.clone();
        level.run(Multiply { to: &mut product, by: &b });
        assert_near(level, &product, pairs().map(|(a, b)| a * b), (1e-6, 0.0));
        let mut scaled = a.clone();
        level.run(Scale { values: &mut scaled, by: -2.5 });
        assert_near(level, &scaled, pairs().map(|(a, _)| a * -2.5), (1e-6, 0.0));
        let squares: f64 = pairs().map(|(a, _)| a * a).sum();
        assert!((level.run(SquareSum(&a)) / squares - 1.0).abs() < 1e-6 || n == 0, "{level:?}");
    });
}

#[test]
fn what_is_not_a_number_is_not_lost_among_others() {
    everywhere(|level, rng| {
        let n = rng.random_range(1..3000);
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let mut numbers = random(rng, n, 1.0);
            numbers[rng.random_range(0..n)] = bad;
            assert!(!level.run(SquareSum(&numbers)).is_finite(), "{level:?}: {bad}");
        }
    });
}

#[test]
fn products_of_what_is_not_a_number_are_none() {
    everywhere(|level, rng| {
        let (n_rows, columns) = (rng.random_range(1..9), 2 * level.lanes());
        let depth = rng.random_range(1..9) * level.lanes();
        let mut a = Matrix::random(rng, level, (n_rows, depth), depth);
        let b = Matrix::random(rng, level, (depth, columns), columns);
        let bad = rng.random_range(0..n_rows);
        a.numbers[bad * depth + rng.random_range(0..depth)] = f64::NAN;
        // Through the kernels that pack, not only through those that multiply.
        let mut words = vec![0; n_rows * depth / level.group()];
        let (from, panels) = (&a.f32(), None);
        level.run(PackRows { from, width: depth, rows: &mut words, panels, sums: &mut [] });
        let mut out = vec![0.0; n_rows * columns];
        level.run(Product {
            a: Rows::dense(&words, depth / level.group()),
            words: None,
            b: &b.panel_words(level),
            bias: &[],
            out: &mut out,
            stride: columns,
            n_rows,
        });
        for (row, out) in out.chunks_exact(columns).enumerate() {
            assert!(out.iter().all(|number| number.is_nan() == (row == bad)), "{level:?}");
        }
    });
}

#[test]
fn gradients_of_a_step_are_those_of_finite_differences() {
    let (sums, c) = ([0.3, -0.8, 0.9, 0.4], -0.7);
    // Of 2 h + 3 c.
    let value = |sums: [f64; 4], c: f64| {
        let unit = cell::reference(sums, c);
        2.0 * unit.h + 3.0 * unit.c
    };
    let (d_sums, d_c) = cell_back::reference(cell::reference(sums, c), c, 2.0, 3.0);
    let step = 1e-6;
    for gate in 0..4 {
        let (mut up, mut down) = (sums, sums);
        up[gate] += step;
        down[gate] -= step;
        let slope = (value(up, c) - value(down, c)) / (2.0 * step);
        assert!((slope - d_sums[gate]).abs() < 1e-8, "gate {gate}: {} for {slope}", d_sums[gate]);
    }
    let slope = (value(sums, c + step) - value(sums, c - step)) / (2.0 * step);
    assert!((slope - d_c).abs() < 1e-8, "cell: {d_c} for {slope}");
}
