//! Where do the tracks of a file begin and end?
//!
//! Walks header and chunks, and mends what exporters and interrupted copies get wrong: junk before
//! the header, RIFF wrappers, wrong lengths, missing ends. It looks into no track: where a length
//! can't be right, the next chunk is searched for by its name.

use super::file_kind::{self, FileKind};
use super::reading::ReadError;
use super::warning::Warning;

/// How far into a file a header is searched for; old Macintosh files put 128 bytes before it.
const MAX_JUNK: usize = 4096;
/// Ticks a beat where the header's resolution can't be right.
pub(super) const ASSUMED_TICKS: u16 = 480;

/// What the header says of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Timing {
    /// Ticks a quarter note, at least 1.
    Beats(u16),
    /// Ticks a second, in hundredths (29.97 frames a second exist).
    Seconds { centi_ticks: u32 },
}

/// A file, cut into the bodies of its tracks.
#[derive(Debug)]
pub(super) struct Chunks<'a> {
    /// 0, 1 or 2.
    pub(super) format: u16,
    /// How its ticks count time.
    pub(super) timing: Timing,
    /// Each track's events.
    pub(super) bodies: Vec<Body<'a>>,
}

/// The events of one track, still as bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Body<'a> {
    /// From the first delta time to where the next chunk or the file's end is.
    pub(super) bytes: &'a [u8],
    /// Whether the track's length field leads nowhere.
    pub(super) has_wrong_length: bool,
    /// Whether nothing follows it in the file.
    pub(super) is_last: bool,
}

/// Cuts `bytes` into tracks.
pub(super) fn split<'a>(
    bytes: &'a [u8],
    warnings: &mut Vec<Warning>,
) -> Result<Chunks<'a>, ReadError> {
    if bytes.is_empty() {
        return Err(ReadError::Empty);
    }
    let start = find_header(bytes).ok_or_else(|| ReadError::NotMidi(file_kind::guess(bytes)))?;
    if start > 0 && !bytes.starts_with(b"RIFF") {
        warnings.push(Warning::JunkBefore(start));
    }
    let file = &bytes[start..];
    let why = "it ends within its header";
    let head: [u8; 14] = file
        .get(..14)
        .and_then(|head| head.try_into().ok())
        .ok_or(ReadError::Unreadable { why })?;
    let format = u16::from_be_bytes([head[8], head[9]]);
    let declared = u16::from_be_bytes([head[10], head[11]]);
    let timing = timing(head[12], head[13], warnings);
    let bodies = bodies(file, first_chunk(file, &head), warnings);
    if bodies.is_empty() {
        return Err(ReadError::Unreadable { why: "it has a header but no track" });
    }
    if usize::from(declared) != bodies.len() {
        warnings.push(Warning::TrackCount { declared, found: bodies.len() });
    }
    if format > 2 || (format == 0 && bodies.len() > 1) {
        warnings.push(Warning::OddFormat(format));
    }
    Ok(Chunks { format: if format > 2 { 1 } else { format }, timing, bodies })
}

/// `None` when there is no MIDI header, or when the file is clearly something else that contains one.
fn find_header(bytes: &[u8]) -> Option<usize> {
    if bytes.starts_with(b"MThd") {
        return Some(0);
    }
    if file_kind::by_signature(bytes).is_some_and(|kind| kind != FileKind::Utf16Text) {
        return None;
    }
    let head = &bytes[..bytes.len().min(MAX_JUNK)];
    head.windows(4).position(|id| id == b"MThd")
}

/// The resolution, or a stated guess where it can't be right.
fn timing(high: u8, low: u8, warnings: &mut Vec<Warning>) -> Timing {
    if high < 0x80 {
        let ticks = u16::from_be_bytes([high, low]);
        if ticks > 0 {
            return Timing::Beats(ticks);
        }
    }
    let centi_frames = match high {
        0xE8 => 2_400,
        0xE7 => 2_500,
        0xE3 => 2_997,
        0xE2 => 3_000,
        _ => 0,
    };
    let centi_ticks = centi_frames * u32::from(low);
    if centi_ticks > 0 {
        warnings.push(Warning::FilmFrames);
        return Timing::Seconds { centi_ticks };
    }
    warnings.push(Warning::AssumedResolution(ASSUMED_TICKS));
    Timing::Beats(ASSUMED_TICKS)
}

/// Where the first chunk after the header begins: by the header's length if that leads to a chunk,
/// else right after the six bytes that every header has.
fn first_chunk(file: &[u8], head: &[u8; 14]) -> usize {
    let length = u32::from_be_bytes([head[4], head[5], head[6], head[7]]) as usize;
    let by_length = length.saturating_add(8);
    let leads_on = file.get(by_length..).is_some_and(begins_chunk);
    if length >= 6 && leads_on { by_length } else { 14 }
}

