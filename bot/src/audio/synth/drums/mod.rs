//! How does a part of drum strokes sound?
//!
//! A drum is made once ([`sounds`]) and then placed at every stroke; a kick is made for each pitch to
//! which one is tuned ([`tuning`]).

mod sounds;
mod tuning;

use std::collections::BTreeMap;
use std::ops::Range;

use music::score::Part;

pub(super) use tuning::Tuning;

use super::part_player::{PartPlayer, within};
use crate::audio::dsp::noise::Noise;
use crate::audio::pcm::Frame;
use crate::audio::settings::SoundSettings;
use crate::audio::tempo_map::TempoMap;
use crate::part::PartKind;

/// A stroke on a drum.
struct Stroke {
    /// The frame at which it starts.
    onset: usize,
    /// The pitch class to which the drum is tuned; 0 for all but kicks.
    root: u8,
    gain: f32,
    /// Frames until the next stroke cuts it off.
    room: usize,
}

/// A part on one drum.
pub(super) struct Drum {
    /// In order.
    strokes: Vec<Stroke>,
    /// Its sound by the pitch class to which it is tuned.
    sounds: BTreeMap<u8, Vec<Frame>>,
}

impl Drum {
    pub(super) fn new(
        kind: PartKind,
        part: &Part,
        tempo_map: &TempoMap<'_>,
        tuning: &Tuning,
        sound: &SoundSettings,
        seed: u64,
    ) -> Self {
        let onsets: Vec<usize> =
            part.notes.iter().map(|note| tempo_map.frame(note.onset)).collect();
        let room = |index: usize| match onsets.get(index + 1) {
            Some(next) if sounds::is_choked(kind) => next - onsets[index],
            _ => usize::MAX,
        };
        let strokes = part.notes.iter().enumerate().map(|(index, note)| Stroke {
            onset: onsets[index],
            root: if kind == PartKind::Kick { tuning.at(onsets[index]) } else { 0 },
            gain: (f32::from(note.velocity) / 110.0).powf(1.4),
            room: room(index),
        });
        let strokes: Vec<Stroke> = strokes.collect();
        let purpose = u64::from(kind.drum_key().unwrap_or(0));
        let mut sounds = BTreeMap::new();
        for Stroke { root, .. } in &strokes {
            let render = || sounds::render(kind, *root, sound, Noise::new(seed, purpose));
            sounds.entry(*root).or_insert_with(render);
        }
        Self { strokes, sounds }
    }

    fn within(&self, span: &Range<usize>) -> &[Stroke] {
        within(&self.strokes, span, |stroke| stroke.onset)
    }

    fn sound(&self, stroke: &Stroke) -> &[Frame] {
        self.sounds.get(&stroke.root).map_or(&[], Vec::as_slice)
    }
}

impl PartPlayer for Drum {
    fn end(&self, span: &Range<usize>) -> usize {
        let strokes = self.within(span).iter();
        strokes.map(|stroke| stroke.onset + self.sound(stroke).len()).max().unwrap_or(0)
    }

    fn play(&self, span: &Range<usize>, out: &mut [Frame]) {
        for stroke in self.within(span) {
            stroke.place(self.sound(stroke), &mut out[stroke.onset - span.start..]);
        }
    }
}

impl Stroke {
    /// Adds the sound of its drum to `out`, faded where it is cut off.
    fn place(&self, sound: &[Frame], out: &mut [Frame]) {
        /// Frames in which a choked drum fades.
        const FADE: usize = 192;
        let n_frames = sound.len().min(self.room);
        for (index, (to, from)) in out.iter_mut().zip(&sound[..n_frames]).enumerate() {
            let left = (n_frames - index) as f32 / FADE as f32;
            let gain = if n_frames < sound.len() { self.gain * left.min(1.0) } else { self.gain };
            to[0] += from[0] * gain;
            to[1] += from[1] * gain;
        }
    }
}
