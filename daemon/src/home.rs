//! Where does Kickback keep its files?
//!
//! One folder, the home, holds everything; [`Home`] knows its layout. [`resolve`] finds the home from
//! the command line and the environment and touches nothing.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

/// The folder that holds everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    root: PathBuf,
}

/// Neither the command line nor the environment says where the home is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no home is known: give --home DIR or set KICKBACK_HOME")]
pub struct NoHome;

/// A name that cannot be a genre.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{name:?} cannot be a genre: give the name of a folder in the inbox, not beginning with a dot, and \
     not \"unsorted\", where songs wait for their genre"
)]
pub struct BadGenre {
    /// What was given.
    pub name: String,
}

/// The home: `given` (`--home`), else `$KICKBACK_HOME`, else `$STATE_DIRECTORY` (the first, if
/// systemd gives several), else `$XDG_DATA_HOME/kickback`, else `~/.local/share/kickback`.
///
/// Empty variables count as unset, as does a relative `$XDG_DATA_HOME` (XDG Base Directory
/// Specification 0.8). Other relative paths are taken from `working_folder`.
///
/// # Errors
/// [`NoHome`] when none of these is set.
pub fn resolve(
    given: Option<&Path>,
    variable: impl Fn(&str) -> Option<OsString>,
    working_folder: &Path,
) -> Result<Home, NoHome> {
    let set = |name| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let state = || set("STATE_DIRECTORY").and_then(|paths| first_of(&paths));
    let data = || {
        let folder = set("XDG_DATA_HOME").filter(|path| path.is_absolute());
        let folder = folder.or_else(|| set("HOME").map(|home| home.join(".local/share")));
        folder.map(|folder| folder.join("kickback"))
    };
    let root = given.map(Path::to_path_buf).or_else(|| set("KICKBACK_HOME"));
    let root = root.or_else(state).or_else(data).ok_or(NoHome)?;
    Ok(Home { root: working_folder.join(root) })
}

/// `name` if it can be a genre: the name of a folder that is not hidden, at most 128 bytes, and not
/// the one in which files wait for their genre.
///
/// # Errors
/// [`BadGenre`], for example for `..` or `a/b`.
pub fn genre(name: &str) -> Result<&str, BadGenre> {
    let fits = !name.is_empty() && name.len() <= crate::store::MAX_NAME;
    let is_taken = name == watch::inbox::UNSORTED;
    if fits && !is_taken && !name.starts_with('.') && !name.contains(['/', '\0']) {
        return Ok(name);
    }
    Err(BadGenre { name: name.to_owned() })
}

impl Home {
    /// The home at `root`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where people drop files: `inbox/<genre>/…`.
    pub fn inbox(&self) -> PathBuf {
        self.root.join("inbox")
    }

    /// Where accepted files go: `library/<genre>/…`.
    pub fn library(&self) -> PathBuf {
        self.root.join("library")
    }

    /// Where rejected files go, each with its reason beside it: `rejected/<genre>/…`.
    pub fn rejected(&self) -> PathBuf {
        self.root.join("rejected")
    }

    /// Where a copy of every song lies, named by the hash of its content.
    pub fn songs(&self) -> PathBuf {
        self.root.join("songs")
    }

    /// Where the files of generated tracks are.
    pub fn tracks(&self) -> PathBuf {
        self.root.join("tracks")
    }

    /// Where the versions of all genres' models are.
    pub fn models(&self) -> PathBuf {
        self.root.join("models")
    }

    /// The folder of a version: `models/<genre>/v<version>`. The name is one that [`genre`] takes.
    pub fn version(&self, genre: &str, version: u32) -> PathBuf {
        self.models().join(genre).join(format!("v{version}"))
    }

    /// The folder of the store.
    pub fn store(&self) -> PathBuf {
        self.root.join("store")
    }

