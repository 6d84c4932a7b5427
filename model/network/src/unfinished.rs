//! How is a run kept that is not at its end?
//!
//! In one file, written beside, synced and renamed, so that it is there whole or not at all: the BLAKE3
//! hash of the rest, then safetensors with what [`Snapshot`] holds. Numbers are kept to the last bit.
//! A label goes with it, which only the caller understands and which can be read by itself. What is
//! written goes to the file tensor by tensor, so that no second copy of it is ever in memory.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Seek, Write};
use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use safetensors::SafeTensors;
use safetensors::tensor::{Metadata, TensorInfo, View};
use serde::{Deserialize, Serialize};

use crate::engine::OptimizerState;
use crate::train::{EpochLoss, Place, Snapshot};
use crate::{LayerState, Network, Size, State};

/// Raised whenever the file is written in another way.
const FORMAT: u32 = 1;
/// Under this key, the safetensors say what is no tensor.
const ABOUT: &str = "kickback";
const HASH_BYTES: usize = 32;
/// The most that may stand before the numbers; usual are some kilobytes.
const MAX_HEADER_BYTES: u64 = 1 << 24;

/// What is no tensor.
#[derive(Serialize, Deserialize)]
struct About {
    format: u32,
    label: String,
    place: Place,
    size: Size,
    /// Lanes of the state; none before the first window of an epoch.
    n_lanes: Option<usize>,
    best_epoch: Option<usize>,
    n_updates: i32,
    rng_seed: [u8; 32],
    rng_stream: u64,
    /// Upper and lower half.
    rng_position: (u64, u64),
}

/// Why a run cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum UnfinishedError {
    /// Reading or writing failed.
    #[error("{path}: {source}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file is not what was written.
    #[error("{path} cannot be resumed ({what})")]
    Damaged {
        /// Its file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// The tensor library failed.
    #[error("the tensor library failed: {0}")]
    Candle(#[from] candle_core::Error),
}

/// Keeps a run in `path`, in place of what was kept there.
///
/// # Errors
/// [`UnfinishedError::Io`], and what was there before stays.
pub fn write(path: &Path, snapshot: &Snapshot, label: &str) -> Result<(), UnfinishedError> {
    let at = |source| UnfinishedError::Io { path: path.to_owned(), source };
    let (about, tensors) = contents(snapshot, label)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let beside = beside(path);
    fs::create_dir_all(folder).map_err(at)?;
    let file = File::create(&beside).map_err(at)?;
    let written = write_to(file, about, &tensors);
    let renamed = written.and_then(|()| fs::rename(&beside, path));
    if renamed.is_err() {
        // It may be what fills the disk; the next one to this place overwrites it.
        let _ = fs::remove_file(&beside);
    }
    renamed.and_then(|()| sync_folder(folder)).map_err(at)
}

/// The label of the run kept in `path`, if there is one. Only it is read, so whether the rest is whole
/// is not known.
///
/// # Errors
/// [`UnfinishedError`] when it cannot be read or is none.
pub fn label(path: &Path) -> Result<Option<String>, UnfinishedError> {
    let at = |source| UnfinishedError::Io { path: path.to_owned(), source };
    let mut file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file.map_err(at)?,
    };
    let mut start = [0; HASH_BYTES + size_of::<u64>()];
    let header = match file.read_exact(&mut start) {
        Ok(()) => header(&mut file, start).map_err(at)?,
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => None,
        Err(error) => return Err(at(error)),
    };
    let about = header.and_then(|mut header| about(header.metadata.remove(ABOUT)?));
    let what = "it does not begin as it should, or another release wrote it".to_owned();
    let unfinished = || UnfinishedError::Damaged { path: path.to_owned(), what };
    Ok(Some(about.ok_or_else(unfinished)?.label))
}

/// What stands before the numbers, as far as it is needed.
#[derive(Deserialize)]
struct Header {
    #[serde(rename = "__metadata__")]
    metadata: HashMap<String, String>,
}

/// What follows the hash and the header's length in a file; `None` if it is none.
fn header(file: &mut File, start: [u8; HASH_BYTES + 8]) -> io::Result<Option<Header>> {
    let Some(length) = start.last_chunk().map(|length| u64::from_le_bytes(*length)) else {
        return Ok(None);
    };
    let mut text = Vec::new();
    file.take(length.min(MAX_HEADER_BYTES)).read_to_end(&mut text)?;
    Ok(serde_json::from_slice(&text).ok())
}

