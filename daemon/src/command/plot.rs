//! Where is a picture written that a command draws?

use std::path::Path;

use crate::control::failure::Misused;
use crate::track::track_file;

/// Draws and writes a picture, whole or not at all.
///
/// # Errors
/// [`Misused`] if the file is not named as a picture: a song named by mistake would be overwritten.
/// Those of `draw`; or when the file cannot be written.
pub(super) fn write(
    file: &Path,
    draw: impl FnOnce() -> anyhow::Result<Vec<u8>>,
) -> anyhow::Result<()> {
    if file.extension().is_none_or(|ending| !ending.eq_ignore_ascii_case("png")) {
        let file = file.display();
        return Err(
            Misused(format!("{file} is not the name of a picture: let it end in .png")).into()
        );
    }
    track_file::write(file, &draw()?)
}
