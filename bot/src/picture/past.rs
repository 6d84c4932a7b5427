//! How did a liking come to be, version by version, beside its bar?

use super::canvas::Canvas;
use super::colour::{BRIGHT, Colour, LINE, SOFT};
use super::text::Weight;

/// The narrowest column in which a version's name has room.
const NAMED: f32 = 52.0;
const SMALL: f32 = 24.0;
/// Standard deviations that a whisker reaches to each side.
pub(super) const FAR: f64 = 2.0;
/// The width of a point, and the room that a row leaves above and below.
const POINT: f32 = 11.0;
const MARGIN: f32 = 8.0;

/// Strengths of one liking with their standard deviations, one for each version and one for today.
pub(super) type Course = Vec<(f64, f64)>;

/// Where the versions stand, one column each and one for today.
pub(super) struct Past<'a> {
    versions: &'a [String],
    left: f32,
    column: f32,
    /// The smallest and the largest strength.
    range: (f64, f64),
}

impl<'a> Past<'a> {
    /// Of these likings between two x; the range of strengths holds all of them and 0.
    pub(super) fn new(
        versions: &'a [String],
        courses: &[Course],
        (left, right): (f32, f32),
    ) -> Self {
        let column = (right - left) / (versions.len() + 1) as f32;
        let all = courses.iter().flatten();
        let ends =
            all.flat_map(|(size, deviation)| [size - FAR * deviation, size + FAR * deviation]);
        let range = ends.fold((0.0, 1e-3), |(low, high), end| (end.min(low), end.max(high)));
        Self { versions, left, column, range }
    }

    /// A point for each version and for today, each with a whisker of two standard deviations to each side.
    pub(super) fn draw(
        &self,
        canvas: &mut Canvas,
        course: &[(f64, f64)],
        (top, row): (f32, f32),
        colour: Colour,
    ) {
        if self.versions.is_empty() {
            return;
        }
        let (low, high) = self.range;
        let y = |size: f64| {
            let along = ((size - low) / (high - low)).clamp(0.0, 1.0) as f32;
            top + row - MARGIN - along * (row - 2.0 * MARGIN)
        };
        let width = self.column * (self.versions.len() + 1) as f32;
        canvas.fill(self.left, y(0.0) - 1.0, width, 2.0, LINE);
        let places: Vec<(f32, f32)> =
            course.iter().enumerate().map(|(idx, (size, _))| (self.x(idx), y(*size))).collect();
        for ((x, _), (size, deviation)) in places.iter().zip(course) {
            canvas.line(
                &[(*x, y(size - FAR * deviation)), (*x, y(size + FAR * deviation))],
                2.0,
                SOFT,
                false,
            );
        }
        canvas.line(&places, 3.0, colour, false);
        for (x, y) in places {
            canvas.pill((x - POINT / 2.0, y - POINT / 2.0, POINT, POINT), POINT / 2.0, colour);
        }
    }

    /// The names of the versions below, of the first and today only where there is no room for more.
    pub(super) fn name(&self, canvas: &mut Canvas, baseline: f32) {
        if self.versions.is_empty() {
            return;
        }
        let names = self.versions.iter().map(String::as_str).chain(["now"]);
        for (idx, name) in names.enumerate() {
            if self.column < NAMED && idx > 0 && idx < self.versions.len() {
                continue;
            }
            let width = canvas.fonts.width(name, SMALL, Weight::Regular);
            let at = (self.x(idx) - width / 2.0, baseline);
            canvas.text(name, at, SMALL, Weight::Regular, BRIGHT);
        }
    }

    /// The middle of a column.
    fn x(&self, idx: usize) -> f32 {
        self.left + self.column * (idx as f32 + 0.5)
    }
}
