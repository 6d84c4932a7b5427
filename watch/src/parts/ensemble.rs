//! What is each part there for beside the others, and which voice do its notes play?
//!
//! The role of each part alone comes from [`super::decide`]; here the parts of a song are weighed
//! against each other, and each note gets its voice.

use std::collections::BTreeSet;

use music::score::{Note, Part, Score};
use music::song::Voice;

use super::classified::{ClassifiedPart, voiced};
use super::decide::{Decision, MIN_NOTES, decide};
use super::hints::{self, Hint};
use super::learned::MODEL;
use super::role::Role;
use super::shape::Shape;
use super::voices;

/// The highest median of a low lead.
const MAX_LOW_LEAD: u8 = 52;
/// With fewer lead notes in all, the best of the chords leads too.
const MIN_LEAD: usize = 12;

/// Classifies every part of `score`, in order.
pub fn classify(score: &Score) -> Vec<ClassifiedPart> {
    classify_as(score, decide(score, &MODEL))
}

/// Classifies every part of `score` with `decisions` already made about their roles, in order. Roles
/// still change where another part leads or none does.
pub fn classify_as(score: &Score, decisions: Vec<Decision>) -> Vec<ClassifiedPart> {
    let ticks = score.ticks_per_beat;
    let pairs = score.parts.iter().zip(decisions);
    let mut parts: Vec<ClassifiedPart> =
        pairs.map(|(part, decision)| classify_part(part, decision, ticks)).collect();
    settle_leads(score, &mut parts);
    settle_basses(score, &mut parts);
    parts
}

fn classify_part(part: &Part, decision: Decision, ticks: u16) -> ClassifiedPart {
    let Decision { role, why } = decision;
    let voices = match role {
        Role::Drums | Role::Other => vec![None; part.notes.len()],
        Role::Bass => vec![Some(Voice::Bass); part.notes.len()],
        Role::Chords | Role::Lead => voices_of(&part.notes, role, split_of(part, ticks), ticks),
    };
    ClassifiedPart { name: part.name.clone(), role, n_notes: part.notes.len(), why, voices }
}

/// The pitch that separates bass and melody of one part. A single low line that both name and
/// instrument call a lead is one voice, however far it ranges.
fn split_of(part: &Part, ticks: u16) -> Option<u8> {
    let split = voices::split_pitch(&part.notes, ticks)?;
    let is_lead = [hints::by_name(part), hints::by_program(part)] == [Some(Hint::Lead); 2];
    let is_low_line = || {
        let shape = Shape::of(&part.notes, ticks);
        shape.width < 1.2 && shape.median <= MAX_LOW_LEAD
    };
    (!(is_lead && is_low_line())).then_some(split)
}

/// Voices of the notes of one part that is neither bass nor drums as a whole.
fn voices_of(notes: &[Note], role: Role, split: Option<u8>, ticks: u16) -> Vec<Option<Voice>> {
    let is_bass = match split {
        Some(split) => voices::bass_of(notes, split, ticks),
        None if role == Role::Chords => voices::roots(notes, ticks),
        None => vec![false; notes.len()],
    };
    if role == Role::Chords {
        let voice = |is_bass: bool| Some(if is_bass { Voice::Bass } else { Voice::Chords });
        return is_bass.into_iter().map(voice).collect();
    }
    let pairs = notes.iter().zip(&is_bass);
    let rest: Vec<Note> = pairs.filter(|(_, is_bass)| !**is_bass).map(|(note, _)| *note).collect();
    let mut upper = voices::lead_and_chords(&rest, ticks).into_iter();
    is_bass.iter().map(|is_bass| if *is_bass { Some(Voice::Bass) } else { upper.next() }).collect()
}

/// One part leads at a time: the best, and others only in bars where it is silent. With hardly any
/// lead, the top line of the chords leads too if it moves.
fn settle_leads(score: &Score, parts: &mut [ClassifiedPart]) {
    let ticks = score.ticks_per_beat;
    if leads_little(score, parts) {
        promote_chords(score, parts);
    }
    if !parts.iter().any(|part| part.role == Role::Lead) {
        promote_low_lead(score, parts);
    }
    let mut leads: Vec<(f64, usize)> = parts
        .iter()
        .enumerate()
        .filter(|(_, part)| part.role == Role::Lead)
        .map(|(index, _)| (prominence(&score.parts[index], ticks), index))
        .collect();
    leads.sort_by(|a, b| b.0.total_cmp(&a.0));
    let bar = u32::from(ticks) * 4;
    let mut led_bars = BTreeSet::new();
    for (_, index) in leads {
        let notes = &score.parts[index].notes;
        let mut led_now = Vec::new();
        for (note, voice) in notes.iter().zip(&mut parts[index].voices) {
            let at = note.onset.0 / bar.max(1);
            if *voice == Some(Voice::Lead) {
                if led_bars.contains(&at) {
                    *voice = Some(Voice::Chords);
                } else {
                    led_now.push(at);
                }
            }
        }
        if led_now.is_empty() {
            parts[index].role = Role::Chords;
            parts[index].why.push_str("; another part leads");
        }
        led_bars.extend(led_now);
    }
}

