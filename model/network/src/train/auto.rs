//! How large a network, and how long a step, suits so much music in so much time?
//!
//! Settings of size and length may be left open, as "auto" in the configuration and [`AUTO`] here.
//! What is chosen goes in coarse steps, so that noise in the speed seldom matters; who measures it does well
//! to remember it, for one near the edge of a step.

use serde::de::{Deserializer, Error, Unexpected, Visitor};
use serde::ser::Serializer;

use super::Hyperparameters;
use crate::{Interface, Size};

/// Stands for "auto" in `layers`, `hidden`, `embedding`, `sequence_length` and `batch`.
pub const AUTO: usize = 0;

/// Epochs for which there should be time.
const EPOCHS: usize = 12;
/// Steps that an epoch should have.
const STEPS: usize = 100;
/// Units a layer, and how many tokens of music support them: fewer are learnt by heart.
const UNITS: [(usize, usize); 7] = [
    (64, 0),
    (96, 10_000),
    (128, 20_000),
    (192, 50_000),
    (256, 100_000),
    (384, 1_000_000),
    (512, 4_000_000),
];
/// Lanes and steps of a window, the largest first.
const WINDOWS: [(usize, usize); 5] = [(16, 128), (16, 96), (16, 64), (8, 96), (8, 64)];

/// What a choice rests on.
#[derive(Clone, Copy, Debug)]
pub struct Scope {
    /// What the network reads and predicts.
    pub interface: Interface,
    /// Tokens in an epoch.
    pub n_tokens: usize,
    /// Multiply-adds that training makes in a second here, forward and backward.
    pub speed: f64,
}

impl Hyperparameters {
    /// Whether something is left open.
    pub fn is_open(&self) -> bool {
        let Self { layers, hidden, embedding, sequence_length, batch, .. } = *self;
        [layers, hidden, embedding, sequence_length, batch].contains(&AUTO)
    }

    /// Whether a network of this size is what is set, whatever is left open.
    pub fn allow(&self, size: Size) -> bool {
        self.of_size(size).size(size.interface()) == size
    }

    /// The same, with what is left open of the network's size as in `size`.
    #[must_use]
    pub fn of_size(&self, size: Size) -> Self {
        let Size { layers, hidden, embedding, .. } = size;
        let (sequence_length, batch) = (AUTO, AUTO);
        self.filled(&Self { layers, hidden, embedding, sequence_length, batch, ..self.clone() })
    }

    /// The same, with what is left open as in `other`.
    #[must_use]
    pub fn filled(&self, other: &Self) -> Self {
        let or = |set: usize, other: usize| if set == AUTO { other } else { set };
        Self {
            layers: or(self.layers, other.layers),
            hidden: or(self.hidden, other.hidden),
            embedding: or(self.embedding, other.embedding),
            sequence_length: or(self.sequence_length, other.sequence_length),
            batch: or(self.batch, other.batch),
            ..self.clone()
        }
    }

    /// The same, with everything that is left open chosen: the largest network that the music supports
    /// and that reads it often enough in `max_minutes`, and windows so short that an epoch has steps
    /// enough.
    #[must_use]
    pub fn chosen(&self, scope: Scope) -> Self {
        let with = |hidden: usize| {
            let chosen = self.filled(&Self { layers: 2, hidden, ..self.clone() });
            let embedding = (chosen.hidden / 2).clamp(4, 1024);
            chosen.filled(&Self { embedding, ..chosen.clone() })
        };
        // Half or twice as fast is another speed; less is noise.
        let speed = scope.speed.max(1.0).log2().floor().exp2();
        let n_read = (scope.n_tokens * self.epochs.min(EPOCHS)) as f64;
        let fits = |(hidden, needed): &&(usize, usize)| {
            let seconds =
                n_read * with(*hidden).size(scope.interface).n_products() as f64 * 3.0 / speed;
            scope.n_tokens >= *needed && seconds <= self.max_minutes * 60.0
        };
        let (hidden, _) = UNITS.iter().rev().find(fits).unwrap_or(&UNITS[0]);
        let sized = with(*hidden);
        let windows = WINDOWS.map(|(batch, sequence_length)| {
            sized.filled(&Self { sequence_length, batch, ..sized.clone() })
        });
        let is_short = |chosen: &&Self| {
            scope.n_tokens / (chosen.batch * chosen.sequence_length).max(1) >= STEPS
        };
        windows.iter().find(is_short).unwrap_or(&windows[windows.len() - 1]).clone()
    }
}

/// Writes [`AUTO`] as "auto".
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
pub(super) fn serialize<S: Serializer>(value: &usize, serializer: S) -> Result<S::Ok, S::Error> {
    match *value {
        AUTO => serializer.serialize_str("auto"),
        value => serializer.serialize_u64(value as u64),
    }
}

