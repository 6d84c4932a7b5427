//! What does a MIDI file say, according to readers that share no code?
//!
//! midly, the crate `midi_file`, and some lines here that read bytes as the standard (RP-001) lays
//! them out.

use midi_file::MidiFile;
use midi_file::core::Message;
use midi_file::file::Event as FileEvent;
use midly::{MidiMessage, Smf, TrackEventKind};

/// Track, tick, whether it begins, channel, key and velocity.
pub(crate) type Stroke = (usize, u64, bool, u8, u8, u8);

/// The beginnings and ends of notes in file order.
pub(crate) fn by_midly(bytes: &[u8]) -> Vec<Stroke> {
    let file = Smf::parse(bytes).expect("midly reads it");
    let mut strokes = Vec::new();
    for (idx, track) in file.tracks.iter().enumerate() {
        let mut at = 0;
        for event in track {
            at += u64::from(event.delta.as_int());
            let TrackEventKind::Midi { channel, message } = event.kind else { continue };
            let channel = channel.as_int();
            match message {
                MidiMessage::NoteOn { key, vel } => {
                    strokes.push((idx, at, true, channel, key.as_int(), vel.as_int()));
                }
                MidiMessage::NoteOff { key, vel } => {
                    strokes.push((idx, at, false, channel, key.as_int(), vel.as_int()));
                }
                _ => {}
            }
        }
    }
    strokes
}

/// The same.
pub(crate) fn by_midi_file(bytes: &[u8]) -> Vec<Stroke> {
    let file = MidiFile::read(bytes).expect("midi_file reads it");
    let mut strokes = Vec::new();
    for (idx, track) in file.tracks().enumerate() {
        let mut at = 0;
        for event in track.events() {
            at += u64::from(event.delta_time());
            let (is_on, note) = match event.event() {
                FileEvent::Midi(Message::NoteOn(note)) => (true, note),
                FileEvent::Midi(Message::NoteOff(note)) => (false, note),
                _ => continue,
            };
            let (key, velocity) = (note.note_number().get(), note.velocity().get());
            strokes.push((idx, at, is_on, note.channel().get(), key, velocity));
        }
    }
    strokes
}

/// What the standard's text says a file of ours holds.
#[derive(Debug, Default)]
pub(crate) struct Plain {
    pub(crate) format: u16,
    pub(crate) division: u16,
    pub(crate) tracks: Vec<PlainTrack>,
}

/// One track.
#[derive(Debug, Default)]
pub(crate) struct PlainTrack {
    /// Meta events other than the end of the track: tick, type, data.
    pub(crate) metas: Vec<(u64, u8, Vec<u8>)>,
    /// Controllers and programs: tick, status, data bytes.
    pub(crate) settings: Vec<(u64, u8, u8, u8)>,
    /// Notes: tick, status, key, velocity.
    pub(crate) notes: Vec<(u64, u8, u8, u8)>,
    /// Where the track ends.
    pub(crate) end: u64,
}

impl Plain {
    /// Reads byte by byte, and panics at anything that the standard does not allow.
    pub(crate) fn read(bytes: &[u8]) -> Self {
        let mut bytes = Bytes(bytes);
        assert_eq!(bytes.take(8), b"MThd\0\0\0\x06");
        let (format, n_tracks, division) = (bytes.word(), bytes.word(), bytes.word());
        let tracks = (0..n_tracks)
            .map(|_| {
                assert_eq!(bytes.take(4), b"MTrk");
                let length = usize::from(bytes.word()) << 16 | usize::from(bytes.word());
                track(&mut Bytes(bytes.take(length)))
            })
            .collect();
        assert!(bytes.0.is_empty(), "bytes after the last track");
        Self { format, division, tracks }
    }

    /// The beginnings and ends of notes in file order.
    pub(crate) fn strokes(&self) -> Vec<Stroke> {
        let of_track = |(idx, track): (usize, &PlainTrack)| -> Vec<Stroke> {
            let stroke = |(at, status, key, velocity): &(u64, u8, u8, u8)| {
                (idx, *at, status & 0xF0 == 0x90, status & 0x0F, *key, *velocity)
            };
            track.notes.iter().map(stroke).collect()
        };
        self.tracks.iter().enumerate().flat_map(of_track).collect()
    }
}

fn track(bytes: &mut Bytes<'_>) -> PlainTrack {
    let mut track = PlainTrack::default();
    let (mut at, mut status) = (0, 0);
    loop {
        at += bytes.length();
        if bytes.0[0] & 0x80 != 0 {
            status = bytes.byte();
        }
        match status & 0xF0 {
            0x80 | 0x90 => track.notes.push((at, status, bytes.value(), bytes.value())),
            0xB0 => track.settings.push((at, status, bytes.value(), bytes.value())),
            0xC0 => track.settings.push((at, status, bytes.value(), 0)),
            _ => {
                assert_eq!(status, 0xFF, "an event that Kickback never writes");
                let kind = bytes.value();
                let length = bytes.length() as usize;
                let data = bytes.take(length).to_vec();
                if kind == 0x2F {
                    assert!(data.is_empty() && bytes.0.is_empty(), "the end is the end");
                    track.end = at;
                    return track;
                }
                track.metas.push((at, kind, data));
            }
        }
    }
}

struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, n: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(n);
        self.0 = rest;
        taken
    }

    fn byte(&mut self) -> u8 {
        self.take(1)[0]
    }

    /// A byte below 128.
    fn value(&mut self) -> u8 {
        let value = self.byte();
        assert!(value < 0x80, "a data byte of {value:#x}");
        value
    }

    fn word(&mut self) -> u16 {
        u16::from(self.byte()) << 8 | u16::from(self.byte())
    }

    /// A variable-length quantity of at most four bytes.
    fn length(&mut self) -> u64 {
        let mut value = 0;
        for _ in 0..4 {
            let byte = self.byte();
            value = value << 7 | u64::from(byte & 0x7F);
            if byte & 0x80 == 0 {
                return value;
            }
        }
        panic!("a length of more than four bytes");
    }
}
