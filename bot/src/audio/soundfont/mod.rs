//! How is a user's own SoundFont read, whatever is in the file?
//!
//! The crate `rustysynth` reads SF2. It trusts the sizes that a file states, so these are checked
//! against the file first, and should it panic all the same, that is an error like any other. The
//! instruments are played in [`player`], and [`cache`] keeps what was read.

pub(crate) mod cache;
pub(crate) mod player;

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The largest file that is read, as a whole file lies in memory.
const MAX_BYTES: u64 = 512 << 20;

/// A SoundFont that can be played.
#[derive(Clone, Debug)]
pub struct SoundFont {
    font: Arc<rustysynth::SoundFont>,
    path: PathBuf,
}

/// Why a SoundFont cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum SoundFontError {
    /// There is no file, or it cannot be read.
    #[error("the SoundFont {path} cannot be read: {source}", path = .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// More than 512 MiB.
    #[error("the SoundFont {path} is larger than {} MiB: use a smaller one", MAX_BYTES >> 20, path = .0.display())]
    Large(PathBuf),
    /// Samples compressed by Ogg Vorbis.
    #[error("{path} is an SF3 file, whose samples are compressed: convert it to SF2", path = .0.display())]
    Compressed(PathBuf),
    /// Not a SoundFont, or a broken one.
    #[error("{path} is not a working SF2 SoundFont ({why}): use another file", path = .path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
}

impl SoundFont {
    /// Reads a file.
    ///
    /// # Errors
    /// [`SoundFontError`] if it cannot be read or is not an SF2 file.
    fn read(path: &Path) -> Result<Self, SoundFontError> {
        let bytes = bytes_of(path)?;
        Self::parse(&bytes, path)
    }

    fn parse(bytes: &[u8], path: &Path) -> Result<Self, SoundFontError> {
        let broken = |why: String| SoundFontError::Broken { path: path.to_owned(), why };
        check_sizes(bytes).map_err(|why| broken(why.to_owned()))?;
        let parsed = guarded(|| rustysynth::SoundFont::new(&mut &bytes[..])).map_err(broken)?;
        let font = parsed.map_err(|error| match error {
            rustysynth::SoundFontError::UnsupportedSampleFormat => {
                SoundFontError::Compressed(path.to_owned())
            }
            other => broken(other.to_string()),
        })?;
        if font.get_presets().is_empty() {
            return Err(broken("it holds no instrument".to_owned()));
        }
        Ok(Self { font: Arc::new(font), path: path.to_owned() })
    }
}

/// Runs code of another crate; a panic becomes its message.
fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        text.or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "its contents contradict each other".to_owned())
    })
}

fn bytes_of(path: &Path) -> Result<Vec<u8>, SoundFontError> {
    let failed = |source: io::Error| SoundFontError::Read { path: path.to_owned(), source };
    metadata(path)?;
    let mut bytes = Vec::new();
    let mut file = File::open(path).map_err(failed)?.take(MAX_BYTES + 1);
    file.read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(SoundFontError::Large(path.to_owned()));
    }
    Ok(bytes)
}

