//! `doctor`: is everything as it should be, and if not, what to do?

use std::fmt;

use clap::Args;
use composer::version;
use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::control::line::{Line, Out};
use crate::store::{SongId, SongStatus};
use crate::track::track_file;

/// Nothing can be chosen.
#[derive(Clone, Copy, Debug, Args, Serialize, Deserialize)]
pub(crate) struct Doctor {}

/// What a check found.
#[derive(Debug, Serialize)]
struct Row {
    check: &'static str,
    fine: bool,
    problems: Vec<String>,
    /// What is said if there is no problem.
    #[serde(skip)]
    success: String,
}

impl Doctor {
    pub(super) fn run(context: &Context, out: &mut Out<'_>) -> anyhow::Result<()> {
        let checks = [space, store, songs, versions, tracks];
        let mut n_failed = 0;
        for check in checks {
            let row = check(context)?;
            n_failed += usize::from(!row.fine);
            out(Line::row(&row));
        }
        anyhow::ensure!(n_failed == 0, "{n_failed} checks found something; see above");
        Ok(())
    }
}

impl Row {
    fn new(check: &'static str, problems: Vec<String>, success: impl Into<String>) -> Self {
        Self { check, fine: problems.is_empty(), problems, success: success.into() }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.fine {
            write!(f, "✓ {}", self.success)
        } else {
            write!(f, "✗ {}", self.problems.join("\n  "))
        }
    }
}

#[expect(clippy::unnecessary_wraps, reason = "one of a list of checks, of which others can fail")]
fn space(context: &Context) -> anyhow::Result<Row> {
    let problem = context.store.check_space().err().map(|error| error.to_string());
    Ok(Row::new("space", problem.into_iter().collect(), "disk space"))
}

#[expect(clippy::unnecessary_wraps, reason = "one of a list of checks, of which others can fail")]
fn store(context: &Context) -> anyhow::Result<Row> {
    Ok(match context.store.verify() {
        Ok((n_values, damaged)) => {
            let problems = damaged.iter().map(|error| format!("{error}: restore a backup"));
            let success = format!("store: all {n_values} values are whole");
            Row::new("store", problems.collect(), success)
        }
        Err(error) => Row::new("store", vec![error.to_string()], ""),
    })
}

fn songs(context: &Context) -> anyhow::Result<Row> {
    let songs = context.store.songs()?;
    let accepted = songs.iter().filter(|(_, song)| song.status == SongStatus::Accepted);
    let (mut problems, mut n_songs) = (Vec::new(), 0);
    for (id, song) in accepted {
        n_songs += 1;
        let path = context.home.songs().join(format!("{id}.mid"));
        let what = match std::fs::read(&path) {
            Ok(bytes) if SongId::of(&bytes) == *id => continue,
            Ok(_) => format!("{} is damaged", path.display()),
            Err(error) => format!("{}: {error}", path.display()),
        };
        problems.push(format!("{what}: drop {} again", song.file_name));
    }
    Ok(Row::new("songs", problems, format!("songs: all {n_songs} files are there and whole")))
}

fn versions(context: &Context) -> anyhow::Result<Row> {
    let (mut problems, mut n_versions) = (Vec::new(), 0);
    for genre in context.genres()? {
        let kept = version::versions(&context.home.models().join(&genre))?;
        n_versions += kept.len();
        let load = |version: &u32| version::load(&context.home.version(&genre, *version));
        let errors = kept.iter().filter_map(|version| load(version).err());
        problems.extend(errors.map(|error| error.to_string()));
        let current = context.store.current_version(&genre)?.map(|current| current.version);
        if let Some(current) = current.filter(|current| !kept.contains(current)) {
            problems.push(format!("{genre} plays v{current}, which is gone: roll back or train"));
        }
    }
    Ok(Row::new("versions", problems, format!("versions: all {n_versions} load")))
}

fn tracks(context: &Context) -> anyhow::Result<Row> {
    let tracks = context.store.tracks()?;
    let errors = tracks
        .iter()
        .filter_map(|(_, track)| track_file::read(&context.home, &track.genre, &track.stem).err());
    let problems = errors.map(|error| format!("{error:#}: its ratings no longer act")).collect();
    let success = format!("tracks: the music of all {} is there", tracks.len());
    Ok(Row::new("tracks", problems, success))
}
