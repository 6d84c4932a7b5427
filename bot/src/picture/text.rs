//! How do letters get into the picture?
//!
//! Embedded subsets of Roboto, and of Noto Music for the signs that Roboto lacks. No kerning, no
//! shaping: titles and numbers need neither.

use ab_glyph::{Font, FontRef, GlyphId, PxScale, ScaleFont, point};

use super::PictureError;

/// Which cut of the letters.
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

/// A letter's outline as it covers pixels.
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
            // Noto Music hangs its signs on a staff line, not on the baseline.
            let raised = if self.is_sign(font) { size * 0.24 } else { 0.0 };
            let glyph = id.with_scale_and_position(scale(font, size), point(x, y - raised));
            if let Some(outline) = font.outline_glyph(glyph) {
                let corner = outline.px_bounds().min;
                outline.draw(|dx, dy, coverage| {
                    let (x, y) = (corner.x as i32 + dx as i32, corner.y as i32 + dy as i32);
                    paint(Covered { x, y, coverage });
                });
            }
            x += self.advance(letter, size, weight);
        }
    }

    fn is_sign(&self, font: &FontRef<'static>) -> bool {
        std::ptr::eq(font, std::ptr::from_ref(&self.signs))
    }

    fn advance(&self, letter: char, size: f32, weight: Weight) -> f32 {
        let (font, id) = self.glyph(letter, weight);
        font.as_scaled(scale(font, size)).h_advance(id)
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

/// `size` is the height of the em, as other programs count it.
fn scale(font: &FontRef<'static>, size: f32) -> PxScale {
    let em = font.units_per_em().unwrap_or(2048.0);
    PxScale::from(size * font.height_unscaled() / em)
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
