//! Which events does a track hold, when each?
//!
//! midly parses the events; this walks over the ones it refuses. A broken event is passed over only
//! if sound events follow it: otherwise everything after it would be noise, and the track ends
//! there. Ticks are summed in 64 bits, because legal deltas overflow 32.

use midly::{EventIter, MetaMessage, TrackEvent, TrackEventKind};

/// How many sound events must follow a broken one before the track is trusted again.
const N_SOUND: usize = 8;
/// How many broken events a track may have before it counts as noise.
const MAX_MENDED: usize = 64;

/// How a track ended, and at what cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Ending {
    /// The tick of the end-of-track event, or of the last event without one.
    pub(super) tick: u64,
    /// Events seen, broken ones included.
    pub(super) n_events: usize,
    /// Broken events that were passed over.
    pub(super) n_mended: usize,
    /// Whether there was an end-of-track event.
    pub(super) has_end: bool,
    /// Whether reading stopped at an event that can't be mended.
    pub(super) is_broken: bool,
    /// Bytes after the end-of-track event.
    pub(super) n_after_end: usize,
}

/// Hands every event of `body` to `on_event` with its tick, at most `max_events` of them.
pub(super) fn walk<'a>(
    body: &'a [u8],
    max_events: usize,
    mut on_event: impl FnMut(u64, TrackEventKind<'a>),
) -> Ending {
    let mut ending = Ending::default();
    let mut reader = Reader { rest: body, status: None };
    while !reader.rest.is_empty() && ending.n_events < max_events {
        ending.n_events += 1;
        if let Some(event) = reader.next() {
            ending.tick += u64::from(event.delta.as_int());
            if event.kind == TrackEventKind::Meta(MetaMessage::EndOfTrack) {
                ending.has_end = true;
                ending.n_after_end = reader.rest.len();
                break;
            }
            on_event(ending.tick, event.kind);
        } else if let Some(delta) = reader.pass_over(ending.n_mended) {
            ending.tick += delta;
            ending.n_mended += 1;
        } else {
            ending.is_broken = true;
            break;
        }
    }
    ending
}

/// Where reading stands: the bytes ahead, and the status byte in force.
#[derive(Clone, Copy)]
struct Reader<'a> {
    rest: &'a [u8],
    status: Option<u8>,
}

impl<'a> Reader<'a> {
    /// The next event, or `None` (and nothing consumed) if it is broken or there is none.
    ///
    /// The standard ends running status at every meta and system event; many files rely on it all
    /// the same, and keeping it harms none.
    fn next(&mut self) -> Option<TrackEvent<'a>> {
        let is_overlong = self.rest.len() >= 4 && self.rest[..4].iter().all(|byte| *byte >= 0x80);
        if is_overlong || claims_too_much(self.rest) {
            return None;
        }
        let mut events = EventIter::new(self.rest);
        *events.running_status_mut() = self.status;
        let event = events.next()?.ok()?;
        self.status = events.running_status().or(self.status);
        self.rest = events.unread();
        Some(event)
    }

    /// Passes over the broken event ahead and returns the time it took, if what follows is sound.
    fn pass_over(&mut self, n_mended: usize) -> Option<u64> {
        if n_mended >= MAX_MENDED {
            return None;
        }
        let (delta, after_delta) = delta(self.rest)?;
        let mut ahead = Reader { rest: after_event(after_delta, self.status)?, ..*self };
        if after_delta[0] >= 0x80 && after_delta[0] < 0xF0 {
            ahead.status = Some(after_delta[0]);
        }
        if !ahead.is_sound() {
            return None;
        }
        *self = ahead;
        Some(delta)
    }

    /// Whether the next events are sound, up to the end of the track.
    fn is_sound(mut self) -> bool {
        for _ in 0..N_SOUND {
            if self.rest.is_empty() {
                return true;
            }
            match self.next() {
                None => return false,
                Some(event) if event.kind == TrackEventKind::Meta(MetaMessage::EndOfTrack) => {
                    return true;
                }
                Some(_) => {}
            }
        }
        true
    }
}

/// A variable-length number of any length, held within 32 bits, and what follows it (not empty).
fn delta(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let length = bytes.iter().position(|byte| *byte < 0x80)? + 1;
    let value = bytes[..length]
        .iter()
        .fold(0u64, |value, byte| ((value << 7) | u64::from(byte & 0x7F)).min(u64::from(u32::MAX)));
    (length < bytes.len()).then(|| (value, &bytes[length..]))
}

