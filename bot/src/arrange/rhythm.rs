//! What do drums, bass and riser play in each bar of the form?
//!
//! Drums and bass follow the profile's rhythms in the drops; the last beat of each phrase makes
//! room for a fill. Builds have a snare roll that grows and stops a beat before the drop.

use music::score::{Note, Part, Pitch, Tick};
use music::song::TICKS_PER_BEAT;

use super::form::{PHRASE, Plan, Stretch, TICKS_PER_STEP};
use super::harmony::Harmony;
use super::pattern::{STEP, strokes};
use super::profile::{Profile, SectionKind};
use super::{controllers, drum};

const BEAT: u32 = TICKS_PER_BEAT;

/// The bass of the drops: the root of the chord under each stroke, between E1 and D#2, in the
/// profile's rhythm.
pub(crate) fn bass(plan: &Plan, profile: &Profile, harmony: &Harmony) -> Vec<Note> {
    let rhythm = strokes(&profile.bass, plan.bar);
    let bars = plan.bars(SectionKind::Drop);
    let of_bar = |(bar, stretch): (u32, Stretch)| {
        let song_tick = plan.song_bar(stretch, bar) * plan.bar;
        let notes = rhythm.iter().filter_map(move |stroke| {
            let root = harmony.at((song_tick + stroke.at) / TICKS_PER_STEP).root;
            Some(Note {
                onset: Tick(bar * plan.bar + stroke.at),
                pitch: Pitch::new(28 + (root + 12 - 4) % 12)?,
                // A hair short, so that two strokes on one root are heard as two.
                duration: Tick(stroke.duration - STEP / 8),
                velocity: stroke.velocity,
            })
        });
        notes.collect::<Vec<_>>()
    };
    bars.flat_map(of_bar).collect()
}

/// A rising noise over the last two bars of each build.
pub(crate) fn riser(plan: &Plan) -> Vec<Note> {
    let builds = plan.stretches.iter().filter(|s| s.kind == SectionKind::Build);
    let note = |stretch: &Stretch| {
        let n_bars = stretch.n_bars.min(2);
        let onset = (stretch.bar + stretch.n_bars - n_bars) * plan.bar;
        let duration = Tick(n_bars * plan.bar);
        Some(Note { onset: Tick(onset), pitch: Pitch::new(60)?, duration, velocity: 90 })
    };
    builds.filter_map(note).collect()
}

/// Kick, Snare, Hat, Open hat and Crash, each a part of its own on channel 9.
pub(crate) fn drums(plan: &Plan, profile: &Profile) -> Vec<Part> {
    let last_beat = plan.bar - BEAT;
    let fills = |bar: u32, stretch: Stretch| (bar - stretch.bar) % PHRASE == PHRASE - 1;
    let groove = |rhythm: &str, key: u8, rests_in_fill: bool| -> Vec<Note> {
        let rhythm = strokes(rhythm, plan.bar);
        let bars = plan.bars(SectionKind::Drop);
        let of_bar = |(bar, stretch): (u32, Stretch)| {
            let rests = rests_in_fill && fills(bar, stretch);
            let heard = rhythm.iter().filter(move |s| !(rests && s.at >= last_beat));
            let strokes = heard.filter_map(move |s| stroke(bar * plan.bar + s.at, key, s.velocity));
            strokes.collect::<Vec<_>>()
        };
        bars.flat_map(of_bar).collect()
    };
    let mut snare = groove(&profile.snare, drum::SNARE, true);
    for (bar, stretch) in plan.bars(SectionKind::Drop).filter(|(b, s)| fills(*b, *s)) {
        let _ = stretch;
        let at = |i: u32| bar * plan.bar + last_beat + i * STEP;
        snare.extend((0..4).filter_map(|i| stroke(at(i), drum::SNARE, 84 + 10 * i as u8)));
    }
    snare.extend(plan.stretches.iter().flat_map(|stretch| roll(plan, *stretch)));
    let parts = [
        ("Kick", groove(&profile.kick, drum::KICK, true)),
        ("Snare", snare),
        ("Hat", groove(&profile.hat, drum::HAT, false)),
        ("Open hat", groove(&profile.open_hat, drum::OPEN_HAT, false)),
        ("Crash", crashes(plan)),
    ];
    parts.map(|(name, notes)| part(name, notes)).to_vec()
}

fn part(name: &str, mut notes: Vec<Note>) -> Part {
    notes.sort_by_key(|note| (note.onset, note.pitch));
    notes.dedup_by_key(|note| (note.onset, note.pitch));
    Part {
        name: name.to_owned(),
        channel: 9,
        program: Some(0),
        controllers: controllers(110),
        notes,
    }
}

fn stroke(at: u32, key: u8, velocity: u8) -> Option<Note> {
    Some(Note { onset: Tick(at), pitch: Pitch::new(key)?, duration: Tick(STEP / 2), velocity })
}

/// A crash where a drop starts and at each of its phrases.
fn crashes(plan: &Plan) -> Vec<Note> {
    let opens = |bar: &u32, stretch: &Stretch| (bar - stretch.bar).is_multiple_of(PHRASE);
    let bars = plan.bars(SectionKind::Drop).filter(|(bar, stretch)| opens(bar, stretch));
    bars.filter_map(|(bar, _)| stroke(bar * plan.bar, drum::CRASH, 112)).collect()
}

/// Quarters in the first half of a build, then eighths, then sixteenths, ever louder; silent in the
/// last beat.
fn roll(plan: &Plan, stretch: Stretch) -> Vec<Note> {
    if stretch.kind != SectionKind::Build {
        return Vec::new();
    }
    let length = stretch.n_bars * plan.bar;
    let start = stretch.bar * plan.bar;
    let mut notes = Vec::new();
    let mut at = 0;
    while at + BEAT < length {
        let velocity = 44 + (at * 76 / length) as u8;
        notes.extend(stroke(start + at, drum::SNARE, velocity));
        at += match at * 4 / length {
            0 | 1 => BEAT,
            2 => BEAT / 2,
            _ => STEP,
        };
    }
    notes
}
