//! What can be set about training?

use bounds::{OutOfRange, require};
use serde::{Deserialize, Serialize};

use super::auto::{self, AUTO};
use crate::precision::Precision;
use crate::weights::{Interface, Size};

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

/// Everything that shapes a training run. The defaults suit some hundred thousand tokens on two cores;
/// size and length may be left open with [`AUTO`] and are then chosen by [`Self::chosen`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Hyperparameters {
    /// LSTM layers. More can learn longer forms; time and memory grow in proportion. 1 to 8, or
    /// [`AUTO`]: 2.
    #[serde(with = "auto")]
    pub layers: usize,
    /// Units a layer. What quality and cost depend on most: time grows with its square, and a large
    /// network memorises a small corpus. 8 to 2048, or [`AUTO`]: the largest that the corpus supports
    /// and that can read it a dozen times in `max_minutes`.
    #[serde(with = "auto")]
    pub hidden: usize,
    /// Numbers that a token is embedded in; a quarter to a half of `hidden` is common. 4 to 1024,
    /// or [`AUTO`]: a half.
    #[serde(with = "auto")]
    pub embedding: usize,
    /// Steps that gradients reach back. More sees longer patterns and takes more memory; the
    /// state itself is carried over whole sequences in any case. 8 to 2048, or [`AUTO`]: 64 to 128, so
    /// that an epoch has a hundred steps where it can.
    #[serde(with = "auto")]
    pub sequence_length: usize,
    /// Sequences read side by side. More is faster a token and smoother, fewer generalises better from
    /// a small corpus. 1 to 512, or [`AUTO`]: 8 or 16, as with `sequence_length`.
    #[serde(with = "auto")]
    pub batch: usize,
    /// "auto", "f32" or "bf16": the numbers that training multiplies. "auto" takes bf16 where the
    /// processor multiplies it clearly faster than f32 (see [`Precision`] for where that is), and a run
    /// that is resumed goes on with what it took; "f32" repeats a run that was made elsewhere.
    pub precision: Precision,
    /// "auto", "cpu" or "cuda": what to train on. A build with the `cuda` feature can learn on an NVIDIA
    /// GPU, in f32, which is meant for large networks; "auto" does so where there is one, and "cuda"
    /// makes it an error if there is none.
    pub device: Device,
    /// Share of units silenced while training. More keeps a small corpus from being memorised,
    /// too much blurs what is learned. 0 to 0.9.
    pub dropout: f64,
    /// Peak step size of the optimiser. Too high diverges, too low needs more epochs. Up to 0.1.
    pub learning_rate: f64,
    /// Share of all steps over which the rate rises to its peak. 0 to 0.5.
    pub warmup: f64,
    /// How strongly weights are drawn to zero, with the step size as its unit. More keeps a small corpus from
    /// being memorised, too much forgets what is rare. 0 to 1.
    pub weight_decay: f64,
    /// Longest gradient (L2 norm) that is followed in full. Above 0.
    pub clip: f64,
    /// Times that everything is read at most. 1 to 10000.
    pub epochs: usize,
    /// Epochs without a better validation loss after which training ends. 1 to 10000.
    pub patience: usize,
    /// Minutes a run may take; then the best so far is taken. Above 0.
    pub max_minutes: f64,
    /// Seed of everything random in training: the same seed and lessons give the same weights.
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
            weight_decay: 0.2,
            clip: 1.0,
            epochs: 28,
            patience: 6,
            max_minutes: 20.0,
            seed: 1,
        }
    }
}

impl Hyperparameters {
    /// The size of a network that reads and predicts as `interface` says.
    pub fn size(&self, interface: Interface) -> Size {
        let Self { layers, hidden, embedding, .. } = *self;
        let Interface { vocabulary, lookbacks, labels } = interface;
        Size { vocabulary, lookbacks, labels, layers, hidden, embedding }
    }

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

    /// Checks every value.
    ///
    /// # Errors
    /// [`OutOfRange`] for the first that is not allowed.
    pub fn check(&self) -> Result<(), OutOfRange> {
        self.check_size()?;
        require(
            self.precision.trains(),
            "precision",
            format!("{:?}", format!("{:?}", self.precision).to_lowercase()),
            "\"auto\", \"f32\" or \"bf16\"",
        )?;
        let built = self.device != Device::Cuda || cfg!(feature = "cuda");
        let allowed = "\"auto\" or \"cpu\", or build with the cuda feature";
        require(built, "device", "\"cuda\"", allowed)?;
        let times = |key, value: usize| {
            require((1..=10_000).contains(&value), key, value, "a whole number from 1 to 10000")
        };
        times("epochs", self.epochs)?;
        times("patience", self.patience)?;
        let share = |key, value: f64, most, allowed| {
            require((0.0..=most).contains(&value), key, value, allowed)
        };
        share("dropout", self.dropout, 0.9, "a number from 0 to 0.9")?;
        share("warmup", self.warmup, 0.5, "a number from 0 to 0.5")?;
        share("weight_decay", self.weight_decay, 1.0, "a number from 0 to 1")?;
        let positive = |key, value: f64, most: f64, allowed| {
            require(value > 0.0 && value <= most, key, value, allowed)
        };
        positive("learning_rate", self.learning_rate, 0.1, "a number above 0, up to 0.1")?;
        positive("clip", self.clip, 1e6, "a number above 0")?;
        positive("max_minutes", self.max_minutes, 1e6, "a number above 0")
    }

    fn check_size(&self) -> Result<(), OutOfRange> {
        let size = |key, value: usize, least, most, allowed| {
            let holds = value == AUTO || (least..=most).contains(&value);
            require(holds, key, value, allowed)
        };
        let allowed = "a whole number from 8 to 2048, or \"auto\"";
        size("hidden", self.hidden, 8, 2048, allowed)?;
        size("sequence_length", self.sequence_length, 8, 2048, allowed)?;
        size("layers", self.layers, 1, 8, "a whole number from 1 to 8, or \"auto\"")?;
        size("embedding", self.embedding, 4, 1024, "a whole number from 4 to 1024, or \"auto\"")?;
        size("batch", self.batch, 1, 512, "a whole number from 1 to 512, or \"auto\"")
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
