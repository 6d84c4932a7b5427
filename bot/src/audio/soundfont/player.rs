//! How are parts played on the instruments of a SoundFont?
//!
//! By one synthesizer for each bus, so that mixing and mastering are the same as for the native sound. Its
//! own reverb and chorus stay off. Notes start within two thirds of a millisecond of their time.

use std::sync::mpsc;
use std::thread;

use music::score::Part;
use rustysynth::{Synthesizer, SynthesizerSettings};

use super::{SoundFont, SoundFontError, guarded};
use crate::audio::mix::bus::{Bus, Buses};
use crate::audio::pcm::{Frame, SAMPLE_RATE};
use crate::audio::tempo_map::TempoMap;

/// A note that starts or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Event {
    frame: usize,
    /// False sorts first: at one frame, notes end before others start.
    starts: bool,
    channel: u8,
    key: u8,
    velocity: u8,
}

/// The parts of one bus on a synthesizer of their own.
struct BusPlayer {
    synthesizer: Synthesizer,
    /// In order.
    events: Vec<Event>,
    /// The next event to come.
    next: usize,
    /// Frames played so far.
    at: usize,
}

impl BusPlayer {
    fn new(font: &SoundFont, parts: &[&Part], tempo_map: &TempoMap<'_>) -> Result<Self, String> {
        let mut settings = SynthesizerSettings::new(SAMPLE_RATE as i32);
        settings.block_size = 32;
        settings.enable_reverb_and_chorus = false;
        let mut synthesizer =
            Synthesizer::new(&font.font, &settings).map_err(|error| error.to_string())?;
        for part in parts {
            let channel = i32::from(part.channel);
            for (controller, value) in &part.controllers {
                let (controller, value) = (i32::from(*controller), i32::from(*value));
                synthesizer.process_midi_message(channel, 0xB0, controller, value);
            }
            let program = i32::from(part.program.unwrap_or(0));
            synthesizer.process_midi_message(channel, 0xC0, program, 0);
        }
        let mut events: Vec<Event> =
            parts.iter().flat_map(|part| events(part, tempo_map)).collect();
        events.sort_unstable();
        Ok(Self { synthesizer, events, next: 0, at: 0 })
    }

    /// The next `n_frames`.
    fn play(&mut self, n_frames: usize) -> Vec<Frame> {
        let (mut left, mut right) = (vec![0.0; n_frames], vec![0.0; n_frames]);
        let mut done = 0;
        while done < n_frames {
            while let Some(event) = self.events.get(self.next).filter(|e| e.frame <= self.at + done)
            {
                let (channel, key) = (i32::from(event.channel), i32::from(event.key));
                if event.starts {
                    self.synthesizer.note_on(channel, key, i32::from(event.velocity));
                } else {
                    self.synthesizer.note_off(channel, key);
                }
                self.next += 1;
            }
            let due = self.events.get(self.next).map_or(usize::MAX, |e| e.frame - self.at);
            let end = due.min(n_frames);
            self.synthesizer.render(&mut left[done..end], &mut right[done..end]);
            done = end;
        }
        self.at += n_frames;
        let whole = |sample: f32| if sample.is_finite() { sample.clamp(-8.0, 8.0) } else { 0.0 };
        left.into_iter().zip(right).map(|(l, r)| [whole(l), whole(r)]).collect()
    }
}

/// The start and the end of every note of a part.
fn events(part: &Part, tempo_map: &TempoMap<'_>) -> impl Iterator<Item = Event> {
    part.notes.iter().flat_map(|note| {
        let (channel, key) = (part.channel, note.pitch.number());
        let (on, off) = (tempo_map.frame(note.onset), tempo_map.frame(note.end()));
        let start = Event { frame: on, starts: true, channel, key, velocity: note.velocity };
        [start, Event { frame: off, starts: false, channel, key, velocity: 0 }]
    })
}

/// Plays parts stretch by stretch, each bus on a thread of its own, and gives all buses of a stretch
/// to `next`.
///
/// # Errors
/// [`SoundFontError::Broken`] if the instruments turn out not to work.
pub(crate) fn play(
    font: &SoundFont,
    parts: &[(&Part, Bus)],
    tempo_map: &TempoMap<'_>,
    n_frames: usize,
    stretch: usize,
    mut next: impl FnMut(&Buses),
) -> Result<(), SoundFontError> {
    let result = thread::scope(|scope| {
        let buses = Bus::ALL.map(|bus| {
            let (done, arriving) = mpsc::sync_channel(1);
            let parts: Vec<&Part> = parts.iter().filter(|p| p.1 == bus).map(|p| p.0).collect();
            scope.spawn(move || {
                let played = guarded(|| {
                    play_bus(font, &parts, tempo_map, n_frames, stretch, |frames| {
                        done.send(Ok(frames)).is_ok()
                    })
                });
                if let Err(why) = played.and_then(|result| result) {
                    // Without a receiver another bus has failed first.
                    let _ = done.send(Err(why));
                }
            });
            arriving
        });
        for _ in (0..n_frames).step_by(stretch) {
            let mut stretch = Buses::default();
            for (to, from) in stretch.iter_mut().zip(&buses) {
                *to = from.recv().unwrap_or_else(|_| Err("it fell silent".to_owned()))?;
            }
            next(&stretch);
        }
        Ok(())
    });
    result.map_err(|why| SoundFontError::Broken { path: font.path.clone(), why })
}

