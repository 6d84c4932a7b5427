//! Is this the training that was stopped?
//!
//! Everything that decides how a training goes is hashed: what it learns from apart from the rest,
//! because a training can be resumed with other songs, but not with other settings.

use composer::corpus::Corpus;
use composer::settings::Settings;
use music::tokens::LAYOUT;
use network::train::REVISION;
use serde::{Deserialize, Serialize};

/// Two hashes that name a training.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Identity {
    /// Which training it is: settings, start, what the network knows by name.
    #[serde(rename = "way")]
    pub(super) setup: String,
    /// What it learns from: songs, weights, labels.
    pub(super) music: String,
}

impl Identity {
    /// The identity of a training with these settings, as the configuration leaves them open, of a
    /// network that knows these `names`, from a version of a genre (or new weights) on.
    pub(super) fn of(
        settings: &Settings,
        names: &[String],
        start: Option<(&String, u32)>,
        corpus: &Corpus,
    ) -> Self {
        let setup = format!("{LAYOUT} {REVISION} {settings:?} {names:?} {start:?}");
        Self { setup: blake3::hash(setup.as_bytes()).to_string(), music: music(corpus) }
    }
}

fn music(corpus: &Corpus) -> String {
    let mut hasher = blake3::Hasher::new();
    let mut add = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    for pieces in [&corpus.train, &corpus.valid] {
        add(&(pieces.len() as u64).to_le_bytes());
        for piece in pieces {
            add(piece.id.as_bytes());
            add(&piece.weight.to_le_bytes());
            let narrow = piece.narrow_label.unwrap_or_default();
            add(&[piece.label, narrow].map(u32::to_le_bytes).concat());
            let tokens = piece.tokens().iter().flat_map(|token| token.0.to_le_bytes());
            add(&tokens.collect::<Vec<u8>>());
        }
    }
    hasher.finalize().to_string()
}
