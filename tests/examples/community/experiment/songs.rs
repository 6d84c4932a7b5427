//! Which songs does the first version learn from?

use std::fs;
use std::path::{Path, PathBuf};

use super::{Failed, Options, Progress};

/// The bundled songs.
const STARTER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../daemon/starter");

/// Drops the songs that the options name into an inbox; gives back how many.
///
/// # Errors
/// When there are none, or one cannot be copied.
pub(super) fn drop_into(
    inbox: &Path,
    options: &Options,
    progress: &Progress,
) -> Result<usize, Failed> {
    let songs = match (&options.songs, std::env::var_os("KICKBACK_DATA")) {
        (Some(folder), _) => by_genre(folder)?,
        (None, Some(folder)) => listed(&Path::new(&folder).join("genres"), &options.genre)?,
        (None, None) => {
            progress.say("only the bundled songs: too few to judge by (see --songs and --home)");
            let songs = midi_files(Path::new(STARTER))?;
            songs.into_iter().map(|song| (options.genre.clone(), song)).collect()
        }
    };
    if songs.is_empty() {
        return Err("there are no songs to learn from: give --songs DIR with GENRE/*.mid".into());
    }
    for (genre, song) in &songs {
        let name = song.file_name().ok_or("a song without a name")?;
        let folder = inbox.join(genre);
        fs::create_dir_all(&folder)?;
        fs::copy(song, folder.join(name))
            .map_err(|error| format!("copying {}: {error}", song.display()))?;
    }
    Ok(songs.len())
}

/// The songs in the folders of `folder`, with the names of these.
fn by_genre(folder: &Path) -> Result<Vec<(String, PathBuf)>, Failed> {
    let mut songs = Vec::new();
    for genre in sorted(folder)?.into_iter().filter(|path| path.is_dir()) {
        let name = genre.file_name().unwrap_or_default().to_string_lossy().into_owned();
        songs.extend(midi_files(&genre)?.into_iter().map(|song| (name.clone(), song)));
    }
    Ok(songs)
}

/// The songs of `genre` that `folder/metadata.csv` names (columns `file`, `genre`, …).
fn listed(folder: &Path, genre: &str) -> Result<Vec<(String, PathBuf)>, Failed> {
    let path = folder.join("metadata.csv");
    let mut table =
        csv::Reader::from_path(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut songs = Vec::new();
    for row in table.records() {
        let row = row?;
        if row.get(1) == Some(genre) {
            let file = row.get(0).ok_or("a song without a file")?;
            songs.push((genre.to_owned(), folder.join(file)));
        }
    }
    Ok(songs)
}

fn midi_files(folder: &Path) -> Result<Vec<PathBuf>, Failed> {
    let is_midi = |path: &PathBuf| path.extension().is_some_and(|end| end == "mid");
    Ok(sorted(folder)?.into_iter().filter(is_midi).collect())
}

fn sorted(folder: &Path) -> Result<Vec<PathBuf>, Failed> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut paths =
        entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<PathBuf>>>()?;
    paths.sort();
    Ok(paths)
}
