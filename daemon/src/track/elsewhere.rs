//! How does a MIDI file that was made elsewhere become a track that can be rated?
//!
//! It has to be a song as the inbox would take one. Its music is kept as that of any track is, and it is
//! known by the hash of its content, so that it is one track however often and under whichever name it is
//! rated. The file itself is not moved. If it is liked, it is learned from as liked tracks are: it is a track
//! like those that were made here, only that no version made it and nobody was shown it.

use std::path::{Path, PathBuf};

use bot::wish::Wish;
use music::song::Song;
use watch::examine::Examined;

use super::track_file;
use crate::context::{Context, now_ms};
use crate::control::failure::Misused;
use crate::intake::examine_named;
use crate::store::{SongId, Track, TrackId, TrackState};

/// A file that can be rated.
pub(crate) struct Elsewhere {
    /// What it is known by.
    pub(crate) id: SongId,
    /// What the file is called.
    pub(crate) name: String,
    /// What it is rated as.
    pub(crate) genre: String,
    song: Song,
}

impl Elsewhere {
    /// Reads a file; nothing is noted yet. Its genre is the one that is given, the one under which it was
    /// rated before, or the name of the folder that it lies in.
    ///
    /// # Errors
    /// [`Misused`] with the reason for which the inbox would not take it, or if its genre is not said or
    /// another than before; as [`Context::known_genre`]; or when the store cannot be read.
    pub(crate) fn read(
        context: &Context,
        path: &Path,
        genre: Option<&str>,
    ) -> anyhow::Result<Self> {
        let refused = |why: &str| Misused(format!("{} cannot be rated: {why}", path.display()));
        if real(path).starts_with(real(&context.home.tracks())) {
            let hint = "it was made here, and `kickback rate TRACK EMOJI` rates it by its number";
            return Err(refused(hint).into());
        }
        let (id, song) = match examine_named(path, &context.config.intake) {
            None => return Err(refused("it does not exist").into()),
            Some((id, examined)) => match (examined.refusal(), id, examined) {
                (None, Some(id), Examined { song: Some(song), .. }) => (id, song),
                (Some(why), ..) => return Err(refused(&why).into()),
                (None, ..) => return Err(refused("it holds no song").into()),
            },
        };
        let name = path.file_name().map_or(String::new(), |name| name.to_string_lossy().into());
        let genre = genre_of(context, id, path, genre)?;
        Ok(Self { id, name, genre, song })
    }

    /// The track that it is, which is noted now if it was not before.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn track(self, context: &Context) -> anyhow::Result<TrackId> {
        let Self { id, name, genre, song } = self;
        if let Some(known) = context.store.track_of_file(id)? {
            return Ok(known);
        }
        context.store.check_space()?;
        let stem = id.to_string();
        track_file::keep(&context.home, &genre, &stem, &song)?;
        let track = Track {
            version: 0,
            seed: 0,
            file: Some(name),
            wish: Wish::any(&genre),
            genre,
            stem,
            tempo_bpm: song.tempo_bpm(),
            key_index: song.key().index() as u8,
            n_bars: song.n_bars(),
            created_at_ms: now_ms(),
            n_candidates: None,
            candidates: Vec::new(),
            posterior: None,
            arm: None,
            boldness: None,
            copied_notes: None,
            not_reached: Vec::new(),
            asker: None,
            gone_at_ms: None,
            read_at_ms: None,
            state: TrackState::Rendered,
        };
        Ok(context.store.add_file_track(id, track)?)
    }
}

/// The path without links, as far as it is there.
fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// The genre of a file with this content.
fn genre_of(
    context: &Context,
    id: SongId,
    path: &Path,
    given: Option<&str>,
) -> anyhow::Result<String> {
    if let Some(known) = context.store.track_of_file(id)?
        && let Some(track) = context.store.track(known)?
    {
        return match given {
            Some(given) if given != track.genre => {
                let (path, of) = (path.display(), track.genre);
                let why = format!("{path} is track {known} of {of} already: leave --genre out");
                Err(Misused(why).into())
            }
            _ => Ok(track.genre),
        };
    }
    if let Some(given) = given {
        return Ok(context.known_genre(given)?.to_owned());
    }
    let folder = path.parent().and_then(Path::file_name);
    let folder = folder.map_or(String::new(), |name| name.to_string_lossy().into_owned());
    let known = context.genres()?;
    if known.contains(&folder) {
        return Ok(folder);
    }
    let known = if known.is_empty() { "none yet".to_owned() } else { known.join(", ") };
    Err(Misused(format!(
        "nothing says of which genre {} is: give --genre GENRE, or put it into a folder with the name of one \
         (known: {known})",
        path.display()
    ))
    .into())
}
