//! How is a run kept that has not reached its end?
//!
//! In one file, which is there whole or not at all: the BLAKE3 hash of the rest, then safetensors with
//! what a [`Snapshot`] holds. Numbers are kept to the last bit. A note goes with it, which only the
//! caller understands and which can be read by itself. The file is written tensor by tensor, so that no
//! second copy of the weights is ever in memory.

mod contents;

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Seek, Write};
use std::path::{Path, PathBuf};

use safetensors::tensor::{Metadata, TensorInfo};
use serde::Deserialize;

use crate::train::Snapshot;
use contents::{ABOUT, About, Tensor, from_bytes, tensors};

const HASH_BYTES: usize = 32;
/// The most that may stand before the numbers; some kilobytes are common.
const MAX_HEADER_BYTES: u64 = 1 << 24;

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
}

/// Keeps a run in `path`, in place of what was kept there.
///
/// # Errors
/// [`UnfinishedError::Io`], and what was there before stays.
pub fn write(path: &Path, snapshot: &Snapshot, note: &str) -> Result<(), UnfinishedError> {
    durable::write_with(path, |file| write_to(file, snapshot, note))
        .map_err(|source| UnfinishedError::Io { path: path.to_owned(), source })
}

/// The note of the run kept in `path`, if there is one. Only it is read, so whether the rest is whole
/// is not known.
///
/// # Errors
/// [`UnfinishedError`] when it cannot be read or isn't one.
pub fn note(path: &Path) -> Result<Option<String>, UnfinishedError> {
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
    let about = header.and_then(|mut header| About::parse(&header.metadata.remove(ABOUT)?));
    let what = "it does not begin as it should, or another release wrote it".to_owned();
    let damaged = || UnfinishedError::Damaged { path: path.to_owned(), what };
    Ok(Some(about.ok_or_else(damaged)?.note))
}

/// What stands before the numbers, as far as it is needed.
#[derive(Deserialize)]
struct Header {
    #[serde(rename = "__metadata__")]
    metadata: HashMap<String, String>,
}

/// What follows the hash and the header's length in a file; `None` if it isn't one.
fn header(file: &mut File, start: [u8; HASH_BYTES + 8]) -> io::Result<Option<Header>> {
    let Some(length) = start.last_chunk().map(|length| u64::from_le_bytes(*length)) else {
        return Ok(None);
    };
    let mut text = Vec::new();
    file.take(length.min(MAX_HEADER_BYTES)).read_to_end(&mut text)?;
    Ok(serde_json::from_slice(&text).ok())
}

/// The run kept in `path` and its note, if there is one.
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
    from_bytes(bytes).map(Some).ok_or_else(|| damaged("another release wrote it"))
}

/// Forgets the run kept in `path`, if there is one, and what a killed release of before left half
/// written beside it.
///
/// # Errors
/// [`UnfinishedError::Io`] when it cannot be deleted.
pub fn remove(path: &Path) -> Result<(), UnfinishedError> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".partial");
    for path in [PathBuf::from(beside), path.to_owned()] {
        match fs::remove_file(&path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                return Err(UnfinishedError::Io { path, source });
            }
            _ => {}
        }
    }
    Ok(())
}

/// Writes hash, header and tensors.
fn write_to(file: &mut File, snapshot: &Snapshot, note: &str) -> io::Result<()> {
    let tensors = tensors(snapshot);
    let mut end = 0;
    let infos = tensors.iter().map(|Tensor { name, dtype, shape, bytes }| {
        let start = end;
        end += bytes.len();
        let data_offsets = (start, end);
        (name.clone(), TensorInfo { dtype: *dtype, shape: shape.clone(), data_offsets })
    });
    let about = serde_json::to_string(&About::of(snapshot, note))?;
    let about = HashMap::from([(ABOUT.to_owned(), about)]);
    let metadata = Metadata::new(Some(about), infos.collect()).map_err(io::Error::other)?;
    let mut header = serde_json::to_vec(&metadata)?;
    header.resize(header.len().next_multiple_of(size_of::<u64>()), b' ');
    let mut hashed = Hashed { file: BufWriter::new(file), hasher: blake3::Hasher::new() };
    hashed.file.write_all(&[0; HASH_BYTES])?;
    hashed.write(&(header.len() as u64).to_le_bytes())?;
    hashed.write(&header)?;
    for tensor in &tensors {
        hashed.write(&tensor.bytes)?;
    }
    let Hashed { mut file, hasher } = hashed;
    file.rewind()?;
    file.write_all(hasher.finalize().as_bytes())?;
    file.flush()
}

/// A file and the hash of what was written to it.
struct Hashed<'a> {
    file: BufWriter<&'a mut File>,
    hasher: blake3::Hasher,
}

impl Hashed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hasher.update(bytes);
        self.file.write_all(bytes)
    }
}
