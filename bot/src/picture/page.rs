//! How large is a picture, and what does it say besides what it shows?

/// Width in pixels.
pub(crate) const WIDTH: u32 = 1600;
/// Height in pixels.
pub(crate) const HEIGHT: u32 = 900;

/// What stands at the top left of a picture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caption {
    /// In large letters: the track's name. Shortened where it is too long.
    pub title: String,
    /// Under it: genre, version, number.
    pub subtitle: String,
}