    /// The configuration, where `--config` names no other.
    pub fn config(&self) -> PathBuf {
        self.root.join("kickback.toml")
    }

    /// The control socket of the running daemon. Linux takes socket paths up to 107 bytes.
    pub fn socket(&self) -> PathBuf {
        self.root.join("kickback.sock")
    }

    /// The Discord token, for those who run without systemd.
    pub fn token(&self) -> PathBuf {
        self.root.join("discord-token")
    }

    /// The key with which the chat's listeners are named.
    pub fn listener_key(&self) -> PathBuf {
        self.root.join("listener.key")
    }

    /// Creates the home and its folders where they are missing, except the store's.
    ///
    /// # Errors
    /// The file system's, with the path.
    pub fn create(&self) -> io::Result<()> {
        let folders = [
            self.inbox(),
            self.library(),
            self.rejected(),
            self.songs(),
            self.tracks(),
            self.models(),
        ];
        folders.iter().try_for_each(|folder| {
            std::fs::create_dir_all(folder).map_err(|error| {
                io::Error::new(error.kind(), format!("cannot make {}: {error}", folder.display()))
            })
        })
    }
}

fn first_of(paths: &Path) -> Option<PathBuf> {
    std::env::split_paths(paths).find(|path| !path.as_os_str().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(given: Option<&str>, variables: &[(&str, &str)]) -> Option<PathBuf> {
        let variable = |name: &str| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| value.into())
        };
        let home = resolve(given.map(Path::new), variable, Path::new("/srv"));
        home.ok().map(|home| home.root().to_path_buf())
    }

    #[test]
    fn the_home_is_looked_for_in_order() {
        let mut variables = vec![
            ("KICKBACK_HOME", "/own"),
            ("STATE_DIRECTORY", "/var/lib/kickback:/var/lib/other"),
            ("XDG_DATA_HOME", "/data"),
            ("HOME", "/home/ann"),
        ];
        assert_eq!(found(Some("/given"), &variables), Some("/given".into()));
        let expected =
            ["/own", "/var/lib/kickback", "/data/kickback", "/home/ann/.local/share/kickback"];
        for path in expected {
            assert_eq!(found(None, &variables), Some(path.into()));
            variables.remove(0);
        }
        assert_eq!(found(None, &[]), None);
    }

    #[test]
    fn empty_variables_are_unset_and_relative_paths_start_here() {
        let variables = [("KICKBACK_HOME", ""), ("STATE_DIRECTORY", ""), ("HOME", "/h")];
        assert_eq!(found(None, &variables), Some("/h/.local/share/kickback".into()));
        let variables = [("XDG_DATA_HOME", "data"), ("HOME", "/h")];
        assert_eq!(found(None, &variables), Some("/h/.local/share/kickback".into()));
        assert_eq!(found(Some("there"), &[]), Some("/srv/there".into()));
        assert_eq!(found(None, &[("KICKBACK_HOME", "own")]), Some("/srv/own".into()));
    }

    #[test]
    fn a_genre_cannot_leave_its_folder() {
        for name in ["hardstyle", "drum & bass", "Über", "a..b"] {
            assert_eq!(genre(name), Ok(name));
        }
        for name in ["", ".", "..", ".git", "a/b", "/a", "a\0", &"x".repeat(129)] {
            assert!(genre(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn the_folders_are_made() {
        let folder = tempfile::tempdir().expect("a folder");
        let home = Home::new(folder.path().join("a/b"));
        home.create().expect("made");
        home.create().expect("there already");
        assert!(home.inbox().is_dir() && home.models().is_dir() && !home.store().exists());
        assert_eq!(home.version("trance", 3), home.root().join("models/trance/v3"));
        std::fs::remove_dir(home.inbox()).expect("empty");
        std::fs::write(home.inbox(), b"").expect("written");
        let error = home.create().expect_err("a file is in the way").to_string();
        assert!(error.contains("inbox"), "{error}");
    }
}
