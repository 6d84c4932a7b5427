//! What does one track say: notes, names, tempos?
//!
//! Notes are paired first in, first out: the end that comes first ends the note that began first,
//! which is right for files that write an end after the next beginning at one tick. Times stay in
//! 64-bit ticks of the file.

use std::collections::VecDeque;

use midly::{MetaMessage, MidiMessage, TrackEventKind};

use super::chunks::Body;
use super::events;
use super::warning::Warning;

/// Controllers kept of a channel: no bank select, data entry, parameter numbers or mode messages,
/// which mean nothing out of their order.
fn is_kept(controller: u8) -> bool {
    !matches!(controller, 0 | 6 | 32 | 38 | 96..=101 | 120..)
}

/// A note whose times are still 64 bits wide.
#[derive(Clone, Copy, Debug)]
pub(super) struct LongNote {
    pub(super) onset: u64,
    pub(super) end: u64,
    pub(super) pitch: u8,
    pub(super) velocity: u8,
}

/// What one channel of a track plays.
#[derive(Debug, Default)]
pub(super) struct Channel {
    /// 0 to 15.
    pub(super) number: u8,
    pub(super) notes: Vec<LongNote>,
    pub(super) controllers: Vec<(u8, u8)>,
    /// Onset and velocity of the notes that sound now, oldest first, by pitch; empty until the first
    /// note and after the track's end.
    open: Vec<VecDeque<(u64, u8)>>,
}

/// What one track says.
#[derive(Debug, Default)]
pub(super) struct Track {
    pub(super) name: String,
    pub(super) text: String,
    /// By number.
    pub(super) channels: Vec<Channel>,
    /// Tick, channel, program.
    pub(super) programs: Vec<(u64, u8, u8)>,
    /// Tick, microseconds a beat.
    pub(super) tempos: Vec<(u64, u32)>,
    /// Tick, numerator, denominator.
    pub(super) time_signatures: Vec<(u64, u8, u16)>,
    pub(super) key_signature: Option<(i8, bool)>,
    pub(super) end: u64,
    pub(super) n_events: usize,
    pub(super) n_odd_meta: usize,
}

impl Track {
    /// Reads at most `max_events` events of the track `index`.
    pub(super) fn read(
        body: &Body<'_>,
        index: usize,
        max_events: usize,
        warnings: &mut Vec<Warning>,
    ) -> Self {
        let mut track = Self::default();
        let ending = events::walk(body.bytes, max_events, |tick, kind| track.take(tick, kind));
        track.end = ending.tick;
        track.n_events = ending.n_events;
        let n_hanging = track.close_all(ending.tick);
        if ending.n_mended > 0 {
            warnings.push(Warning::Mended(index, ending.n_mended));
        }
        if !ending.has_end && body.has_wrong_length && body.is_last {
            warnings.push(Warning::CutOff(index));
        } else if body.has_wrong_length {
            warnings.push(Warning::ChunkLength(index));
        } else if ending.is_broken {
            warnings.push(Warning::Broken(index));
        } else if !ending.has_end {
            warnings.push(Warning::NoEndOfTrack(index));
        }
        if ending.n_after_end > 0 && !body.has_wrong_length {
            warnings.push(Warning::AfterEndOfTrack(index));
        }
        if n_hanging > 0 {
            warnings.push(Warning::Hanging(index, n_hanging));
        }
        track
    }

    /// Notes of all channels.
    pub(super) fn n_notes(&self) -> usize {
        self.channels.iter().map(|channel| channel.notes.len()).sum()
    }

    fn take(&mut self, tick: u64, kind: TrackEventKind<'_>) {
        match kind {
            TrackEventKind::Midi { channel, message } => {
                self.take_message(tick, channel.as_int(), message);
            }
            TrackEventKind::Meta(meta) => self.take_meta(tick, meta),
            TrackEventKind::SysEx(_) | TrackEventKind::Escape(_) => {}
        }
    }

