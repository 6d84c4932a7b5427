//! When is a file complete?
//!
//! A file is complete when its [`Stamp`] has not changed for a while. Seeing it closed or renamed
//! shortens the wait but never replaces it: copy programs may open a file several times, and a rename
//! can precede the last write. Pure: what was seen and the time come from outside.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What must stay the same for a file to be complete, and change for it to be reported again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) n_bytes: u64,
    /// Nanoseconds since the epoch.
    pub(crate) modified: i128,
    pub(crate) inode: u64,
    /// Kind and permissions: a file that becomes readable is worth another try.
    pub(crate) mode: u32,
}

/// How long files have to stay unchanged.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waits {
    /// For a file of which nothing more is known.
    pub(crate) still: Duration,
    /// For one that was closed after writing, or renamed into the inbox.
    pub(crate) closed: Duration,
}

/// The files seen so far, and since when each has been as it is.
#[derive(Debug)]
pub(crate) struct Settle {
    waits: Waits,
    files: BTreeMap<PathBuf, Watched>,
    /// Files closed or renamed in since the last look.
    closed: BTreeSet<PathBuf>,
}

#[derive(Clone, Copy, Debug)]
struct Watched {
    stamp: Stamp,
    since: Duration,
    is_closed: bool,
    is_reported: bool,
}

impl Settle {
    pub(crate) fn new(waits: Waits) -> Self {
        Self { waits, files: BTreeMap::new(), closed: BTreeSet::new() }
    }

    /// Takes note that a file was closed after writing, or renamed into the inbox.
    pub(crate) fn close(&mut self, path: &Path) {
        self.closed.insert(path.to_owned());
    }

    /// Takes in all files that are there `now` (time since any fixed moment) and returns those that
    /// have become ready, each once. Files no longer there are forgotten.
    pub(crate) fn look(
        &mut self,
        seen: impl IntoIterator<Item = (PathBuf, Stamp)>,
        now: Duration,
    ) -> Vec<PathBuf> {
        let closed = std::mem::take(&mut self.closed);
        let mut before = std::mem::take(&mut self.files);
        let mut ready = Vec::new();
        for (path, stamp) in seen {
            let is_closed = closed.contains(&path);
            let mut file = match before.remove(&path) {
                Some(file) if file.stamp == stamp => {
                    Watched { is_closed: file.is_closed || is_closed, ..file }
                }
                _ => Watched { stamp, since: now, is_closed, is_reported: false },
            };
            if !file.is_reported && now >= self.due(&file) {
                file.is_reported = true;
                ready.push(path.clone());
            }
            self.files.insert(path, file);
        }
        ready
    }

    /// When the next file will be ready if nothing changes; `None` if none is waiting.
    pub(crate) fn next_due(&self) -> Option<Duration> {
        self.files.values().filter(|file| !file.is_reported).map(|file| self.due(file)).min()
    }

    /// Has every file that is still there reported again.
    pub(crate) fn report_again(&mut self) {
        for file in self.files.values_mut() {
            file.is_reported = false;
        }
    }

    fn due(&self, file: &Watched) -> Duration {
        file.since + if file.is_closed { self.waits.closed } else { self.waits.still }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAITS: Waits =
        Waits { still: Duration::from_secs(2), closed: Duration::from_millis(200) };

    /// Plays a table: `ms: file=size …` looks at the folder, `ms: close file` is an event and
    /// `ms: again` asks for all files again. Gives what became ready, as `ms: file …`.
    fn play(table: &str) -> Vec<String> {
        let mut settle = Settle::new(WAITS);
        let mut ready = Vec::new();
        for line in table.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (ms, what) = line.split_once(':').expect("a time");
            let now = Duration::from_millis(ms.parse().expect("milliseconds"));
            let mut words = what.split_whitespace();
            match what.trim().split_once(' ') {
                Some(("close", file)) => settle.close(Path::new(file)),
                _ if what.trim() == "again" => settle.report_again(),
                _ => {
                    let seen = words.by_ref().map(|word| {
                        let (file, size) = word.split_once('=').expect("file=size");
                        let n_bytes = size.parse().expect("a size");
                        let stamp = Stamp { n_bytes, modified: 0, inode: 1, mode: 0o644 };
                        (PathBuf::from(file), stamp)
                    });
                    let found = settle.look(seen, now);
                    let names: Vec<_> = found.iter().map(|path| path.to_string_lossy()).collect();
                    if !names.is_empty() {
                        ready.push(format!("{ms}: {}", names.join(" ")));
                    }
                }
            }
        }
        ready
    }

    #[test]
    fn a_still_file_is_ready_once() {
        let table = "0: a=1
            1999: a=1
            2000: a=1
            9000: a=1";
        assert_eq!(play(table), ["2000: a"]);
    }

    #[test]
    fn a_growing_file_is_left_alone() {
        let table = "0: a=1
            1500: a=2
            3000: a=3
            4900: a=3
            5000: a=3";
        assert_eq!(play(table), ["5000: a"]);
    }

    #[test]
    fn a_closed_file_waits_less_but_waits() {
        let table = "0: close a
            0: a=1
            100: a=1
            200: a=1";
        assert_eq!(play(table), ["200: a"]);
    }

    #[test]
    fn writing_on_after_a_close_starts_the_wait_anew() {
        let table = "0: close a
            0: a=1
            150: a=2
            400: a=2
            2100: a=2
            2150: a=2";
        assert_eq!(play(table), ["2150: a"]);
        let closed_again = "0: a=1
            150: close a
            150: a=2
            350: a=2";
        assert_eq!(play(closed_again), ["350: a"]);
    }

    #[test]
    fn a_changed_file_is_reported_again_and_a_vanished_one_forgotten() {
        let table = "0: a=1 b=1
            2000: a=1 b=1
            3000: a=2
            5000: a=2
            6000: a=2 b=1
            8000: a=2 b=1";
        assert_eq!(play(table), ["2000: a b", "5000: a", "8000: b"]);
    }

    #[test]
    fn asking_again_reports_what_is_still_there() {
        let table = "0: a=1 b=1
            2000: a=1 b=1
            2500: again
            2500: a=1";
        assert_eq!(play(table), ["2000: a b", "2500: a"]);
    }

    #[test]
    fn the_next_look_is_due_when_the_first_file_is() {
        let mut settle = Settle::new(WAITS);
        assert_eq!(settle.next_due(), None);
        let stamp = Stamp { n_bytes: 1, modified: 0, inode: 1, mode: 0 };
        settle.look([(PathBuf::from("a"), stamp)], Duration::from_secs(1));
        assert_eq!(settle.next_due(), Some(Duration::from_secs(3)));
        settle.look([(PathBuf::from("a"), stamp)], Duration::from_secs(3));
        assert_eq!(settle.next_due(), None);
    }
}
