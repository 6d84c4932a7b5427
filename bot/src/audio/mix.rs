//! How is a whole track played on all cores, and any of its parts by itself?
//!
//! The track is cut into stretches of a fixed length. Several are played at the same time, each note
//! whole in the stretch where it starts; one thread mixes them in order. The cut does not depend on
//! the number of cores, so neither do the samples.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use model::score::Score;

use super::cast::{Buses, Cast, Player};
use super::clock::Clock;
use super::console::Console;
use super::meter::Meter;
use super::pump::Pump;
use super::{Audio, Frame, SAMPLE_RATE, Sound, crew};

/// Frames that are played at a time: 3 s.
pub(crate) const STRETCH: usize = 3 * SAMPLE_RATE as usize;

/// A track, ready to be played.
pub(crate) struct Stage<'a> {
    clock: Clock<'a>,
    sound: &'a Sound,
    cast: Cast,
    n_frames: usize,
}

impl<'a> Stage<'a> {
    pub(crate) fn new(score: &'a Score, sound: &'a Sound, seed: u64) -> Self {
        let clock = Clock::new(score);
        let tail = sound.tail_ms as usize * SAMPLE_RATE as usize / 1000;
        // Even, because the room works at half the rate.
        let n_frames = (clock.frame(score.end) + tail).next_multiple_of(2);
        Self { cast: Cast::new(score, &clock, sound, seed), clock, sound, n_frames }
    }

    /// How many parts there are.
    pub(crate) fn n_parts(&self) -> usize {
        self.cast.players.len()
    }

    /// The name of a part and its own share of the mix.
    pub(crate) fn part(&self, index: usize) -> Option<(String, Audio)> {
        let player = self.cast.players.get(index)?;
        Some((player.name.clone(), Audio { frames: self.played(&[player]).0 }))
    }

    /// The mix of all parts before mastering, and its loudness in LUFS if it is not silent.
    pub(crate) fn mix(&self) -> (Vec<Frame>, Option<f64>) {
        let players: Vec<&Player> = self.cast.players.iter().collect();
        self.played(&players)
    }

    fn played(&self, players: &[&Player]) -> (Vec<Frame>, Option<f64>) {
        let mut mix = vec![[0.0; 2]; self.n_frames];
        let pump = Pump::new(&self.cast.kicks, self.clock.beat, self.sound.pump_db);
        let mut console = Console::new(pump, self.sound, self.clock.beat, self.n_frames);
        let mut meter = Meter::default();
        let mut rest = mix.as_mut_slice();
        self.in_order(players, |buses| {
            let n_frames = STRETCH.min(rest.len());
            let (now, later) = std::mem::take(&mut rest).split_at_mut(n_frames);
            console.mix(&buses, now);
            meter.hear(now);
            rest = later;
        });
        (mix, meter.loudness())
    }

    /// Plays all stretches and gives them to `next` in order, as soon as each is there.
    fn in_order(&self, players: &[&Player], mut next: impl FnMut(Buses)) {
        let n_stretches = self.n_frames.div_ceil(STRETCH);
        let n_workers = crew::size().min(n_stretches).max(1);
        let taken = &AtomicUsize::new(0);
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
                        let buses = self.stretch(players, index);
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
                    next(buses);
                    due += 1;
                }
            }
        });
    }

    fn stretch(&self, players: &[&Player], index: usize) -> Buses {
        let from = index * STRETCH;
        let mut buses = Buses::default();
        for player in players {
            player.play(from, from + STRETCH, self.sound, &mut buses);
        }
        buses
    }
}
