//! How is a trained network kept?
//!
//! A version is a folder, `v1`, `v2`, …, with the weights (safetensors) and a manifest that says how
//! they came about and what they hash to. It is written beside, synced and renamed, so it is there
//! whole or not at all, and it is never changed afterwards.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use candle_core::{Device, Tensor};
use serde::{Deserialize, Serialize};

use crate::INTERFACE;
use crate::copying::Melodies;
use music::tokens::{LAYOUT, VOCABULARY};
use network::Network;
use network::train::{EpochLoss, Hyperparameters};
use taste::Statistics;

const WEIGHTS: &str = "weights.safetensors";
const MANIFEST: &str = "manifest.json";
const MELODIES: &str = "melodies.txt";

/// How a version came about and what it is worth. Losses in nats a token.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The genre it plays.
    pub genre: String,
    /// Counted from 1 a genre.
    pub version: u32,
    /// The version whose weights it began with, if any.
    pub parent: Option<u32>,
    /// The genres that it knows, its own among them; a genre's condition is its place, counted from 1.
    pub genres: Vec<String>,
    /// When it was made, in milliseconds since 1970.
    pub created_ms: u64,
    /// How it was trained.
    pub hyperparameters: Hyperparameters,
    /// Songs and tracks learned from.
    pub n_train: usize,
    /// Songs of other genres among them.
    pub n_replayed: usize,
    /// Songs held out.
    pub n_valid: usize,
    /// Losses by epoch.
    pub curve: Vec<EpochLoss>,
    /// Validation loss of these weights.
    pub valid_nll: f64,
    /// Validation loss of an untrained network of the same size.
    pub untrained_nll: f64,
    /// Validation loss of a bigram model of the same training songs.
    pub bigram_nll: f64,
    /// What is usual among the songs learned from; `None` where a release with other features kept
    /// it, so that it has to be measured anew.
    #[serde(default, rename = "usual", deserialize_with = "taste::if_current")]
    pub statistics: Option<Statistics>,
    /// Tokens a second in training.
    pub tokens_per_second: f64,
    /// Meaning of the token ids; [`LAYOUT`] when it was made.
    pub token_layout: u32,
    /// Number of tokens when it was made.
    pub vocabulary: usize,
    /// BLAKE3 of the weights' file, in hexadecimal.
    pub weights_blake3: String,
}

