//! What plays each part?
//!
//! Every note of the score becomes a strike, a stroke or a rise on one of four buses before anything
//! sounds, so that any stretch of the track can be played by itself.

use music::score::{Part, Score};

use super::bass;
use super::clock::Clock;
use super::drums::{self, Kit, Rise};
use super::keys;
use super::patch::{self, Patch};
use super::strike::Strike;
use super::{Frame, Sound};
use crate::arrange::drum;

/// What parts go through together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bus {
    /// Driven, with delay and reverb, pushed down a little less far by the kick than the backing.
    Lead,
    /// With reverb, pushed down by the kick.
    Backing,
    /// Dry, pushed down half as far by the kick, and out of its way before it.
    Bass,
    /// Dry.
    Drums,
}

/// One stretch of every bus, each as long as it sounds.
pub(crate) type Buses = [Vec<Frame>; 4];

/// A part and what plays it.
pub(crate) struct Player {
    pub(crate) name: String,
    pub(crate) bus: Bus,
    plays: Plays,
}

enum Plays {
    Keys(Vec<Strike>, &'static Patch, u64),
    Bass(Vec<Strike>),
    Riser(Vec<Rise>, u64),
    Drums(Kit),
}

/// The program byte of Reverse Cymbal.
const RISER: u8 = 119;
/// The program byte of Synth Bass 1, which the arranged bass of a drop has.
const DROP_BASS: u8 = 38;

/// All players of a track.
pub(crate) struct Cast {
    pub(crate) players: Vec<Player>,
    /// The frames of all kicks, in order.
    pub(crate) kicks: Vec<usize>,
}

impl Cast {
    pub(crate) fn new(score: &Score, clock: &Clock, sound: &Sound, seed: u64) -> Self {
        let melodic = |part: &&Part| !part.is_drum_channel();
        let named = score.parts.iter().filter(melodic).find(|part| part.name == "Lead");
        let lead = named.or_else(|| score.parts.iter().find(melodic));
        let roots = Roots::new(score, clock);
        let player = |part: &Part| {
            let seed = seed ^ (u64::from(part.channel) << 40);
            let volume = volume(part);
            let (bus, plays) = match part.program {
                _ if part.is_drum_channel() => {
                    let kit = Kit::new(part, sound, clock, seed, |frame| roots.at(frame));
                    (Bus::Drums, Plays::Drums(kit))
                }
                Some(RISER) => (Bus::Bass, Plays::Riser(drums::rises(part, volume, clock), seed)),
                Some(DROP_BASS) => (Bus::Bass, Plays::Bass(bass::strikes(part, volume, clock))),
                program => {
                    let is_lead = lead.is_some_and(|lead| std::ptr::eq(lead, part));
                    let bus = if is_lead { Bus::Lead } else { Bus::Backing };
                    let patch = patch::of(program.unwrap_or(90));
                    (bus, Plays::Keys(keys::strikes(part, volume, clock), patch, seed))
                }
            };
            Player { name: part.name.clone(), bus, plays }
        };
        Self { players: score.parts.iter().map(player).collect(), kicks: kicks(score, clock) }
    }
}

impl Player {
    /// Adds every note that starts in the frames `from` to `to` to its bus, of which both start at
    /// `from`. A bus grows to where the last note falls silent.
    pub(crate) fn play(&self, from: usize, to: usize, sound: &Sound, buses: &mut Buses) {
        let bus = &mut buses[self.bus as usize];
        let mut room = |end: usize| {
            let n_frames = end.saturating_sub(from).max(bus.len());
            bus.resize(n_frames, [0.0; 2]);
        };
        match &self.plays {
            Plays::Keys(strikes, patch, seed) => {
                let strikes = within(strikes, from, to, |strike| strike.onset);
                room(keys::end(strikes, patch));
                keys::play(strikes, patch, *seed, from, bus);
            }
            Plays::Bass(strikes) => {
                let strikes = within(strikes, from, to, |strike| strike.onset);
                room(bass::end(strikes));
                bass::play(strikes, sound, from, bus);
            }
            Plays::Riser(rises, seed) => {
                let rises = within(rises, from, to, |rise| rise.onset);
                room(rises.iter().map(Rise::end).max().unwrap_or(0));
                for rise in rises {
                    drums::rise(rise, *seed, from, bus);
                }
            }
            Plays::Drums(kit) => {
                let strokes = within(&kit.strokes, from, to, |stroke| stroke.onset);
                room(kit.end(strokes));
                kit.play(strokes, from, bus);
            }
        }
    }
}

/// The items whose onset lies in `from..to`, of a list in order.
fn within<T>(items: &[T], from: usize, to: usize, onset: impl Fn(&T) -> usize) -> &[T] {
    let start = items.partition_point(|item| onset(item) < from);
    let end = items.partition_point(|item| onset(item) < to);
    &items[start..end.max(start)]
}

/// A part's volume controller; 100 is the sound's own level.
fn volume(part: &Part) -> f32 {
    let set = part.controllers.iter().rev().find(|controller| controller.0 == 7);
    set.map_or(1.0, |controller| f32::from(controller.1) / 100.0)
}

fn kicks(score: &Score, clock: &Clock) -> Vec<usize> {
    let drums = score.parts.iter().filter(|part| part.is_drum_channel());
    let notes = drums.flat_map(|part| &part.notes);
    let kicks = notes.filter(|note| note.pitch.number() == drum::KICK);
    let mut kicks: Vec<usize> = kicks.map(|note| clock.frame(note.onset)).collect();
    kicks.sort_unstable();
    kicks
}

/// Where the harmony stands, as far as kicks follow it.
struct Roots {
    /// Frame and pitch class of the bass notes, in order.
    bass: Vec<(usize, u8)>,
    tonic: u8,
    beat: f64,
}

impl Roots {
    fn new(score: &Score, clock: &Clock) -> Self {
        let parts = score.parts.iter().filter(|part| !part.is_drum_channel());
        let notes = parts.filter(|part| part.program == Some(DROP_BASS)).flat_map(|p| &p.notes);
        let mut bass: Vec<(usize, u8)> =
            notes.map(|note| (clock.frame(note.onset), note.pitch.class())).collect();
        bass.sort_unstable();
        let (sharps, minor) = score.key_signature.unwrap_or((0, true));
        let major = (i32::from(sharps) * 7).rem_euclid(12) as u8;
        let tonic = if minor { (major + 9) % 12 } else { major };
        Self { bass, tonic, beat: clock.beat }
    }

    /// The pitch class to which a kick is tuned: that of the next bass note, if it comes within a
    /// beat, else the tonic.
    fn at(&self, frame: usize) -> u8 {
        let next = self.bass.get(self.bass.partition_point(|root| root.0 < frame));
        let near = next.filter(|root| ((root.0 - frame) as f64) < self.beat);
        near.map_or(self.tonic, |root| root.1)
    }
}
