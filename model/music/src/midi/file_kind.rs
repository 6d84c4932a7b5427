//! What is a file that claims to be MIDI and is not?
//!
//! People rename downloads, save error pages and upload archives. Naming what came instead tells
//! them what to do. A guess from the first bytes, never a full parse.

use std::fmt;

/// What a file seems to be instead of MIDI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FileKind {
    /// Plain text, in UTF-8 or an ASCII superset.
    Text,
    /// Text in UTF-16.
    Utf16Text,
    /// A web page.
    Html,
    /// JSON or XML.
    Markup,
    /// A ZIP archive (also `.mxl`, `.als`-like containers).
    Zip,
    /// Compressed with gzip.
    Gzip,
    /// MP3 or AAC audio.
    Mp3,
    /// A RIFF file other than MIDI: WAV audio, a SoundFont.
    Riff,
    /// Ogg or FLAC audio.
    OtherAudio,
    /// A picture or a PDF.
    Picture,
    /// MIDI tracks whose file header is missing.
    HeaderlessMidi,
    /// Zero bytes only, as an interrupted copy leaves.
    Zeros,
    /// None of these.
    Unknown,
}

impl fmt::Display for FileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "plain text",
            Self::Utf16Text => "text in UTF-16",
            Self::Html => "a web page (perhaps an error page saved in its place)",
            Self::Markup => "JSON or XML",
            Self::Zip => "a ZIP archive: unpack it and drop the MIDI files inside",
            Self::Gzip => "compressed with gzip: unpack it first",
            Self::Mp3 => "MP3 audio: sound can't be turned into notes here",
            Self::Riff => "WAV audio or another RIFF file",
            Self::OtherAudio => "Ogg or FLAC audio: sound can't be turned into notes here",
            Self::Picture => "a picture or a PDF",
            Self::HeaderlessMidi => {
                "MIDI whose header is missing, so that its tempo can't be known: export it again"
            }
            Self::Zeros => "nothing but zero bytes (an interrupted copy)",
            Self::Unknown => "of a kind that is not known",
        })
    }
}

/// The kind that the first bytes prove, if they prove one; such a file is not searched for MIDI.
pub(super) fn by_signature(bytes: &[u8]) -> Option<FileKind> {
    let starts = |signature: &[u8]| bytes.starts_with(signature);
    if starts(&[0xFF, 0xFE]) || starts(&[0xFE, 0xFF]) {
        Some(FileKind::Utf16Text)
    } else if starts(b"PK\x03\x04") || starts(b"PK\x05\x06") {
        Some(FileKind::Zip)
    } else if starts(&[0x1F, 0x8B]) {
        Some(FileKind::Gzip)
    } else if starts(b"ID3") || is_mpeg_frame(bytes) {
        Some(FileKind::Mp3)
    } else if starts(b"OggS") || starts(b"fLaC") {
        Some(FileKind::OtherAudio)
    } else if starts(b"\x89PNG")
        || starts(&[0xFF, 0xD8, 0xFF])
        || starts(b"GIF8")
        || starts(b"%PDF")
    {
        Some(FileKind::Picture)
    } else {
        None
    }
}

/// The best guess for a file without a MIDI header.
pub(super) fn guess(bytes: &[u8]) -> FileKind {
    if let Some(kind) = by_signature(bytes) {
        return kind;
    }
    if bytes.starts_with(b"RIFF") {
        return FileKind::Riff;
    }
    let head = &bytes[..bytes.len().min(4096)];
    if head.iter().all(|byte| *byte == 0) {
        return FileKind::Zeros;
    }
    if head.windows(4).any(|id| id == b"MTrk") {
        return FileKind::HeaderlessMidi;
    }
    if !is_text(head) {
        return FileKind::Unknown;
    }
    let start = String::from_utf8_lossy(head).trim_start().to_ascii_lowercase();
    if start.starts_with("<!doctype html") || start.contains("<html") {
        FileKind::Html
    } else if start.starts_with(['{', '[', '<']) {
        FileKind::Markup
    } else {
        FileKind::Text
    }
}

/// The eleven sync bits of an MPEG audio frame, with a layer and a bit rate that exist.
fn is_mpeg_frame(bytes: &[u8]) -> bool {
    let &[0xFF, second, third, ..] = bytes else { return false };
    second & 0xE0 == 0xE0 && second & 0x06 != 0 && third & 0xF0 != 0xF0
}

fn is_text(head: &[u8]) -> bool {
    let control = |byte: &&u8| **byte < 0x20 && !matches!(**byte, b'\t' | b'\n' | b'\r' | 0x0C);
    let n_control = head.iter().filter(control).count();
    n_control * 100 <= head.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_mistakes_are_named() {
        let cases: [(&[u8], FileKind); 11] = [
            (b"PK\x03\x04rest", FileKind::Zip),
            (&[0x1F, 0x8B, 8, 0], FileKind::Gzip),
            (b"ID3\x03", FileKind::Mp3),
            (&[0xFF, 0xFB, 0x90, 0x44], FileKind::Mp3),
            (b"RIFF\x10\0\0\0WAVEfmt ", FileKind::Riff),
            (b"<!DOCTYPE html><html>", FileKind::Html),
            (b"{\"error\": 404}", FileKind::Markup),
            (b"just a note to self", FileKind::Text),
            (&[0xFF, 0xFE, b'a', 0], FileKind::Utf16Text),
            (&[0; 64], FileKind::Zeros),
            (b"MTrk\0\0\0\x04\0\xFF\x2F\0", FileKind::HeaderlessMidi),
        ];
        for (bytes, expected) in cases {
            assert_eq!(guess(bytes), expected, "{bytes:?}");
        }
    }
}
