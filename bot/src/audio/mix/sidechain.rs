//! How does the kick duck the other parts?
//!
//! A gain curve made from the kick's onsets, not from its sound, so it is exact and the same in
//! every part: down within 3 ms, held, and back before the next beat. The bass makes room already
//! before a kick comes, so that the kick is heard to start.

use crate::arrangement::Arrangement;
use crate::audio::pcm::SAMPLE_RATE;
use crate::audio::tempo_map::TempoMap;
use crate::part::PartKind;

/// Frames before a kick in which the bass fades, and in which it stays down.
const MAKE_ROOM: [usize; 2] = [576, 1584];
/// What is left of the bass then.
const ROOM_GAIN: f32 = 0.12;

/// The frames of all kicks of an arrangement, in order.
pub(super) fn kicks(arrangement: &Arrangement, tempo_map: &TempoMap<'_>) -> Vec<usize> {
    let kicks = arrangement.part(PartKind::Kick).map_or(&[][..], |part| &part.notes);
    let mut kicks: Vec<usize> = kicks.iter().map(|note| tempo_map.frame(note.onset)).collect();
    kicks.sort_unstable();
    kicks
}

/// The ducking of a track.
pub(super) struct Sidechain<'a> {
    kicks: &'a [usize],
    /// The lowest gain.
    floor: f32,
    /// Frames in which the gain falls, stays low, and rises again.
    attack: f32,
    hold: f32,
    release: f32,
}

impl<'a> Sidechain<'a> {
    /// `kicks` are frames in order; `beat` is the length of a quarter note in frames, `depth_db` how far
    /// the gain falls.
    pub(super) fn new(kicks: &'a [usize], beat: f64, depth_db: f32) -> Self {
        Self {
            kicks,
            floor: 10.0_f32.powf(-depth_db / 20.0),
            attack: SAMPLE_RATE as f32 * 0.003,
            hold: (beat * 0.12) as f32,
            release: (beat * 0.5) as f32,
        }
    }

    /// The gain at each of `n_frames` from frame `from` on, 1 where no kick is near.
    pub(super) fn gains(&self, from: usize, n_frames: usize) -> Vec<f32> {
        let mut gains = vec![1.0_f32; n_frames];
        let length = (self.attack + self.hold + self.release) as usize;
        let first = self.kicks.partition_point(|kick| kick + length <= from);
        for onset in self.kicks[first..].iter().take_while(|onset| **onset < from + n_frames) {
            let start = onset.saturating_sub(from);
            let end = (onset + length - from).min(n_frames);
            for (index, gain) in gains[start..end].iter_mut().enumerate() {
                let at = (start + from + index - onset) as f32;
                let shape = if at < self.attack {
                    1.0 - at / self.attack
                } else {
                    let back = ((at - self.attack - self.hold) / self.release).clamp(0.0, 1.0);
                    back * back * (3.0 - 2.0 * back)
                };
                // Kicks closer than the curve is long: the lower of the two counts.
                *gain = gain.min(self.floor + (1.0 - self.floor) * shape);
            }
        }
        gains
    }

    /// The same for the bass: half as deep, but down before each kick.
    pub(super) fn bass_gains(&self, from: usize, gains: &[f32]) -> Vec<f32> {
        let mut bass: Vec<f32> = gains.iter().map(|gain| gain.sqrt()).collect();
        let [fade, down] = MAKE_ROOM;
        let end = from + bass.len();
        let first = self.kicks.partition_point(|kick| *kick <= from);
        let coming = self.kicks[first..].iter().take_while(|kick| **kick < end + fade + down);
        for kick in coming {
            // Two kicks may be so close, or the first so early, that there is no time to fade.
            let start = kick.saturating_sub(fade + down).max(from);
            for frame in start..(*kick).min(end) {
                let left = (kick - frame).saturating_sub(down) as f32 / fade as f32;
                let gain = &mut bass[frame - from];
                *gain = gain.min(ROOM_GAIN + (1.0 - ROOM_GAIN) * left);
            }
        }
        bass
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ducking_is_as_deep_as_asked_and_lets_go() {
        let sidechain = Sidechain::new(&[1000], 19_200.0, 10.0);
        let gains = sidechain.gains(0, 20_000);
        let lowest = gains.iter().copied().fold(1.0, f32::min);
        assert!((20.0 * lowest.log10() + 10.0).abs() < 0.1);
        assert!(gains[..1000].iter().all(|g| *g > 0.999) && gains[19_000] > 0.999);
        assert_eq!(gains[5000..9000], sidechain.gains(5000, 4000));
        assert_eq!(gains[500..1500], sidechain.gains(500, 1000));
    }

    #[test]
    fn the_bass_makes_room_before_a_kick() {
        let sidechain = Sidechain::new(&[10_000], 19_200.0, 12.0);
        let bass = sidechain.bass_gains(0, &sidechain.gains(0, 20_000));
        assert!(bass[..7800].iter().all(|gain| *gain > 0.999));
        assert!(bass[8500..9999].iter().all(|gain| (*gain - ROOM_GAIN).abs() < 1e-3));
        assert!((bass[10_500] - 0.5).abs() < 0.05);
        assert_eq!(bass[7000..9000], sidechain.bass_gains(7000, &sidechain.gains(7000, 2000)));
    }
}
