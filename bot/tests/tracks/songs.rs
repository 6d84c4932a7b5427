//! Which songs might an untrained network write?
//!
//! Random walks in every voice, meter and density.

use bot::arrangement_kind::ArrangementKind;
use bot::instrument::Instrument;
use bot::render_spec::RenderSpec;
use music::score::Pitch;
use music::song::{GridNote, STEPS_PER_BEAT, Song, Voice};

/// A source of numbers that is the same everywhere.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5DEE_CE66)
    }

    /// 0 to `n` - 1.
    pub(crate) fn below(&mut self, n: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
        ((self.0 >> 33) % u64::from(n)) as u32
    }

    fn chance(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }
}

/// A song; most are in four, some have no bass or chords, a few have hardly a note.
pub(crate) fn song(dice: &mut Dice) -> Song {
    let beats_per_bar = if dice.chance(60) { 4 } else { 2 + dice.below(5) };
    let n_bars = [8, 16, 32, 1 + dice.below(70), 1 + dice.below(12)][dice.below(5) as usize];
    let end = n_bars * beats_per_bar * STEPS_PER_BEAT;
    let mut notes = Vec::new();
    let longest_step = 2 + dice.below(60);
    walk(dice, &mut notes, Voice::Lead, (50, 100), end, longest_step, 3);
    if dice.chance(60) {
        walk(dice, &mut notes, Voice::Bass, (24, 52), end, 96, 1);
    }
    if dice.chance(60) {
        walk(dice, &mut notes, Voice::Chords, (40, 76), end, 96, 4);
    }
    if dice.chance(4) {
        notes.truncate(1);
    }
    Song::new(60.0 + f64::from(dice.below(1400)) / 10.0, beats_per_bar, n_bars, notes)
}

fn walk(
    dice: &mut Dice,
    notes: &mut Vec<GridNote>,
    voice: Voice,
    (low, high): (u32, u32),
    end: u32,
    longest_step: u32,
    most_at_once: u32,
) {
    let mut pitch = low.midpoint(high);
    let mut onset = dice.below(longest_step);
    while onset < end {
        pitch = (pitch + dice.below(15)).saturating_sub(7).clamp(low, high);
        for above in 0..=dice.below(most_at_once) {
            let pitch = Pitch::new((pitch + 4 * above) as u8).expect("below 128");
            let duration = 1 + dice.below(2 * longest_step);
            notes.push(GridNote::new(onset, voice, pitch, duration));
        }
        onset += 1 + dice.below(longest_step);
    }
}

/// A wish that anyone could have.
pub(crate) fn spec(dice: &mut Dice) -> RenderSpec {
    let genres = ["hardstyle", "hardcore", "trance", "house", "polka", "Uptempo Häärdcore #1"];
    let genre = genres[dice.below(6) as usize];
    let mut spec = RenderSpec::new(
        genre,
        1 + dice.below(9),
        u64::from(dice.below(u32::MAX)),
        u64::from(dice.below(99_999)),
    );
    if dice.chance(30) {
        spec.arrangement = ArrangementKind::Lead;
    }
    if dice.chance(30) {
        spec.instrument = Instrument::new(dice.below(128) as u8);
    }
    spec
}