/// Reads "auto" as [`AUTO`].
pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    deserializer.deserialize_any(NumberOrAuto)
}

struct NumberOrAuto;

impl Visitor<'_> for NumberOrAuto {
    type Value = usize;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a whole number above 0 or \"auto\"")
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<usize, E> {
        let number = usize::try_from(value).ok().filter(|number| *number != AUTO);
        number.ok_or_else(|| E::invalid_value(Unexpected::Unsigned(value), &self))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<usize, E> {
        let number = usize::try_from(value).ok().filter(|number| *number != AUTO);
        number.ok_or_else(|| E::invalid_value(Unexpected::Signed(value), &self))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<usize, E> {
        if value == "auto" {
            return Ok(AUTO);
        }
        Err(E::invalid_type(Unexpected::Str(value), &self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Multiply-adds a second of two cores with bf16, and a hundredth of that.
    const FAST: f64 = 1.5e11;

    const INTERFACE: Interface = Interface { vocabulary: 400, lookbacks: 4, conditions: 64 };

    fn open() -> Hyperparameters {
        Hyperparameters {
            layers: AUTO,
            hidden: AUTO,
            embedding: AUTO,
            sequence_length: AUTO,
            batch: AUTO,
            ..Hyperparameters::default()
        }
    }

    fn hidden(n_tokens: usize, speed: f64) -> usize {
        let chosen = open().chosen(Scope { interface: INTERFACE, n_tokens, speed });
        assert!(!chosen.is_open() && chosen.check().is_ok(), "{chosen:?}");
        chosen.hidden
    }

    #[test]
    fn more_music_and_more_time_make_a_larger_network() {
        let by_music: Vec<usize> = (8..24).map(|power| hidden(1 << power, FAST * 1e6)).collect();
        assert!(by_music.is_sorted() && by_music[0] == 64 && by_music[15] == 512, "{by_music:?}");
        let by_speed: Vec<usize> =
            (0..20).map(|n| hidden(1 << 22, FAST / f64::from(1 << n))).collect();
        assert!(by_speed.is_sorted_by(|a, b| a >= b) && by_speed[19] == 64, "{by_speed:?}");
    }

    #[test]
    fn noise_in_the_speed_changes_nothing() {
        let speed = 2f64.powi(36) * 1.3;
        for n_tokens in [20_000, 120_000, 480_000, 5_000_000] {
            let chosen = [0.8, 0.9, 1.0, 1.2, 1.5].map(|noise| hidden(n_tokens, speed * noise));
            assert!(chosen.iter().all(|hidden| *hidden == chosen[0]), "{chosen:?}");
        }
    }

    #[test]
    fn an_epoch_has_steps_enough_where_it_can() {
        for n_tokens in [1_000, 60_000, 120_000, 1_000_000] {
            let chosen = open().chosen(Scope { interface: INTERFACE, n_tokens, speed: FAST });
            let n_steps = n_tokens / (chosen.batch * chosen.sequence_length);
            let is_shortest = (chosen.batch, chosen.sequence_length) == (8, 64);
            assert!(n_steps >= STEPS || is_shortest, "{n_steps} of {n_tokens}");
        }
    }

    #[test]
    fn what_is_set_or_was_learned_stays() {
        let set = Hyperparameters { hidden: 100, batch: 3, ..open() };
        let chosen = set.chosen(Scope { interface: INTERFACE, n_tokens: 1 << 20, speed: FAST });
        assert_eq!((chosen.hidden, chosen.embedding, chosen.batch), (100, 50, 3));
        let size =
            Hyperparameters { layers: 3, hidden: 100, embedding: 20, ..open() }.size(INTERFACE);
        assert!(set.allow(size) && open().allow(size));
        assert!(!Hyperparameters { hidden: 64, ..open() }.allow(size));
        let kept =
            set.of_size(size).chosen(Scope { interface: INTERFACE, n_tokens: 100, speed: 1.0 });
        assert_eq!(kept.size(INTERFACE), size);
    }

    #[test]
    fn auto_is_written_as_a_word() {
        let text = serde_json::to_string(&open()).expect("plain settings");
        assert!(text.contains("\"hidden\":\"auto\""), "{text}");
        assert_eq!(serde_json::from_str::<Hyperparameters>(&text).expect("the same"), open());
        for wrong in ["0", "-1", "1.5", "\"many\"", "true"] {
            let read = serde_json::from_str::<Hyperparameters>(&format!("{{\"hidden\":{wrong}}}"));
            let said = read.expect_err("wrong").to_string();
            assert!(said.contains("expected a whole number above 0 or \"auto\""), "{said}");
        }
    }
}
