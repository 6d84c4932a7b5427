//! Which files are there, and which can be dropped?

use std::fs;
use std::path::Path;

/// The bundled songs, by name: real ones, short, all different.
pub fn songs() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../daemon/starter");
    let is_song = |name: &String| Path::new(name).extension().is_some_and(|end| end == "mid");
    let names = files_below(&folder).into_iter().filter(is_song);
    let songs: Vec<_> = names
        .map(|name| {
            let bytes = fs::read(folder.join(&name)).expect("a bundled song can be read");
            (name, bytes)
        })
        .collect();
    assert!(songs.len() >= 24, "only {} songs are bundled", songs.len());
    songs
}

/// The bytes of the `idx`th bundled song.
pub fn song(idx: usize) -> Vec<u8> {
    songs().swap_remove(idx).1
}

/// What lies below a folder and is not a folder itself: paths from there with `/`, sorted, hidden
/// ones left out. Nothing if there is no such folder.
pub fn files_below(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![String::new()];
    while let Some(inside) = folders.pop() {
        let Ok(entries) = fs::read_dir(folder.join(&inside)) else { continue };
        // Files come and go while a daemon works.
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let Ok(kind) = entry.file_type() else { continue };
            let path = if inside.is_empty() { name.clone() } else { format!("{inside}/{name}") };
            if kind.is_dir() {
                folders.push(path);
            } else if !name.starts_with('.') {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
