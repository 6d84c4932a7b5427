//! How large a network, and how long a step, suits so many tokens in so much time?
//!
//! Settings of size and length may be left open, as "auto" in the configuration and
//! [`AUTO`](super::AUTO) here. The choice goes in coarse steps, so that noise in the measured speed
//! seldom matters; whoever measures it had better remember it, for a machine near the edge of a step.

use super::settings::Hyperparameters;
use crate::weights::Interface;

/// Epochs for which there should be time.
const EPOCHS: usize = 12;
/// Steps that an epoch should have.
const STEPS: usize = 100;
/// Units a layer, and how many tokens support them: fewer are memorised.
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
    /// The same, with everything that is left open chosen: the largest network that the corpus
    /// supports and that reads it often enough in `max_minutes`, and windows so short that an epoch has steps
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

#[cfg(test)]
mod tests {
    use super::super::AUTO;
    use super::*;

    /// Multiply-adds a second of two cores with bf16, and a hundredth of that.
    const FAST: f64 = 1.5e11;

    const INTERFACE: Interface = Interface { vocabulary: 400, lookbacks: 4, labels: 64 };

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
    fn more_tokens_and_more_time_make_a_larger_network() {
        let by_tokens: Vec<usize> = (8..24).map(|power| hidden(1 << power, FAST * 1e6)).collect();
        assert!(
            by_tokens.is_sorted() && by_tokens[0] == 64 && by_tokens[15] == 512,
            "{by_tokens:?}"
        );
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
}
