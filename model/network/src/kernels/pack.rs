//! How are matrices laid out in memory?
//!
//! In panels: the columns are cut into vectors as wide as the processor's, and all lines of a vector
//! lie together: one for each row of the matrix, or in words for each group of rows. For L lanes and
//! words of G numbers:
//!
//! ```text
//! panels of f32    [vector][row][lane]   = M[row, vector · L + lane]
//! panels of words  [vector][line][lane]  = M[G · line + (0 to G − 1), vector · L + lane]
//! rows of words    [row][word]           = M[row, G · word + (0 to G − 1)]
//! ```
//!
//! Weights are kept in panels of `f32`; products take them as words, forward as they are, backward
//! transposed.
#![expect(unsafe_code, reason = "pointers into slices whose lengths were checked once")]
#![expect(clippy::inline_always, reason = "must be compiled for each level")]

use super::level::Work;
use super::simd::{MAX_LANES, Simd, Square};

/// A line that is not there.
static ZEROS: [f32; MAX_LANES] = [0.0; MAX_LANES];

/// Panels of words to write to: `depth` lines a panel, from line `line`, with `step` lines from one
/// group of rows to the next.
pub(crate) struct Panels<'a> {
    pub(crate) words: &'a mut [u32],
    pub(crate) depth: usize,
    pub(crate) line: usize,
    pub(crate) step: usize,
}

impl Panels<'_> {
    /// Whether there is room for `n` rows of `n_vectors` vectors.
    #[inline(always)]
    pub(super) fn fit<S: Simd>(&self, n: usize, n_vectors: usize) -> bool {
        n.is_multiple_of(S::GROUP)
            && (n == 0 || self.line + (n / S::GROUP - 1) * self.step < self.depth)
            && self.words.len() == n_vectors * self.depth * S::LANES
    }

    /// Where row `row` of vector `vector` belongs.
    #[inline(always)]
    pub(super) fn at<S: Simd>(&self, vector: usize, row: usize) -> usize {
        (vector * self.depth + self.line + row / S::GROUP * self.step) * S::LANES
    }

    /// Writes `R` rows of a vector, `R` and `row` multiples of the group.
    ///
    /// # Safety
    /// There must be room for them.
    #[inline(always)]
    pub(super) unsafe fn store<S: Simd, const R: usize>(
        &mut self,
        simd: S,
        rows: [S::V; R],
        vector: usize,
        row: usize,
    ) {
        let mut r = 0;
        while r < R {
            let second = (r + S::GROUP - 1).min(R - 1);
            let to = self.at::<S>(vector, row + r);
            // SAFETY: the caller's.
            unsafe { simd.store_line(self.words.as_mut_ptr().add(to), rows[r], rows[second]) };
            r += S::GROUP;
        }
    }
}

/// Writes `f32` panels of `depth` lines as words.
pub(crate) struct Pack<'a> {
    pub(crate) from: &'a [f32],
    pub(crate) depth: usize,
    pub(crate) to: &'a mut [u32],
}

impl Work for Pack<'_> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let n_lines = self.from.len() / S::LANES;
        assert!(
            self.depth.is_multiple_of(S::GROUP)
                && self.from.len() == n_lines * S::LANES
                && n_lines.is_multiple_of(self.depth)
                && self.to.len() * S::GROUP == self.from.len(),
            "the shapes of panels must agree"
        );
        for line in (0..n_lines).step_by(S::GROUP) {
            // SAFETY: `line` to `line + GROUP` lie within `from`, by the assertion above.
            unsafe {
                let from = self.from.as_ptr().add(line * S::LANES);
                let second = simd.load(from.add((S::GROUP - 1) * S::LANES));
                let to = self.to.as_mut_ptr().add(line / S::GROUP * S::LANES);
                simd.store_line(to, simd.load(from), second);
            }
        }
    }
}

/// Writes the transpose of `f32` panels of `depth` lines as words.
pub(crate) struct Transpose<'a> {
    pub(crate) from: &'a [f32],
    pub(crate) depth: usize,
    /// The lines that become columns, and then columns of zeros up to whole vectors; `None` for all.
    pub(crate) lines: Option<&'a [u32]>,
    pub(crate) to: &'a mut [u32],
}

