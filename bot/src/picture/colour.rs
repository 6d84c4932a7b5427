//! Which colours are there?

/// Red, green and blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Colour(pub(crate) u8, pub(crate) u8, pub(crate) u8);

impl Colour {
    /// From red, green and blue, a byte each: `0x00FF_2E83`.
    pub(crate) const fn rgb(rgb: u32) -> Self {
        let [_, red, green, blue] = rgb.to_be_bytes();
        Self(red, green, blue)
    }

    /// This colour over `ground`, which a `share` of 1 covers.
    pub(crate) fn over(self, ground: Self, share: f32) -> Self {
        let mix = |top: u8, under: u8| {
            let value = f32::from(under) + (f32::from(top) - f32::from(under)) * share;
            value.round().clamp(0.0, 255.0) as u8
        };
        Self(mix(self.0, ground.0), mix(self.1, ground.1), mix(self.2, ground.2))
    }
}

/// The page behind everything.
pub(crate) const GROUND: Colour = Colour(0x12, 0x10, 0x1B);
/// Lanes of the white keys.
pub(crate) const LANE: Colour = Colour(0x1E, 0x1B, 0x2B);
/// Lanes of the black keys.
pub(crate) const DARK_LANE: Colour = Colour(0x17, 0x15, 0x22);
/// Lines of bars.
pub(crate) const LINE: Colour = Colour(0x35, 0x31, 0x4A);
/// Lines of every fourth bar and of each C.
pub(crate) const STRONG_LINE: Colour = Colour(0x5A, 0x53, 0x7C);
/// Titles.
pub(crate) const BRIGHT: Colour = Colour(0xF5, 0xF3, 0xFC);
/// Other text.
pub(crate) const SOFT: Colour = Colour(0xC9, 0xC4, 0xDC);
/// The line under the header, and the waveform.
pub(crate) const ACCENT: Colour = Colour(0xFF, 0x2E, 0x83);
