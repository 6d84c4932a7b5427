//! How do letters get into the picture?
//!
//! From embedded subsets of Roboto, and of Noto Music for the signs that Roboto lacks. No kerning, no
//! shaping: titles and numbers need neither.

use ab_glyph::{Font, FontRef, GlyphId, PxScale, ScaleFont, point};

use super::error::PictureError;

/// Which weight of the letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weight {
    Regular,
    Bold,
}

/// The fonts, ready to draw.
pub(crate) struct Fonts {
    regular: FontRef<'static>,
    bold: FontRef<'static>,
    signs: FontRef<'static>,
}

/// A pixel that a letter covers, 1 wholly.
pub(crate) struct Covered {
    pub(crate) x: i32,
    pub(crate) y: i32,
    pub(crate) coverage: f32,
}

impl Fonts {
    pub(crate) fn embedded() -> Result<Self, PictureError> {
        let font = |bytes| FontRef::try_from_slice(bytes).map_err(|_| PictureError::Font);
        Ok(Self {
            regular: font(include_bytes!("font/Roboto-Regular.ttf"))?,
            bold: font(include_bytes!("font/Roboto-Bold.ttf"))?,
            signs: font(include_bytes!("font/NotoMusic-Accidentals.ttf"))?,
        })
    }

    /// Width of a line in pixels.
    pub(crate) fn width(&self, text: &str, size: f32, weight: Weight) -> f32 {
        text.chars().map(|letter| self.advance(letter, size, weight)).sum()
    }

    /// The line, or its beginning and an ellipsis, within `room` pixels.
    pub(crate) fn fitted(&self, text: &str, size: f32, weight: Weight, room: f32) -> String {
        if self.width(text, size, weight) <= room {
            return text.to_owned();
        }
        let mut left = room - self.advance('…', size, weight);
        let fits = |letter: &char| {
            left -= self.advance(*letter, size, weight);
            left >= 0.0
        };
        let kept: String = text.chars().take_while(fits).collect();
        format!("{}…", kept.trim_end())
    }

    /// Calls `paint` for each pixel that the line covers; `x` is its left end, `y` its baseline.
    pub(crate) fn cover(
        &self,
        text: &str,
        (mut x, y): (f32, f32),
        size: f32,
        weight: Weight,
        mut paint: impl FnMut(Covered),
    ) {
        for letter in text.chars() {
            let (font, id) = self.glyph(letter, weight);
            let glyph = id.with_scale_and_position(self.scale(font, size), point(x, y));
            if let Some(outline) = font.outline_glyph(glyph) {
                let bounds = outline.px_bounds();
                // Signs hang on a staff line in their font; here they stand as high as letters.
                let middle = y - 0.36 * size - f32::midpoint(bounds.min.y, bounds.max.y);
                let raised = if self.is_sign(font) { middle.round() as i32 } else { 0 };
                let (left, top) = (bounds.min.x as i32, bounds.min.y as i32 + raised);
                outline.draw(|dx, dy, coverage| {
                    paint(Covered { x: left + dx as i32, y: top + dy as i32, coverage });
                });
            }
            x += self.advance(letter, size, weight);
        }
    }

    fn is_sign(&self, font: &FontRef<'static>) -> bool {
        std::ptr::eq(font, std::ptr::from_ref(&self.signs))
    }

    /// `size` is the height of the em, as other programs count it; signs are drawn larger, as they
    /// fill less of it.
    fn scale(&self, font: &FontRef<'static>, size: f32) -> PxScale {
        let em = font.units_per_em().unwrap_or(2048.0);
        let larger = if self.is_sign(font) { 1.5 } else { 1.0 };
        PxScale::from(larger * size * font.height_unscaled() / em)
    }

    fn advance(&self, letter: char, size: f32, weight: Weight) -> f32 {
        let (font, id) = self.glyph(letter, weight);
        font.as_scaled(self.scale(font, size)).h_advance(id)
    }

    /// The letter's glyph; a hyphen stands for letters that no font has.
    fn glyph(&self, letter: char, weight: Weight) -> (&FontRef<'static>, GlyphId) {
        let main = if weight == Weight::Bold { &self.bold } else { &self.regular };
        let in_font = |font: &FontRef<'static>| Some(font.glyph_id(letter)).filter(|id| id.0 != 0);
        if let Some(id) = in_font(main) {
            return (main, id);
        }
        in_font(&self.signs).map_or((main, main.glyph_id('-')), |id| (&self.signs, id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_shortened_to_their_room() {
        let fonts = Fonts::embedded().expect("fonts");
        let long = "a very long title ".repeat(20);
        let fitted = fonts.fitted(&long, 40.0, Weight::Bold, 300.0);
        assert!(fitted.ends_with('…') && fonts.width(&fitted, 40.0, Weight::Bold) <= 300.0);
        assert_eq!(fonts.fitted("short", 40.0, Weight::Bold, 300.0), "short");
    }

    #[test]
    fn every_sign_that_is_used_has_a_glyph() {
        let fonts = Fonts::embedded().expect("fonts");
        for letter in "♯♭·–…éß09Zz#/:".chars() {
            let (font, id) = fonts.glyph(letter, Weight::Bold);
            assert!(id.0 != 0 && font.glyph_id(letter) == id, "{letter}");
        }
    }
}
