//! How do boxes, lines and letters get onto the pixels?

use tiny_skia::{
    Color, FillRule, LineCap, LineJoin, Paint, PathBuilder, Pixmap, PremultipliedColorU8, Rect,
    Stroke, StrokeDash, Transform,
};

use super::colour::{Colour, GROUND};
use super::error::PictureError;
use super::text::{Fonts, Weight};

/// A picture being drawn.
pub(crate) struct Canvas {
    pixmap: Pixmap,
    pub(crate) fonts: Fonts,
}

impl Canvas {
    /// An empty page of some pixels.
    pub(crate) fn new(width: u32, height: u32) -> Result<Self, PictureError> {
        let mut pixmap = Pixmap::new(width, height)
            .ok_or_else(|| PictureError::Encode("no room for its pixels".to_owned()))?;
        pixmap.fill(Color::from_rgba8(GROUND.0, GROUND.1, GROUND.2, 255));
        Ok(Self { pixmap, fonts: Fonts::embedded()? })
    }

    /// A box with sharp corners; edges are rounded to whole pixels, and it is at least one pixel wide.
    pub(crate) fn fill(&mut self, x: f32, y: f32, width: f32, height: f32, colour: Colour) {
        let size = (self.pixmap.width(), self.pixmap.height());
        let span = |from: f32, length: f32, limit: u32| {
            let start = from.round().max(0.0) as u32;
            let end = ((from + length).round().max(0.0) as u32).max(start + 1);
            (start.min(limit), end.min(limit))
        };
        let (left, right) = span(x, width, size.0);
        let (top, bottom) = span(y, height, size.1);
        let solid = opaque(colour);
        for row in top..bottom {
            let from = (row * size.0) as usize;
            self.pixmap.pixels_mut()[from + left as usize..from + right as usize].fill(solid);
        }
    }

    /// A box with round corners and soft edges.
    pub(crate) fn pill(&mut self, rect: (f32, f32, f32, f32), radius: f32, colour: Colour) {
        let (x, y, width, height) = rect;
        let radius = radius.min(width / 2.0).min(height / 2.0);
        if radius < 1.0 {
            return self.fill(x, y, width, height, colour);
        }
        let Some(path) = rounded(x, y, width, height, radius) else { return };
        self.pixmap.fill_path(
            &path,
            &paint(colour),
            FillRule::Winding,
            Transform::identity(),
            None,
        );
    }

    /// A line through `points`, of dashes if `is_dashed`.
    pub(crate) fn line(
        &mut self,
        points: &[(f32, f32)],
        width: f32,
        colour: Colour,
        is_dashed: bool,
    ) {
        let mut path = PathBuilder::new();
        for (index, (x, y)) in points.iter().enumerate() {
            if index == 0 { path.move_to(*x, *y) } else { path.line_to(*x, *y) }
        }
        let Some(path) = path.finish() else { return };
        let dash =
            if is_dashed { StrokeDash::new(vec![3.0 * width, 3.0 * width], 0.0) } else { None };
        let (line_cap, line_join) = (LineCap::Round, LineJoin::Round);
        let stroke = Stroke { width, dash, line_cap, line_join, ..Stroke::default() };
        self.pixmap.stroke_path(&path, &paint(colour), &stroke, Transform::identity(), None);
    }

    /// A line of text with its left end at `x` and its baseline at `y`.
    pub(crate) fn text(
        &mut self,
        text: &str,
        (x, y): (f32, f32),
        size: f32,
        weight: Weight,
        colour: Colour,
    ) {
        let (width, height) = (self.pixmap.width() as i32, self.pixmap.height() as i32);
        let pixels = self.pixmap.pixels_mut();
        self.fonts.cover(text, (x, y), size, weight, |at| {
            if (0..width).contains(&at.x) && (0..height).contains(&at.y) {
                let pixel = &mut pixels[(at.y * width + at.x) as usize];
                let ground = Colour(pixel.red(), pixel.green(), pixel.blue());
                *pixel = opaque(colour.over(ground, at.coverage.min(1.0)));
            }
        });
    }

    /// A line of text that ends at `x`.
    pub(crate) fn text_right(
        &mut self,
        text: &str,
        (x, y): (f32, f32),
        size: f32,
        weight: Weight,
        colour: Colour,
    ) {
        let width = self.fonts.width(text, size, weight);
        self.text(text, (x - width, y), size, weight, colour);
    }

    /// The bytes of a PNG.
    pub(crate) fn png(&self) -> Result<Vec<u8>, PictureError> {
        self.pixmap.encode_png().map_err(|error| PictureError::Encode(error.to_string()))
    }
}

fn paint(colour: Colour) -> Paint<'static> {
    let mut paint = Paint::default();
    paint.set_color_rgba8(colour.0, colour.1, colour.2, 255);
    paint.anti_alias = true;
    paint
}

fn opaque(colour: Colour) -> PremultipliedColorU8 {
    // An opaque colour is always a valid premultiplied one.
    PremultipliedColorU8::from_rgba(colour.0, colour.1, colour.2, 255)
        .unwrap_or(PremultipliedColorU8::TRANSPARENT)
}

/// The outline of a box with round corners.
fn rounded(x: f32, y: f32, width: f32, height: f32, radius: f32) -> Option<tiny_skia::Path> {
    let rect = Rect::from_xywh(x, y, width, height)?;
    let (left, top, right, bottom) = (rect.left(), rect.top(), rect.right(), rect.bottom());
    let mut path = PathBuilder::new();
    path.move_to(left + radius, top);
    path.line_to(right - radius, top);
    path.quad_to(right, top, right, top + radius);
    path.line_to(right, bottom - radius);
    path.quad_to(right, bottom, right - radius, bottom);
    path.line_to(left + radius, bottom);
    path.quad_to(left, bottom, left, bottom - radius);
    path.line_to(left, top + radius);
    path.quad_to(left, top, left + radius, top);
    path.close();
    path.finish()
}
