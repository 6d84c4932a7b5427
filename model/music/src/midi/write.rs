//! Which MIDI file says a score so that every reader understands the same?
//!
//! Format 1. Track 0 is a pure conductor: title, text, tempo, time and key signature. Then a named
//! track for each part, on its channel: bank 0, program, controllers, notes. Note ends are explicit,
//! with velocity 64, and come before note beginnings of the same tick. No pitch of a part overlaps
//! itself, no note has length 0, and all tracks end together on a bar line. Give each part a
//! channel of its own: notes of two parts on one channel are not kept apart.

use midly::num::{u4, u7, u15, u24, u28};
use midly::{Format, Header, MetaMessage, MidiMessage, Smf, Timing, TrackEvent, TrackEventKind};

use crate::score::{Note, Part, Score};

/// The highest resolution that a MIDI header can say.
const MAX_TICKS: u16 = 0x7FFF;

/// The bytes of a MIDI file that holds `score`.
///
/// A note that is struck again while it sounds is cut there; of two at one onset and pitch the
/// longer is kept. Control characters in names are replaced by spaces.
pub fn write(score: &Score) -> Vec<u8> {
    let scale = Scale { halved: score.ticks_per_beat > MAX_TICKS };
    let division = scale.ticks(u32::from(score.ticks_per_beat.max(1))) as u16;
    let end = last_bar_line(score, &scale, division);
    let texts: Vec<String> = score.parts.iter().map(|part| clean(&part.name)).collect();
    let (title, text) = (clean(&score.title), clean(&score.text));
    let mut smf = Smf::new(Header::new(Format::Parallel, Timing::Metrical(u15::new(division))));
    smf.tracks.push(finish(conductor(score, &scale, &title, &text), end));
    for (part, name) in score.parts.iter().zip(&texts) {
        smf.tracks.push(finish(track(part, &scale, name), end));
    }
    let mut bytes = Vec::new();
    // A Vec takes every write, and neither tracks nor texts come near the limits of the format.
    smf.write_std(&mut bytes).expect("writing to memory does not fail");
    bytes
}

/// Ticks of the score as ticks of the file.
struct Scale {
    halved: bool,
}

impl Scale {
    fn ticks(&self, ticks: u32) -> u32 {
        if self.halved { ticks / 2 } else { ticks }
    }
}

type Timed<'a> = Vec<(u32, TrackEventKind<'a>)>;

fn conductor<'a>(score: &Score, scale: &Scale, title: &'a str, text: &'a str) -> Timed<'a> {
    let mut events = Vec::new();
    if !title.is_empty() {
        events.push((0, MetaMessage::TrackName(title.as_bytes())));
    }
    if !text.is_empty() {
        events.push((0, MetaMessage::Text(text.as_bytes())));
    }
    for tempo in &score.tempos {
        let micros = tempo.micros_per_beat.clamp(1, 0x00FF_FFFF);
        events.push((scale.ticks(tempo.at.0), MetaMessage::Tempo(u24::new(micros))));
    }
    for signature in &score.time_signatures {
        let exponent = signature.denominator.max(1).ilog2() as u8;
        let beat = MetaMessage::TimeSignature(signature.numerator.max(1), exponent, 24, 8);
        events.push((scale.ticks(signature.at.0), beat));
    }
    if let Some((sharps, is_minor)) = score.key_signature {
        events.push((0, MetaMessage::KeySignature(sharps.clamp(-7, 7), is_minor)));
    }
    events.sort_by_key(|(at, _)| *at);
    events.into_iter().map(|(at, meta)| (at, TrackEventKind::Meta(meta))).collect()
}

