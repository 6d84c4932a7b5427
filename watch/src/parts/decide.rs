//! Which role do a part's notes speak for, and why?
//!
//! Hard facts first: a drum kit on the drum channel, a handful of notes, one pitch repeated. All
//! else a logistic model decides from the numbers of [`super::features`], learned by
//! `watch/examples/roles` from labelled parts. It never saw a name or program. Each of these alone
//! adds a small, fixed bonus to the role it hints at, so that it tips what the notes leave open and
//! nothing more. Where both agree on lead or bass, they all but decide within the register that a
//! bass may have, for notes can't tell a low lead from a bass: with a bonus of 4 nats for both
//! together instead of 16, two of nine low leads are recognised instead of all, and of all 3291 test
//! files 2905 are judged right instead of 3228. Which notes play which voice is
//! [`super::classify`]'s question.

use music::score::{Part, Pitch, Score};

use super::features::{self, Features};
use super::hints::{self, Hint};
use super::model::Model;
use super::role::Role;
use super::shape::Shape;
use super::voices;

/// A role and the facts that speak for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What the part is there for.
    pub role: Role,
    /// Why, for a person: a phrase without a full stop.
    pub why: String,
}

/// A part with fewer different pitches is a rhythm.
const MIN_MELODY_PITCHES: usize = 3;
/// Unless it lies below this: two low pitches may be a bass.
const MAX_BASS_MEDIAN: u8 = 52;
/// The highest median of a bass (and the highest ninth decile): by its notes alone, with a name or a
/// program that says bass, and with both, which then is one moved up an octave.
const MAX_BASS: [(u8, u8); 3] = [(55, 62), (62, 69), (74, 81)];
/// The least share of notes on the keys of a drum kit for drums off the drum channel.
const MIN_KIT: f64 = 0.55;
/// Parts with fewer notes are strays.
pub(crate) const MIN_NOTES: usize = 6;
/// A second role that is less than this many nats behind is mentioned.
const CLOSE: f64 = 1.0;

/// Decides the role of each part of `score`, in order.
pub fn decide(score: &Score, model: &Model) -> Vec<Decision> {
    decide_measured(score, &features::measure(score), model)
}

/// The same with what [`features::measure`] gave for `score`.
pub fn decide_measured(score: &Score, features: &[Features], model: &Model) -> Vec<Decision> {
    let pairs = score.parts.iter().zip(features);
    pairs.map(|(part, features)| of_part(part, features, score.ticks_per_beat, model)).collect()
}

fn of_part(part: &Part, features: &Features, ticks: u16, model: &Model) -> Decision {
    let shape = Shape::of(&part.notes, ticks);
    if let Some(fact) = by_fact(part, &shape) {
        return fact;
    }
    let hints = [hints::by_name(part), hints::by_program(part)];
    let mut by_notes = model.scores(features);
    for (score, role) in by_notes.iter_mut().zip(Role::LEARNED) {
        if !may_be(role, &shape, hints) {
            *score = f64::NEG_INFINITY;
        }
    }
    let mut scores = by_notes;
    for (score, role) in scores.iter_mut().zip(Role::LEARNED) {
        let says_so = |hint: &&Hint| role_of(**hint) == role;
        *score += match hints.iter().flatten().filter(says_so).count() {
            0 => 0.0,
            1 => model.hint,
            _ if matches!(role, Role::Lead | Role::Bass) => model.agreement,
            _ => 2.0 * model.hint,
        };
    }
    let best = highest(&scores);
    let mut others = scores;
    others[best] = f64::NEG_INFINITY;
    let second = highest(&others);
    let role = Role::LEARNED[best];
    let mut why = facts(part, &shape, role, ticks);
    if best != highest(&by_notes) {
        why.push_str("; its name or instrument tips it");
    } else if scores[best] - scores[second] < CLOSE {
        why.push_str(&format!("; it is nearly {}", with_article(Role::LEARNED[second])));
    }
    Decision { role, why }
}

/// Whether a role is possible in this register.
fn may_be(role: Role, shape: &Shape, hints: [Option<Hint>; 2]) -> bool {
    match role {
        Role::Bass => {
            let n_hints = hints.iter().filter(|hint| **hint == Some(Hint::Bass)).count();
            let (median, high) = MAX_BASS[n_hints];
            shape.median <= median && shape.high <= high
        }
        Role::Drums => shape.kit_share >= MIN_KIT,
        _ => true,
    }
}

/// What is decided by plain facts.
fn by_fact(part: &Part, shape: &Shape) -> Option<Decision> {
    let decision = |role, why: &str| Some(Decision { role, why: why.to_owned() });
    if part.is_drum_channel() && !is_tonal(shape) {
        return decision(Role::Drums, "it plays on channel 10, the drum channel");
    }
    if shape.n_notes < MIN_NOTES {
        return decision(Role::Other, &format!("it has only {}", count(shape.n_notes, "note")));
    }
    if shape.n_pitches < MIN_MELODY_PITCHES && shape.median > MAX_BASS_MEDIAN {
        let pitches = if shape.n_pitches == 1 { "one pitch" } else { "two pitches" };
        return decision(Role::Other, &format!("it only repeats {pitches}"));
    }
    None
}

/// Whether a part on the drum channel plays a tune after all (some programs put everything there).
fn is_tonal(shape: &Shape) -> bool {
    shape.kit_share < 0.25
        && shape.n_classes >= 5
        && shape.main_class < 0.4
        && shape.off_scale < 0.05
        && shape.motion > 0.5
}

fn role_of(hint: Hint) -> Role {
    match hint {
        Hint::Lead => Role::Lead,
        Hint::Chords => Role::Chords,
        Hint::Bass => Role::Bass,
        Hint::Drums => Role::Drums,
    }
}

fn highest(scores: &[f64; 4]) -> usize {
    (0..4).max_by(|a, b| scores[*a].total_cmp(&scores[*b])).unwrap_or(0)
}

/// The main facts about the notes, as they matter for the role.
fn facts(part: &Part, shape: &Shape, role: Role, ticks: u16) -> String {
    if role == Role::Drums {
        let percent = (100.0 * shape.kit_share).round();
        return format!("{percent} % of its notes lie on the keys of a drum kit");
    }
    let together = if shape.chord_share >= 0.3 {
        format!("{} % of its onsets are chords", (100.0 * shape.chord_share).round())
    } else if shape.width >= 1.2 {
        "now and then several at a time".to_owned()
    } else {
        "one at a time".to_owned()
    };
    let line = match (role, voices::split_pitch(&part.notes, ticks)) {
        (Role::Lead, Some(split)) => {
            let n_low = part.notes.iter().filter(|note| note.pitch.number() < split).count();
            format!("{n_low} of them a bass below a melody")
        }
        (Role::Lead, None) => {
            format!("the top moves at {} % of the onsets", (100.0 * shape.motion).round())
        }
        _ => format!("on {}", count(shape.n_classes, "different pitch class")),
    };
    let [low, high] = [shape.low, shape.high].map(name);
    format!("its notes lie between {low} and {high}, {together}, {line}")
}

fn name(pitch: u8) -> String {
    Pitch::new(pitch).map(|pitch| pitch.to_string()).unwrap_or_default()
}

fn with_article(role: Role) -> String {
    match role {
        Role::Lead | Role::Bass => format!("a {role}"),
        _ => role.to_string(),
    }
}

fn count(n: usize, what: &str) -> String {
    let plural = if what.ends_with('s') { "es" } else { "s" };
    format!("{n} {what}{}", if n == 1 { "" } else { plural })
}