fn about(text: impl AsRef<str>) -> Option<About> {
    let about = serde_json::from_str::<About>(text.as_ref()).ok();
    about.filter(|about| about.format == FORMAT)
}

/// The run kept in `path` and its label, if there is one.
///
/// # Errors
/// [`UnfinishedError`] when it cannot be read or is not whole.
pub fn read(path: &Path) -> Result<Option<(Snapshot, String)>, UnfinishedError> {
    let bytes = match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(UnfinishedError::Io { path: path.to_owned(), source }),
        Ok(bytes) => bytes,
    };
    let damaged =
        |what: &str| UnfinishedError::Damaged { path: path.to_owned(), what: what.to_owned() };
    let (hash, bytes) =
        bytes.split_at_checked(HASH_BYTES).ok_or_else(|| damaged("it is too short"))?;
    if blake3::hash(bytes).as_bytes() != hash {
        return Err(damaged("it does not match its hash"));
    }
    from_bytes(bytes)?.map(Some).ok_or_else(|| damaged("another release wrote it"))
}

/// Forgets the run kept in `path`, if there is one.
///
/// # Errors
/// [`UnfinishedError::Io`] when it cannot be deleted.
pub fn remove(path: &Path) -> Result<(), UnfinishedError> {
    for path in [beside(path), path.to_owned()] {
        match fs::remove_file(&path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                return Err(UnfinishedError::Io { path, source });
            }
            _ => {}
        }
    }
    Ok(())
}

/// Where it is written before it is renamed.
fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!("{name}.partial"))
}

/// The tensors of a snapshot by name, and what is none.
fn contents(
    snapshot: &Snapshot,
    label: &str,
) -> Result<(String, Vec<(String, Tensor)>), UnfinishedError> {
    let Snapshot { place, rng, optimizer, state, sums, over, start_nll, curve, best } = snapshot;
    let mut tensors: Vec<(String, Tensor)> = Vec::new();
    // First, where they are aligned best.
    let numbers = vec![sums.0, sums.1, *over, *start_nll];
    let train = curve.iter().map(|loss| loss.train_nll).collect();
    let valid = curve.iter().map(|loss| loss.valid_nll).collect();
    for (name, values) in [("numbers", numbers), ("curve.train", train), ("curve.valid", valid)] {
        let n = values.len();
        if n > 0 {
            tensors.push((name.to_owned(), Tensor::from_vec(values, n, &Device::Cpu)?));
        }
    }
    let networks = [
        ("weights", Some(&optimizer.weights)),
        ("mean", Some(&optimizer.mean)),
        ("square", Some(&optimizer.square)),
        ("best", best.as_ref().map(|(_, network)| network)),
    ];
    for (kind, network) in networks {
        let parameters = network.into_iter().flat_map(Network::parameters);
        tensors.extend(
            parameters.map(|(name, var)| (format!("{kind}.{name}"), var.as_detached_tensor())),
        );
    }
    let size = optimizer.weights.size();
    let layers = state.iter().flat_map(|state| state.0.iter().enumerate());
    for (idx, LayerState { hidden, cell }) in layers {
        for (kind, values) in [("hidden", hidden), ("cell", cell)] {
            let tensor = Tensor::from_slice(values, values.len(), &Device::Cpu)?;
            tensors.push((format!("state.{idx}.{kind}"), tensor));
        }
    }
    let position = rng.get_word_pos();
    let about = About {
        format: FORMAT,
        label: label.to_owned(),
        place: *place,
        size,
        n_lanes: state.as_ref().map(|state| state.n_lanes(size)),
        best_epoch: best.as_ref().map(|(loss, _)| loss.epoch),
        n_updates: optimizer.n_updates,
        rng_seed: rng.get_seed(),
        rng_stream: rng.get_stream(),
        rng_position: ((position >> 64) as u64, position as u64),
    };
    let about = serde_json::to_string(&about).map_err(candle_core::Error::wrap)?;
    Ok((about, tensors))
}