/// Gives each stretch of a bus to `next`, as long as that is true; stretches of a bus without parts are
/// empty.
fn play_bus(
    font: &SoundFont,
    parts: &[&Part],
    tempo_map: &TempoMap<'_>,
    n_frames: usize,
    stretch: usize,
    mut next: impl FnMut(Vec<Frame>) -> bool,
) -> Result<(), String> {
    let mut player = BusPlayer::new(font, parts, tempo_map)?;
    for from in (0..n_frames).step_by(stretch) {
        let n_frames = stretch.min(n_frames - from);
        let frames = if parts.is_empty() { Vec::new() } else { player.play(n_frames) };
        if !next(frames) {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{parsed, sine_font};
    use super::*;
    use crate::arrangement::Arrangement;
    use crate::part::PartKind;
    use music::score::{Note, Pitch, Score, Tempo, Tick};

    fn arrangement() -> Arrangement {
        let note = |onset: u32, key: u8| Note {
            onset: Tick(onset),
            pitch: Pitch::new(key).expect("a key"),
            duration: Tick(480),
            velocity: 100,
        };
        let part = |kind: PartKind, channel, key| {
            let part = Part {
                name: kind.name().to_owned(),
                channel,
                program: Some(0),
                controllers: vec![(7, 100)],
                notes: (0..4).map(|i| note(i * 960, key)).collect(),
            };
            (kind, part)
        };
        let score = Score {
            ticks_per_beat: 480,
            title: String::new(),
            text: String::new(),
            tempos: vec![Tempo::from_bpm(Tick(0), 120.0)],
            time_signatures: vec![],
            key_signature: None,
            parts: vec![],
            end: Tick(3840),
        };
        let parts = [part(PartKind::Lead, 0, 69), part(PartKind::Kick, 9, 36)];
        Arrangement::new(score, parts, Vec::new())
    }

    fn played(bytes: &[u8]) -> Result<crate::audio::Audio, SoundFontError> {
        let sound =
            crate::audio::SoundSettings { tail_ms: 400, ..crate::audio::SoundSettings::default() };
        crate::audio::play(&arrangement(), &sound, Some(&parsed(bytes)?), 1)
    }

    #[test]
    fn notes_sound_at_their_time_on_the_fonts_instrument() {
        let audio = played(&sine_font()).expect("plays");
        let power = |from: f64, hertz: f64| {
            let start = (from * 48e3) as usize;
            let (mut re, mut im) = (0.0, 0.0);
            for (i, frame) in audio.frames[start..start + 9600].iter().enumerate() {
                let angle = std::f64::consts::TAU * hertz * i as f64 / 48e3;
                re += f64::from(frame[0]) * angle.cos();
                im += f64::from(frame[0]) * angle.sin();
            }
            re * re + im * im
        };
        assert!(power(0.2, 440.0) > 100.0 * power(0.2, 550.0));
        // What is left between notes is echo.
        assert!(power(1.2, 440.0) > 5.0 * power(0.75, 440.0));
        assert_eq!(played(&sine_font()).expect("plays again"), audio);
    }

    #[test]
    fn a_broken_font_is_an_error_or_a_sound_and_never_a_panic() {
        let whole = sine_font();
        let samples = whole.windows(4).position(|four| four == b"smpl").expect("samples");
        let after = samples + 8 + 2 * 4846;
        let places = (12..samples + 8).chain(after..whole.len());
        let mut n_refused = 0;
        for (index, place) in places.enumerate() {
            let mut bytes = whole.clone();
            bytes[place] = [0xFF, 0x80, 0x7F, bytes[place].wrapping_add(1)][index % 4];
            match played(&bytes) {
                Ok(audio) => {
                    assert!(audio.frames.iter().flatten().all(|s| s.abs() <= 1.0), "{place}");
                }
                Err(error) => {
                    assert!(error.to_string().contains("test.sf2"));
                    n_refused += 1;
                }
            }
        }
        assert!(n_refused > 100, "{n_refused} were refused");
    }
}
