//! In which directions do groups of songs differ?
//!
//! Linear discriminant analysis (Fisher 1936) with a shrunken covariance (Friedman 1989): every group
//! is a cloud of the same shape around its mean. It needs no iteration and learns from a handful of
//! songs a group.

/// Deviations from the mean beyond this are taken as this: one odd number must not decide.
const FAR: f64 = 4.0;
/// The covariance is drawn to a ball by `FEW / (FEW + number of songs)`, and never less than `LEAST`.
const FEW: f64 = 100.0;
const LEAST: f64 = 0.2;

/// The standard that a number is held against: mean and standard deviation over all songs.
#[derive(Clone, Debug)]
pub(super) struct Standard(Vec<(f64, f64)>);

impl Standard {
    /// Of rows of equal length, at least one.
    pub(super) fn of(rows: &[&[f64]]) -> Self {
        let n = rows.len() as f64;
        let column = |idx: usize| {
            let mean = rows.iter().map(|row| row[idx]).sum::<f64>() / n;
            let variance = rows.iter().map(|row| (row[idx] - mean).powi(2)).sum::<f64>() / n;
            (mean, variance.sqrt())
        };
        Self((0..rows.first().map_or(0, |row| row.len())).map(column).collect())
    }

    /// Deviations from the mean in standard deviations; 0 for a number in which no song differs.
    pub(super) fn standardise(&self, row: &[f64]) -> Vec<f64> {
        let off = |(number, (mean, deviation)): (&f64, &(f64, f64))| {
            if *deviation > 1e-9 { ((number - mean) / deviation).clamp(-FAR, FAR) } else { 0.0 }
        };
        row.iter().zip(&self.0).map(off).collect()
    }
}

/// One linear function a group.
#[derive(Clone, Debug)]
pub(super) struct Discriminant {
    /// Coefficients and constant.
    functions: Vec<(Vec<f64>, f64)>,
}

impl Discriminant {
    /// Learns from standardised rows and the group (below `n_groups`) of each. Groups weigh the same
    /// however many songs they have.
    pub(super) fn fit(rows: &[Vec<f64>], groups: &[usize], n_groups: usize) -> Self {
        let n_numbers = rows.first().map_or(0, Vec::len);
        let mut means = vec![vec![0.0; n_numbers]; n_groups];
        // One song more at the mean of all: that of two songs says little.
        let mut sizes = vec![1.0; n_groups];
        for (row, group) in rows.iter().zip(groups) {
            sizes[*group] += 1.0;
            means[*group].iter_mut().zip(row).for_each(|(sum, number)| *sum += number);
        }
        for (mean, size) in means.iter_mut().zip(sizes) {
            for number in mean.iter_mut() {
                *number /= size;
            }
        }
        let root = cholesky(covariance(rows, groups, &means));
        let function = |mean: Vec<f64>| {
            let coefficients = solve(&root, mean.clone());
            let constant = -0.5 * dot(&coefficients, &mean);
            (coefficients, constant)
        };
        Self { functions: means.into_iter().map(function).collect() }
    }

    /// The log-likelihood of each group, but for a constant.
    pub(super) fn scores(&self, row: &[f64]) -> Vec<f64> {
        let score = |(coefficients, constant): &(Vec<f64>, f64)| dot(coefficients, row) + constant;
        self.functions.iter().map(score).collect()
    }
}

/// Covariance within the groups, shrunken; its lower triangle.
fn covariance(rows: &[Vec<f64>], groups: &[usize], means: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let n_numbers = means.first().map_or(0, Vec::len);
    let n = rows.len().max(1) as f64;
    let mut matrix: Vec<Vec<f64>> = (1..=n_numbers).map(|length| vec![0.0; length]).collect();
    for (row, group) in rows.iter().zip(groups) {
        let off: Vec<f64> = row.iter().zip(&means[*group]).map(|(a, b)| a - b).collect();
        for (line, first) in matrix.iter_mut().zip(&off) {
            line.iter_mut().zip(&off).for_each(|(sum, second)| *sum += first * second / n);
        }
    }
    let trace: f64 = matrix.iter().filter_map(|line| line.last()).sum();
    let ball = (trace / n_numbers.max(1) as f64).max(1e-6);
    let shrinkage = (FEW / (FEW + n)).max(LEAST);
    for (idx, line) in matrix.iter_mut().enumerate() {
        for value in line.iter_mut() {
            *value *= 1.0 - shrinkage;
        }
        line[idx] += shrinkage * ball;
    }
    matrix
}

/// The lower triangle whose product with its transpose is the (positive definite) matrix.
fn cholesky(mut matrix: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    for idx in 0..matrix.len() {
        let (above, rest) = matrix.split_at_mut(idx);
        let line = &mut rest[0];
        for (column, other) in above.iter().enumerate() {
            line[column] = (line[column] - dot(&line[..column], &other[..column])) / other[column];
        }
        line[idx] = (line[idx] - dot(&line[..idx], &line[..idx])).max(1e-12).sqrt();
    }
    matrix
}

/// Solves for a right side by going down the triangle and up its transpose.
fn solve(root: &[Vec<f64>], mut right: Vec<f64>) -> Vec<f64> {
    for (idx, line) in root.iter().enumerate() {
        right[idx] = (right[idx] - dot(&line[..idx], &right[..idx])) / line[idx];
    }
    for (idx, line) in root.iter().enumerate().rev() {
        right[idx] /= line[idx];
        let solved = right[idx];
        right[..idx].iter_mut().zip(line).for_each(|(value, factor)| *value -= factor * solved);
    }
    right
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_is_solved() {
        let matrix = vec![vec![4.0], vec![2.0, 5.0], vec![-2.0, 1.0, 6.0]];
        let solution = solve(&cholesky(matrix), vec![2.0, 15.0, 18.0]);
        for (value, expected) in solution.iter().zip([1.0, 2.0, 3.0]) {
            assert!((value - expected).abs() < 1e-12, "{solution:?}");
        }
    }

    #[test]
    fn groups_are_told_by_the_number_in_which_they_differ_not_by_the_noisy_one() {
        let rows: Vec<Vec<f64>> = (0..40)
            .map(|idx| vec![f64::from(idx % 2), f64::from(idx * 7 % 40) / 4.0, 1.0])
            .collect();
        let groups: Vec<usize> = (0..40).map(|idx| idx % 2).collect();
        let standard = Standard::of(&rows.iter().map(Vec::as_slice).collect::<Vec<_>>());
        let rows: Vec<Vec<f64>> = rows.iter().map(|row| standard.standardise(row)).collect();
        let discriminant = Discriminant::fit(&rows, &groups, 2);
        for (row, group) in rows.iter().zip(groups) {
            let scores = discriminant.scores(row);
            assert!(scores[group] > scores[1 - group] + 1.0, "{scores:?}");
        }
    }
}
