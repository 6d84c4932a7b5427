//! Which part goes through which sound and effect, and on which thread?
//!
//! Three buses, each on a thread of its own: the lead with delay and reverb, the other melodic
//! parts with reverb, and bass and drums dry. Buses are summed in a fixed order, so the number of
//! cores changes nothing.

use std::thread;

use model::score::{Part, Score};

use super::clock::Clock;
use super::filter::Smooth;
use super::{Audio, Frame, SAMPLE_RATE, Sound, bass, drums, keys, patch, pump, space};
use crate::arrange::drum;

/// What plays a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Lead,
    Backing,
    Bass,
    Riser,
    Drums,
}

/// The program byte of Reverse Cymbal.
const RISER: u8 = 119;
/// The program byte of Synth Bass 1, which the arranged bass of a drop has.
const DROP_BASS: u8 = 38;

fn roles(score: &Score) -> Vec<(&Part, Role)> {
    let melodic = |part: &&Part| !part.is_drum_channel();
    let named = score.parts.iter().filter(melodic).find(|part| part.name == "Lead");
    let lead = named.or_else(|| score.parts.iter().find(melodic));
    let role = |part: &Part| match part.program {
        _ if part.is_drum_channel() => Role::Drums,
        _ if lead.is_some_and(|lead| std::ptr::eq(lead, part)) => Role::Lead,
        Some(RISER) => Role::Riser,
        Some(DROP_BASS) => Role::Bass,
        _ => Role::Backing,
    };
    score.parts.iter().map(|part| (part, role(part))).collect()
}

/// What all parts of one rendering share.
struct Room<'a> {
    clock: Clock,
    sound: &'a Sound,
    seed: u64,
    /// The gain that the kick leaves to lead and chords, at each frame.
    pump: Vec<f32>,
    /// For each kick's bar, the frame and pitch class of the bass notes, in order.
    roots: Vec<(usize, u8)>,
    tonic: u8,
}

impl<'a> Room<'a> {
    fn new(score: &Score, parts: &[(&Part, Role)], sound: &'a Sound, seed: u64) -> Self {
        let clock = Clock::new(score);
        let tail = sound.tail_ms as usize * SAMPLE_RATE as usize / 1000;
        let n_frames = clock.frame(score.end) + tail;
        let of = |role: Role| parts.iter().filter(move |(_, r)| *r == role).map(|(part, _)| *part);
        let strokes = of(Role::Drums).flat_map(|part| &part.notes);
        let kicks: Vec<usize> = strokes
            .filter(|note| note.pitch.number() == drum::KICK)
            .map(|note| clock.frame(note.onset))
            .collect();
        let bass = of(Role::Bass).flat_map(|part| &part.notes);
        let roots = bass.map(|note| (clock.frame(note.onset), note.pitch.class())).collect();
        let (sharps, minor) = score.key_signature.unwrap_or((0, true));
        let major = (i32::from(sharps) * 7).rem_euclid(12) as u8;
        Self {
            pump: pump::curve(&kicks, clock.beat, sound.pump_db, n_frames),
            tonic: if minor { (major + 9) % 12 } else { major },
            clock,
            sound,
            seed,
            roots,
        }
    }

    /// The pitch class to which a kick is tuned: that of the next bass note, if it comes within a
    /// beat, else the tonic.
    fn root_at(&self, frame: usize) -> u8 {
        let next = self.roots.get(self.roots.partition_point(|root| root.0 < frame));
        let near = next.filter(|root| ((root.0 - frame) as f64) < self.clock.beat);
        near.map_or(self.tonic, |root| root.1)
    }

    /// Adds one part, dry, at the level that its volume controller asks for.
    fn play(&self, part: &Part, role: Role, out: &mut [Frame]) {
        let seed = self.seed ^ (u64::from(part.channel) << 40);
        match role {
            Role::Lead | Role::Backing => {
                let patch = patch::of(part.program.unwrap_or(90));
                keys::play(part, patch, &self.clock, seed, out);
            }
            Role::Bass => bass::play(part, self.sound, &self.clock, out),
            Role::Riser => drums::riser(part, &self.clock, seed, out),
            Role::Drums => {
                let root = |frame| self.root_at(frame);
                drums::play(part, self.sound, &self.clock, seed, &root, out);
            }
        }
    }

