//! Which songs and versions do the tests of a cycle begin with? Tests only.

use composer::memorisation::Melodies;
use composer::version::{self, Manifest, WeightsId};
use network::Network;
use network::train::Hyperparameters;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde_json::json;

use crate::context::Context;
use crate::demo::starter::SONGS;
use crate::store::{Cycle, Outcome, Promotion, Song, SongId, SongStatus};

pub(super) const GENRE: &str = "hardstyle";

/// Notes that a version was played, and its loss when it was made.
pub(super) fn played(context: &Context, version: u32, nll: f64) {
    let cycle = Cycle {
        at_ms: u64::from(version),
        version: Some(version),
        n_songs: 4,
        vote_change: 0,
        valid_nll: Some(nll),
        outcome: Outcome::Promoted,
    };
    let promotion = Promotion { version, at_ms: u64::from(version), why: String::new() };
    context.store.add_cycle(GENRE, cycle, Vec::new(), Some(promotion)).expect("noted");
}

/// Keeps random weights as a version with this edge.
pub(super) fn keep(context: &Context, version: u32, held_out_below: Option<f64>) {
    let size = Hyperparameters { layers: 1, hidden: 8, embedding: 4, ..Default::default() };
    let mut rng = ChaCha8Rng::seed_from_u64(u64::from(version));
    let network = Network::new(size.size(composer::INTERFACE), &mut rng);
    let weights = WeightsId::of(&network).expect("weights");
    let manifest: Manifest = serde_json::from_value(json!({
        "genre": GENRE, "version": version, "genres": [GENRE], "held_out_below": held_out_below,
        "valid_nll": 1.0, "untrained_nll": 1.0, "bigram_nll": 1.0, "tokens_per_second": 1.0,
        "token_layout": weights.token_layout, "vocabulary": weights.vocabulary,
        "weights_blake3": weights.weights_blake3,
    }))
    .expect("a manifest");
    let folder = context.home.models().join(GENRE);
    version::save(&folder, &network, &Melodies::default(), &manifest).expect("kept");
}

/// Takes four songs in.
pub(super) fn songs(context: &Context) {
    for (name, bytes) in &SONGS[..4] {
        let id = SongId::of(bytes);
        std::fs::write(context.home.songs().join(format!("{id}.mid")), bytes).expect("written");
        let song = Song {
            genre: GENRE.to_owned(),
            file_name: (*name).to_owned(),
            path: "library/hardstyle".into(),
            status: SongStatus::Accepted,
            added_at_ms: 0,
            music: None,
        };
        context.store.take_in(Some((id, song)), None).expect("taken in");
    }
}