fn bodies<'a>(file: &'a [u8], first: usize, warnings: &mut Vec<Warning>) -> Vec<Body<'a>> {
    let mut bodies = Vec::new();
    let (mut at, mut covered) = (first, first);
    while let Some(head) = file.get(at..at + 8) {
        if head.starts_with(b"MThd") {
            break;
        }
        let start = at + 8;
        let length = u32::from_be_bytes([head[4], head[5], head[6], head[7]]) as usize;
        let end = start.saturating_add(length);
        let leads_on = end == file.len() || file.get(end..).is_some_and(begins_chunk);
        if head.starts_with(b"MTrk") {
            let next = if leads_on { end } else { find_track(file, start).unwrap_or(file.len()) };
            let is_right = leads_on || (end <= next && ends_a_track(&file[start..end]));
            covered = if is_right { end } else { next };
            bodies.push(Body {
                bytes: &file[start..covered],
                has_wrong_length: !is_right,
                is_last: next == file.len(),
            });
            at = next;
            continue;
        }
        let is_chunk = leads_on && is_name(&head[..4]);
        // RIFF padding and other junk between chunks leads to the next track by its name.
        let Some(next) = (if is_chunk { Some(end) } else { find_track(file, at + 1) }) else {
            break;
        };
        warnings.push(Warning::UnknownChunk);
        (at, covered) = (next, next);
    }
    let left = file.get(covered..).unwrap_or_default();
    if !left.is_empty() && (left.starts_with(b"MTrk") || b"MTrk".starts_with(left)) {
        warnings.push(Warning::CutOff(bodies.len()));
    } else if covered < file.len() {
        warnings.push(Warning::JunkAfter(file.len() - covered));
    }
    bodies
}

fn ends_a_track(bytes: &[u8]) -> bool {
    bytes.ends_with(&[0xFF, 0x2F, 0])
}

fn find_track(file: &[u8], from: usize) -> Option<usize> {
    file.get(from..)?.windows(4).position(|id| id == b"MTrk").map(|at| at + from)
}

/// Whether these bytes may begin a chunk: a name and a length.
fn begins_chunk(bytes: &[u8]) -> bool {
    bytes.len() >= 8 && is_name(&bytes[..4])
}

fn is_name(id: &[u8]) -> bool {
    id.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b' ' || *byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    const END: [u8; 4] = [0, 0xFF, 0x2F, 0];

    fn header(n_tracks: u8, division: [u8; 2]) -> Vec<u8> {
        let [high, low] = division;
        [b"MThd\0\0\0\x06\0\x01\0".as_slice(), &[n_tracks, high, low]].concat()
    }

    fn track(length: u32, body: &[u8]) -> Vec<u8> {
        [b"MTrk".as_slice(), &length.to_be_bytes(), body].concat()
    }

    fn lengths(file: &[u8]) -> (Vec<usize>, Vec<Warning>) {
        let mut warnings = Vec::new();
        let chunks = split(file, &mut warnings).expect("a header and a track");
        (chunks.bodies.iter().map(|body| body.bytes.len()).collect(), warnings)
    }

    #[test]
    fn a_sound_file_is_cut_without_a_warning() {
        let file = [header(2, [1, 0xE0]), track(4, &END), track(4, &END)].concat();
        assert_eq!(lengths(&file), (vec![4, 4], vec![]));
    }

    #[test]
    fn wrong_lengths_lead_to_the_next_track_all_the_same() {
        for length in [0, 1, 7, 900, u32::MAX] {
            let file = [header(2, [1, 0xE0]), track(length, &END), track(4, &END)].concat();
            let (found, _) = lengths(&file);
            assert_eq!(found, [4, 4], "length {length}");
        }
    }

    #[test]
    fn junk_and_foreign_chunks_are_passed_over() {
        let foreign = [b"XFIH\0\0\0\x03".as_slice(), b"abc"].concat();
        let junk = vec![7; 128];
        let file = [junk, header(1, [1, 0xE0]), foreign, track(4, &END), vec![1; 30]].concat();
        let (found, warnings) = lengths(&file);
        assert_eq!(found, [4]);
        let expected = [Warning::JunkBefore(128), Warning::UnknownChunk, Warning::JunkAfter(30)];
        for warning in expected {
            assert!(warnings.contains(&warning), "{warning:?} in {warnings:?}");
        }
    }

    #[test]
    fn a_file_cut_within_a_tracks_name_or_length_is_cut_off() {
        let file = [header(2, [1, 0xE0]), track(4, &END), track(4, &END)].concat();
        for n_left in 1..8 {
            let (found, warnings) = lengths(&file[..26 + n_left]);
            assert_eq!(found, [4]);
            assert!(warnings.contains(&Warning::CutOff(1)), "{n_left} bytes: {warnings:?}");
        }
    }

    #[test]
    fn senseless_resolutions_are_replaced() {
        for division in [[0, 0], [0x80, 0], [0x80, 4], [0xE8, 0], [0xFF, 0xFF]] {
            let mut warnings = Vec::new();
            assert_eq!(timing(division[0], division[1], &mut warnings), Timing::Beats(480));
            assert_eq!(warnings, [Warning::AssumedResolution(480)]);
        }
        let film = timing(0xE7, 40, &mut Vec::new());
        assert_eq!(film, Timing::Seconds { centi_ticks: 100_000 });
    }

    #[test]
    fn a_header_alone_is_unreadable() {
        for length in 4..14 {
            let file = &header(1, [1, 0xE0])[..length];
            let result = split(file, &mut Vec::new());
            assert!(matches!(result, Err(ReadError::Unreadable { .. })), "{length} bytes");
        }
    }
}
