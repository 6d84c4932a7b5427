//! What can be set about training?

use serde::{Deserialize, Serialize};

use super::auto::{self, AUTO};
use crate::precision::Precision;
use crate::{Interface, Size};
use bounds::{OutOfRange, require};

/// On what a network learns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Device {
    /// [`Cuda`](Self::Cuda) in a build for it and where there is a GPU, else [`Cpu`](Self::Cpu).
    #[default]
    Auto,
    /// The processor.
    Cpu,
    /// An NVIDIA GPU, in `f32`; training fails where there is none.
    Cuda,
}

/// Everything that shapes a training run. The defaults suit a few hundred songs on two cores; size and
/// length may be left open with [`AUTO`] and are then chosen by [`Self::chosen`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Hyperparameters {
    /// LSTM layers. More can learn longer forms; time and memory grow in proportion. 1 to 8, or
    /// [`AUTO`]: 2.
    #[serde(with = "auto")]
    pub layers: usize,
    /// Units a layer. The main say in quality and cost: time grows with its square, and with few
    /// songs a large network learns them by heart. 8 to 2048, or [`AUTO`]: the largest that the music
    /// supports and that can read it a dozen times in `max_minutes`.
    #[serde(with = "auto")]
    pub hidden: usize,
    /// Numbers that a token is embedded in; a quarter to a half of `hidden` is usual. 4 to 1024,
    /// or [`AUTO`]: a half.
    #[serde(with = "auto")]
    pub embedding: usize,
    /// Steps that gradients reach back. Longer sees more of a phrase and takes more memory; the
    /// state itself is carried over whole songs in any case. 8 to 2048, or [`AUTO`]: 64 to 128, so
    /// that an epoch has a hundred steps where it can.
    #[serde(with = "auto")]
    pub sequence_length: usize,
    /// Songs read side by side. More is faster a token and smoother, fewer generalises better from
    /// few songs. 1 to 512, or [`AUTO`]: 8 or 16, as with `sequence_length`.
    #[serde(with = "auto")]
    pub batch: usize,
    /// "auto", "f32" or "bf16": the numbers that training multiplies. "auto" takes bf16, about 1.8
    /// times as fast, where the processor has AVX512-BF16; "f32" repeats a run that was made elsewhere.
    pub precision: Precision,
    /// "auto", "cpu" or "cuda": on what it learns. A build with the `cuda` feature can learn on an NVIDIA
    /// GPU, in f32, which is meant for large networks; "auto" does where there is one, and "cuda"
    /// makes it an error if there is none.
    pub device: Device,
    /// Share of units silenced while training. More keeps few songs from being learnt by heart,
    /// too much blurs the style. 0 to 0.9.
    pub dropout: f64,
    /// Peak step size of the optimiser. Too high diverges, too low needs more epochs. Up to 0.1.
    pub learning_rate: f64,
    /// Share of all steps over which the rate rises to its peak. 0 to 0.5.
    pub warmup: f64,
    /// How strongly weights are drawn to zero. 0 to 1.
    pub weight_decay: f64,
    /// Longest gradient (L2 norm) that is followed in full. Above 0.
    pub clip: f64,
    /// Times that all songs are read at most. 1 to 10000.
    pub epochs: usize,
    /// Times that all songs are read at most when training goes on from an earlier version; new
    /// songs and ratings need fewer than a start from nothing. 1 to 10000.
    pub continue_epochs: usize,
    /// Epochs without a better validation loss after which training ends. 1 to 10000.
    pub patience: usize,
    /// Songs are transposed at random by up to so many semitones, so that every key is learnt from
    /// every song. 0 to 11.
    pub transpose: i32,
    /// Share of the music read in training that is of other genres, if the library has any: one network
    /// plays all genres, and a genre of few songs learns from the others what music is. More helps small
    /// genres, takes longer and blurs large ones. 0 to 0.9.
    pub replay: f64,
    /// Share of the tunes that is held out to measure what was learnt. 0 to 0.5.
    pub valid_share: f64,
    /// Minutes a run may take; then the best so far is taken. Above 0.
    pub max_minutes: f64,
    /// Seed of everything random in training: the same seed and songs give the same weights.
    pub seed: u64,
}

impl Default for Hyperparameters {
    fn default() -> Self {
        Self {
            layers: 2,
            hidden: 256,
            embedding: 128,
            sequence_length: 128,
            batch: 8,
            precision: Precision::Auto,
            device: Device::Auto,
            dropout: 0.45,
            learning_rate: 2e-3,
            warmup: 0.05,
            weight_decay: 0.01,
            clip: 1.0,
            epochs: 40,
            continue_epochs: 8,
            patience: 6,
            transpose: 5,
            replay: 0.5,
            valid_share: 0.1,
            max_minutes: 20.0,
            seed: 1,
        }
    }
}

