//! Are a step of an LSTM layer and its gradient those of the equations?

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::Level;
use super::cell::{self, Saved, Step, Unit};
use super::cell_back::{self, StepBack};
use super::pack::Panels;
use super::product::{self, Rows};
use super::testing::{Matrix, assert_near, everywhere, numbers_of, random, word_precision};

/// A step drawn at random, and what it leaves.
struct Case {
    level: Level,
    n: usize,
    units: usize,
    mask: Vec<f32>,
    before: Vec<f32>,
    /// By the equations, row-major \[n, units\].
    units_exact: Vec<Unit>,
    after: Vec<f32>,
    hidden: Vec<u32>,
    gates: Vec<f32>,
    hidden_panels: Vec<u32>,
    out_rows: Vec<u32>,
    out_panels: Vec<u32>,
    line: usize,
    depth: usize,
}

/// The column of a unit's gate among the panels'.
fn column(level: Level, unit: usize, gate: usize) -> usize {
    let lanes = level.lanes();
    (unit / lanes * 4 + gate) * lanes + unit % lanes
}

impl Case {
    fn random(level: Level, rng: &mut ChaCha8Rng) -> Self {
        let group = level.group();
        let n = rng.random_range(0..8) * group;
        let units = rng.random_range(1..=40usize).next_multiple_of(level.lanes());
        // Without an input of its own, the sums begin with what is known of it.
        let width = rng.random_range(0..12) * group;
        let initial_rows = if rng.random() { 1 } else { n };
        let x = Matrix::random(rng, level, (n, width), width);
        let h = Matrix::random(rng, level, (n, units), units);
        let input = Matrix::random(rng, level, (width, 4 * units), 4 * units);
        let recurrent = Matrix::random(rng, level, (units, 4 * units), 4 * units);
        let initial = random(rng, initial_rows * 4 * units, 1.0);
        let before = random(rng, n * units, 2.0);
        let mask = match rng.random_range(0..3) {
            0 => Vec::new(),
            _ => (0..n * units).map(|_| if rng.random() { 0.0 } else { 1.5 }).collect(),
        };
        let (line, depth) = (2, 2 + n / group + 1);
        let mut own = Self {
            level,
            n,
            units,
            units_exact: Vec::new(),
            after: vec![0.0; n * units],
            hidden: vec![0; n * units / group],
            gates: vec![0.0; 4 * n * units],
            hidden_panels: vec![0; depth * units],
            out_rows: vec![0; n * units / group],
            out_panels: vec![0; depth * units],
            mask,
            before,
            line,
            depth,
        };
        let of_x = product::reference(&x, &input, &[]);
        let of_h = product::reference(&h, &recurrent, &[]);
        for idx in 0..n * units {
            let (row, unit) = (idx / units, idx % units);
            let sums = [0, 1, 2, 3].map(|gate| {
                let column = column(level, unit, gate);
                let from = initial[row % initial_rows * 4 * units + column];
                f64::from(from) + of_x.at(row, column) + of_h.at(row, column)
            });
            own.units_exact.push(cell::reference(sums, f64::from(own.before[idx])));
        }
        own.run(&x, &h, &input, &recurrent, &initial);
        own
    }

    fn run(&mut self, x: &Matrix, h: &Matrix, input: &Matrix, recurrent: &Matrix, initial: &[f32]) {
        let (level, group) = (self.level, self.level.group());
        let (line, depth) = (self.line, self.depth);
        level.run(Step {
            n: self.n,
            x: Rows::dense(&x.row_words(level), x.columns / group),
            input: &input.panel_words(level),
            h: Rows::dense(&h.row_words(level), h.columns / group),
            recurrent: &recurrent.panel_words(level),
            initial,
            before: &self.before,
            after: &mut self.after,
            hidden: &mut self.hidden,
            saved: Some(Saved {
                gates: &mut self.gates,
                hidden: Panels { words: &mut self.hidden_panels, depth, line, step: 1 },
                mask: &self.mask,
                out_rows: &mut self.out_rows,
                out: Panels { words: &mut self.out_panels, depth, line, step: 1 },
            }),
        });
    }

