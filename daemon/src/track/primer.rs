//! What shall a track begin with?
//!
//! A variation keeps the first bars of an earlier track, a primer those of a file. Only finds the
//! music; how it goes on is sampled like any other track.

use std::path::{Path, PathBuf};

use music::song::Song;
use serde::Serialize;

use crate::context::Context;
use crate::control::answer::{Misused, NotNow};
use crate::store::TrackId;
use crate::track::track_file;

/// Where the opening comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// An earlier track, by its number.
    Track(u64),
    /// A MIDI file.
    File(PathBuf),
}

/// The first bars of something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Opening {
    /// Of what.
    pub source: Source,
    /// How many.
    pub bars: u32,
}

/// The music of an opening and what it is the opening of.
pub struct Opened {
    /// As many of its bars as are kept.
    pub opening: Song,
    /// All of it.
    pub whole: Song,
}

impl Opening {
    /// Finds the music.
    ///
    /// # Errors
    /// [`Misused`] for an unknown track, a file without music or no bars at all; [`NotNow`] for a
    /// track whose music is lost.
    pub fn find(&self, context: &Context) -> anyhow::Result<Opened> {
        let whole = match &self.source {
            Source::Track(id) => of_track(context, *id)?,
            Source::File(path) => of_file(context, path)?,
        };
        if self.bars == 0 {
            return Err(Misused("keep 0 is not possible: give at least 1 bar".to_owned()).into());
        }
        let opening = first_bars(&whole, self.bars);
        Ok(Opened { opening, whole })
    }
}

fn of_track(context: &Context, id: u64) -> anyhow::Result<Song> {
    let unknown = || Misused(format!("there is no track {id}: `kickback tracks` lists them"));
    let track = context.store.track(TrackId(id))?.ok_or_else(unknown)?;
    match track_file::read(&context.home, &track.genre, &track.stem) {
        Ok((song, _)) => Ok(song),
        Err(error) => Err(NotNow(format!("track {id} cannot be varied: {error:#}")).into()),
    }
}

fn of_file(context: &Context, path: &Path) -> anyhow::Result<Song> {
    let misused = |why: String| Misused(format!("{}: {why}", path.display()));
    let bytes = std::fs::read(path).map_err(|error| misused(error.to_string()))?;
    let examined = watch::intake::examine(&bytes, &context.config.intake);
    examined.song.ok_or_else(|| misused("it has no voice to begin with".to_owned()).into())
}

/// The first `n_bars` of `song`, or all of it if it is shorter; in the key of the whole.
fn first_bars(song: &Song, n_bars: u32) -> Song {
    let n_bars = n_bars.min(song.n_bars());
    let notes = song.notes().iter().copied();
    Song::new(song.tempo_bpm(), song.beats_per_bar(), n_bars, notes).with_key(song.key())
}

#[cfg(test)]
mod tests {
    use super::*;
    use music::key::{Key, Mode};
    use music::score::Pitch;
    use music::song::{GridNote, Voice};

    #[test]
    fn the_first_bars_keep_the_key_of_the_whole() {
        let note = |onset: u32| GridNote {
            onset,
            voice: Voice::Lead,
            pitch: Pitch::new(60).expect("a pitch"),
            duration: 12,
        };
        let key = Key::new(5, Mode::Minor);
        let song = Song::new(150.0, 4, 3, [note(0), note(95), note(96), note(200)]).with_key(key);
        let opening = first_bars(&song, 1);
        assert_eq!((opening.n_bars(), opening.notes().len(), opening.key()), (1, 2, key));
        assert_eq!(first_bars(&song, 9), song);
    }
}