impl Hyperparameters {
    /// The size of a network that reads and predicts as `interface` says.
    pub fn size(&self, interface: Interface) -> Size {
        let Self { layers, hidden, embedding, .. } = *self;
        let Interface { vocabulary, lookbacks, conditions } = interface;
        Size { vocabulary, lookbacks, conditions, layers, hidden, embedding }
    }

    /// Checks every value.
    ///
    /// # Errors
    /// [`OutOfRange`] for the first that is not allowed.
    pub fn check(&self) -> Result<(), OutOfRange> {
        let within = |key, value: usize, least, most, allowed| {
            require((least..=most).contains(&value), key, value, allowed)
        };
        let size = |key, value, least, most, allowed| match value {
            AUTO => Ok(()),
            value => within(key, value, least, most, allowed),
        };
        let allowed = "a whole number from 8 to 2048, or \"auto\"";
        size("hidden", self.hidden, 8, 2048, allowed)?;
        size("sequence_length", self.sequence_length, 8, 2048, allowed)?;
        size("layers", self.layers, 1, 8, "a whole number from 1 to 8, or \"auto\"")?;
        size("embedding", self.embedding, 4, 1024, "a whole number from 4 to 1024, or \"auto\"")?;
        size("batch", self.batch, 1, 512, "a whole number from 1 to 512, or \"auto\"")?;
        require(
            self.precision.trains(),
            "precision",
            format!("{:?}", format!("{:?}", self.precision).to_lowercase()),
            "\"auto\", \"f32\" or \"bf16\"",
        )?;
        let built = self.device != Device::Cuda || cfg!(feature = "cuda");
        require(
            built,
            "device",
            "\"cuda\"",
            "\"auto\" or \"cpu\", or build with the cuda feature",
        )?;
        within("epochs", self.epochs, 1, 10_000, "a whole number from 1 to 10000")?;
        let allowed = "a whole number from 1 to 10000";
        within("continue_epochs", self.continue_epochs, 1, 10_000, allowed)?;
        within("patience", self.patience, 1, 10_000, "a whole number from 1 to 10000")?;
        let share = |key, value: f64, most, allowed| {
            require((0.0..=most).contains(&value), key, value, allowed)
        };
        share("replay", self.replay, 0.9, "a number from 0 to 0.9")?;
        share("dropout", self.dropout, 0.9, "a number from 0 to 0.9")?;
        share("warmup", self.warmup, 0.5, "a number from 0 to 0.5")?;
        share("weight_decay", self.weight_decay, 1.0, "a number from 0 to 1")?;
        share("valid_share", self.valid_share, 0.5, "a number from 0 to 0.5")?;
        let positive = |key, value: f64, most: f64, allowed| {
            require(value > 0.0 && value <= most, key, value, allowed)
        };
        positive("learning_rate", self.learning_rate, 0.1, "a number above 0, up to 0.1")?;
        positive("clip", self.clip, 1e6, "a number above 0")?;
        positive("max_minutes", self.max_minutes, 1e6, "a number above 0")?;
        let semitones = (0..=11).contains(&self.transpose);
        require(semitones, "transpose", self.transpose, "a whole number from 0 to 11")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_allowed_and_bad_values_are_named() {
        assert_eq!(Hyperparameters::default().check(), Ok(()));
        let bad = Hyperparameters { dropout: f64::NAN, ..Hyperparameters::default() };
        assert_eq!(bad.check().map_err(|e| e.key), Err("dropout"));
        let gpu = Hyperparameters { device: Device::Cuda, ..Hyperparameters::default() };
        let said = gpu.check().err().map(|e| e.to_string());
        let expected = "device = \"cuda\" is not allowed: give \"auto\" or \"cpu\", or build with the \
                        cuda feature";
        assert_eq!(said.as_deref(), (!cfg!(feature = "cuda")).then_some(expected));
        let bad = Hyperparameters { precision: Precision::Int4, ..Hyperparameters::default() };
        let said = bad.check().expect_err("it is only sampled with").to_string();
        let expected = "precision = \"int4\" is not allowed: give \"auto\", \"f32\" or \"bf16\"";
        assert_eq!(said, expected);
        let bad = Hyperparameters { layers: 9, ..Hyperparameters::default() };
        let said = bad.check().expect_err("too many layers").to_string();
        assert_eq!(said, "layers = 9 is not allowed: give a whole number from 1 to 8, or \"auto\"");
    }
}