/// Whether leads are silent in most of the bars in which anything plays a voice, or as good as
/// missing.
fn leads_little(score: &Score, parts: &[ClassifiedPart]) -> bool {
    let bar = (u32::from(score.ticks_per_beat) * 4).max(1);
    let (mut bars, mut led_bars, mut n_lead) = (BTreeSet::new(), BTreeSet::new(), 0);
    for (note, voice) in voiced(score, parts) {
        bars.insert(note.onset.0 / bar);
        if voice == Voice::Lead {
            led_bars.insert(note.onset.0 / bar);
            n_lead += 1;
        }
    }
    n_lead < MIN_LEAD || led_bars.len() * 3 < bars.len()
}

fn promote_chords(score: &Score, parts: &mut [ClassifiedPart]) {
    let ticks = score.ticks_per_beat;
    let moving = |part: &Part| {
        let line = top_line(part, ticks);
        let is_mostly_chords = Shape::of(&part.notes, ticks).chord_share >= 0.5;
        let motion = if is_mostly_chords { 0.25 } else { 0.1 };
        line.n_classes >= 3 && line.motion >= motion && line.onsets_a_beat >= 1.0
    };
    let candidates = parts.iter().enumerate().filter(|(_, part)| part.role == Role::Chords);
    let best = candidates
        .filter(|(index, _)| moving(&score.parts[*index]))
        .max_by(|(a, _), (b, _)| {
            let prominence = |index: usize| prominence(&score.parts[index], ticks);
            prominence(*a).total_cmp(&prominence(*b))
        })
        .map(|(index, _)| index);
    if let Some(index) = best {
        parts[index].role = Role::Lead;
        parts[index].why.push_str(", whose top line moves like a melody");
        let notes = &score.parts[index].notes;
        let split = voices::split_pitch(notes, ticks);
        parts[index].voices = voices_of(notes, Role::Lead, split, ticks);
    }
}

/// Of several low lines, one whose name says lead is the lead: a song does not need two basses.
fn promote_low_lead(score: &Score, parts: &mut [ClassifiedPart]) {
    let is_low = |part: &ClassifiedPart| part.role == Role::Bass && part.n_notes >= MIN_NOTES;
    if parts.iter().filter(|part| is_low(part)).count() < 2 {
        return;
    }
    let says_lead = |index: usize| hints::by_name(&score.parts[index]) == Some(Hint::Lead);
    let found = (0..parts.len()).find(|index| is_low(&parts[*index]) && says_lead(*index));
    if let Some(index) = found {
        parts[index].role = Role::Lead;
        parts[index].why.push_str("; with another bass beside it, its name makes it the lead");
        let notes = &score.parts[index].notes;
        parts[index].voices = voices_of(notes, Role::Lead, None, score.ticks_per_beat);
    }
}

fn top_line(part: &Part, ticks: u16) -> Shape {
    let split = voices::split_pitch(&part.notes, ticks);
    let voices = voices_of(&part.notes, Role::Lead, split, ticks);
    let pairs = part.notes.iter().zip(voices);
    let lead: Vec<Note> =
        pairs.filter(|(_, voice)| *voice == Some(Voice::Lead)).map(|(note, _)| *note).collect();
    Shape::of(&lead, ticks)
}

/// How likely a part is the one that people would hum: it moves, lies high, plays much, and its
/// name says so.
fn prominence(part: &Part, ticks: u16) -> f64 {
    let shape = top_line(part, ticks);
    let hinted = |hint: Option<Hint>| f64::from(u8::from(hint == Some(Hint::Lead)));
    let size = (shape.n_onsets as f64).ln_1p();
    let height = (f64::from(shape.median) - 60.0).clamp(-12.0, 18.0) / 18.0;
    2.0 * hinted(hints::by_name(part))
        + 0.5 * hinted(hints::by_program(part))
        + 0.5 * size
        + height
        + shape.motion
        - 0.5 * (shape.width - 1.0)
}

/// Where a part is the bass as a whole, the low notes of other parts are chords.
fn settle_basses(score: &Score, parts: &mut [ClassifiedPart]) {
    let has_bass = parts.iter().any(|part| part.role == Role::Bass && part.n_notes >= MIN_NOTES);
    if !has_bass || score.parts.len() < 2 {
        return;
    }
    for part in parts.iter_mut().filter(|part| part.role != Role::Bass) {
        for voice in part.voices.iter_mut().filter(|voice| **voice == Some(Voice::Bass)) {
            *voice = Some(Voice::Chords);
        }
    }
}
