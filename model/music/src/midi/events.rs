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
/// The longest delta time that the format can say.
const MAX_DELTA: u64 = 0x0FFF_FFFF;

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
    /// Bytes after the first end-of-track event.
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
        let (delta, kind) = if let Some(event) = reader.next() {
            (u64::from(event.delta.as_int()), Some(event.kind))
        } else if let Some(mended) = reader.mend(ending.n_mended) {
            ending.n_mended += 1;
            mended
        } else {
            ending.is_broken = true;
            break;
        };
        ending.tick += delta;
        match kind {
            Some(TrackEventKind::Meta(MetaMessage::EndOfTrack)) => {
                ending.n_after_end = ending.n_after_end.max(reader.rest.len());
                ending.has_end = true;
                if !reader.goes_on() {
                    break;
                }
            }
            Some(kind) => on_event(ending.tick, kind),
            None => {}
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
        // Not to be found where the delta time is too long.
        let event_at = self.rest.iter().take(4).position(|byte| *byte < 0x80)? + 1;
        if claims_too_much(self.rest.get(event_at..)?) {
            return None;
        }
        let mut events = EventIter::new(self.rest);
        *events.running_status_mut() = self.status;
        let event = events.next()?.ok()?;
        self.status = events.running_status().or(self.status);
        self.rest = events.unread();
        Some(event)
    }

    /// Whether a sound event follows an end-of-track event: one with a status byte of its own that
    /// is not just another end.
    fn goes_on(&mut self) -> bool {
        self.status = None;
        let next = Self::next(&mut self.clone());
        let is_end =
            |event: TrackEvent| event.kind == TrackEventKind::Meta(MetaMessage::EndOfTrack);
        next.is_some_and(|event| !is_end(event)) && self.time_ahead().is_some()
    }

    /// Gets past the broken event ahead: the time it took, and the event if only its delta time is
    /// broken. `None` if nothing sound follows.
    fn mend(&mut self, n_mended: usize) -> Option<(u64, Option<TrackEventKind<'a>>)> {
        if n_mended >= MAX_MENDED {
            return None;
        }
        let (value, event) = delta(self.rest)?;
        let delta = if value > MAX_DELTA { 0 } else { value };
        if let Some(kind) = self.with_last_byte_as_delta(event) {
            return Some((delta, Some(kind)));
        }
        self.pass_over(event).map(|()| (delta, None))
    }

    /// Reads the event `event`, whose delta time is too long for midly, by the last byte of that.
    fn with_last_byte_as_delta(&mut self, event: &[u8]) -> Option<TrackEventKind<'a>> {
        let start = self.rest.len() - event.len() - 1;
        let mut ahead = Self { rest: &self.rest[start..], status: self.status };
        let event = ahead.next()?;
        ahead.time_ahead()?;
        *self = ahead;
        Some(event.kind)
    }

    /// Passes over the broken event `event`, if what follows is sound.
    ///
    /// Where the kind of event itself is what broke, its length is wrong too. Off its beat, status
    /// bytes read as delta times of thousands of ticks: of the lengths it may have had, the one with
    /// the least time after it is right.
    fn pass_over(&mut self, event: &'a [u8]) -> Option<()> {
        let status = Some(event[0]).filter(|byte| (0x80..0xF0).contains(byte)).or(self.status);
        let other = if matches!(event[0], 0xF0 | 0xF7 | 0xFF) { 0..0 } else { 1..4 };
        let rests =
            after_event(event, self.status).into_iter().chain(other.filter_map(|n| event.get(n..)));
        let readers = rests.map(|rest| Reader { rest, status });
        let timed = readers.filter_map(|ahead| Some((ahead.time_ahead()?, ahead)));
        (_, *self) = timed.min_by_key(|(time, _)| *time)?;
        Some(())
    }

    /// Ticks until the last of the next few events, up to the end of the track; `None` if one of them
    /// is broken.
    fn time_ahead(mut self) -> Option<u64> {
        let mut time = 0;
        for _ in 0..N_SOUND {
            if self.rest.is_empty() {
                break;
            }
            let event = self.next()?;
            time += u64::from(event.delta.as_int());
            if event.kind == TrackEventKind::Meta(MetaMessage::EndOfTrack) {
                break;
            }
        }
        Some(time)
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

/// Whether the event is a meta or system event longer than what is left: midly would take all of the
/// rest for its text.
fn claims_too_much(event: &[u8]) -> bool {
    let length_at = match event.first() {
        Some(0xFF) => 2,
        Some(0xF0 | 0xF7) => 1,
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
    fn an_overlong_delta_time_costs_no_note() {
        let long: [(&[u8], u64); 3] = [
            (&[0x80, 0x80, 0x80, 0x80, 5], 5),
            (&[0x8F, 0xFF, 0xFF, 0xFF, 0x7F], 0),
            (&[&[0xFF; 40][..], &[1]].concat(), 0),
        ];
        for (delta, expected) in long {
            let body = [&[2, 0x90, 60, 90][..], delta, &[0x80, 60, 0], &END].concat();
            let (ticks, ending) = ticks(&body);
            assert_eq!(ticks, [2, 2 + expected], "{delta:02x?}");
            assert_eq!(ending.n_mended, 1);
        }
    }

    #[test]
    fn an_event_whose_kind_broke_is_passed_over_whole() {
        // A note-on whose status byte became 0xF5, which says that no data follow.
        let note = [6, 0x91, 26, 0, 2, 0x99, 60, 100];
        let body = [&[0, 0x90, 60, 90, 6, 0xF5, 60, 100][..], &note, &note, &note, &END].concat();
        let (ticks, ending) = ticks(&body);
        assert_eq!(ticks, [0, 12, 14, 20, 22, 28, 30]);
        assert_eq!(ending.n_mended, 1);
    }

    #[test]
    fn sound_events_after_an_end_are_read_and_junk_is_not() {
        let note = [5, 0x90, 60, 90, 5, 0x80, 60, 0];
        let body = [&note[..], &END, &note, &END].concat();
        let (found, ending) = ticks(&body);
        assert_eq!(found, [5, 10, 15, 20]);
        assert!(ending.has_end && !ending.is_broken);
        for junk in [&[0, 0, 0, 0][..], &END, &[9, 60, 90, 5, 60, 0], b"XFIH", &[0, 0x90]] {
            let body = [&note[..], &END, junk].concat();
            let (found, ending) = ticks(&body);
            assert_eq!((found.len(), ending.n_after_end), (2, junk.len()), "{junk:?}");
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
