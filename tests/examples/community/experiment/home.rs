//! Where does the program live that is played against, and how is it asked?

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use super::{Failed, Options, Progress, songs};

/// Larger files are linked, not copied: the program writes none of them in place.
const LINKED_FROM: u64 = 256 * 1024;
/// What a copy does without: a socket, and a secret.
const LEFT_OUT: [&str; 2] = ["kickback.sock", "discord-token"];

/// How the names of the folders begin, before the number of the process.
const PREFIX: &str = "kickback-community-";

/// A home in a temporary folder, deleted when dropped.
pub(crate) struct Home {
    program: PathBuf,
    folder: TempDir,
}

/// The home that every trial begins with a copy of: the one that was named, or a new one in which the genre
/// was trained.
///
/// # Errors
/// When it cannot be copied or trained.
pub(super) fn first(
    options: &Options,
    program: &Path,
    progress: &Progress,
) -> Result<Home, Failed> {
    let home = Home { program: program.to_owned(), folder: folder()? };
    if let Some(given) = &options.home {
        home.fill_from(given)?;
    }
    home.configure(&options.config)?;
    if options.home.is_none() {
        let n_songs = songs::drop_into(&home.path("inbox"), options, progress)?;
        progress.say(&format!("the first training, on {n_songs} files"));
        home.train(&options.genre)?;
    }
    for training in 1..=options.settle {
        progress.say(&format!("training {training} of {} without votes", options.settle));
        home.train(&options.genre)?;
    }
    Ok(home)
}

/// Whether `generate` has an option.
///
/// # Errors
/// When the program does not start.
pub(super) fn knows(program: &Path, option: &str) -> Result<bool, Failed> {
    let help = Command::new(program).args(["generate", "--help"]).output();
    let help = help.map_err(|error| format!("starting {}: {error}", program.display()))?;
    Ok(String::from_utf8_lossy(&help.stdout).contains(option))
}

impl Home {
    /// A copy that may be changed without changing this one.
    pub(super) fn copy(&self) -> Result<Self, Failed> {
        let copy = Self { program: self.program.clone(), folder: folder()? };
        copy.fill_from(self.folder.path())?;
        Ok(copy)
    }

    fn fill_from(&self, given: &Path) -> Result<(), Failed> {
        let is_served = std::os::unix::net::UnixStream::connect(given.join(LEFT_OUT[0])).is_ok();
        if is_served {
            let given = given.display();
            return Err(format!("a daemon runs in {given}: stop it, or give a backup").into());
        }
        copy_folder(given, self.folder.path())
            .map_err(|error| format!("copying {}: {error}", given.display()).into())
    }

    /// A path in the home.
    pub(super) fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    /// Sets keys with their sections (`taste.gain=0`) in the home's configuration. What is not a TOML value
    /// is taken as text.
    fn configure(&self, settings: &[String]) -> Result<(), Failed> {
        let file = self.path("kickback.toml");
        let text = if file.exists() { fs::read_to_string(&file)? } else { String::new() };
        let mut table: toml::Table = text.parse()?;
        for setting in settings {
            let wrong = || format!("{setting:?} is no setting: give KEY=VALUE with its section");
            let (key, value) = setting.split_once('=').ok_or_else(wrong)?;
            let value = format!("value = {value}").parse::<toml::Table>().map_or_else(
                |_| toml::Value::String(value.to_owned()),
                |mut parsed| parsed.remove("value").expect("it was just written"),
            );
            let (sections, key) = key.trim().rsplit_once('.').ok_or_else(wrong)?;
            let mut section = &mut table;
            for name in sections.split('.') {
                let inner = section.entry(name).or_insert_with(|| toml::Table::new().into());
                section = inner.as_table_mut().ok_or_else(wrong)?;
            }
            section.insert(key.to_owned(), value);
        }
        Ok(fs::write(file, table.to_string())?)
    }

    /// The rows of a command, which has to succeed.
    pub(super) fn rows(&self, arguments: &[&str]) -> Result<Vec<Value>, Failed> {
        let done = self.done(arguments)?;
        if !done.status.success() {
            return Err(failure(arguments, &String::from_utf8_lossy(&done.stderr)));
        }
        rows(done.stdout)
    }

    /// A command that has come to its end.
    fn done(&self, arguments: &[&str]) -> Result<Output, Failed> {
        let mut command = Command::new(&self.program);
        command.arg("--home").arg(self.folder.path()).arg("--json").args(arguments);
        Ok(command.stdin(Stdio::null()).output()?)
    }

    /// Makes tracks, the voices of each song once through: all that the network made and nothing that the
    /// arrangement adds.
    pub(super) fn generate(
        &self,
        genre: &str,
        n_tracks: usize,
        seed: u64,
        more: &[&str],
    ) -> Result<Vec<Value>, Failed> {
        let (count, seed) = (n_tracks.to_string(), seed.to_string());
        let mut arguments = vec!["generate", genre, "--count", &count, "--seed", &seed];
        arguments.extend(["--arrangement", "lead", "--no-audio", "--no-picture"]);
        arguments.extend(more);
        self.rows(&arguments)
    }

