//! How is all that the store knows copied out, and how is a new store made of the copy?
//!
//! An export needs neither sled nor this layout of folders: a header (the format's name and version,
//! the number of values), one record a value, and the BLAKE3 hash of everything before. Values are
//! copied as they are with their own checksums, so damage is neither hidden nor in the way. Songs,
//! tracks and models, which are files, are not part of it.

#[cfg(test)]
mod tests;

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::codec::{self, MAX_KEY, MAX_VALUE, Tree};
use super::engine::{self, Engine};
use super::error::Error;
use super::handle::{Meta, SCHEMA, Store};
use super::settings::Settings;
use super::songs::SongStatus;
use super::view::{Read as _, Writes};

const NAME: &[u8; 16] = b"kickback-export\n";
const FORMAT: u32 = 1;
/// Values that are applied together when a store is made.
const CHUNK: usize = 512;

/// What an export holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// All values.
    pub n_values: u64,
    /// Values that are damaged; they were copied as they are.
    pub n_damaged: u64,
    /// Accepted songs.
    pub n_songs: u64,
    /// Tracks.
    pub n_tracks: u64,
}

/// Why a store was not copied out or not made of a copy.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The copy cannot be written or read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It is some other file.
    #[error("it is not the copy of a store: give the folder that a backup made")]
    Other,
    /// It is in a format of another release.
    #[error("it has format {found}, this program reads {FORMAT}: use another release of kickback")]
    Format {
        /// The format's version.
        found: u32,
    },
    /// It is whole and has a table that is not known here.
    #[error(
        "it has the table {name:?}, which this program does not know: use the newer release of kickback that made it"
    )]
    UnknownTable {
        /// What the table is called.
        name: String,
    },
    /// It is cut off or not what was written.
    #[error("the copy of the store is damaged ({what}): use another backup")]
    Damaged {
        /// What is wrong with it.
        what: String,
    },
    /// The new store's folder holds something already.
    #[error("{} is not empty: move it away first", path.display())]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] Error),
}

struct Value {
    tree: Tree,
    key: Vec<u8>,
    bytes: Vec<u8>,
}

impl Store {
    /// Writes all values to `out`, as they were at one moment between two steps. They are gathered
    /// in memory first, so that slow output holds up no writer.
    ///
    /// # Errors
    /// [`ExportError::Store`] when they cannot be read, [`ExportError::Io`] when `out` fails.
    pub fn export(&self, out: &mut impl Write) -> Result<Exported, ExportError> {
        let values = self.read(|view| {
            let mut values = Vec::new();
            // What waits for an answer now will have been answered long before this is read.
            for tree in Tree::ALL.into_iter().filter(|tree| *tree != Tree::Jobs) {
                let pairs = view.raw_range(tree, &[], &[])?.into_iter();
                values.extend(pairs.map(|(key, bytes)| Value { tree, key, bytes }));
            }
            Ok(values)
        })?;
        let mut out = Hashed { inner: out, hasher: blake3::Hasher::new() };
        out.put(NAME)?;
        out.put(&FORMAT.to_le_bytes())?;
        out.put(&(values.len() as u64).to_le_bytes())?;
        for Value { tree, key, bytes } in &values {
            let name = tree.name().as_bytes();
            for length in [name.len(), key.len(), bytes.len()] {
                out.put(&(length as u32).to_le_bytes())?;
            }
            [name, key, bytes].into_iter().try_for_each(|part| out.put(part))?;
        }
        let hash = out.hasher.finalize();
        out.inner.write_all(hash.as_bytes())?;
        Ok(count(&values))
    }

    /// Makes a store in `folder`, which must be missing or empty, of what [`Self::export`] wrote, and
    /// opens it. The store is made in `<folder>.partial` and renamed, so it is there wholly or not at
    /// all; what a crash left there is replaced.
    ///
    /// # Errors
    /// [`ExportError`] when it is not a whole export, the folder is not empty, or a write failed.
    pub fn import(
        folder: &Path,
        settings: &Settings,
        now_ms: u64,
        input: &mut impl Read,
    ) -> Result<Self, ExportError> {
        if fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) {
            return Err(ExportError::NotEmpty { path: folder.into() });
        }
        let values = parse(input)?;
        check_schema(&values)?;
        let mut partial = folder.as_os_str().to_owned();
        partial.push(".partial");
        let partial = PathBuf::from(partial);
        let lock = engine::lock(&partial)?;
        clear(&partial)?;
        let engine = Engine::open(&partial, settings.cache_mb)?;
        let filled = fill(&engine, values);
        engine.close();
        filled?;
        fs::rename(&partial, folder)?;
        drop(lock);
        if let Some(parent) = folder.parent() {
            File::open(parent)?.sync_all()?;
        }
        Ok(Self::open(folder, settings, now_ms)?)
    }
}

