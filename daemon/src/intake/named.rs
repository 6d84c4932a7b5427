//! What would the inbox find in a file that a person names?
//!
//! It is read as one in the inbox is, and refused for the same reasons; nothing is noted or moved.

use std::fs::FileType;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

use watch::examine::{Examined, Settings, examine};
use watch::filter::Reason;
use watch::inbox::read_beneath;

use super::open::{guarded, not_opened};
use crate::store::SongId;

/// What is in a file, with its id if it could be read; `None` if it is not there.
pub(crate) fn examine_named(
    file: &Path,
    settings: &Settings,
) -> Option<(Option<SongId>, Examined)> {
    let kind = file.symlink_metadata().ok()?.file_type();
    if kind.is_file() && !watch::inbox::has_midi_name(file) {
        return Some((None, Examined::unread(Reason::NotMidiName)));
    }
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    let name = Path::new(file.file_name()?);
    let bytes = read_beneath(folder.unwrap_or(Path::new(".")), name, settings.midi.max_file_bytes);
    Some(match bytes {
        Ok(bytes) => {
            let examined = guarded(file, || examine(&bytes, settings));
            (Some(SongId::of(&bytes)), examined.unwrap_or_else(Examined::unread))
        }
        Err(error) => (None, Examined::unread(not_opened(&error, kind_of(kind))?)),
    })
}

/// What kind of file it is, with its article.
fn kind_of(kind: FileType) -> &'static str {
    if kind.is_fifo() {
        "a named pipe"
    } else if kind.is_socket() {
        "a socket"
    } else if kind.is_dir() {
        "a folder"
    } else {
        "a device"
    }
}