    /// The numbers of a matrix \[n, units\] that lies in panels from the case's line.
    fn in_panels(&self, words: &[u32], units: usize) -> Vec<f32> {
        let (lanes, group) = (self.level.lanes(), self.level.group());
        let number = |row: usize, unit: usize| {
            let line = unit / lanes * self.depth + self.line + row / group;
            let word = words[line * lanes + unit % lanes];
            numbers_of(self.level, &[word])[row % group]
        };
        (0..self.n * units).map(|idx| number(idx / units, idx % units)).collect()
    }

    fn factor(&self, idx: usize) -> f64 {
        self.mask.get(idx).map_or(1.0, |factor| f64::from(*factor))
    }
}

#[test]
fn steps_are_those_of_the_equations() {
    everywhere(|level, rng| {
        let case = Case::random(level, rng);
        let allowed = (5e-6, word_precision(level));
        let exact = || case.units_exact.iter();
        assert_near(level, &case.after, exact().map(|unit| unit.c), (5e-6, 0.0));
        let h = || exact().map(|unit| unit.h);
        assert_near(level, &numbers_of(level, &case.hidden), h(), allowed);
        assert_near(level, &case.in_panels(&case.hidden_panels, case.units), h(), allowed);
        let out = || h().enumerate().map(|(idx, h)| h * case.factor(idx));
        assert_near(level, &numbers_of(level, &case.out_rows), out(), allowed);
        assert_near(level, &case.in_panels(&case.out_panels, case.units), out(), allowed);
        let lanes = level.lanes();
        for (idx, unit) in exact().enumerate() {
            let (row, column) = (idx / case.units, idx % case.units);
            let from = ((column / lanes * case.n + row) * 4) * lanes + column % lanes;
            let gates = [0, 1, 2, 3].map(|gate| case.gates[from + gate * lanes]);
            assert_near(level, &gates, [unit.i, unit.f, unit.g, unit.o], (5e-6, 0.0));
        }
    });
}

#[test]
fn gradients_are_those_of_the_equations() {
    everywhere(|level, rng| {
        let case = Case::random(level, rng);
        let (n, units) = (case.n, case.units);
        let numbers = n * units;
        let stride = units + rng.random_range(0..2) * 3;
        let (d_out, d_hidden) = (random(rng, n * stride, 1.0), random(rng, numbers, 1.0));
        let d_cell_before = random(rng, numbers, 1.0);
        let mut d_cell = d_cell_before.clone();
        let mut rows = vec![0; 4 * numbers / level.group()];
        let mut panels = vec![0; case.depth * 4 * units];
        let mut d_bias = vec![0.25; 4 * units];
        level.run(StepBack {
            n,
            units,
            gates: &case.gates,
            before: &case.before,
            d_out: &d_out,
            stride,
            mask: &case.mask,
            d_hidden: &d_hidden,
            d_cell: &mut d_cell,
            rows: &mut rows,
            panels: Panels { words: &mut panels, depth: case.depth, line: case.line, step: 1 },
            d_bias: &mut d_bias,
        });
        let mut exact = Matrix::from_fn(n, 4 * units, |_, _| 0.0);
        let mut exact_bias = vec![0.25; 4 * units];
        let mut exact_cell = Vec::new();
        for (idx, unit) in case.units_exact.iter().enumerate() {
            let (row, own) = (idx / units, idx % units);
            let above = f64::from(d_out[row * stride + own]) * case.factor(idx);
            let d_h = above + f64::from(d_hidden[idx]);
            let (c, d_c) = (f64::from(case.before[idx]), f64::from(d_cell_before[idx]));
            let (d_sums, d_c) = cell_back::reference(*unit, c, d_h, d_c);
            exact_cell.push(d_c);
            for (gate, d) in d_sums.into_iter().enumerate() {
                let column = column(level, own, gate);
                exact.numbers[row * 4 * units + column] = d;
                exact_bias[column] += d;
            }
        }
        let allowed = (2e-5, word_precision(level));
        assert_near(level, &d_cell, exact_cell, (2e-5, 0.0));
        assert_near(level, &d_bias, exact_bias, (2e-5, 1e-5));
        assert_near(level, &numbers_of(level, &rows), exact.numbers.iter().copied(), allowed);
        let d_panels = case.in_panels(&panels, 4 * units);
        assert_near(level, &d_panels, exact.numbers.iter().copied(), allowed);
    });
}

