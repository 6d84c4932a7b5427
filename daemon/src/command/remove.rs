//! `remove`: which song is meant, and how does it leave the library?
//!
//! A song can be named as people know it: by id, by name, by path, or by any file with its content.
//! The next training does without it; what was learned of it before stays in the versions there are.

use std::path::Path;
use std::{fmt, io};

use clap::Args;
use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::control::failure::{Misused, NotNow};
use crate::control::line::{Line, Out, shown};
use crate::intake;
use crate::store::{Song, SongId, SongStatus};
use bot::wish::AbsolutePath;

/// The least digits of an id that name a song.
const MIN_DIGITS: usize = 4;
/// The most songs that are named where one has to be chosen.
const MAX_NAMED: usize = 5;
/// Names at least this alike are offered instead (Jaro-Winkler, 0 to 1).
const ALIKE: f64 = 0.85;

/// Which song to take out.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub(crate) struct Remove {
    /// The song's id (or its first digits, four or more), its name, or a file with its content
    #[arg(value_parser = name_or_absolute_path)]
    pub(crate) song: String,
}

/// The song that was taken out.
#[derive(Debug, Serialize)]
struct Row<'a> {
    song: SongId,
    genre: &'a str,
    file: &'a str,
    path: String,
}

/// What names a file that is there names it also for the daemon, which has another working folder.
fn name_or_absolute_path(text: &str) -> io::Result<String> {
    if Path::new(text).exists() {
        Ok(AbsolutePath::new(text.into())?.to_string_lossy().into_owned())
    } else {
        Ok(text.to_owned())
    }
}

impl Remove {
    pub(super) fn run(&self, context: &Context, out: &mut Out<'_>) -> anyhow::Result<()> {
        let songs = context.store.songs()?;
        let (id, song) = find(context, &songs, &self.song)?;
        let path = shown(&intake::remove(context, *id)?);
        out(Line::row(&Row { song: *id, genre: &song.genre, file: &song.file_name, path }));
        Ok(())
    }
}

impl fmt::Display for Row<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { genre, file, path, .. } = self;
        write!(
            f,
            "{genre}/{file} is no longer learned from, beginning with the next training; the file is \
             now {path}"
        )
    }
}

/// The accepted song that is meant.
fn find<'a>(
    context: &Context,
    songs: &'a [(SongId, Song)],
    wanted: &str,
) -> anyhow::Result<&'a (SongId, Song)> {
    let content = std::fs::read(wanted).ok().map(|bytes| SongId::of(&bytes));
    let (learned, others): (Vec<_>, Vec<_>) = songs
        .iter()
        .filter(|(id, song)| Some(*id) == content || is_named_by(context, *id, song, wanted))
        .partition(|(_, song)| song.status == SongStatus::Accepted);
    match (learned.as_slice(), others.first()) {
        ([one], _) => Ok(*one),
        ([], Some((_, song))) => Err(NotNow(match &song.status {
            SongStatus::Rejected(reason) => {
                format!(
                    "{} is not learned from: it was rejected ({})",
                    display_name(song),
                    reason.code
                )
            }
            _ => {
                format!("{} is no longer learned from: it was taken out before", display_name(song))
            }
        })
        .into()),
        ([], None) => Err(NotNow(unknown(songs, wanted)).into()),
        (several, _) => Err(ambiguous(several, wanted).into()),
    }
}

/// Names the songs that may be meant.
fn ambiguous(songs: &[&(SongId, Song)], wanted: &str) -> Misused {
    let name =
        |(id, song): &(SongId, Song)| format!("{} ({})", &id.to_string()[..8], display_name(song));
    let mut named: Vec<String> = songs.iter().take(MAX_NAMED).map(|song| name(song)).collect();
    if songs.len() > MAX_NAMED {
        named.push("…".to_owned());
    }
    let (n_songs, named) = (songs.len(), named.join(", "));
    Misused(format!("{wanted:?} is {n_songs} songs, say which by its id: {named}"))
}

/// Whether this is the song's id or the beginning of it, its name with or without the ending, or its
/// path: whole, from the home, or from the library.
fn is_named_by(context: &Context, id: SongId, song: &Song, wanted: &str) -> bool {
    let is_id = wanted.len() >= MIN_DIGITS && id.to_string().starts_with(&wanted.to_lowercase());
    let stem = Path::new(&song.file_name).file_stem();
    let is_name = song.file_name == wanted || stem.is_some_and(|stem| stem == wanted);
    let path = Path::new(wanted);
    let is_path = song.path == path || below(song) == path;
    is_id || is_name || is_path || context.home.root().join(&song.path) == path
}

/// Where its file is below the library, or was before it left.
fn below(song: &Song) -> &Path {
    let path = &song.path;
    path.strip_prefix("library").or_else(|_| path.strip_prefix("rejected")).unwrap_or(path)
}

/// The song as messages name it.
fn display_name(song: &Song) -> String {
    format!("{}/{}", song.genre, song.file_name)
}

fn unknown(songs: &[(SongId, Song)], wanted: &str) -> String {
    let name = Path::new(wanted).file_name().map_or(wanted.into(), |name| name.to_string_lossy());
    let learned = songs.iter().filter(|(_, song)| song.status == SongStatus::Accepted);
    let likest = learned
        .map(|(_, song)| (strsim::jaro_winkler(&song.file_name, &name), display_name(song)))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    let hint = likest.map_or(String::new(), |(_, name)| format!(" Did you mean {name}?"));
    format!("no song of the library is {wanted:?}; `kickback library` lists them.{hint}")
        .trim_end_matches('.')
        .to_owned()
}