/// Whether the event ahead is a meta or system event longer than what is left: midly would take
/// all of the rest for its text.
fn claims_too_much(bytes: &[u8]) -> bool {
    let Some((_, event)) = delta(bytes) else { return false };
    let length_at = match event[0] {
        0xFF => 2,
        0xF0 | 0xF7 => 1,
        _ => return false,
    };
    event.get(length_at..).and_then(delta_at_end).is_some_and(|(length, left)| length > left)
}

/// Like [`delta`], but with the number of bytes that follow, which may be 0.
fn delta_at_end(bytes: &[u8]) -> Option<(u64, u64)> {
    let length = bytes.iter().position(|byte| *byte < 0x80)? + 1;
    let value = bytes[..length.min(4)].iter().fold(0, |v, byte| (v << 7) | u64::from(byte & 0x7F));
    Some((value, (bytes.len() - length) as u64))
}

/// What follows the event that `bytes` begins with, by the length that its kind has.
fn after_event(bytes: &[u8], running: Option<u8>) -> Option<&[u8]> {
    let first = *bytes.first()?;
    let n_bytes = match first {
        0..0x80 => n_data_bytes(running?),
        0x80..0xF0 => 1 + n_data_bytes(first),
        0xF1 | 0xF3 => 2,
        0xF2 => 3,
        0xF0 | 0xF7 => return after_text(bytes.get(1..)?),
        0xFF => return after_text(bytes.get(2..)?),
        0xF4..=0xF6 | 0xF8..=0xFE => 1,
    };
    bytes.get(n_bytes..)
}

fn after_text(bytes: &[u8]) -> Option<&[u8]> {
    let (length, _) = delta_at_end(bytes)?;
    let start = bytes.iter().position(|byte| *byte < 0x80)? + 1;
    bytes.get(start.saturating_add(length as usize)..)
}

fn n_data_bytes(status: u8) -> usize {
    if matches!(status & 0xF0, 0xC0 | 0xD0) { 1 } else { 2 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const END: [u8; 4] = [0, 0xFF, 0x2F, 0];

    fn ticks(body: &[u8]) -> (Vec<u64>, Ending) {
        let mut ticks = Vec::new();
        let ending = walk(body, 1000, |tick, _| ticks.push(tick));
        (ticks, ending)
    }

    #[test]
    fn running_status_survives_a_meta_event() {
        let body = [&[0, 0x90, 60, 90, 10, 0xFF, 1, 1, b'x', 10, 60, 0][..], &END].concat();
        let (ticks, ending) = ticks(&body);
        assert_eq!(ticks, [0, 10, 20]);
        assert!(ending.has_end && ending.n_mended == 0);
    }

    #[test]
    fn broken_events_among_sound_ones_are_passed_over() {
        let broken: [&[u8]; 5] = [
            &[5, 0x90, 60, 200],
            &[5, 0xF8],
            &[5, 0xF1, 1],
            &[5, 0xFF, 0x59, 0],
            &[0x80, 0x80, 0x80, 0x80, 5, 0xF4],
        ];
        for event in broken {
            let body = [&[0, 0x90, 60, 90][..], event, &[10, 0x80, 60, 0], &END].concat();
            let (ticks, ending) = ticks(&body);
            assert_eq!(ticks, [0, 15], "{event:?}");
            assert_eq!((ending.n_mended, ending.is_broken), (1, false), "{event:?}");
        }
    }

    #[test]
    fn a_track_that_turns_to_noise_keeps_what_came_before() {
        let noise = [&[0, 0x90, 60, 90][..], &[0, 0x90, 0xFF, 0xF4, 0xF4, 0xF4, 0xF4]].concat();
        let (ticks, ending) = ticks(&noise);
        assert_eq!(ticks, [0]);
        assert!(ending.is_broken && !ending.has_end);
        let endless = [&[0, 0x90, 60, 90, 0, 0xFF, 1, 0xFF, 0xFF, 0x7F][..], &[0x41; 9]].concat();
        assert!(walk(&endless, 1000, |_, _| ()).is_broken);
    }

    #[test]
    fn deltas_sum_beyond_32_bits() {
        let body = [&[0xFF, 0xFF, 0xFF, 0x7F, 0x90, 60, 90][..]; 24].concat();
        let (ticks, _) = ticks(&body);
        assert_eq!(ticks.last(), Some(&(24 * 0x0FFF_FFFF)));
    }
}
