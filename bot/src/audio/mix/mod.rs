//! How is a whole track rendered on all cores, and any of its parts by itself?
//!
//! On the synthesizer, the track is cut into stretches of a fixed length. Several are rendered at the same
//! time, each note whole in the stretch where it starts; one thread mixes them in order. The cut does
//! not depend on the number of cores, so neither do the samples.

pub(crate) mod bus;
mod delay;
mod effects;
mod in_order;
mod mixer;
mod reverb;
mod sidechain;

use std::ops::Range;

use bus::{Bus, Buses};
use mixer::Mixer;

use super::master::meter::Meter;
use super::pcm::{Audio, Frame, SAMPLE_RATE};
use super::settings::SoundSettings;
use super::soundfont::{SoundFont, SoundFontError, player};
use super::synth::{PartPlayer, players};
use super::tempo_map::TempoMap;
use crate::arrangement::Arrangement;

/// Frames that are rendered at a time: 3 s.
const STRETCH: usize = 3 * SAMPLE_RATE as usize;

/// A track, ready to be rendered.
pub(crate) struct Session<'a> {
    arrangement: &'a Arrangement,
    font: Option<&'a SoundFont>,
    tempo_map: TempoMap<'a>,
    sound: &'a SoundSettings,
    /// What plays each part of the arrangement, unless a SoundFont does.
    players: Vec<Box<dyn PartPlayer>>,
    /// The bus of each part.
    buses: Vec<Bus>,
    /// The frames of all kicks, in order.
    kicks: Vec<usize>,
    n_frames: usize,
}

/// Parts of a track, mixed but not mastered.
pub(crate) struct Mix {
    pub(crate) audio: Audio,
    /// Integrated loudness; `None` for silence.
    pub(crate) loudness_lufs: Option<f64>,
}

impl<'a> Session<'a> {
    /// With the native instruments, or those of a SoundFont.
    pub(crate) fn new(
        arrangement: &'a Arrangement,
        sound: &'a SoundSettings,
        font: Option<&'a SoundFont>,
        seed: u64,
    ) -> Self {
        let tempo_map = TempoMap::new(arrangement.score());
        let tail = sound.tail_ms as usize * SAMPLE_RATE as usize / 1000;
        // Even, because the effects work at half the rate.
        let n_frames = (tempo_map.frame(arrangement.score().end) + tail).next_multiple_of(2);
        Self {
            arrangement,
            font,
            sound,
            players: players(arrangement, &tempo_map, sound, seed),
            buses: Bus::of(arrangement.kinds()),
            kicks: sidechain::kicks(arrangement, &tempo_map),
            tempo_map,
            n_frames,
        }
    }

    /// A part's own share of the mix.
    ///
    /// # Errors
    /// [`SoundFontError`] if the SoundFont does not work.
    pub(crate) fn stem(&self, index: usize) -> Result<Mix, SoundFontError> {
        self.render(index..index + 1)
    }

    /// The mix of all parts.
    ///
    /// # Errors
    /// [`SoundFontError`] if the SoundFont does not work.
    pub(crate) fn mixdown(&self) -> Result<Mix, SoundFontError> {
        self.render(0..self.players.len())
    }

    fn render(&self, parts: Range<usize>) -> Result<Mix, SoundFontError> {
        let mut mix = vec![[0.0; 2]; self.n_frames];
        let mut mixer = Mixer::new(&self.kicks, self.sound, self.tempo_map.beat, self.n_frames);
        let mut meter = Meter::default();
        let mut rest = mix.as_mut_slice();
        let next = |buses: &Buses| {
            let n_frames = STRETCH.min(rest.len());
            let (now, later) = std::mem::take(&mut rest).split_at_mut(n_frames);
            mixer.mix(buses, now);
            meter.measure(now);
            rest = later;
        };
        if let Some(font) = self.font {
            let scores = &self.arrangement.score().parts[parts.clone()];
            let parts: Vec<_> = scores.iter().zip(self.buses[parts].iter().copied()).collect();
            player::play(font, &parts, &self.tempo_map, self.n_frames, STRETCH, next)?;
        } else {
            let n_stretches = self.n_frames.div_ceil(STRETCH);
            let play = |index, buses: &mut Buses| self.play(parts.clone(), index, buses);
            in_order::each(n_stretches, play, next);
        }
        Ok(Mix { audio: Audio { frames: mix }, loudness_lufs: meter.loudness() })
    }

    /// One stretch of some parts; `buses` holds what was there before.
    fn play(&self, parts: Range<usize>, index: usize, buses: &mut Buses) {
        buses.iter_mut().for_each(Vec::clear);
        let span = index * STRETCH..(index + 1) * STRETCH;
        for part in parts {
            let (player, bus) = (&self.players[part], self.buses[part]);
            let bus: &mut Vec<Frame> = &mut buses[bus as usize];
            // A bus grows to where the last note falls silent.
            let n_frames = player.end(&span).saturating_sub(span.start).max(bus.len());
            bus.resize(n_frames, [0.0; 2]);
            player.play(&span, bus);
        }
    }
}