fn track<'a>(part: &Part, scale: &Scale, name: &'a str) -> Timed<'a> {
    let channel = u4::new(part.channel & 0x0F);
    let midi = |message| TrackEventKind::Midi { channel, message };
    let control = |controller: u8, value: u8| {
        let (controller, value) = (u7::new(controller & 0x7F), u7::new(value & 0x7F));
        midi(MidiMessage::Controller { controller, value })
    };
    let mut events: Timed<'a> = Vec::with_capacity(part.notes.len() * 2 + 8);
    if !name.is_empty() {
        events.push((0, TrackEventKind::Meta(MetaMessage::TrackName(name.as_bytes()))));
    }
    events.extend([(0, control(0, 0)), (0, control(32, 0))]);
    if let Some(program) = part.program {
        events.push((0, midi(MidiMessage::ProgramChange { program: u7::new(program & 0x7F) })));
    }
    let of_bank = |controller: u8| matches!(controller, 0 | 32);
    let controllers = part.controllers.iter().filter(|(controller, _)| !of_bank(*controller));
    events.extend(controllers.map(|(controller, value)| (0, control(*controller, *value))));
    let mut notes = Vec::with_capacity(part.notes.len() * 2);
    for note in without_overlap(&part.notes, scale) {
        let key = u7::new(note.pitch);
        let vel = u7::new(note.velocity.clamp(1, 127));
        notes.push((note.onset, 1, midi(MidiMessage::NoteOn { key, vel })));
        notes.push((note.end, 0, midi(MidiMessage::NoteOff { key, vel: u7::new(64) })));
    }
    notes.sort_by_key(|(at, is_on, _)| (*at, *is_on));
    events.extend(notes.into_iter().map(|(at, _, kind)| (at, kind)));
    events
}

/// A note as the file says it.
struct Written {
    onset: u32,
    end: u32,
    pitch: u8,
    velocity: u8,
}

fn without_overlap(notes: &[Note], scale: &Scale) -> Vec<Written> {
    let mut written: Vec<Written> = notes
        .iter()
        .map(|note| {
            let onset = scale.ticks(note.onset.0);
            Written {
                onset,
                end: scale.ticks(note.end().0).max(onset.saturating_add(1)),
                pitch: note.pitch.number(),
                velocity: note.velocity,
            }
        })
        .collect();
    written.sort_by_key(|note| (note.onset, note.pitch, std::cmp::Reverse(note.end)));
    written.dedup_by_key(|note| (note.onset, note.pitch));
    let mut next_onset = [u32::MAX; 128];
    for note in written.iter_mut().rev() {
        let next = &mut next_onset[usize::from(note.pitch)];
        note.end = note.end.min(*next);
        *next = note.onset;
    }
    written
}

/// The first bar line at or after the score's end and every note's end.
fn last_bar_line(score: &Score, scale: &Scale, division: u16) -> u32 {
    let ends = score.parts.iter().flat_map(|part| &part.notes).map(Note::end);
    let end = scale.ticks(ends.max().unwrap_or_default().max(score.end).0);
    let in_force = score.time_signatures.iter().rfind(|sign| scale.ticks(sign.at.0) < end.max(1));
    let (from, numerator, denominator) = in_force
        .map_or((0, 4, 4), |sign| (scale.ticks(sign.at.0), sign.numerator, sign.denominator));
    let whole = u64::from(division) * 4;
    let bar = (whole * u64::from(numerator.max(1)) / u64::from(denominator.max(1))).max(1);
    let length = u64::from(end - from.min(end)).div_ceil(bar) * bar;
    u32::try_from(u64::from(from) + length).unwrap_or(end)
}

/// Turns ticks into deltas and ends the track. A gap too long for one delta is bridged by empty
/// text events.
fn finish(events: Timed<'_>, end: u32) -> Vec<TrackEvent<'_>> {
    let mut track = Vec::with_capacity(events.len() + 1);
    let mut now = 0;
    for (at, kind) in
        events.into_iter().chain([(end, TrackEventKind::Meta(MetaMessage::EndOfTrack))])
    {
        let mut delta = at.saturating_sub(now);
        while delta > u28::max_value().as_int() {
            let kind = TrackEventKind::Meta(MetaMessage::Text(b""));
            track.push(TrackEvent { delta: u28::max_value(), kind });
            delta -= u28::max_value().as_int();
        }
        track.push(TrackEvent { delta: u28::new(delta), kind });
        now = now.max(at);
    }
    track
}

fn clean(text: &str) -> String {
    let cleaned: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    cleaned.trim().chars().take(200).collect()
}
