//! How is a song steered to what was asked for, while it is drawn?
//!
//! Pitches outside the scale are left out once the song has as many as it is to have; logits are raised
//! and lowered, in nats, where the song so far lies off a density, a register or a number of notes at once
//! that was asked for.

use music::song::{STEPS_PER_BEAT, Voice};
use music::tokens::{Room, Token, TokenId, VOCABULARY, absolute};

use super::spec::SongSpec;

/// By how much the end of a bar becomes likelier with each bar's worth of notes too many.
const DENSITY_PULL: f64 = 3.0;
/// By how much a beat without a note becomes likelier with each bar's worth of notes too many.
const GAP_PULL: f64 = 3.0;
/// By how much another note at once becomes likelier with each bar's worth of notes too few.
const DENSE_CHORD_PULL: f64 = 2.0;
/// By how much a note of the lead becomes less likely with the square of its distance in semitones from the
/// register asked for, with each draw that was elsewhere.
const REGISTER_PULL: f32 = 0.008;
/// By how much another note at once becomes likelier with each draw that had too few.
const CHORD_PULL: f32 = 0.7;
/// The share of the notes in the scale below which no song falls where no key was asked for.
const MIN_IN_SCALE: f64 = 0.82;
/// Notes of which a share outside the scale is taken where there are fewer yet.
const FEW_NOTES: f64 = 16.0;

/// Where a song stands against what was asked for.
pub(super) struct Steering<'a> {
    spec: &'a SongSpec,
    /// Which draw of this song it is.
    draw: f32,
    /// For each token, whether it is a pitch outside the scale of the key.
    is_outside: Vec<bool>,
    /// For each token that is a pitch, what the register takes off it in the lead; empty if none was asked
    /// for.
    off_register: Vec<f32>,
    n_primer_bars: u32,
    n_bars: u32,
    position: u32,
    is_lead: bool,
    n_notes: u32,
    n_outside: u32,
    /// The most notes that sounded at once, where one of those drawn began.
    n_at_once: u32,
}

/// What is added to the logits at a place, by the kind of token.
struct Pulls {
    end: f32,
    /// A beat further on.
    beat: f32,
    pitch: f32,
}

impl<'a> Steering<'a> {
    /// Before the first token of a song; `draw` counts the attempts at it.
    pub(super) fn new(spec: &'a SongSpec, draw: u64) -> Self {
        let scale = spec.key.scale();
        let pitch = |id: u32| match TokenId(id).token() {
            Some(Token::Pitch(written)) => absolute(written, spec.key),
            _ => None,
        };
        let ids = 0..VOCABULARY as u32;
        let is_outside = |id: u32| pitch(id).is_some_and(|pitch| !scale.contains(&pitch.class()));
        let asked = spec.register.filter(|_| spec.asked.register);
        let off_register = |asked: f64| {
            let off = |id: u32| {
                let off = pitch(id).map_or(0.0, |pitch| f32::from(pitch.number()) - asked as f32);
                REGISTER_PULL * draw as f32 * off * off
            };
            ids.clone().map(off).collect()
        };
        Self {
            spec,
            draw: draw as f32,
            is_outside: ids.clone().map(is_outside).collect(),
            off_register: asked.map_or(Vec::new(), off_register),
            n_primer_bars: spec.n_primer_bars(),
            n_bars: 0,
            position: 0,
            is_lead: false,
            n_notes: 0,
            n_outside: 0,
            n_at_once: 0,
        }
    }

    /// Moves past a token that was `drawn` or stands in the primer; `room` is where the song stands after it.
    pub(super) fn advance(&mut self, token: TokenId, drawn: bool, room: &Room) {
        match token.token() {
            Some(Token::Bar) => {
                self.n_bars += 1;
                self.position = 0;
            }
            Some(Token::Voice(voice)) => {
                self.position = 0;
                self.is_lead = voice == Voice::Lead;
            }
            Some(Token::Position(step)) => self.position = step,
            Some(Token::Pitch(_)) if drawn => {
                self.n_notes += 1;
                self.n_outside += u32::from(self.is_outside[token.0 as usize]);
            }
            Some(Token::Duration(_)) if drawn => {
                self.n_at_once = self.n_at_once.max(room.n_sounding());
            }
            _ => {}
        }
    }