    /// The parts of one bus with its effects.
    fn bus(&self, parts: &[(&Part, Role)], roles: &[Role]) -> Vec<Frame> {
        let mut out = vec![[0.0; 2]; self.pump.len()];
        let members: Vec<_> = parts.iter().filter(|(_, role)| roles.contains(role)).collect();
        // The bass comes first: it is pumped, the drums that join it are not.
        for (part, role) in members.iter().filter(|(_, role)| *role != Role::Drums) {
            self.play_at_volume(part, *role, &mut out);
        }
        match roles[0] {
            Role::Lead => self.place_lead(&mut out),
            Role::Backing => self.place_backing(&mut out),
            _ => pumped(&mut out, &self.pump, f32::sqrt),
        }
        for (part, role) in members.iter().filter(|(_, role)| *role == Role::Drums) {
            self.play(part, *role, &mut out);
        }
        out
    }

    /// Volume 100 is the sound's own level. A part's gain must come before the sum, so a part that
    /// is not at 100 is rendered by itself.
    fn play_at_volume(&self, part: &Part, role: Role, out: &mut [Frame]) {
        let volume = part.controllers.iter().rev().find(|c| c.0 == 7).map_or(100, |c| c.1);
        if volume == 100 {
            return self.play(part, role, out);
        }
        let gain = f32::from(volume) / 100.0;
        let mut scaled = part.clone();
        let curve = if role == Role::Bass || role == Role::Riser { 1.0 } else { 1.3_f32 };
        for note in &mut scaled.notes {
            let velocity = f32::from(note.velocity) * gain.powf(1.0 / curve);
            note.velocity = velocity.round().clamp(1.0, 127.0) as u8;
        }
        self.play(&scaled, role, out);
    }

    fn place_lead(&self, out: &mut [Frame]) {
        let mut thin = [Smooth::new(130.0), Smooth::new(130.0)];
        for frame in out.iter_mut() {
            for (sample, thin) in frame.iter_mut().zip(&mut thin) {
                *sample = drive(thin.high(*sample) * 1.25);
            }
        }
        let dotted_eighth = (self.clock.beat * 0.75).min(96_000.0) as usize;
        space::delay(out, dotted_eighth, self.sound.delay);
        space::reverb(out, self.sound.reverb, 2.2);
        pumped(out, &self.pump, |gain| gain);
    }

    fn place_backing(&self, out: &mut [Frame]) {
        space::reverb(out, self.sound.reverb * 1.2, 2.6);
        pumped(out, &self.pump, |gain| gain);
    }
}

/// Rounds the peaks of chords off, with the odd harmonics that make them sound thick.
fn drive(sample: f32) -> f32 {
    sample / (1.0 + 0.35 * sample.abs())
}

fn pumped(out: &mut [Frame], pump: &[f32], curve: impl Fn(f32) -> f32) {
    for (frame, gain) in out.iter_mut().zip(pump) {
        let gain = curve(*gain);
        frame[0] *= gain;
        frame[1] *= gain;
    }
}

const BUSES: [&[Role]; 3] =
    [&[Role::Lead], &[Role::Backing], &[Role::Bass, Role::Riser, Role::Drums]];

/// The three buses, all of one length.
pub(crate) fn buses(score: &Score, sound: &Sound, seed: u64) -> Vec<Vec<Frame>> {
    let parts = roles(score);
    let room = Room::new(score, &parts, sound, seed);
    let (room, parts) = (&room, &parts);
    thread::scope(|scope| {
        let started = BUSES.map(|roles| scope.spawn(move || room.bus(parts, roles)));
        started.map(joined).to_vec()
    })
}

/// A bus that panicked is passed on as a panic of the caller.
fn joined<T>(handle: thread::ScopedJoinHandle<'_, T>) -> T {
    handle.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// The sum, in the order of the buses.
pub(crate) fn sum(buses: Vec<Vec<Frame>>) -> Vec<Frame> {
    let mut buses = buses.into_iter();
    let mut all = buses.next().unwrap_or_default();
    for bus in buses {
        for (to, from) in all.iter_mut().zip(&bus) {
            to[0] += from[0];
            to[1] += from[1];
        }
    }
    all
}

pub(crate) fn stems(score: &Score, sound: &Sound, seed: u64) -> Vec<(String, Audio)> {
    let parts = roles(score);
    let room = Room::new(score, &parts, sound, seed);
    let stem = |(part, role): &(&Part, Role)| {
        let roles = BUSES.into_iter().find(|roles| roles.contains(role)).unwrap_or(BUSES[0]);
        (part.name.clone(), Audio { frames: room.bus(&[(*part, *role)], roles) })
    };
    parts.iter().map(stem).collect()
}
