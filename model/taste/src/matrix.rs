//! How are small symmetric systems solved?
//!
//! Dense, without a library: the taste has less than a hundred unknowns.

use serde::{Deserialize, Serialize};

/// A symmetric matrix, of which only the lower triangle is kept: row `i` has `i + 1` numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Symmetric {
    n: usize,
    lower: Vec<f64>,
}

/// The lower triangular factor `L` of a positive definite matrix `A = L Lᵀ`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Cholesky(Symmetric);

impl Symmetric {
    /// Of `n` rows, all 0.
    pub(crate) fn zeros(n: usize) -> Self {
        Self { n, lower: vec![0.0; n * (n + 1) / 2] }
    }

    /// Row `i` up to its diagonal.
    pub(crate) fn row(&self, i: usize) -> &[f64] {
        let start = i * (i + 1) / 2;
        &self.lower[start..=start + i]
    }

    /// Row `i` up to its diagonal.
    pub(crate) fn row_mut(&mut self, i: usize) -> &mut [f64] {
        let start = i * (i + 1) / 2;
        &mut self.lower[start..=start + i]
    }

    /// Adds `factor · x xᵀ`.
    pub(crate) fn add_outer(&mut self, factor: f64, x: &[f64]) {
        if factor == 0.0 {
            return;
        }
        for (i, xi) in x.iter().enumerate() {
            let scale = factor * xi;
            for (value, xj) in self.row_mut(i).iter_mut().zip(x) {
                *value += scale * xj;
            }
        }
    }

    /// Adds another of the same size.
    pub(crate) fn add(&mut self, other: &Self) {
        for (value, other) in self.lower.iter_mut().zip(&other.lower) {
            *value += other;
        }
    }

    /// Turns the sign of every element.
    pub(crate) fn negate(&mut self) {
        for value in &mut self.lower {
            *value = -*value;
        }
    }

    /// Element (i, j) multiplied by `factors[i] · factors[j]`.
    pub(crate) fn scaled(&self, factors: &[f64]) -> Self {
        let mut scaled = self.clone();
        for (i, factor) in factors.iter().enumerate() {
            for (value, other) in scaled.row_mut(i).iter_mut().zip(factors) {
                *value *= factor * other;
            }
        }
        scaled
    }

    /// Adds a number to the diagonal.
    pub(crate) fn add_diagonal(&mut self, value: f64) {
        for i in 0..self.n {
            self.row_mut(i)[i] += value;
        }
    }

    /// Factorises it. What rounding leaves without a positive pivot is treated as barely positive.
    pub(crate) fn cholesky(&self) -> Cholesky {
        let mut factor = self.clone();
        for i in 0..self.n {
            let (above, rest) = factor.lower.split_at_mut(i * (i + 1) / 2);
            let own = &mut rest[..=i];
            for j in 0..i {
                let start = j * (j + 1) / 2;
                let other = &above[start..=start + j];
                own[j] = (own[j] - dot(&own[..j], &other[..j])) / other[j];
            }
            let pivot = own[i] - dot(&own[..i], &own[..i]);
            own[i] = pivot.max(f64::MIN_POSITIVE.sqrt()).sqrt();
        }
        Cholesky(factor)
    }
}

impl Cholesky {
    /// `L⁻¹ x`.
    pub(crate) fn forward(&self, x: &[f64]) -> Vec<f64> {
        let mut solved = x.to_vec();
        for i in 0..solved.len() {
            let row = self.0.row(i);
            solved[i] = (solved[i] - dot(&row[..i], &solved[..i])) / row[i];
        }
        solved
    }

    /// `L⁻ᵀ x`.
    fn backward(&self, mut x: Vec<f64>) -> Vec<f64> {
        for i in (0..x.len()).rev() {
            let row = self.0.row(i);
            x[i] /= row[i];
            let own = x[i];
            for (value, factor) in x[..i].iter_mut().zip(row) {
                *value -= own * factor;
            }
        }
        x
    }

    /// `A⁻¹ x`.
    pub(crate) fn solve(&self, x: &[f64]) -> Vec<f64> {
        self.backward(self.forward(x))
    }

    /// `A⁻¹`.
    pub(crate) fn inverse(&self) -> Symmetric {
        let n = self.0.n;
        // A⁻¹ = L⁻ᵀ L⁻¹: the sum of the outer products of the rows of L⁻¹, which is triangular too.
        let mut inverse = Symmetric::zeros(n);
        let mut rows: Vec<Vec<f64>> = Vec::with_capacity(n);
        for i in 0..n {
            let factor = self.0.row(i);
            let mut row = vec![0.0; i + 1];
            row[i] = 1.0;
            for (weight, earlier) in factor.iter().zip(&rows) {
                for (value, other) in row.iter_mut().zip(earlier) {
                    *value -= weight * other;
                }
            }
            for value in &mut row {
                *value /= factor[i];
            }
            inverse.add_outer(1.0, &row);
            rows.push(row);
        }
        inverse
    }

    /// The logarithm of the determinant of `A`.
    pub(crate) fn log_determinant(&self) -> f64 {
        (0..self.0.n).map(|i| 2.0 * self.0.row(i)[i].ln()).sum()
    }

    /// Every number of the factor, for whoever wants to know whether two are the same.
    pub(crate) fn numbers(&self) -> &[f64] {
        &self.0.lower
    }
}

/// The sum of the products, in eight lanes that the compiler can run side by side.
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    const LANES: usize = 8;
    let mut sums = [0.0; LANES];
    let (a, b) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f64 = a.remainder().iter().zip(b.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in a.zip(b) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum::<f64>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of 20 rows, positive definite.
    fn matrix() -> Symmetric {
        let mut matrix = Symmetric::zeros(20);
        for k in 0..25 {
            let x: Vec<f64> = (0..20).map(|i| f64::from((i * 7 + k * 11) % 13) - 6.0).collect();
            matrix.add_outer(0.1, &x);
        }
        matrix.add_diagonal(0.5);
        matrix
    }

    fn times(matrix: &Symmetric, x: &[f64]) -> Vec<f64> {
        let at = |i: usize, j: usize| matrix.row(i.max(j))[i.min(j)];
        (0..20).map(|i| (0..20).map(|j| at(i, j) * x[j]).sum()).collect()
    }

    fn is_near(a: &[f64], b: &[f64]) -> bool {
        a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-9)
    }

    #[test]
    fn a_solution_solves_and_the_inverse_inverts() {
        let (matrix, factor) = (matrix(), matrix().cholesky());
        let x: Vec<f64> = (0..20).map(|i| f64::from(i % 5) - 1.5).collect();
        assert!(is_near(&times(&matrix, &factor.solve(&x)), &x));
        assert!(is_near(&times(&factor.inverse(), &times(&matrix, &x)), &x));
    }

    #[test]
    fn the_determinant_of_a_scaled_matrix_is_scaled() {
        let (matrix, factors) = (matrix(), [2.0; 20]);
        let more = matrix.scaled(&factors).cholesky().log_determinant();
        let expected = matrix.cholesky().log_determinant() + 40.0 * 2f64.ln();
        assert!((more - expected).abs() < 1e-9);
    }

    #[test]
    fn a_dot_product_has_all_terms() {
        let x: Vec<f64> = (1..=19).map(f64::from).collect();
        assert!((dot(&x, &x) - 2470.0).abs() < 1e-12);
    }
}
