//! Which role do a part's notes speak for, and why?
//!
//! Hard facts first: a drum kit on the drum channel, a handful of notes, one pitch repeated. All
//! else a logistic model decides from the numbers of [`crate::role_features`], learned by
//! `watch/examples/roles` from labelled parts. It never saw a name or program: each of these adds
//! the same small, fixed bonus to the role it hints at, so that words tip what the notes leave open
//! and nothing more. Which notes play which voice is [`crate::parts`]'s question.

use std::fmt;

use music::score::{Part, Pitch, Score};

use crate::hints::{self, Hint};
use crate::role_features::{self, Features, N_FEATURES};
use crate::role_model;
use crate::shape::Shape;
use crate::voices;

/// What a part is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// It carries the melody (and perhaps bass and chords too, in the same part).
    Lead,
    /// Harmony above the bass.
    Chords,
    /// The lowest line.
    Bass,
    /// Drums or other pitchless rhythm.
    Drums,
    /// Too little or too plain to be any of these: a few stray notes, one repeated pitch.
    Other,
}

impl Role {
    /// The roles that are learned, in the order of a model's weights; `Other` is a hard fact.
    pub const LEARNED: [Self; 4] = [Self::Lead, Self::Chords, Self::Bass, Self::Drums];

    /// `lead`, `chords`, `bass`, `drums` or `other`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lead => "lead",
            Self::Chords => "chords",
            Self::Bass => "bass",
            Self::Drums => "drums",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A role and the facts that speak for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What the part is there for.
    pub role: Role,
    /// Why, for a person: a phrase without its dot.
    pub why: String,
}

/// A multinomial logistic model of roles.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// Mean of each feature over the training rows.
    pub means: Features,
    /// Standard deviation of each feature over the training rows; never 0.
    pub scales: Features,
    /// Weights of the standardised features, for each of [`Role::LEARNED`].
    pub weights: [Features; 4],
    /// What each role starts with.
    pub biases: [f64; 4],
    /// What a name or a program adds to the role it hints at, in nats.
    pub hint: f64,
    /// What both add together where they agree on lead or bass, in nats: they tell a low lead from
    /// a bass and a high bass from a lead, which notes can't.
    pub agreement: f64,
}

impl Model {
    /// The one that the intake uses.
    pub const LEARNED: &'static Self = &role_model::LEARNED;

    /// How strongly the notes alone speak for each of [`Role::LEARNED`], in nats; only differences
    /// count.
    pub fn scores(&self, features: &Features) -> [f64; 4] {
        let mut standard = [0.0; N_FEATURES];
        for (index, value) in features.iter().enumerate() {
            // Far outside of what was learned from, a number should not shout ever louder.
            standard[index] = ((value - self.means[index]) / self.scales[index]).clamp(-4.0, 4.0);
        }
        let mut scores = self.biases;
        for (score, weights) in scores.iter_mut().zip(&self.weights) {
            *score +=
                weights.iter().zip(standard).map(|(weight, value)| weight * value).sum::<f64>();
        }
        scores
    }
}

/// Fewer different pitches are a rhythm.
const MIN_MELODY_PITCHES: usize = 3;
/// Two pitches below this may be a bass all the same.
const MAX_BASS_MEDIAN: u8 = 52;
/// No bass lies higher than this by half of its notes (and by nine tenths): by its
/// notes alone, with a name or a program that says bass, and with both, as one moved up an octave.
const MAX_BASS: [(u8, u8); 3] = [(55, 62), (62, 69), (74, 81)];
/// Drums off the drum channel lie on the keys of a drum kit by this share.
const MIN_KIT: f64 = 0.55;
/// Fewer notes are stray.
pub(crate) const MIN_NOTES: usize = 6;
/// A runner-up that is less than this many nats behind is named.
const CLOSE: f64 = 1.0;

/// Decides the role of each part of `score`, in order.
pub fn decide(score: &Score, model: &Model) -> Vec<Decision> {
    decide_measured(score, &role_features::measure(score), model)
}

/// The same with what [`role_features::measure`] gave for `score`.
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

/// Whether the register leaves a role open.
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

/// What needs no weighing.
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

/// Whether a part on the drum channel plays a tune all the same (some programs put all on it).
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
