//! How does a song become a track: which parts play when, on which instruments?
//!
//! [`arrange`] puts drums, bass and form of a genre around a song's voices, or leaves the voices
//! alone. What is heard later is all in the [`Score`] made here; the sound adds no note. Nothing
//! here is random: the same song and request give the same score.
//!
//! The song's lead and chords play through the whole form, each as a track of its own. Its bass is
//! the track "Low line" outside the drops; in a drop the bass is the genre's, on the roots of the
//! [`harmony`], which the song's own chords and bass decide. Muting all but the lead leaves the lead.

mod form;
pub mod harmony;
mod instrument;
mod pattern;
mod profile;
mod rhythm;

pub use instrument::{Instrument, UnknownInstrument};
pub use profile::{Profile, Profiles, Section, SectionKind};

use crate::request::{Request, Style};
use form::Plan;
use music::key::Mode;
use music::score::{Part, Score, Tempo, Tick, TimeSignature};
use music::song::{Song, TICKS_PER_BEAT, Voice};

/// General MIDI key numbers of the drums that are used.
pub mod drum {
    /// Bass drum 1.
    pub const KICK: u8 = 36;
    /// Acoustic snare.
    pub const SNARE: u8 = 38;
    /// Closed hi-hat.
    pub const HAT: u8 = 42;
    /// Open hi-hat.
    pub const OPEN_HAT: u8 = 46;
    /// Crash cymbal 1.
    pub const CRASH: u8 = 49;
}

/// The score of a track: 480 ticks a quarter note, one named part a track, ending on a bar line.
///
/// Each melodic part has a channel of its own; drum parts share channel 9, where they send the same
/// controllers, so that the order in which a player reads them does not matter.
pub fn arrange(song: &Song, request: &Request) -> Score {
    let (parts, n_bars) = match request.style {
        Style::Lead => (voices_alone(song, request), song.n_bars()),
        Style::Full => {
            let plan = Plan::new(song, &request.profile);
            (full(song, request, &plan), plan.n_bars())
        }
    };
    let bar = song.beats_per_bar() * TICKS_PER_BEAT;
    Score {
        ticks_per_beat: TICKS_PER_BEAT as u16,
        title: format!("{} ({} {:04})", request.title(), request.genre, request.number),
        text: format!("{}, version {}, seed {}", request.genre, request.version, request.seed),
        tempos: vec![Tempo::from_bpm(Tick(0), tempo_bpm(song, request))],
        time_signatures: vec![TimeSignature {
            at: Tick(0),
            numerator: song.beats_per_bar() as u8,
            denominator: 4,
        }],
        key_signature: Some((song.key().signature(), song.key().mode == Mode::Minor)),
        parts: parts.into_iter().filter(|part| !part.notes.is_empty()).collect(),
        end: Tick(n_bars * bar),
    }
}

fn tempo_bpm(song: &Song, request: &Request) -> f64 {
    let asked = request.tempo_bpm.filter(|bpm| bpm.is_finite());
    asked.unwrap_or(song.tempo_bpm()).clamp(20.0, 400.0)
}

fn lead_instrument(request: &Request) -> Instrument {
    request.instrument.unwrap_or_else(|| request.profile.instrument())
}

fn voices_alone(song: &Song, request: &Request) -> Vec<Part> {
    let beat = TICKS_PER_BEAT;
    let dress = |mut part: Part| {
        for note in &mut part.notes {
            note.velocity = accent(note.onset.0, beat, 0);
        }
        let (name, program, level) = match part.name.as_str() {
            "Chords" => ("Chords", CHORDS_PROGRAM, 84),
            "Bass" => ("Bass", BASS_PROGRAM, 96),
            _ => ("Lead", lead_instrument(request).program(), 100),
        };
        melodic(name, program, level, part.notes)
    };
    let parts = song.to_score().parts.into_iter().map(dress).collect();
    with_channels(parts)
}

fn full(song: &Song, request: &Request, plan: &Plan) -> Vec<Part> {
    let harmony = harmony::harmony(song);
    let voice = |v: Voice| plan.voice(song, v);
    let mut parts = vec![
        melodic("Lead", lead_instrument(request).program(), 100, voice(Voice::Lead)),
        melodic("Chords", CHORDS_PROGRAM, 84, voice(Voice::Chords)),
        melodic("Pad", PAD_PROGRAM, 76, plan.pad(song, &harmony)),
        melodic("Low line", LOW_PROGRAM, 90, plan.low_line(song)),
        melodic("Bass", BASS_PROGRAM, 96, rhythm::bass(plan, &request.profile, &harmony)),
        melodic("Riser", RISER_PROGRAM, 80, rhythm::riser(plan)),
    ];
    parts = with_channels(parts);
    parts.extend(rhythm::drums(plan, &request.profile));
    parts
}

/// Program bytes of the parts that cannot be chosen: Pad 2 (warm), Pad 1 (new age), Synth Bass 1
/// and 2, Reverse Cymbal.
const CHORDS_PROGRAM: u8 = 89;
const PAD_PROGRAM: u8 = 88;
const BASS_PROGRAM: u8 = 38;
const LOW_PROGRAM: u8 = 39;
const RISER_PROGRAM: u8 = 119;

fn melodic(name: &str, program: u8, level: u8, notes: Vec<music::score::Note>) -> Part {
    Part {
        name: name.to_owned(),
        channel: 0,
        program: Some(program),
        controllers: controllers(level),
        notes,
    }
}

/// Bank 0, volume, and pan in the middle.
fn controllers(level: u8) -> Vec<(u8, u8)> {
    vec![(0, 0), (32, 0), (7, level), (10, 64)]
}

/// Channels 0, 1, 2 … for the parts that have notes; there are never more than 9 of them.
fn with_channels(parts: Vec<Part>) -> Vec<Part> {
    let sounding = parts.into_iter().filter(|part| !part.notes.is_empty());
    sounding.enumerate().map(|(i, part)| Part { channel: i as u8, ..part }).collect()
}

/// Strong on the beat, weaker on its half, weakest elsewhere; `softer` is taken off.
fn accent(tick: u32, beat: u32, softer: u8) -> u8 {
    let velocity = match tick % beat {
        0 => 110,
        at if at == beat / 2 => 100,
        _ => 92,
    };
    velocity - softer.min(60)
}

#[cfg(test)]
mod tests;
