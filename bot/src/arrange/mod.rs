//! How does a song become a track: which parts play when, on which instruments?
//!
//! `arrange` puts drums, bass and form of a genre around a song's voices, or leaves the voices
//! alone. What is heard later is all in the [`Arrangement`] made here; the sound adds no note. Nothing
//! here is random: the same song and options give the same arrangement.
//!
//! The song's lead and chords play through the whole form, each as a track of its own. Its bass is
//! the track "Low line" outside the drops; in a drop the bass is the genre's, on the roots of the
//! [`harmony`], which the song's own chords and bass decide. Muting all but the lead leaves the lead.

mod form;
mod genres;
pub mod harmony;
mod pattern;
mod profile;
mod rhythm;
mod voice;

pub use genres::Profiles;
pub use profile::{FormSection, Profile};

use form::Form;
use music::key::Mode;
use music::score::{Note, Part, Score, Tempo, Tick, TimeSignature};
use music::song::{Song, TICKS_PER_BEAT, Voice};
use voice::Accents;

use crate::arrangement::Arrangement;
use crate::arrangement_kind::ArrangementKind;
use crate::instrument::Instrument;
use crate::part::PartKind;

/// What is arranged around a song, and what the file says of itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options<'a> {
    /// Everything around the song, or the song alone.
    pub(crate) arrangement: ArrangementKind,
    /// What the lead is played on.
    pub(crate) lead: Instrument,
    /// How the genre is arranged.
    pub(crate) profile: &'a Profile,
    /// The title of the MIDI file.
    pub(crate) title: &'a str,
    /// The text event of the MIDI file.
    pub(crate) text: &'a str,
}

/// The arrangement of a track: 480 ticks a quarter note, one named part a track, ending on a bar line.
///
/// Each melodic part has a channel of its own; drum parts share channel 9, where they send the same
/// controllers, so that the order in which a player reads them does not matter.
pub(crate) fn arrange(song: &Song, options: &Options<'_>) -> Arrangement {
    match options.arrangement {
        ArrangementKind::Lead => {
            let score = frame(song, options, song.n_bars());
            Arrangement::new(score, voices_alone(song, options), Vec::new())
        }
        ArrangementKind::Full => {
            let form = Form::new(song, &options.profile.form);
            let parts = full(song, options, &form);
            Arrangement::new(frame(song, options, form.n_bars()), parts, form.sections())
        }
    }
}

/// The score that the parts are put into: all that concerns the whole file.
fn frame(song: &Song, options: &Options<'_>, n_bars: u32) -> Score {
    let bar = song.beats_per_bar() * TICKS_PER_BEAT;
    Score {
        ticks_per_beat: TICKS_PER_BEAT as u16,
        title: options.title.to_owned(),
        text: options.text.to_owned(),
        tempos: vec![Tempo::from_bpm(Tick(0), song.tempo_bpm().clamp(20.0, 400.0))],
        time_signatures: vec![TimeSignature {
            at: Tick(0),
            numerator: song.beats_per_bar() as u8,
            denominator: 4,
        }],
        key_signature: Some((song.key().signature(), song.key().mode == Mode::Minor)),
        parts: Vec::new(),
        end: Tick(n_bars * bar),
    }
}

type Parts = Vec<(PartKind, Part)>;

/// The song's voices as they are, with its own accents or those of the beat.
fn voices_alone(song: &Song, options: &Options<'_>) -> Parts {
    let voices = [
        (PartKind::Lead, Voice::Lead),
        (PartKind::Chords, Voice::Chords),
        (PartKind::Bass, Voice::Bass),
    ];
    let accents = Accents::of(song);
    let parts = voices.map(|(kind, voice)| {
        let mut notes = voice::notes(song, voice);
        for note in &mut notes {
            note.velocity = accents.velocity(note, 0);
        }
        (kind, notes)
    });
    written(parts.to_vec(), options)
}

/// The voices through the form of the genre, with its bass and drums.
fn full(song: &Song, options: &Options<'_>, form: &Form) -> Parts {
    let harmony = harmony::harmony(song);
    let mut notes = vec![
        (PartKind::Lead, form.voice(song, Voice::Lead)),
        (PartKind::Chords, form.voice(song, Voice::Chords)),
        (PartKind::Pad, form.pad(song, &harmony)),
        (PartKind::LowLine, form.low_line(song)),
        (PartKind::Bass, rhythm::bass(form, options.profile, &harmony)),
        (PartKind::Riser, rhythm::riser(form)),
    ];
    notes.extend(rhythm::drums(form, options.profile));
    written(notes, options)
}

/// Each part as a track of the file. The melodic parts that have notes get the channels 0, 1, 2 …; there
/// are never more than 9 of them.
fn written(parts: Vec<(PartKind, Vec<Note>)>, options: &Options<'_>) -> Parts {
    let mut channels = 0..;
    let heard = parts.into_iter().filter(|(_, notes)| !notes.is_empty());
    let part = |(kind, notes): (PartKind, Vec<Note>)| {
        let channel = if kind.is_drum() { Some(DRUM_CHANNEL) } else { channels.next() };
        let program = if kind == PartKind::Lead { options.lead.program() } else { kind.program() };
        let part = Part {
            name: kind.name().to_owned(),
            channel: channel.unwrap_or_default(),
            program: Some(program),
            // Bank 0, volume, and pan in the middle.
            controllers: vec![(0, 0), (32, 0), (7, kind.volume()), (10, 64)],
            notes,
        };
        (kind, part)
    };
    heard.map(part).collect()
}

/// The MIDI channel of percussion, counted from 0.
const DRUM_CHANNEL: u8 = 9;

#[cfg(test)]
mod tests;
