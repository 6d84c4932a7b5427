//! How is a trained network kept, so that other samples of it need no training?

use std::path::PathBuf;
use std::time::SystemTime;

use composer::memorisation::Melodies;
use composer::settings::Settings;
use composer::version::{self, Manifest, WeightsId};
use network::Network;
use network::train::{Hyperparameters, Trained};
use taste::Statistics;

/// Where networks of these songs are kept, by the settings they were trained with.
pub(crate) struct Kept {
    folder: PathBuf,
}

impl Kept {
    /// In a folder below `parent` that the settings and the songs' names give.
    pub(crate) fn new(parent: &str, settings: &Hyperparameters, songs: &[&str]) -> Self {
        let hash = blake3::hash(format!("{settings:?} {songs:?}").as_bytes());
        Self { folder: PathBuf::from(parent).join(&hash.to_hex()[..16]) }
    }

    /// The network, if one is there.
    pub(crate) fn load(&self) -> Result<Option<Network>, version::VersionError> {
        let version = self.folder.join("v1");
        if !version.exists() {
            return Ok(None);
        }
        version::load(&version).map(|(network, _)| Some(network))
    }

    /// Keeps a network.
    pub(crate) fn save(
        &self,
        trained: &Trained,
        settings: &Hyperparameters,
    ) -> Result<(), Box<dyn std::error::Error>> {
        std::fs::create_dir_all(&self.folder)?;
        let manifest = Manifest {
            genre: "study".to_owned(),
            version: 1,
            parent: None,
            genres: Vec::new(),
            created_ms: SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_millis()
                as u64,
            hyperparameters: Settings { hyperparameters: settings.clone(), ..Settings::default() },
            n_train: 0,
            n_replayed: 0,
            n_valid: 0,
            held_out_below: None,
            curve: trained.curve.clone(),
            valid_nll: trained.best.valid_nll,
            untrained_nll: 0.0,
            bigram_nll: 0.0,
            statistics: Some(Statistics::default()),
            tokens_per_second: 0.0,
            weights: WeightsId::of(&trained.network)?,
        };
        version::save(&self.folder, &trained.network, &Melodies::default(), &manifest)?;
        Ok(())
    }
}
