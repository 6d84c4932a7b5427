//! How is a trained network kept?
//!
//! A version is a folder, `v1`, `v2`, …, with the weights (safetensors), a manifest that says how they
//! came about and what they hash to, and the melodies of the songs learned from. It is there whole or
//! not at all, and it is never changed afterwards.

mod error;
mod manifest;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use music::tokens::VOCABULARY;
use network::Network;

use crate::memorisation::Melodies;
pub use error::VersionError;
pub use manifest::{Manifest, WeightsId};

const WEIGHTS: &str = "weights.safetensors";
const MANIFEST: &str = "manifest.json";
const MELODIES: &str = "melodies.txt";

/// Writes version `manifest.version` below `genre_dir` and returns its folder. The manifest has to be
/// that of these weights.
///
/// # Errors
/// [`VersionError`]; nothing but a hidden folder is left behind then.
pub fn save(
    genre_dir: &Path,
    network: &Network,
    melodies: &Melodies,
    manifest: &Manifest,
) -> Result<PathBuf, VersionError> {
    let path = genre_dir.join(format!("v{}", manifest.version));
    if path.exists() {
        return Err(VersionError::Exists { path });
    }
    let weights = network.to_safetensors()?;
    let unreadable = |what: String| VersionError::Unreadable { path: path.clone(), what };
    if !manifest.is_finite() {
        return Err(unreadable("a loss is not finite".to_owned()));
    }
    if manifest.weights != WeightsId::of_file(&weights) {
        return Err(unreadable("its manifest is that of other weights".to_owned()));
    }
    let text = serde_json::to_vec_pretty(manifest).map_err(|e| unreadable(e.to_string()))?;
    let melodies = melodies.to_text();
    let files = [(WEIGHTS, &weights[..]), (MELODIES, melodies.as_bytes()), (MANIFEST, &text)];
    durable::folder(&path, |partial| {
        files.into_iter().try_for_each(|(name, bytes)| durable::write(&partial.join(name), bytes))
    })
    .map_err(VersionError::io(&path))?;
    Ok(path)
}

/// Reads a version's manifest.
///
/// # Errors
/// [`VersionError`] when it is not there or not whole.
pub fn manifest(version_dir: &Path) -> Result<Manifest, VersionError> {
    let path = version_dir.join(MANIFEST);
    let text = fs::read(&path).map_err(VersionError::io(&path))?;
    serde_json::from_slice(&text).map_err(|error| VersionError::damaged(version_dir, error))
}

/// Reads a version and checks its hash.
///
/// # Errors
/// [`VersionError`] when it is not there, not whole or of another token layout.
pub fn load(version_dir: &Path) -> Result<(Network, Manifest), VersionError> {
    let manifest = manifest(version_dir)?;
    if manifest.has_other_tokens() {
        return Err(VersionError::OtherTokens { path: version_dir.to_owned() });
    }
    let path = version_dir.join(WEIGHTS);
    let bytes = fs::read(&path).map_err(VersionError::io(&path))?;
    if WeightsId::of_file(&bytes) != manifest.weights {
        return Err(VersionError::damaged(version_dir, "the weights do not match their hash"));
    }
    let network = Network::from_safetensors(&bytes)
        .map_err(|error| VersionError::damaged(version_dir, error))?;
    if network.size().vocabulary != VOCABULARY {
        return Err(VersionError::damaged(version_dir, "the weights are of another vocabulary"));
    }
    Ok((network, manifest))
}

/// The melodies that a version was learned from; none for a version made before they were kept.
///
/// # Errors
/// [`VersionError`] when they cannot be read or are not whole.
pub fn melodies(version_dir: &Path) -> Result<Melodies, VersionError> {
    let path = version_dir.join(MELODIES);
    match fs::read_to_string(&path) {
        Ok(text) => Melodies::from_text(&text).ok_or_else(|| {
            VersionError::damaged(version_dir, "its list of melodies cannot be read")
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Melodies::default()),
        Err(source) => Err(VersionError::Io { path, source }),
    }
}

/// The versions kept below `genre_dir`, ascending; empty if there is no such folder.
///
/// # Errors
/// [`VersionError::Io`] when the folder cannot be read.
pub fn versions(genre_dir: &Path) -> Result<Vec<u32>, VersionError> {
    let entries = match fs::read_dir(genre_dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(VersionError::io(genre_dir))?,
    };
    let mut versions = Vec::new();
    for entry in entries {
        let name = entry.map_err(VersionError::io(genre_dir))?.file_name();
        let number = name.to_str().and_then(|name| name.strip_prefix('v')).map(str::parse::<u32>);
        versions.extend(number.and_then(Result::ok));
    }
    versions.sort_unstable();
    Ok(versions)
}

/// Deletes a version. It is gone at once, also if the program is killed while its files go.
///
/// # Errors
/// [`VersionError::Io`] when it cannot be deleted.
pub fn remove(version_dir: &Path) -> Result<(), VersionError> {
    durable::remove_folder(version_dir).map_err(VersionError::io(version_dir))
}

#[cfg(test)]
mod tests;
