//! How does a riser sound?
//!
//! Noise through a band-pass that rises by five octaves over a note, ever louder.

use std::ops::Range;

use music::score::{Note, Part};

use super::note;
use super::part_player::{PartPlayer, within};
use crate::audio::dsp::filter::{Coefficients, StateVariable};
use crate::audio::dsp::math::exp2;
use crate::audio::dsp::noise::Noise;
use crate::audio::pcm::{Frame, SAMPLE_RATE};
use crate::audio::tempo_map::TempoMap;

/// Frames between two cutoffs.
const STEP: usize = 32;

/// A part of rising noises.
pub(super) struct Riser {
    /// In order.
    rises: Vec<Rise>,
    seed: u64,
}

/// One rising noise.
struct Rise {
    /// The frame at which it starts.
    onset: usize,
    n_frames: usize,
    gain: f32,
    /// Tells its noise from that of the others.
    index: u64,
}

impl Riser {
    pub(super) fn new(part: &Part, tempo_map: &TempoMap<'_>, seed: u64) -> Self {
        let rise = |note: &Note| {
            let onset = tempo_map.frame(note.onset);
            Rise {
                onset,
                n_frames: tempo_map.frame(note.end()) - onset,
                gain: note::volume(part) * 0.34 * f32::from(note.velocity) / 110.0,
                index: u64::from(note.onset.0),
            }
        };
        Self { rises: part.notes.iter().map(rise).collect(), seed }
    }

    fn within(&self, span: &Range<usize>) -> &[Rise] {
        within(&self.rises, span, |rise| rise.onset)
    }
}

impl PartPlayer for Riser {
    fn end(&self, span: &Range<usize>) -> usize {
        self.within(span).iter().map(|rise| rise.onset + rise.n_frames).max().unwrap_or(0)
    }

    fn play(&self, span: &Range<usize>, out: &mut [Frame]) {
        for rise in self.within(span) {
            let noise = Noise::new(self.seed, rise.index ^ 0x5EE9);
            rise.play(noise, &mut out[rise.onset - span.start..]);
        }
    }
}

impl Rise {
    fn play(&self, mut noise: Noise, out: &mut [Frame]) {
        let mut filters = [StateVariable::default(); 2];
        let mut coefficients = Coefficients::new(300.0, 1.4);
        for (index, frame) in out.iter_mut().take(self.n_frames).enumerate() {
            let along = index as f32 / self.n_frames as f32;
            if index % STEP == 0 {
                coefficients = Coefficients::new(320.0 * exp2(5.0 * along), 1.4);
            }
            let end = ((self.n_frames - index) as f32 / (0.02 * SAMPLE_RATE as f32)).min(1.0);
            for (channel, filter) in frame.iter_mut().zip(&mut filters) {
                let band = filter.next(&coefficients, noise.sample()).band;
                *channel += band * self.gain * along * along * end;
            }
        }
    }
}
