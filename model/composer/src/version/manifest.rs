//! What is noted of a version besides its weights?
//!
//! A manifest is never rewritten, so what an earlier or a later release wrote has to be readable: only
//! what says which weights these are must be there. A number that is missing or was not finite is read as
//! NaN.

use music::tokens::{LAYOUT, VOCABULARY};
use network::Network;
use network::train::EpochLoss;
use serde::de::{DeserializeOwned, Deserializer};
use serde::{Deserialize, Serialize};
use taste::Statistics;

use crate::settings::Settings;

/// How a version came about and what it is worth. Losses in nats a token, every token counted alike.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The genre it plays.
    pub genre: String,
    /// Counted from 1 a genre.
    pub version: u32,
    /// The version whose weights it began with, if any.
    #[serde(default)]
    pub parent: Option<u32>,
    /// The genres and artists that it knows by name, its own genre among them; the label of one is its
    /// place, counted from 1.
    pub genres: Vec<String>,
    /// When it was made, in milliseconds since 1970.
    #[serde(default)]
    pub created_ms: u64,
    /// How it was trained.
    #[serde(default, deserialize_with = "or_default")]
    pub hyperparameters: Settings,
    /// Songs and tracks learned from.
    #[serde(default)]
    pub n_train: usize,
    /// Songs of other genres among them.
    #[serde(default)]
    pub n_replayed: usize,
    /// Songs held out.
    #[serde(default)]
    pub n_valid: usize,
    /// Which groups were held out: see [`Corpus::held_out_below`](crate::corpus::Corpus::held_out_below).
    /// `None` in a version of a release that did not note it.
    #[serde(default)]
    pub held_out_below: Option<f64>,
    /// Losses by epoch.
    #[serde(default, deserialize_with = "or_default")]
    pub curve: Vec<EpochLoss>,
    /// Validation loss of these weights.
    #[serde(default = "nan", deserialize_with = "or_nan")]
    pub valid_nll: f64,
    /// Validation loss of an untrained network of the same size.
    #[serde(default = "nan", deserialize_with = "or_nan")]
    pub untrained_nll: f64,
    /// Validation loss of a bigram model of the same training songs.
    #[serde(default = "nan", deserialize_with = "or_nan")]
    pub bigram_nll: f64,
    /// What is usual among the songs learned from; `None` where a release with other features kept
    /// it, so that it has to be measured anew.
    #[serde(default, rename = "usual", deserialize_with = "taste::deserialize_if_current")]
    pub statistics: Option<Statistics>,
    /// Tokens a second in training.
    #[serde(default = "nan", deserialize_with = "or_nan")]
    pub tokens_per_second: f64,
    /// Which weights these are.
    #[serde(flatten)]
    pub weights: WeightsId,
}

/// Which weights a version has, and what they were learned on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WeightsId {
    /// Meaning of the token ids: [`LAYOUT`] when they were learned.
    pub token_layout: u32,
    /// Number of tokens when they were learned.
    pub vocabulary: usize,
    /// BLAKE3 of the weights' file, in hexadecimal.
    pub weights_blake3: String,
}

impl WeightsId {
    /// That of a network which this release has trained.
    ///
    /// # Errors
    /// When the weights cannot be written.
    pub fn of(network: &Network) -> Result<Self, network::Error> {
        Ok(Self::of_file(&network.to_safetensors()?))
    }

    /// That of a file of weights which this release has trained.
    pub(super) fn of_file(bytes: &[u8]) -> Self {
        let weights_blake3 = blake3::hash(bytes).to_string();
        Self { token_layout: LAYOUT, vocabulary: VOCABULARY, weights_blake3 }
    }
}

impl Manifest {
    /// Whether it was made by a release whose tokens meant something else, so that it can no longer be
    /// played.
    pub fn has_other_tokens(&self) -> bool {
        self.weights.token_layout != LAYOUT || self.weights.vocabulary != VOCABULARY
    }

    /// Whether every number is finite: JSON has no word for one that is not.
    pub(super) fn is_finite(&self) -> bool {
        let Self { valid_nll, untrained_nll, bigram_nll, tokens_per_second, curve, .. } = self;
        let losses = curve.iter().flat_map(|loss| [loss.train_nll, loss.valid_nll]);
        let others = [*valid_nll, *untrained_nll, *bigram_nll, *tokens_per_second];
        losses.chain(others).all(f64::is_finite)
    }
}

/// What can be made out, else nothing.
fn or_default<'de, D: Deserializer<'de>, T: DeserializeOwned + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    let written = serde_json::Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(written).unwrap_or_default())
}

/// JSON has no number that is not finite, and writes null.
fn or_nan<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::<f64>::deserialize(deserializer)?.unwrap_or(f64::NAN))
}

fn nan() -> f64 {
    f64::NAN
}
