//! Where is the music that a track begins with?
//!
//! A variation begins with the first bars of an earlier track, or a track with those of a file. This
//! only finds them; what follows is sampled like any other track.

use std::path::Path;

use bot::wish::{Primer, Source};
use music::midi;
use music::song::Song;

use super::track_file;
use crate::context::Context;
use crate::control::failure::{Misused, NotNow};
use crate::store::TrackId;

/// The music of a primer and what it was taken from.
pub(crate) struct Found {
    /// As many bars as are kept.
    pub(crate) primer: Song,
    /// All of it.
    pub(crate) whole: Song,
}

/// Finds the music.
///
/// # Errors
/// [`Misused`] for a file without music; [`NotNow`] for a track that is not there or whose music is lost.
pub(crate) fn find(context: &Context, primer: &Primer) -> anyhow::Result<Found> {
    let whole = match &primer.source {
        Source::Track(id) => of_track(context, *id)?,
        Source::File(path) => of_file(context, path)?,
    };
    Ok(Found { primer: first_bars(&whole, primer.bars.get()), whole })
}

fn of_track(context: &Context, id: u64) -> anyhow::Result<Song> {
    let unknown = || NotNow(format!("there is no track {id}: `kickback tracks` lists them"));
    let track = context.store.track(TrackId(id))?.ok_or_else(unknown)?;
    match track_file::read(&context.home, &track.genre, &track.stem) {
        Ok(song) => Ok(song),
        Err(error) => Err(NotNow(format!("track {id} cannot be varied: {error:#}")).into()),
    }
}

fn of_file(context: &Context, path: &Path) -> anyhow::Result<Song> {
    let misused = |why: String| Misused(format!("{}: {why}", path.display()));
    let bytes = std::fs::read(path).map_err(|error| misused(error.to_string()))?;
    let intake = &context.config.intake;
    midi::read(&bytes, &intake.midi).map_err(|error| misused(error.to_string()))?;
    let examined = watch::examine::examine(&bytes, intake);
    examined.song.ok_or_else(|| misused("it has no voice to begin with".to_owned()).into())
}

/// The first `n_bars` of `song`, or all of it if it is shorter; in the key and with the dynamics of the whole.
fn first_bars(song: &Song, n_bars: u32) -> Song {
    let n_bars = n_bars.min(song.n_bars());
    let notes = song.notes().iter().copied();
    Song::new(song.tempo_bpm(), song.beats_per_bar(), n_bars, notes)
        .with_key(song.key())
        .with_dynamics(song.dynamics())
}

#[cfg(test)]
mod tests {
    use super::*;
    use music::key::{Key, Mode};
    use music::score::Pitch;
    use music::song::{GridNote, Voice};

    #[test]
    fn the_first_bars_keep_the_key_of_the_whole() {
        let note =
            |onset: u32| GridNote::new(onset, Voice::Lead, Pitch::new(60).expect("a pitch"), 12);
        let key = Key::new(5, Mode::Minor);
        let song = Song::new(150.0, 4, 3, [note(0), note(95), note(96), note(200)]).with_key(key);
        let primer = first_bars(&song, 1);
        assert_eq!((primer.n_bars(), primer.notes().len(), primer.key()), (1, 2, key));
        assert_eq!(first_bars(&song, 9), song);
    }
}