/// The metadata of a file.
///
/// # Errors
/// [`SoundFontError::Read`] for anything but a regular file: a pipe or a device would be read without end.
fn metadata(path: &Path) -> Result<Metadata, SoundFontError> {
    let failed = |source: io::Error| SoundFontError::Read { path: path.to_owned(), source };
    let metadata = std::fs::metadata(path).map_err(failed)?;
    if metadata.is_file() {
        return Ok(metadata);
    }
    Err(failed(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file")))
}

/// Whether every chunk, down to those in lists, lies within what holds it.
fn check_sizes(bytes: &[u8]) -> Result<(), &'static str> {
    if bytes.len() < 12 || &bytes[..4] != b"RIFF" || &bytes[8..12] != b"sfbk" {
        return Err("it does not begin as one");
    }
    let mut lists = &bytes[12..];
    while let Some((name, chunk, rest)) = chunk(lists)? {
        if name == *b"LIST" {
            let mut inner = chunk.get(4..).ok_or("a list is cut short")?;
            while let Some((_, _, rest)) = self::chunk(inner)? {
                inner = rest;
            }
        }
        lists = rest;
    }
    Ok(())
}

type Chunk<'a> = ([u8; 4], &'a [u8], &'a [u8]);

/// The next chunk's name and contents, and what follows; `None` at the end.
fn chunk(bytes: &[u8]) -> Result<Option<Chunk<'_>>, &'static str> {
    let Some((head, rest)) = bytes.split_first_chunk::<8>() else { return Ok(None) };
    let [a, b, c, d, size @ ..] = *head;
    let size = u32::from_le_bytes(size) as usize;
    let (contents, rest) = rest.split_at_checked(size).ok_or("a chunk is cut short")?;
    Ok(Some(([a, b, c, d], contents, rest)))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    fn riff(name: [u8; 4], contents: &[u8]) -> Vec<u8> {
        let size = (contents.len() as u32).to_le_bytes();
        [&name[..], &size, contents].concat()
    }

    fn list(name: [u8; 4], chunks: &[Vec<u8>]) -> Vec<u8> {
        riff(*b"LIST", &[&name[..], &chunks.concat()].concat())
    }

    /// A name of 20 bytes.
    fn named(name: &str) -> Vec<u8> {
        let mut bytes = name.as_bytes().to_vec();
        bytes.resize(20, 0);
        bytes
    }

    fn words(words: &[u16]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    /// The smallest whole SF2 file: one looped sine at A4 as preset 0 of banks 0 and 128.
    pub(crate) fn sine_font() -> Vec<u8> {
        let n = 4800_u32;
        let wave = |i: u32| {
            let turn = f64::from(i) * 440.0 / 48e3 * std::f64::consts::TAU;
            (12_000.0 * turn.sin()) as i16
        };
        let samples: Vec<u8> =
            (0..n + 46).flat_map(|i| if i < n { wave(i) } else { 0 }.to_le_bytes()).collect();
        let preset = |name: &str, bank: u16, bag: u16| {
            [named(name), words(&[0, bank, bag, 0, 0, 0, 0, 0, 0])].concat()
        };
        let sample = |name: &str, numbers: [u32; 5], key: u8| {
            let numbers: Vec<u8> = numbers.iter().flat_map(|n| n.to_le_bytes()).collect();
            [named(name), numbers, vec![key, 0], words(&[0, 1])].concat()
        };
        let parameters = [
            riff(*b"phdr", &[preset("a", 0, 0), preset("b", 128, 1), preset("EOP", 0, 2)].concat()),
            riff(*b"pbag", &words(&[0, 0, 1, 0, 2, 0])),
            riff(*b"pmod", &[0; 10]),
            // Instrument 0 in both presets.
            riff(*b"pgen", &words(&[41, 0, 41, 0, 0, 0])),
            riff(*b"inst", &[named("i"), words(&[0]), named("EOI"), words(&[1])].concat()),
            riff(*b"ibag", &words(&[0, 0, 2, 0])),
            riff(*b"imod", &[0; 10]),
            // Looped, sample 0.
            riff(*b"igen", &words(&[54, 1, 53, 0, 0, 0])),
            riff(
                *b"shdr",
                &[sample("s", [0, n, 0, n - 1, 48_000], 69), sample("EOS", [0; 5], 0)].concat(),
            ),
        ];
        let info = list(*b"INFO", &[riff(*b"ifil", &words(&[2, 1])), riff(*b"INAM", b"sine\0\0")]);
        let body = [info, list(*b"sdta", &[riff(*b"smpl", &samples)]), list(*b"pdta", &parameters)];
        riff(*b"RIFF", &[b"sfbk".to_vec(), body.concat()].concat())
    }

    pub(crate) fn parsed(bytes: &[u8]) -> Result<SoundFont, SoundFontError> {
        SoundFont::parse(bytes, Path::new("test.sf2"))
    }

    #[test]
    fn a_whole_file_is_read_and_a_cut_one_is_not() {
        let whole = sine_font();
        assert!(parsed(&whole).is_ok());
        for end in (0..whole.len()).step_by(97) {
            assert!(matches!(parsed(&whole[..end]), Err(SoundFontError::Broken { .. })), "{end}");
        }
    }

    #[test]
    fn compressed_samples_are_named_as_such() {
        let mut bytes = sine_font();
        let at = bytes.windows(4).position(|four| four == b"smpl").expect("samples") + 8;
        bytes[at..at + 4].copy_from_slice(b"OggS");
        let error = parsed(&bytes).expect_err("compressed");
        assert!(error.to_string().contains("SF3"), "{error}");
    }

    #[test]
    fn only_regular_files_are_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let missing = folder.path().join("none.sf2");
        for path in [folder.path(), missing.as_path()] {
            assert!(matches!(SoundFont::read(path), Err(SoundFontError::Read { .. })));
        }
        let path = folder.path().join("sine.sf2");
        std::fs::write(&path, sine_font()).expect("writes");
        assert!(SoundFont::read(&path).is_ok());
    }
}
