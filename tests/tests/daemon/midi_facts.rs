//! What does a MIDI file say, according to two readers that share no code?

use midi_file::MidiFile;
use midi_file::core::Message;
use midi_file::file::{Event, MetaEvent};
use midly::{MetaMessage, MidiMessage, Smf, TrackEventKind};

/// What listeners' programs would show and play.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Facts {
    /// The name of each track, in order; empty if it has none.
    pub(crate) names: Vec<String>,
    /// Microseconds a quarter note, with the track that says so.
    pub(crate) tempos: Vec<(usize, u32)>,
    /// Program bytes, with their tracks and channels.
    pub(crate) programs: Vec<(usize, u8, u8)>,
    /// Ticks, tracks and pitches at which notes begin.
    pub(crate) notes: Vec<(u64, usize, u8)>,
}

impl Facts {
    /// The facts that both readers agree on.
    ///
    /// # Panics
    /// When one cannot read the file or they differ.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let (first, second) = (by_midly(bytes), by_midi_file(bytes));
        assert_eq!(first, second, "two readers understand the file differently");
        first
    }

    fn none(n_tracks: usize) -> Self {
        let names = vec![String::new(); n_tracks];
        Self { names, tempos: Vec::new(), programs: Vec::new(), notes: Vec::new() }
    }
}

fn by_midly(bytes: &[u8]) -> Facts {
    let file = Smf::parse(bytes).expect("midly reads it");
    let mut facts = Facts::none(file.tracks.len());
    for (idx, track) in file.tracks.iter().enumerate() {
        let mut at = 0;
        for event in track {
            at += u64::from(event.delta.as_int());
            match event.kind {
                TrackEventKind::Meta(MetaMessage::TrackName(name)) => {
                    facts.names[idx] = String::from_utf8_lossy(name).into_owned();
                }
                TrackEventKind::Meta(MetaMessage::Tempo(tempo)) => {
                    facts.tempos.push((idx, tempo.as_int()));
                }
                TrackEventKind::Midi { channel, message } => match message {
                    MidiMessage::ProgramChange { program } => {
                        facts.programs.push((idx, channel.as_int(), program.as_int()));
                    }
                    MidiMessage::NoteOn { key, vel } if vel.as_int() > 0 => {
                        facts.notes.push((at, idx, key.as_int()));
                    }
                    _ => {}
                },
                _ => {}
            }
        }
    }
    facts
}

fn by_midi_file(bytes: &[u8]) -> Facts {
    let file = MidiFile::read(bytes).expect("midi_file reads it");
    let mut facts = Facts::none(file.tracks().count());
    for (idx, track) in file.tracks().enumerate() {
        let mut at = 0;
        for event in track.events() {
            at += u64::from(event.delta_time());
            match event.event() {
                Event::Meta(MetaEvent::TrackName(name)) => {
                    facts.names[idx] = name.as_str().into_owned();
                }
                Event::Meta(MetaEvent::SetTempo(tempo)) => facts.tempos.push((idx, tempo.get())),
                Event::Midi(Message::ProgramChange(change)) => {
                    facts.programs.push((idx, change.channel().get(), change.program().get()));
                }
                Event::Midi(Message::NoteOn(note)) if note.velocity().get() > 0 => {
                    facts.notes.push((at, idx, note.note_number().get()));
                }
                _ => {}
            }
        }
    }
    facts
}