    /// Nats a note of the MIDI files of tracks under the version that is played here. Those are left out that
    /// hold nothing that the intake would call a song.
    pub(super) fn nll_per_note(&self, genre: &str, tracks: &[Value]) -> Result<Vec<f64>, Failed> {
        let files: Vec<&str> = tracks.iter().filter_map(|track| track["midi"].as_str()).collect();
        let arguments = [&["score", genre], &files[..]].concat();
        let done = self.done(&arguments)?;
        let said = String::from_utf8_lossy(&done.stderr);
        let n_empty = said.lines().filter(|line| line.contains("has no notes to score")).count();
        let rows = rows(done.stdout)?;
        if rows.len() + n_empty != files.len() {
            return Err(failure(&arguments, &said));
        }
        Ok(rows.iter().filter_map(|row| row["nll_per_note"].as_f64()).collect())
    }

    /// Trains the genre; gives back the last row.
    pub(super) fn train(&self, genre: &str) -> Result<Value, Failed> {
        let trained = self.rows(&["train", genre])?.pop();
        trained.ok_or_else(|| "the training said nothing".into())
    }
}

/// The objects that a command wrote, one a line.
fn rows(written: Vec<u8>) -> Result<Vec<Value>, Failed> {
    let text = String::from_utf8(written)?;
    Ok(text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?)
}

fn failure(arguments: &[&str], said: &str) -> Failed {
    format!("`kickback {}` failed: {}", arguments.join(" "), said.trim()).into()
}

/// A folder whose name holds the number of this process; those of processes that are gone, which were
/// ended before they could delete them, are deleted.
fn folder() -> std::io::Result<TempDir> {
    delete_left_over(&std::env::temp_dir());
    let prefix = format!("{PREFIX}{}-", std::process::id());
    tempfile::Builder::new().prefix(&prefix).tempdir()
}

fn delete_left_over(place: &Path) {
    for entry in fs::read_dir(place).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let process = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
        let process = process.and_then(|rest| rest.split_once('-')?.0.parse::<u32>().ok());
        if process.is_some_and(|process| !Path::new(&format!("/proc/{process}")).exists()) {
            // Somebody else's, or being deleted by another.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Copies what lies in `from` to the folder `to`, which is there.
fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        let copy = to.join(entry.file_name());
        if kind.is_dir() {
            fs::create_dir(&copy)?;
            copy_folder(&path, &copy)?;
        } else if kind.is_file() && LEFT_OUT.iter().all(|name| entry.file_name() != *name) {
            // The store does write in place.
            let may_link = !path.components().any(|step| step.as_os_str() == "store");
            let is_large = entry.metadata()?.len() >= LINKED_FROM;
            if !(may_link && is_large && fs::hard_link(&path, &copy).is_ok()) {
                fs::copy(&path, &copy)?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_join_those_that_are_there() {
        let home = Home { program: PathBuf::new(), folder: folder().expect("made") };
        fs::write(home.path("kickback.toml"), "[taste]\ngain = 2.0\ncandidates = 8\n").expect("ok");
        let settings = ["taste.gain=0", "training.precision=f32", "genre.house.sound.kick_ms=90.0"];
        home.configure(&settings.map(str::to_owned)).expect("settings");
        let text = fs::read_to_string(home.path("kickback.toml")).expect("written");
        let table: toml::Table = text.parse().expect("TOML");
        assert_eq!(table["taste"]["gain"].as_integer(), Some(0));
        assert_eq!(table["taste"]["candidates"].as_integer(), Some(8));
        assert_eq!(table["training"]["precision"].as_str(), Some("f32"));
        assert_eq!(table["genre"]["house"]["sound"]["kick_ms"].as_float(), Some(90.0));
        assert!(home.configure(&["gain=1".to_owned()]).is_err());
    }

    #[test]
    fn folders_of_processes_that_are_gone_are_deleted_and_no_others() {
        let place = tempfile::tempdir().expect("made");
        let own = std::process::id();
        // No process has a number beyond 2²².
        let names = [
            format!("{PREFIX}4194305-abc"),
            format!("{PREFIX}{own}-abc"),
            format!("{PREFIX}abc"),
            "other-4194305-abc".to_owned(),
        ];
        for name in &names {
            fs::create_dir_all(place.path().join(name).join("store")).expect("made");
        }
        delete_left_over(place.path());
        let left = names.map(|name| place.path().join(name).exists());
        assert_eq!(left, [false, true, true, true]);
    }

    #[test]
    fn a_copy_shares_no_store_and_no_secret() {
        let from = folder().expect("made");
        fs::create_dir(from.path().join("store")).expect("made");
        let large = vec![1; LINKED_FROM as usize];
        for name in ["store/db", "weights", "discord-token"] {
            fs::write(from.path().join(name), &large).expect("written");
        }
        let home = Home { program: PathBuf::new(), folder: folder().expect("made") };
        home.fill_from(from.path()).expect("copied");
        assert!(!home.path("discord-token").exists());
        fs::write(home.path("store/db"), "changed").expect("written");
        assert_eq!(fs::read(from.path().join("store/db")).expect("there"), large);
        assert_eq!(fs::read(home.path("weights")).expect("there"), large);
    }
}
