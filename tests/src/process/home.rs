//! Where does the program under test live, and how is it asked?

use std::collections::BTreeMap;
use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use super::{Answer, Daemon, eventually, files_below, songs, spawn};

/// Settings under which everything is quick: a tiny network, files that count as complete at once, and
/// only the first training by itself. The values are TOML.
const QUICK: [(&str, &str); 17] = [
    ("schedule.min_songs", "4"),
    ("schedule.songs", "0"),
    ("schedule.ratings", "0"),
    ("schedule.hours", "0.0"),
    ("schedule.quiet_seconds", "0.0"),
    ("schedule.promotion_margin", "10.0"),
    ("inbox.settle_ms", "50"),
    ("training.layers", "1"),
    ("training.hidden", "16"),
    ("training.embedding", "8"),
    ("training.sequence_length", "32"),
    ("training.batch", "4"),
    ("training.epochs", "2"),
    ("training.continue_epochs", "1"),
    ("training.learning_rate", "0.01"),
    ("generate.bars", "4"),
    ("taste.candidates", "2"),
];

/// What the program would read from the environment of whoever runs the tests.
const VARIABLES: [&str; 7] = [
    "KICKBACK_HOME",
    "KICKBACK_LOG",
    "KICKBACK_DISCORD_TOKEN",
    "STATE_DIRECTORY",
    "CREDENTIALS_DIRECTORY",
    "JOURNAL_STREAM",
    "XDG_DATA_HOME",
];

/// A home in a temporary folder, deleted when dropped.
pub struct Home {
    program: PathBuf,
    folder: TempDir,
    settings: BTreeMap<String, String>,
    variables: Vec<(String, String)>,
}

impl Home {
    /// A fresh home of `program` with quick settings.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        let folder = tempfile::Builder::new().prefix("kickback-").tempdir();
        let settings = QUICK.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        let home = Self {
            program: program.into(),
            folder: folder.expect("a temporary folder can be made"),
            settings: settings.collect(),
            variables: Vec::new(),
        };
        home.configure()
    }

    /// The same with another setting: a key with its section (`inbox.settle_ms`) and a TOML value.
    #[must_use]
    pub fn set(mut self, key: &str, value: impl Display) -> Self {
        self.settings.insert(key.to_owned(), value.to_string());
        self.configure()
    }

    /// The same with an environment variable for all its processes.
    #[must_use]
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    fn configure(self) -> Self {
        let lines = self.settings.iter().map(|(key, value)| format!("{key} = {value}\n"));
        fs::write(self.path("kickback.toml"), lines.collect::<String>()).expect("writable");
        self
    }

    /// A path in the home.
    pub fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    /// The program.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// What lies in a folder of the home, as [`files_below`] gives it.
    pub fn files(&self, folder: &str) -> Vec<String> {
        files_below(&self.path(folder))
    }

    /// Puts bytes at a path in the home, whose folders are made.
    pub fn put(&self, below: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(below);
        fs::create_dir_all(path.parent().expect("below the home")).expect("can be made");
        fs::write(&path, bytes).expect("writable");
        path
    }

    /// Drops bundled songs into the inbox; gives back their paths below it.
    pub fn drop_songs(&self, genre: &str, which: std::ops::Range<usize>) -> Vec<String> {
        let drop = |(name, bytes): &(String, Vec<u8>)| {
            self.put(&format!("inbox/{genre}/{name}"), bytes);
            format!("{genre}/{name}")
        };
        songs()[which].iter().map(drop).collect()
    }

    /// A command for this home, not started yet.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        for name in VARIABLES {
            command.env_remove(name);
        }
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.arg("--home").arg(self.folder.path()).args(arguments);
        command
    }

    /// Runs a command to its end.
    pub fn ask(&self, arguments: &[&str]) -> Answer {
        Answer::of(self.command(arguments))
    }

    /// Runs a command with `--json`, which has to succeed.
    ///
    /// # Panics
    /// When it fails, or when stdout holds anything but JSON.
    pub fn rows(&self, arguments: &[&str]) -> Vec<Value> {
        let arguments: Vec<&str> = ["--json"].iter().chain(arguments).copied().collect();
        self.ask(&arguments).rows()
    }

    /// The only row of such a command.
    ///
    /// # Panics
    /// As [`Self::rows`], and when there are more or none.
    pub fn row(&self, arguments: &[&str]) -> Value {
        let mut rows = self.rows(arguments);
        assert_eq!(rows.len(), 1, "{arguments:?} gives {rows:#?}");
        rows.remove(0)
    }

    /// The state of a genre; null as long as it is not known.
    pub fn status(&self, genre: &str) -> Value {
        let rows = self.rows(&["status"]);
        rows.into_iter().find(|row| row["genre"] == genre).unwrap_or(Value::Null)
    }

    /// Waits until the inbox holds no file.
    pub fn wait_for_empty_inbox(&self) {
        let taken = || self.files("inbox").is_empty().then_some(());
        eventually("an empty inbox", taken);
    }

    /// Starts a daemon here and waits until it answers.
    pub fn daemon(&self) -> Daemon {
        Daemon::start(self.command(&["run"]), &self.path("kickback.sock"))
    }

    /// Starts a command whose end is awaited later, with [`Answer::of_child`].
    pub fn start(&self, arguments: &[&str]) -> std::process::Child {
        let mut command = self.command(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        spawn(&mut command)
    }
}