fn count(values: &[Value]) -> Exported {
    let mut exported = Exported { n_values: values.len() as u64, ..Exported::default() };
    for Value { tree, key, bytes } in values {
        exported.n_damaged += u64::from(codec::verify(*tree, key, bytes).is_err());
        let status = || codec::decode::<SongStatus>(Tree::GenreSongs, key, bytes);
        match tree {
            Tree::GenreSongs if status() == Ok(SongStatus::Accepted) => exported.n_songs += 1,
            Tree::Tracks => exported.n_tracks += 1,
            _ => {}
        }
    }
    exported
}

/// All values of an export whose hash is right.
fn parse(input: &mut impl Read) -> Result<Vec<Value>, ExportError> {
    let mut input = Hashed { inner: input, hasher: blake3::Hasher::new() };
    if input.array().is_ok_and(|name: [u8; 16]| name != *NAME) {
        return Err(ExportError::Other);
    }
    match u32::from_le_bytes(input.array()?) {
        FORMAT => {}
        found => return Err(ExportError::Format { found }),
    }
    let n_values = u64::from_le_bytes(input.array()?);
    let (mut values, mut unknown) = (Vec::new(), None);
    for _ in 0..n_values {
        let [name, key, bytes] = [input.length()?, input.length()?, input.length()?];
        let (name, key, bytes) = (input.take(name)?, input.take(key)?, input.take(bytes)?);
        match Tree::ALL.into_iter().find(|tree| tree.name().as_bytes() == name) {
            Some(tree) => values.push(Value { tree, key, bytes }),
            None => unknown = Some(String::from_utf8_lossy(&name).into_owned()),
        }
    }
    let hash = input.hasher.finalize();
    if blake3::Hash::from(input.array()?) != hash {
        return Err(damaged("its hash is wrong"));
    }
    if input.inner.read(&mut [0])? > 0 {
        return Err(damaged("something follows its end"));
    }
    unknown.map_or(Ok(values), |name| Err(ExportError::UnknownTable { name }))
}

fn check_schema(values: &[Value]) -> Result<(), ExportError> {
    let schema = values.iter().find(|value| value.tree == Tree::Meta && value.key == b"schema");
    let schema = schema.ok_or_else(|| damaged("it does not say its schema"))?;
    let meta: Meta = codec::decode(schema.tree, &schema.key, &schema.bytes)?;
    if meta.schema > SCHEMA {
        return Err(Error::NewerSchema { found: meta.schema, known: SCHEMA }.into());
    }
    Ok(())
}

/// Removes what an import that did not end left, but for the lock, which is held.
fn clear(partial: &Path) -> io::Result<()> {
    for entry in fs::read_dir(partial)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?;
        } else if entry.file_name() != "lock" {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn fill(engine: &Engine, values: Vec<Value>) -> Result<(), Error> {
    let failed = |cause| Error::NotConfirmed { cause };
    let mut values = values.into_iter().peekable();
    while values.peek().is_some() {
        let chunk = values.by_ref().take(CHUNK);
        let writes: Writes = chunk.map(|v| ((v.tree, v.key), Some(v.bytes))).collect();
        engine.apply(&writes).map_err(failed)?;
    }
    engine.commit().map_err(failed)
}

fn damaged(what: &str) -> ExportError {
    ExportError::Damaged { what: what.to_owned() }
}

/// Hashes what passes.
struct Hashed<'a, T> {
    inner: &'a mut T,
    hasher: blake3::Hasher,
}

impl<W: Write> Hashed<'_, W> {
    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hasher.update(bytes);
        self.inner.write_all(bytes)
    }
}

impl<R: Read> Hashed<'_, R> {
    fn array<const N: usize>(&mut self) -> Result<[u8; N], ExportError> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    fn take(&mut self, n: usize) -> Result<Vec<u8>, ExportError> {
        let mut bytes = vec![0; n];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    /// A length that a name, key or value can have.
    fn length(&mut self) -> Result<usize, ExportError> {
        let length = u32::from_le_bytes(self.array()?) as usize;
        if length > MAX_KEY.max(MAX_VALUE) {
            return Err(damaged("a value is too long"));
        }
        Ok(length)
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), ExportError> {
        self.inner.read_exact(bytes).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => damaged("its end is missing"),
            _ => error.into(),
        })?;
        self.hasher.update(bytes);
        Ok(())
    }
}
