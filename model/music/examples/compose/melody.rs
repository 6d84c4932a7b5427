//! Which pitches make a rhythm a melody?
//!
//! The cheapest path through the scale, under the rules that singers and counterpoint books agree on:
//! heavy beats belong to the chord, other notes are reached and left by step, a leap is filled by
//! turning back, a rhythm that returns keeps its contour, a phrase ends at rest. A little seeded
//! chance decides between equals. Costs are whole numbers, so every machine finds the same melody.

use crate::harmony::Chord;
use crate::rhythm::Stroke;
use crate::sketch::Manner;

/// A note that waits for its pitch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slot {
    /// When it sounds.
    pub(crate) stroke: Stroke,
    /// Over which chord.
    pub(crate) chord: Chord,
    /// The rung where the phrase wants to be.
    pub(crate) height: i32,
    /// Rungs from the note before it in an earlier bar of the same rhythm.
    pub(crate) echo: Option<i32>,
    /// Whether a phrase comes to rest on it.
    pub(crate) rest: Rest,
}

/// How final a note is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Rest {
    /// In the middle of things.
    None,
    /// The end of a phrase that asks: third or fifth of the chord.
    Open,
    /// The end of the song: the tonic.
    Closed,
}

/// Random numbers by splitmix64 (Steele, Lea & Flood 2014, public domain).
#[derive(Clone, Debug)]
pub(crate) struct SplitMix64(pub(crate) u64);

impl SplitMix64 {
    /// One from 0 to `below - 1`.
    fn draw(&mut self, below: u64) -> i32 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % below) as i32
    }
}

/// How much chance counts beside the rules.
const CHANCE: u64 = 9;
/// Dearer than any sum of rules.
const FORBIDDEN: i32 = 10_000;

/// The rungs of `slots`, each one of `ladder`, coming from the rungs `before`, and what they cost.
pub(crate) fn sing(
    slots: &[Slot],
    ladder: &[i32],
    before: Option<i32>,
    manner: Manner,
    random: &mut SplitMix64,
) -> (Vec<i32>, i32) {
    let n = ladder.len();
    let own: Vec<Vec<i32>> = slots
        .iter()
        .map(|slot| {
            ladder
                .iter()
                .map(|rung| place_cost(slot, *rung, manner) + random.draw(CHANCE))
                .collect()
        })
        .collect();
    // best[a][b]: the cheapest way to have sung rung a and then rung b.
    let first = |b: usize| own[0][b] + before.map_or(0, |from| move_cost(from, ladder[b], manner));
    let mut best = vec![(0..n).map(first).collect::<Vec<i32>>(); n];
    let mut came_from: Vec<Vec<Vec<usize>>> = Vec::new();
    for (slot_idx, pair) in slots.windows(2).enumerate() {
        let mut next = vec![vec![0; n]; n];
        let mut from = vec![vec![0; n]; n];
        for b in 0..n {
            for c in 0..n {
                let costs = (0..n).map(|a| {
                    let turn = if slot_idx == 0 { 0 } else { turn_cost(ladder, [a, b, c], manner) };
                    (best[a][b] + turn, a)
                });
                let (cost, a) = costs.min().expect("a ladder has rungs");
                next[b][c] = cost + own[slot_idx + 1][c] + pair_cost(pair, ladder, b, c, manner);
                from[b][c] = a;
            }
        }
        best = next;
        came_from.push(from);
    }
    trace(&best, &came_from, ladder)
}

fn trace(best: &[Vec<i32>], came_from: &[Vec<Vec<usize>>], ladder: &[i32]) -> (Vec<i32>, i32) {
    let n = ladder.len();
    let ends = (0..n).flat_map(|a| (0..n).map(move |b| (a, b)));
    let (cost, (mut a, mut b)) =
        ends.map(|(a, b)| (best[a][b], (a, b))).min().expect("a ladder has rungs");
    let mut rungs = vec![ladder[b]];
    for from in came_from.iter().rev() {
        rungs.push(ladder[a]);
        (a, b) = (from[a][b], a);
    }
    rungs.reverse();
    (rungs, cost)
}

/// What it costs that `slot` sounds `rung`, whatever comes before and after.
fn place_cost(slot: &Slot, rung: i32, manner: Manner) -> i32 {
    let long = if slot.stroke.duration >= 36 { 3 } else { 0 };
    let weight = slot.stroke.weight() + long;
    let foreign = match manner {
        Manner::Singing => 5 * weight,
        Manner::Arpeggio => 14 + 4 * weight,
        Manner::Screech => 4 * weight + 2,
    };
    let harmony = match slot.chord.place(rung) {
        None => foreign,
        Some(0) => 2,
        Some(_) => 0,
    };
    let rest = match slot.rest {
        Rest::None => 0,
        Rest::Open if matches!(slot.chord.place(rung), Some(1 | 2)) => 0,
        Rest::Closed if rung.rem_euclid(7) == 0 => 0,
        Rest::Open | Rest::Closed => FORBIDDEN,
    };
    harmony + rest + 3 * (rung - slot.height).abs()
}

/// What moving from `slots[0]` on ladder place `b` to `slots[1]` on place `c` costs.
fn pair_cost(slots: &[Slot], ladder: &[i32], b: usize, c: usize, manner: Manner) -> i32 {
    let step = ladder[c] - ladder[b];
    let foreign = |slot: &Slot, place: usize| slot.chord.place(ladder[place]).is_none();
    let leap = step.abs() > 1;
    let unprepared = if leap && foreign(&slots[1], c) { 7 } else { 0 };
    let unresolved = if leap && foreign(&slots[0], b) { 12 } else { 0 };
    let echo = slots[1].echo.map_or(0, |meant| 3 * (meant - step).abs().min(4));
    move_cost(ladder[b], ladder[c], manner) + unprepared + unresolved + echo
}

/// What an interval costs, by its size in scale steps.
fn move_cost(from: i32, to: i32, manner: Manner) -> i32 {
    let sizes = match manner {
        Manner::Singing => [4, 0, 1, 2, 3, 7, 12, 8],
        Manner::Arpeggio => [10, 7, 0, 1, 2, 3, 9, 3],
        Manner::Screech => [2, 4, 3, 5, 4, 7, 12, 1],
    };
    let size = (to - from).unsigned_abs() as usize;
    sizes.get(size).copied().unwrap_or(30)
}

/// What three rungs in a row cost beyond their intervals.
fn turn_cost(ladder: &[i32], [a, b, c]: [usize; 3], manner: Manner) -> i32 {
    let (first, second) = (ladder[b] - ladder[a], ladder[c] - ladder[b]);
    let same_way = first.signum() * second.signum() > 0;
    let onwards = if first.abs() >= 3 && same_way && manner != Manner::Arpeggio { 9 } else { 0 };
    let filled = if first.abs() >= 3 && second == -first.signum() { -2 } else { 0 };
    let stuck = match manner {
        _ if first != 0 || second != 0 => 0,
        Manner::Screech => 4,
        Manner::Singing | Manner::Arpeggio => 10,
    };
    let to_and_fro = match manner {
        _ if first == 0 || first != -second => 0,
        Manner::Arpeggio => 8,
        Manner::Singing | Manner::Screech => 4,
    };
    onwards + filled + stuck + to_and_fro
}