/// Writes hash, header and tensors, and syncs.
fn write_to(file: File, about: String, tensors: &[(String, Tensor)]) -> io::Result<()> {
    let mut end = 0;
    let infos = tensors.iter().map(|(name, tensor)| {
        let start = end;
        end += tensor.data_len();
        let (dtype, shape) = (View::dtype(&tensor), View::shape(&tensor).to_vec());
        (name.clone(), TensorInfo { dtype, shape, data_offsets: (start, end) })
    });
    let about = HashMap::from([(ABOUT.to_owned(), about)]);
    let metadata = Metadata::new(Some(about), infos.collect()).map_err(io::Error::other)?;
    let mut header = serde_json::to_vec(&metadata)?;
    header.resize(header.len().next_multiple_of(size_of::<u64>()), b' ');
    let mut hashed = Hashed { file: BufWriter::new(file), hasher: blake3::Hasher::new() };
    hashed.file.write_all(&[0; HASH_BYTES])?;
    hashed.write(&(header.len() as u64).to_le_bytes())?;
    hashed.write(&header)?;
    for (_, tensor) in tensors {
        hashed.write(&View::data(&tensor))?;
    }
    let Hashed { mut file, hasher } = hashed;
    file.rewind()?;
    file.write_all(hasher.finalize().as_bytes())?;
    file.into_inner()?.sync_all()
}

/// A file and the hash of what was written to it.
struct Hashed {
    file: BufWriter<File>,
    hasher: blake3::Hasher,
}

impl Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hasher.update(bytes);
        self.file.write_all(bytes)
    }
}

/// What was written; `None` if something is missing.
fn from_bytes(bytes: &[u8]) -> Result<Option<(Snapshot, String)>, UnfinishedError> {
    let Ok((_, metadata)) = SafeTensors::read_metadata(bytes) else { return Ok(None) };
    let written = metadata.metadata().as_ref().and_then(|written| written.get(ABOUT));
    let Some(about) = written.and_then(about) else { return Ok(None) };
    let mut tensors = candle_core::safetensors::load_buffer(bytes, &Device::Cpu)?;
    let mut network = |kind: &str| {
        Network::from_weights(about.size, |name| tensors.remove(&format!("{kind}.{name}")))
    };
    let networks = (network("weights")?, network("mean")?, network("square")?, network("best")?);
    let (Some(weights), Some(mean), Some(square), best) = networks else { return Ok(None) };
    let mut values = |name: &str| -> Vec<f64> {
        let tensor = tensors.remove(name).filter(|tensor| tensor.dtype() == DType::F64);
        tensor.and_then(|tensor| tensor.to_vec1().ok()).unwrap_or_default()
    };
    let [sum, weight, over, start_nll] = values("numbers")[..] else { return Ok(None) };
    let (train, valid) = (values("curve.train"), values("curve.valid"));
    let curve: Vec<EpochLoss> = (1..)
        .zip(train.into_iter().zip(valid))
        .map(|(epoch, (train_nll, valid_nll))| EpochLoss { epoch, train_nll, valid_nll })
        .collect();
    let best = match about.best_epoch {
        None => None,
        Some(epoch) => match (curve.get(epoch.wrapping_sub(1)), best) {
            (Some(loss), Some(network)) => Some((*loss, network)),
            _ => return Ok(None),
        },
    };
    let state = match about.n_lanes {
        None => None,
        Some(n_lanes) => match state(&mut tensors, about.size, n_lanes) {
            None => return Ok(None),
            state => state,
        },
    };
    let mut rng = ChaCha8Rng::from_seed(about.rng_seed);
    rng.set_stream(about.rng_stream);
    rng.set_word_pos(u128::from(about.rng_position.0) << 64 | u128::from(about.rng_position.1));
    let optimizer = OptimizerState { weights, mean, square, n_updates: about.n_updates };
    let (place, sums) = (about.place, (sum, weight));
    let snapshot = Snapshot { place, rng, optimizer, state, sums, over, start_nll, curve, best };
    Ok(Some((snapshot, about.label)))
}

fn state(tensors: &mut HashMap<String, Tensor>, size: Size, n_lanes: usize) -> Option<State> {
    let mut values = |idx: usize, kind: &str| -> Option<Vec<f32>> {
        let values: Vec<f32> = tensors.remove(&format!("state.{idx}.{kind}"))?.to_vec1().ok()?;
        (values.len() == n_lanes * size.hidden).then_some(values)
    };
    let layer =
        |idx| Some(LayerState { hidden: values(idx, "hidden")?, cell: values(idx, "cell")? });
    Some(State((0..size.layers).map(layer).collect::<Option<_>>()?))
}

fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}
