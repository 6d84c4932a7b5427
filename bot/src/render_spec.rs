//! What is asked of a rendering?
//!
//! One value holds everything besides the music itself, so that the same [`RenderSpec`] and the same
//! song always give the same bytes.

use crate::arrange::Profile;
use crate::arrangement_kind::ArrangementKind;
use crate::instrument::Instrument;
use crate::track_name;

/// How a song is to be rendered, and what the track is called.
#[derive(Clone, Debug, PartialEq)]
pub struct RenderSpec {
    /// The genre's name, as its folder is called.
    pub genre: String,
    /// The version of the model that made the song.
    pub version: u32,
    /// The seed of the track; also seeds the phases and noises of the sound.
    pub seed: u64,
    /// The number of the track within its genre's store.
    pub number: u64,
    /// The track's name in two words, as [`track_name::for_number`] gives it.
    pub name: String,
    /// Everything around the song, or the song alone.
    pub arrangement: ArrangementKind,
    /// What the lead is played on; the profile's instrument when `None`.
    pub instrument: Option<Instrument>,
    /// Whether to render and encode sound.
    pub audio: bool,
    /// Whether to keep the sound without loss too.
    pub wav: bool,
    /// Whether to draw the picture.
    pub picture: bool,
    /// The bit rate of the encoded sound, in bits a second.
    pub bits_per_second: u32,
    /// The most that the encoded sound may have, if there is a limit: the bit rate is lowered as far
    /// as it takes, to 32,000 at the least.
    pub max_audio_bytes: Option<usize>,
    /// How the genre is arranged and sounds.
    pub profile: Profile,
}

impl RenderSpec {
    /// A full arrangement with audio and picture in the genre's built-in profile.
    pub fn new(genre: &str, version: u32, seed: u64, number: u64) -> Self {
        Self {
            genre: genre.to_owned(),
            version,
            seed,
            number,
            name: track_name::for_number(number),
            arrangement: ArrangementKind::Full,
            instrument: None,
            audio: true,
            wav: false,
            picture: true,
            bits_per_second: 160_000,
            max_audio_bytes: None,
            profile: Profile::builtin(genre),
        }
    }

    /// The stem that all files of the track share.
    pub fn stem(&self) -> String {
        track_name::stem(&self.genre, self.number, &self.name)
    }

    /// The track's name as people read it: `Iron Sunrise`.
    pub fn title(&self) -> String {
        track_name::title(&self.name)
    }
}