    /// Bars that were drawn and are complete, unless it is the last of all.
    pub(super) fn n_drawn_bars(&self) -> u32 {
        self.n_bars.saturating_sub(1 + self.n_primer_bars)
    }

    /// Changes the logits of the tokens that may come next; `may_end_bar` says whether a note has just been
    /// completed or a bar begun.
    pub(super) fn steer(&self, allowed: &mut Vec<(u32, f32)>, may_end_bar: bool) {
        if !self.may_leave_scale() {
            self.keep_to_scale(allowed);
        }
        let asked = self.spec.asked;
        if !(asked.density || asked.register || asked.polyphony) {
            return;
        }
        let pulls = self.pulls(may_end_bar);
        let off_register = if self.is_lead { self.off_register.as_slice() } else { &[] };
        for (id, logit) in allowed {
            *logit += match TokenId(*id).token() {
                Some(Token::Bar | Token::End) => pulls.end,
                Some(Token::Position(step)) => {
                    pulls.beat * step.saturating_sub(self.position) as f32 / STEPS_PER_BEAT as f32
                }
                Some(Token::Pitch(_)) => {
                    pulls.pitch - off_register.get(*id as usize).copied().unwrap_or(0.0)
                }
                _ => 0.0,
            };
        }
    }

    fn pulls(&self, may_end_bar: bool) -> Pulls {
        let Self { spec, n_bars, n_primer_bars, .. } = self;
        let mut pulls = Pulls { end: 0.0, beat: 0.0, pitch: 0.0 };
        if spec.asked.density {
            let notes_per_bar = spec.notes_per_bar.max(0.5);
            let n_drawn_bars = f64::from(n_bars.saturating_sub(*n_primer_bars));
            let surplus = f64::from(self.n_notes) / notes_per_bar - n_drawn_bars;
            pulls.end = (DENSITY_PULL * surplus).clamp(-8.0, 8.0) as f32;
            pulls.beat = (GAP_PULL * surplus).clamp(-6.0, 6.0) as f32;
            if may_end_bar {
                pulls.pitch = (-DENSE_CHORD_PULL * surplus).clamp(0.0, 3.0) as f32;
            }
        }
        if spec.asked.polyphony && may_end_bar && self.n_at_once < spec.polyphony.in_all {
            pulls.pitch += CHORD_PULL * self.draw;
        }
        pulls
    }

    /// Whether one more note may lie outside the scale.
    fn may_leave_scale(&self) -> bool {
        let n_notes = f64::from(self.n_notes + 1).max(FEW_NOTES);
        let SongSpec { asked, in_scale, .. } = *self.spec;
        let share = if asked.key { in_scale } else { in_scale.min(MIN_IN_SCALE) };
        f64::from(self.n_outside + 1) <= (1.0 - share) * n_notes
    }

    /// Leaves out the pitches outside the scale, and a velocity where none other could follow it; unless
    /// nothing else may come.
    fn keep_to_scale(&self, allowed: &mut Vec<(u32, f32)>) {
        let is_outside = |id: u32| self.is_outside[id as usize];
        let is_pitch = |id: u32| matches!(TokenId(id).token(), Some(Token::Pitch(_)));
        let is_velocity = |id: u32| matches!(TokenId(id).token(), Some(Token::Velocity(_)));
        if !allowed.iter().any(|(id, _)| is_outside(*id)) {
            return;
        }
        let has_inside = allowed.iter().any(|(id, _)| is_pitch(*id) && !is_outside(*id));
        let may_stay = |id: u32| !is_outside(id) && (has_inside || !is_velocity(id));
        if allowed.iter().any(|(id, _)| may_stay(*id)) {
            allowed.retain(|(id, _)| may_stay(*id));
        }
    }
}