/// Why a version cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// Reading or writing failed.
    #[error("{path}: {source}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The version exists already.
    #[error("{path} exists already; a version is never overwritten")]
    Exists {
        /// Its folder.
        path: PathBuf,
    },
    /// The files are not what was written.
    #[error("{path} is damaged ({what}): roll back to another version or train anew")]
    Damaged {
        /// Its folder.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// It was made by a program whose tokens meant something else.
    #[error("{path} was made by another release, whose tokens differ: train anew with --fresh")]
    OtherTokens {
        /// Its folder.
        path: PathBuf,
    },
    /// Something in the manifest could not be read back, such as a loss that is not finite.
    #[error("{path} is not kept, as it could not be read again: {what}")]
    Unreadable {
        /// Its folder.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// The tensor library failed.
    #[error("the tensor library failed: {0}")]
    Candle(#[from] candle_core::Error),
}

/// Writes version `manifest.version` below `genre_dir` and returns its folder. The manifest's token
/// layout, vocabulary and hash are filled in.
///
/// # Errors
/// [`CheckpointError`]; nothing but a `.partial` folder is left behind then.
pub fn save(
    genre_dir: &Path,
    network: &Network,
    melodies: &Melodies,
    mut manifest: Manifest,
) -> Result<PathBuf, CheckpointError> {
    let at = |path: &Path| {
        let path = path.to_owned();
        move |source| CheckpointError::Io { path, source }
    };
    let path = genre_dir.join(format!("v{}", manifest.version));
    if path.exists() {
        return Err(CheckpointError::Exists { path });
    }
    let partial = genre_dir.join(format!(".v{}.partial", manifest.version));
    if partial.exists() {
        fs::remove_dir_all(&partial).map_err(at(&partial))?;
    }
    fs::create_dir_all(&partial).map_err(at(&partial))?;
    let weights = partial.join(WEIGHTS);
    let tensors: HashMap<&str, Tensor> = network
        .parameters()
        .iter()
        .map(|(name, var)| (name.as_str(), var.as_detached_tensor()))
        .collect();
    candle_core::safetensors::save(&tensors, &weights)?;
    File::open(&weights).and_then(|file| file.sync_all()).map_err(at(&weights))?;
    manifest.token_layout = LAYOUT;
    manifest.vocabulary = VOCABULARY;
    manifest.weights_blake3 = blake3::hash(&fs::read(&weights).map_err(at(&weights))?).to_string();
    let text = to_text(&manifest)
        .map_err(|what| CheckpointError::Unreadable { path: path.clone(), what })?;
    for (name, bytes) in [(MELODIES, melodies.to_text().as_bytes()), (MANIFEST, &text)] {
        let path = partial.join(name);
        File::create(&path)
            .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
            .map_err(at(&path))?;
    }
    sync_folder(&partial).map_err(at(&partial))?;
    fs::rename(&partial, &path).map_err(at(&path))?;
    sync_folder(genre_dir).map_err(at(genre_dir))?;
    Ok(path)
}

/// The manifest as it is kept. JSON has no word for what is not finite, so a version with such a loss
/// would be written and never read again.
fn to_text(manifest: &Manifest) -> Result<Vec<u8>, String> {
    let text = serde_json::to_vec_pretty(manifest).map_err(|error| error.to_string())?;
    serde_json::from_slice::<Manifest>(&text).map_err(|error| error.to_string())?;
    Ok(text)
}

/// Reads a version's manifest.
///
/// # Errors
/// [`CheckpointError`] when it is not there or not whole.
pub fn manifest(version_dir: &Path) -> Result<Manifest, CheckpointError> {
    let path = version_dir.join(MANIFEST);
    let text = fs::read(&path).map_err(|source| CheckpointError::Io { path, source })?;
    serde_json::from_slice(&text).map_err(|e| damaged(version_dir, &e))
}

/// Reads a version and checks its hash.
///
/// # Errors
/// [`CheckpointError`] when it is not there, not whole or of another token layout.
pub fn load(version_dir: &Path) -> Result<(Network, Manifest), CheckpointError> {
    let manifest = manifest(version_dir)?;
    if manifest.token_layout != LAYOUT || manifest.vocabulary != VOCABULARY {
        return Err(CheckpointError::OtherTokens { path: version_dir.to_owned() });
    }
    let path = version_dir.join(WEIGHTS);
    let bytes = fs::read(&path).map_err(|source| CheckpointError::Io { path, source })?;
    if blake3::hash(&bytes).to_string() != manifest.weights_blake3 {
        return Err(damaged(version_dir, &"the weights do not match their hash"));
    }
    let mut tensors = candle_core::safetensors::load_buffer(&bytes, &Device::Cpu)?;
    let mut size = manifest.hyperparameters.size(INTERFACE);
    size.conditions = tensors.get("condition").map_or(0, |rows| rows.dims()[0]);
    match Network::from_weights(size, |name| tensors.remove(name))? {
        Some(network) => Ok((network, manifest)),
        None => Err(damaged(version_dir, &"a weight is missing or of the wrong shape")),
    }
}

/// The melodies that a version was learned from; none for a version made before they were kept.
///
/// # Errors
/// [`CheckpointError`] when they cannot be read or are not whole.
pub fn melodies(version_dir: &Path) -> Result<Melodies, CheckpointError> {
    let path = version_dir.join(MELODIES);
    match fs::read_to_string(&path) {
        Ok(text) => Melodies::from_text(&text)
            .ok_or_else(|| damaged(version_dir, &"its list of melodies is not one")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Melodies::default()),
        Err(source) => Err(CheckpointError::Io { path, source }),
    }
}

/// The versions kept below `genre_dir`, ascending; empty if there is no such folder.
///
/// # Errors
/// [`CheckpointError::Io`] when the folder cannot be read.
pub fn versions(genre_dir: &Path) -> Result<Vec<u32>, CheckpointError> {
    let at = |source| CheckpointError::Io { path: genre_dir.to_owned(), source };
    let entries = match fs::read_dir(genre_dir) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(at(e)),
    };
    let mut versions = Vec::new();
    for entry in entries {
        let name = entry.map_err(at)?.file_name();
        let number = name.to_str().and_then(|name| name.strip_prefix('v')).map(str::parse::<u32>);
        versions.extend(number.and_then(Result::ok));
    }
    versions.sort_unstable();
    Ok(versions)
}

/// Deletes a version. It is gone at once, also if the program is killed while its files go.
///
/// # Errors
/// [`CheckpointError::Io`] when it cannot be deleted.
pub fn remove(version_dir: &Path) -> Result<(), CheckpointError> {
    let at = |source| CheckpointError::Io { path: version_dir.to_owned(), source };
    let name = version_dir.file_name().unwrap_or_default().to_string_lossy();
    let beside = version_dir.with_file_name(format!(".{name}.deleted"));
    if beside.exists() {
        fs::remove_dir_all(&beside).map_err(at)?;
    }
    fs::rename(version_dir, &beside).map_err(at)?;
    if let Some(genre_dir) = version_dir.parent() {
        sync_folder(genre_dir).map_err(at)?;
    }
    fs::remove_dir_all(&beside).map_err(at)
}

fn damaged(path: &Path, what: &dyn std::fmt::Display) -> CheckpointError {
    CheckpointError::Damaged { path: path.to_owned(), what: what.to_string() }
}

fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn manifest_of(version: u32) -> Manifest {
        Manifest {
            genre: "hardstyle".to_owned(),
            version,
            parent: None,
            genres: vec!["hardstyle".to_owned()],
            created_ms: 1,
            hyperparameters: Hyperparameters {
                hidden: 16,
                embedding: 8,
                ..Hyperparameters::default()
            },
            n_train: 3,
            n_replayed: 0,
            n_valid: 1,
            curve: vec![EpochLoss { epoch: 1, train_nll: 3.0, valid_nll: 2.5 }],
            valid_nll: 2.5,
            untrained_nll: 6.0,
            bigram_nll: 3.0,
            statistics: Some(Statistics::default()),
            tokens_per_second: 1e4,
            token_layout: 0,
            vocabulary: 0,
            weights_blake3: String::new(),
        }
    }

    fn network() -> Network {
        let size = manifest_of(1).hyperparameters.size(INTERFACE);
        Network::new(size, &mut ChaCha8Rng::seed_from_u64(5)).expect("a network")
    }

    #[test]
    fn a_version_is_read_back_and_never_overwritten() {
        let dir = tempfile::tempdir().expect("a folder");
        let network = network();
        let path =
            save(dir.path(), &network, &Melodies::default(), manifest_of(1)).expect("it is kept");
        let (read, manifest) = load(&path).expect("it is read");
        assert_eq!(manifest.valid_nll.to_bits(), 2.5f64.to_bits());
        for ((name, ours), (_, theirs)) in network.parameters().iter().zip(read.parameters()) {
            let numbers = |v: &candle_core::Var| {
                v.flatten_all().and_then(|v| v.to_vec1::<f32>()).expect("numbers")
            };
            assert_eq!(numbers(ours), numbers(theirs), "{name}");
        }
        let again = save(dir.path(), &network, &Melodies::default(), manifest_of(1));
        assert!(matches!(again, Err(CheckpointError::Exists { .. })));
        save(dir.path(), &network, &Melodies::default(), manifest_of(12)).expect("another version");
        fs::create_dir(dir.path().join(".v13.partial")).expect("a leftover of a crash");
        assert_eq!(versions(dir.path()).expect("they are listed"), [1, 12]);
        save(dir.path(), &network, &Melodies::default(), manifest_of(13))
            .expect("a leftover is in nobody's way");
        remove(&dir.path().join("v12")).expect("it is deleted");
        fs::create_dir(dir.path().join(".v13.deleted")).expect("a leftover of a crash");
        remove(&dir.path().join("v13")).expect("a leftover is in nobody's way");
        assert_eq!(versions(dir.path()).expect("they are listed"), [1]);
        assert!(remove(&dir.path().join("v13")).is_err());
        assert_eq!(versions(&dir.path().join("none")).expect("nothing there"), [0u32; 0]);
    }

    #[test]
    fn damage_and_other_tokens_are_noticed() {
        let dir = tempfile::tempdir().expect("a folder");
        let path =
            save(dir.path(), &network(), &Melodies::default(), manifest_of(1)).expect("it is kept");
        let weights = path.join(WEIGHTS);
        let mut bytes = fs::read(&weights).expect("weights");
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        fs::write(&weights, bytes).expect("damage");
        assert!(matches!(load(&path), Err(CheckpointError::Damaged { .. })));
        let text = fs::read_to_string(path.join(MANIFEST)).expect("a manifest");
        let other = text.replace(&format!("\"token_layout\": {LAYOUT}"), "\"token_layout\": 999");
        fs::write(path.join(MANIFEST), other).expect("another layout");
        assert!(matches!(load(&path), Err(CheckpointError::OtherTokens { .. })));
        fs::write(path.join(MANIFEST), "{").expect("half a manifest");
        assert!(matches!(load(&path), Err(CheckpointError::Damaged { .. })));
    }

    #[test]
    fn statistics_of_an_earlier_release_are_passed_over_and_damage_nothing() {
        let dir = tempfile::tempdir().expect("a folder");
        let path =
            save(dir.path(), &network(), &Melodies::default(), manifest_of(1)).expect("it is kept");
        let text = fs::read_to_string(path.join(MANIFEST)).expect("a manifest");
        let mut old: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let mut fourteen = vec![serde_json::json!(0.5); 14];
        fourteen[11] = serde_json::Value::Null;
        for usual in [
            serde_json::json!({"mean": fourteen, "deviation": fourteen}),
            serde_json::json!({"mean": vec![0.5; 15], "deviation": vec![0.5; 15]}),
            serde_json::json!({"schema": 999, "features": {}}),
            serde_json::Value::Null,
        ] {
            old["usual"] = usual;
            fs::write(path.join(MANIFEST), old.to_string()).expect("an earlier release");
            let (_, read) = load(&path).expect("it is not damaged");
            assert_eq!(read.statistics, None);
            assert_eq!(read.valid_nll.to_bits(), 2.5f64.to_bits());
        }
    }

    #[test]
    fn what_could_not_be_read_again_is_not_kept() {
        let dir = tempfile::tempdir().expect("a folder");
        let broken = Manifest { valid_nll: f64::NAN, ..manifest_of(1) };
        let error = save(dir.path(), &network(), &Melodies::default(), broken);
        assert!(matches!(error, Err(CheckpointError::Unreadable { .. })));
        assert_eq!(versions(dir.path()).expect("they are listed"), [0u32; 0]);
    }
}