/// A step of one lane with U = 0, and how many of c', h' and the gates' gradients are NaN.
fn n_nan(level: Level, initial: &[f32], before: &[f32], d_out: &[f32]) -> [usize; 3] {
    let (group, units) = (level.group(), level.lanes());
    let numbers = group * units;
    let n_words = numbers / group;
    let (mut gates, mut after) = (vec![0.0; 4 * numbers], vec![0.0; numbers]);
    let (mut hidden, mut out) = (vec![0; n_words], vec![0; n_words]);
    let (mut hidden_panels, mut out_panels) = (vec![0; units], vec![0; units]);
    level.run(Step {
        n: group,
        x: Rows::dense(&[], 0),
        input: &[],
        h: Rows::dense(&vec![0; n_words], units / group),
        recurrent: &vec![0; 4 * units * units / group],
        initial,
        before,
        after: &mut after,
        hidden: &mut hidden,
        saved: Some(Saved {
            gates: &mut gates,
            hidden: Panels { words: &mut hidden_panels, depth: 1, line: 0, step: 1 },
            mask: &[],
            out_rows: &mut out,
            out: Panels { words: &mut out_panels, depth: 1, line: 0, step: 1 },
        }),
    });
    let (mut rows, mut panels) = (vec![0; 4 * n_words], vec![0; 4 * units]);
    level.run(StepBack {
        n: group,
        units,
        gates: &gates,
        before,
        d_out,
        stride: units,
        mask: &[],
        d_hidden: &vec![0.1; numbers],
        d_cell: &mut vec![0.1; numbers],
        rows: &mut rows,
        panels: Panels { words: &mut panels, depth: 1, line: 0, step: 1 },
        d_bias: &mut vec![0.0; 4 * units],
    });
    let count = |numbers: &[f32]| numbers.iter().filter(|number| number.is_nan()).count();
    [count(&after), count(&numbers_of(level, &hidden)), count(&numbers_of(level, &rows))]
}

#[test]
fn what_is_not_a_number_stays_so_in_its_unit_alone() {
    everywhere(|level, rng| {
        let (group, units) = (level.group(), level.lanes());
        let initial = random(rng, 4 * group * units, 1.0);
        let (before, d_out) = (random(rng, group * units, 1.0), random(rng, group * units, 1.0));
        assert_eq!(n_nan(level, &initial, &before, &d_out), [0, 0, 0], "{level:?}");
        let with_nan = |numbers: &[f32], at: usize| {
            let mut numbers = numbers.to_vec();
            numbers[at] = f32::NAN;
            numbers
        };
        let unit = rng.random_range(0..units);
        for gate in 0..4 {
            let found = n_nan(level, &with_nan(&initial, gate * units + unit), &before, &d_out);
            // o has no part in c', and none of the others' gradients is free of c'.
            let c = usize::from(gate < 3);
            assert_eq!(found, [c, 1, 4], "{level:?}, gate {gate}");
        }
        let found = n_nan(level, &initial, &with_nan(&before, unit), &d_out);
        assert_eq!(found, [1, 1, 4], "{level:?}, cell");
        let found = n_nan(level, &initial, &before, &with_nan(&d_out, unit));
        assert_eq!(found, [0, 0, 4], "{level:?}, gradient");
    });
}