    fn take_message(&mut self, tick: u64, number: u8, message: MidiMessage) {
        let channel = self.channel(number);
        match message {
            MidiMessage::NoteOn { key, vel } if vel > 0 => {
                channel.open_one(key.as_int(), tick, vel.as_int());
            }
            MidiMessage::NoteOn { key, .. } | MidiMessage::NoteOff { key, .. } => {
                channel.close_one(key.as_int(), tick);
            }
            MidiMessage::ProgramChange { program } => {
                self.programs.push((tick, number, program.as_int()));
            }
            MidiMessage::Controller { controller, value } => match controller.as_int() {
                120 | 123 => {
                    channel.close_all(tick);
                }
                kept if is_kept(kept) => channel.control(kept, value.as_int()),
                _ => {}
            },
            MidiMessage::Aftertouch { .. }
            | MidiMessage::ChannelAftertouch { .. }
            | MidiMessage::PitchBend { .. } => {}
        }
    }

    fn take_meta(&mut self, tick: u64, meta: MetaMessage<'_>) {
        match meta {
            MetaMessage::TrackName(bytes) if self.name.is_empty() => self.name = text(bytes),
            MetaMessage::Text(bytes) if self.text.is_empty() => self.text = text(bytes),
            MetaMessage::Tempo(micros) if micros.as_int() > 0 => {
                self.tempos.push((tick, micros.as_int()));
            }
            MetaMessage::TimeSignature(numerator, exponent, ..)
                if numerator > 0 && exponent <= 6 =>
            {
                self.time_signatures.push((tick, numerator, 1 << exponent));
            }
            MetaMessage::KeySignature(sharps, is_minor) if (-7..=7).contains(&sharps) => {
                self.key_signature.get_or_insert((sharps, is_minor));
            }
            MetaMessage::Tempo(_)
            | MetaMessage::TimeSignature(..)
            | MetaMessage::KeySignature(..)
            | MetaMessage::Unknown(0x51 | 0x58, _) => self.n_odd_meta += 1,
            _ => {}
        }
    }

    fn close_all(&mut self, tick: u64) -> usize {
        self.channels.iter_mut().map(|channel| channel.close_all(tick)).sum()
    }

    /// The few channels of a track are found faster one by one than in a map.
    fn channel(&mut self, number: u8) -> &mut Channel {
        let found = self.channels.iter().position(|channel| channel.number >= number);
        let idx = found.unwrap_or(self.channels.len());
        if self.channels.get(idx).is_none_or(|channel| channel.number != number) {
            self.channels.insert(idx, Channel { number, ..Channel::default() });
        }
        &mut self.channels[idx]
    }
}

impl Channel {
    fn open_one(&mut self, pitch: u8, onset: u64, velocity: u8) {
        if self.open.is_empty() {
            self.open.resize(128, VecDeque::new());
        }
        self.open[usize::from(pitch)].push_back((onset, velocity));
    }

    fn close_one(&mut self, pitch: u8, end: u64) {
        let oldest = self.open.get_mut(usize::from(pitch)).and_then(VecDeque::pop_front);
        if let Some((onset, velocity)) = oldest {
            self.notes.push(LongNote { onset, end, pitch, velocity });
        }
    }

    /// Ends whatever sounds, and says how many notes that were.
    fn close_all(&mut self, end: u64) -> usize {
        let n_before = self.notes.len();
        for (pitch, open) in (0..).zip(std::mem::take(&mut self.open)) {
            let note = |(onset, velocity)| LongNote { onset, end, pitch, velocity };
            self.notes.extend(open.into_iter().map(note));
        }
        self.notes.len() - n_before
    }

    /// Keeps the last value sent before the first note.
    fn control(&mut self, controller: u8, value: u8) {
        if !self.notes.is_empty() || !self.open.is_empty() {
            return;
        }
        match self.controllers.iter_mut().find(|(kept, _)| *kept == controller) {
            Some(kept) => kept.1 = value,
            None => self.controllers.push((controller, value)),
        }
    }
}

/// At most 200 characters of a text event, without control characters: UTF-8, or else Latin-1.
fn text(bytes: &[u8]) -> String {
    let decoded = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().take(4096).map(|byte| char::from(*byte)).collect(),
    };
    let printable = decoded.chars().filter(|c| !c.is_control()).take(200);
    printable.collect::<String>().trim().to_owned()
}
