//! What do drums, bass and riser play in each bar of the form?
//!
//! Drums and bass follow the profile's rhythms in the drops; the last beat of each phrase makes
//! room for a fill. Builds have a snare roll that grows and stops a beat before the drop.

use music::score::{Note, Pitch, Tick};
use music::song::TICKS_PER_BEAT;

use super::form::{Form, PHRASE, Placed, TICKS_PER_STEP};
use super::harmony::Harmony;
use super::pattern::{SIXTEENTH, hits};
use super::profile::Profile;
use crate::part::PartKind;
use crate::section::{Section, SectionKind};

const BEAT: u32 = TICKS_PER_BEAT;

/// The bass of the drops: the root of the chord under each note, between E1 and D♯2, in the
/// profile's rhythm.
pub(super) fn bass(form: &Form, profile: &Profile, harmony: &Harmony) -> Vec<Note> {
    let rhythm = hits(&profile.bass, form.bar);
    let of_bar = |(bar, placed): (u32, Placed)| {
        let song_tick = form.song_bar(placed, bar) * form.bar;
        let notes = rhythm.iter().filter_map(move |hit| {
            let root = harmony.at((song_tick + hit.at) / TICKS_PER_STEP).root;
            Some(Note {
                onset: Tick(bar * form.bar + hit.at),
                pitch: Pitch::new(28 + (root + 12 - 4) % 12)?,
                // A hair short, so that two notes on one root are heard as two.
                duration: Tick(hit.duration - SIXTEENTH / 8),
                velocity: hit.velocity,
            })
        });
        notes.collect::<Vec<_>>()
    };
    form.bars(SectionKind::Drop).flat_map(of_bar).collect()
}

/// A rising noise over the last two bars of each build.
pub(super) fn riser(form: &Form) -> Vec<Note> {
    let builds = sections(form).filter(|section| section.kind == SectionKind::Build);
    let note = |section: Section| {
        let n_bars = section.n_bars.min(2);
        let onset = (section.end() - n_bars) * form.bar;
        let duration = Tick(n_bars * form.bar);
        Some(Note { onset: Tick(onset), pitch: Pitch::new(60)?, duration, velocity: 90 })
    };
    builds.filter_map(note).collect()
}

/// The notes of every drum, each a part of its own.
pub(super) fn drums(form: &Form, profile: &Profile) -> Vec<(PartKind, Vec<Note>)> {
    let drums = PartKind::all().filter(|kind| kind.is_drum());
    drums.map(|drum| (drum, in_order(drum_notes(drum, form, profile)))).collect()
}

fn drum_notes(drum: PartKind, form: &Form, profile: &Profile) -> Vec<Note> {
    let mut notes = groove(drum, profile.rhythm(drum), form);
    match drum {
        PartKind::Snare => {
            notes.extend(fills(form));
            notes.extend(sections(form).flat_map(|section| roll(form, section)));
        }
        PartKind::Crash => notes.extend(crashes(form)),
        _ => {}
    }
    notes
}

/// A rhythm in every bar of the drops. Kick and snare rest where a fill plays.
fn groove(drum: PartKind, rhythm: &str, form: &Form) -> Vec<Note> {
    let rests_in_fill = matches!(drum, PartKind::Kick | PartKind::Snare);
    let rhythm = hits(rhythm, form.bar);
    let of_bar = |(bar, placed): (u32, Placed)| {
        let rests = rests_in_fill && ends_phrase(bar, placed);
        let heard = rhythm.iter().filter(move |hit| !(rests && hit.at >= form.bar - BEAT));
        heard.filter_map(move |hit| stroke(drum, bar * form.bar + hit.at, hit.velocity))
    };
    form.bars(SectionKind::Drop).flat_map(of_bar).collect()
}

/// Four sixteenths of snare, each louder, in the last beat of each phrase of a drop.
fn fills(form: &Form) -> impl Iterator<Item = Note> + '_ {
    let ends = form.bars(SectionKind::Drop).filter(|(bar, placed)| ends_phrase(*bar, *placed));
    ends.flat_map(|(bar, _)| {
        let start = (bar + 1) * form.bar - BEAT;
        let note = move |i: u32| stroke(PartKind::Snare, start + i * SIXTEENTH, 84 + 10 * i as u8);
        (0..4).filter_map(note)
    })
}

fn ends_phrase(bar: u32, placed: Placed) -> bool {
    (bar - placed.section.bar) % PHRASE == PHRASE - 1
}

/// A crash where a drop starts and at each of its phrases.
fn crashes(form: &Form) -> impl Iterator<Item = Note> + '_ {
    let bars = form.bars(SectionKind::Drop);
    let opens = bars.filter(|(bar, placed)| (bar - placed.section.bar).is_multiple_of(PHRASE));
    opens.filter_map(|(bar, _)| stroke(PartKind::Crash, bar * form.bar, 112))
}

/// Quarters in the first half of a build, then eighths, then sixteenths, ever louder; silent in the
/// last beat.
fn roll(form: &Form, section: Section) -> Vec<Note> {
    if section.kind != SectionKind::Build {
        return Vec::new();
    }
    let length = section.n_bars * form.bar;
    let start = section.bar * form.bar;
    let mut notes = Vec::new();
    let mut at = 0;
    while at + BEAT < length {
        let velocity = 44 + (at * 76 / length) as u8;
        notes.extend(stroke(PartKind::Snare, start + at, velocity));
        at += match at * 4 / length {
            0 | 1 => BEAT,
            2 => BEAT / 2,
            _ => SIXTEENTH,
        };
    }
    notes
}

fn stroke(drum: PartKind, at: u32, velocity: u8) -> Option<Note> {
    let pitch = Pitch::new(drum.drum_key()?)?;
    Some(Note { onset: Tick(at), pitch, duration: Tick(SIXTEENTH / 2), velocity })
}

fn in_order(mut notes: Vec<Note>) -> Vec<Note> {
    notes.sort_by_key(|note| (note.onset, note.pitch));
    notes.dedup_by_key(|note| (note.onset, note.pitch));
    notes
}

fn sections(form: &Form) -> impl Iterator<Item = Section> + '_ {
    form.sections.iter().map(|placed| placed.section)
}