impl Work for Transpose<'_> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let n_vectors = self.from.len() / (self.depth * S::LANES);
        let n_lines = n_vectors * S::LANES / S::GROUP;
        let n_columns = self.lines.map_or(self.depth, <[u32]>::len);
        assert!(
            self.from.len() == n_vectors * self.depth * S::LANES
                && self.to.len() == n_columns.next_multiple_of(S::LANES) * n_lines,
            "the shapes of panels must agree"
        );
        let line_of = |column: usize| self.lines.map_or(column, |lines| lines[column] as usize);
        for (block, to) in self.to.chunks_exact_mut((n_lines * S::LANES).max(1)).enumerate() {
            let columns = block * S::LANES..n_columns.min((block + 1) * S::LANES);
            for (vector, panel) in self.from.chunks_exact(self.depth * S::LANES).enumerate() {
                let mut lines = [ZEROS.as_ptr(); MAX_LANES];
                for (line, column) in lines.iter_mut().zip(columns.clone()) {
                    *line = panel[line_of(column) * S::LANES..][..S::LANES].as_ptr();
                }
                let mut square: Square = [[0.0; MAX_LANES]; MAX_LANES];
                // SAFETY: each line is as long as a vector.
                unsafe { simd.turn(&lines, &mut square) };
                for row in (0..S::LANES).step_by(S::GROUP) {
                    let to = &mut to[(vector * S::LANES + row) / S::GROUP * S::LANES..][..S::LANES];
                    // SAFETY: a row of the square is as long as a vector, and so is `to`.
                    unsafe {
                        let first = simd.load(square[row].as_ptr());
                        let second = simd.load(square[row + S::GROUP - 1].as_ptr());
                        simd.store_line(to.as_mut_ptr(), first, second);
                    }
                }
            }
        }
    }
}

/// Writes rows of `f32` as rows of words and as panels, and adds them up by column.
pub(crate) struct PackRows<'a> {
    /// \[rows, width\], as many rows as a multiple of the group.
    pub(crate) from: &'a [f32],
    /// Numbers a row, whole vectors.
    pub(crate) width: usize,
    pub(crate) rows: &'a mut [u32],
    /// Panels and where to begin in them, if they are wanted.
    pub(crate) panels: Option<Panels<'a>>,
    /// Sums by column, to which the rows are added; empty if not wanted.
    pub(crate) sums: &'a mut [f32],
}

impl Work for PackRows<'_> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(mut self, simd: S) {
        let n = self.from.len() / self.width;
        let n_vectors = self.width / S::LANES;
        let fits = self.width.is_multiple_of(S::LANES)
            && self.from.len() == n * self.width
            && self.rows.len() * S::GROUP == self.from.len()
            && (self.sums.is_empty() || self.sums.len() == self.width);
        let panels_fit = self.panels.as_ref().is_none_or(|panels| panels.fit::<S>(n, n_vectors));
        assert!(fits && panels_fit, "the shapes of rows and panels must agree");
        for vector in 0..n_vectors {
            let mut sum = simd.splat(0.0);
            for row in 0..n {
                let at = row * self.width + vector * S::LANES;
                // SAFETY: row and vector lie within the slices, by the assertion above.
                unsafe {
                    let value = simd.load(self.from.as_ptr().add(at));
                    sum = simd.add(sum, value);
                    simd.store_row(self.rows.as_mut_ptr().add(at / S::GROUP), value);
                    if let Some(panels) = &mut self.panels
                        && (row + 1).is_multiple_of(S::GROUP)
                    {
                        let above = self.from.as_ptr().add(at - (S::GROUP - 1) * self.width);
                        let to = panels.words.as_mut_ptr().add(panels.at::<S>(vector, row));
                        simd.store_line(to, simd.load(above), value);
                    }
                }
            }
            if !self.sums.is_empty() {
                // SAFETY: as above.
                unsafe {
                    let to = self.sums.as_mut_ptr().add(vector * S::LANES);
                    simd.store(to, simd.add(sum, simd.load(to)));
                }
            }
        }
    }
}
