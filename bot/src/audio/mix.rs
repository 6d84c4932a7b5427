//! How is a whole track played on all cores, and any of its parts by itself?
//!
//! Natively, the track is cut into stretches of a fixed length. Several are played at the same time, each note
//! whole in the stretch where it starts; one thread mixes them in order. The cut does not depend on
//! the number of cores, so neither do the samples.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use music::score::Score;

use super::cast::{Buses, Cast, Player};
use super::clock::Clock;
use super::console::Console;
use super::meter::Meter;
use super::sampler;
use super::soundfont::{SoundFont, SoundFontError};
use super::{Audio, Frame, SAMPLE_RATE, Sound, crew};

/// Frames that are played at a time: 3 s.
pub(crate) const STRETCH: usize = 3 * SAMPLE_RATE as usize;

/// A track, ready to be played.
pub(crate) struct Stage<'a> {
    score: &'a Score,
    font: Option<&'a SoundFont>,
    clock: Clock<'a>,
    sound: &'a Sound,
    cast: Cast,
    n_frames: usize,
}

impl<'a> Stage<'a> {
    /// With the native instruments, or those of a SoundFont.
    pub(crate) fn new(
        score: &'a Score,
        sound: &'a Sound,
        font: Option<&'a SoundFont>,
        seed: u64,
    ) -> Self {
        let clock = Clock::new(score);
        let tail = sound.tail_ms as usize * SAMPLE_RATE as usize / 1000;
        // Even, because the room works at half the rate.
        let n_frames = (clock.frame(score.end) + tail).next_multiple_of(2);
        let cast = Cast::new(score, &clock, sound, seed);
        Self { score, font, clock, sound, cast, n_frames }
    }

    /// How many parts there are.
    pub(crate) fn n_parts(&self) -> usize {
        self.cast.players.len()
    }

    /// The name of a part and its own share of the mix.
    ///
    /// # Errors
    /// [`SoundFontError`] if the SoundFont does not work.
    pub(crate) fn part(&self, index: usize) -> Result<(String, Audio), SoundFontError> {
        let (frames, _) = self.played(index..index + 1)?;
        Ok((self.cast.players[index].name.clone(), Audio { frames }))
    }

    /// The mix of all parts before mastering, and its loudness in LUFS if it is not silent.
    ///
    /// # Errors
    /// [`SoundFontError`] if the SoundFont does not work.
    pub(crate) fn mix(&self) -> Result<(Vec<Frame>, Option<f64>), SoundFontError> {
        self.played(0..self.n_parts())
    }

    fn played(&self, parts: Range<usize>) -> Result<(Vec<Frame>, Option<f64>), SoundFontError> {
        let mut mix = vec![[0.0; 2]; self.n_frames];
        let (kicks, beat) = (&self.cast.kicks, self.clock.beat);
        let mut console = Console::new(kicks, self.sound, beat, self.n_frames);
        let mut meter = Meter::default();
        let mut rest = mix.as_mut_slice();
        let next = |buses: &Buses| {
            let n_frames = STRETCH.min(rest.len());
            let (now, later) = std::mem::take(&mut rest).split_at_mut(n_frames);
            console.mix(buses, now);
            meter.hear(now);
            rest = later;
        };
        let players = &self.cast.players[parts.clone()];
        if let Some(font) = self.font {
            let buses = players.iter().map(|player| player.bus);
            let parts: Vec<_> = self.score.parts[parts].iter().zip(buses).collect();
            sampler::play(font, &parts, &self.clock, self.n_frames, STRETCH, next)?;
        } else {
            self.in_order(players, next);
        }
        Ok((mix, meter.loudness()))
    }

    /// Plays all stretches and gives them to `next` in order, as soon as each is there.
    fn in_order(&self, players: &[Player], mut next: impl FnMut(&Buses)) {
        let n_stretches = self.n_frames.div_ceil(STRETCH);
        let n_workers = crew::size().min(n_stretches).max(1);
        let taken = &AtomicUsize::new(0);
        // What has been mixed is used again: new memory would cost more than the sound in it.
        let spare = &Mutex::new(Vec::<Buses>::new());
        // Few wait to be mixed, so that memory stays small whatever the number of cores.
        let (done, arriving) = mpsc::sync_channel(2);
        thread::scope(|scope| {
            for _ in 0..n_workers {
                let done = done.clone();
                scope.spawn(move || {
                    loop {
                        let index = taken.fetch_add(1, Ordering::Relaxed);
                        if index >= n_stretches {
                            break;
                        }
                        let used = spare.lock().ok().and_then(|mut spare| spare.pop());
                        let mut buses = used.unwrap_or_default();
                        self.stretch(players, index, &mut buses);
                        if done.send((index, buses)).is_err() {
                            break;
                        }
                    }
                });
            }
            drop(done);
            let mut waiting = BTreeMap::new();
            let mut due = 0;
            for (index, buses) in arriving {
                waiting.insert(index, buses);
                while let Some(buses) = waiting.remove(&due) {
                    next(&buses);
                    due += 1;
                    if let Ok(mut spare) = spare.lock() {
                        spare.push(buses);
                    }
                }
            }
        });
    }

    fn stretch(&self, players: &[Player], index: usize, buses: &mut Buses) {
        buses.iter_mut().for_each(Vec::clear);
        let from = index * STRETCH;
        for player in players {
            player.play(from, from + STRETCH, self.sound, buses);
        }
    }
}
