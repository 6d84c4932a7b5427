//! What may lie in an inbox?

use std::fs::Metadata;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

/// The folder of the inbox in which files wait for their genre; it is not a genre itself.
pub const UNSORTED: &str = "unsorted";
/// Endings of MIDI files.
const MIDI: [&str; 5] = ["mid", "midi", "kar", "rmi", "smf"];

/// What a folder entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A plain file.
    File,
    /// A symbolic link, to whatever.
    Symlink,
    /// A named pipe: reading it could wait for ever.
    Pipe,
    /// A socket.
    Socket,
    /// A block or character device.
    Device,
}

impl Kind {
    /// What it is, with its article: `a symbolic link`.
    pub fn name(self) -> &'static str {
        match self {
            Self::File => "a plain file",
            Self::Symlink => "a symbolic link",
            Self::Pipe => "a named pipe",
            Self::Socket => "a socket",
            Self::Device => "a device",
        }
    }

    pub(super) fn of(metadata: &Metadata) -> Self {
        let kind = metadata.file_type();
        if kind.is_symlink() {
            Self::Symlink
        } else if kind.is_fifo() {
            Self::Pipe
        } else if kind.is_socket() {
            Self::Socket
        } else if kind.is_file() {
            Self::File
        } else {
            Self::Device
        }
    }
}

/// Whether a file name ends like a MIDI file's, in any case.
pub fn has_midi_name(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str());
    ending.is_some_and(|ending| MIDI.iter().any(|midi| ending.eq_ignore_ascii_case(midi)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_midi_file_is_known_by_its_ending() {
        for name in ["a.mid", "A.MID", "b.Midi", "c.kar", "d.RMI", "e.smf"] {
            assert!(has_midi_name(Path::new(name)), "{name}");
        }
        for name in ["a.mp3", "mid", "a.mid.txt", "a"] {
            assert!(!has_midi_name(Path::new(name)), "{name}");
        }
    }
}
