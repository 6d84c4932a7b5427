//! How does a song become the files of a track?
//!
//! Arrange, write, play, encode, draw. Synchronous: the same song and spec give the same bytes.
//! Nothing is read but the genre's SoundFont, if it has one, and nothing else is kept.

use std::time::Instant;

use music::midi;
use music::song::Song;

use crate::arrange::{self, Options};
use crate::arrangement::Arrangement;
use crate::audio::{self, Audio, SoundFont, SoundFontError, ogg_opus, wav};
use crate::picture::{self, Caption, PictureError};
use crate::render_spec::RenderSpec;

/// A track's files.
#[derive(Clone, Debug, PartialEq)]
pub struct Rendered {
    /// What is in the MIDI file and in the sound.
    pub arrangement: Arrangement,
    /// The bytes of the `.mid` file.
    pub midi: Vec<u8>,
    /// The bytes of the `.ogg` file, if sound was asked for.
    pub audio: Option<Vec<u8>>,
    /// The bytes of the `.wav` file, if lossless sound was asked for: what was coded.
    pub wav: Option<Vec<u8>>,
    /// The bytes of the `.png` file, if a picture was asked for.
    pub picture: Option<Vec<u8>>,
    /// How long each stage took.
    pub seconds: Seconds,
}

/// Wall time of a rendering's stages.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Seconds {
    /// Arrangement and MIDI file.
    pub score: f64,
    /// Synthesis and mastering.
    pub synthesis: f64,
    /// Coding the sound, at the same time as the picture.
    pub coding: f64,
    /// Drawing the picture, at the same time as the coding.
    pub picture: f64,
    /// From the call to the last byte.
    pub total: f64,
}

/// Why a track could not be rendered.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// A setting of the profile is out of range.
    #[error("the genre's profile cannot be used: {0}")]
    Profile(#[from] bounds::OutOfRange),
    /// The genre's SoundFont cannot be played.
    #[error(transparent)]
    SoundFont(#[from] SoundFontError),
    /// The sound could not be encoded.
    #[error(transparent)]
    Encode(#[from] ogg_opus::EncodeError),
    /// The picture could not be drawn.
    #[error(transparent)]
    Picture(#[from] PictureError),
}

/// A song as it is requested: everything that is in the MIDI file.
pub fn arrange(song: &Song, spec: &RenderSpec) -> Arrangement {
    let RenderSpec { genre, version, seed, number, .. } = spec;
    let options = Options {
        arrangement: spec.arrangement,
        lead: spec.instrument.unwrap_or_else(|| spec.profile.instrument()),
        profile: &spec.profile,
        title: &format!("{} ({genre} {number:04})", spec.title()),
        text: &format!("{genre}, version {version}, seed {seed}"),
    };
    arrange::arrange(song, &options)
}

/// The files of a track.
///
/// # Errors
/// [`RenderError`] if a setting is out of range, if the genre's SoundFont cannot be played, or if sound
/// or picture cannot be encoded.
pub fn render(song: &Song, spec: &RenderSpec) -> Result<Rendered, RenderError> {
    spec.profile.check()?;
    let start = Instant::now();
    let arrangement = arrange(song, spec);
    let midi = midi::write(arrangement.score());
    let score_seconds = start.elapsed().as_secs_f64();
    let (sound, synthesis_seconds) = timed(|| play(&arrangement, spec));
    let sound = sound?;
    let ((audio, coding_seconds), (picture, picture_seconds)) = rayon::join(
        || timed(|| code(sound.as_ref(), &arrangement, spec)),
        || timed(|| draw(&arrangement, spec, sound.as_ref())),
    );
    let wav = sound.as_ref().filter(|_| spec.wav).map(wav::encode);
    let seconds = Seconds {
        score: score_seconds,
        synthesis: synthesis_seconds,
        coding: coding_seconds,
        picture: picture_seconds,
        total: start.elapsed().as_secs_f64(),
    };
    Ok(Rendered { audio: audio?, picture: picture?, arrangement, midi, wav, seconds })
}

/// What stems are multiplied by.
const STEM_GAIN: f32 = 0.25;

/// One part of a track by itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Stem {
    /// The part's name, in lower case with `-` for spaces: `open-hat`.
    pub name: String,
    /// The bytes of its `.wav` file.
    pub wav: Vec<u8>,
}

/// Each part of a rendered track by itself, one after the other, all of one length: together they are
/// the mix before mastering, 12 dB quieter so that none clips.
///
/// They are made and given to `each` one by one, so that one is held in memory at a time.
///
/// # Errors
/// [`RenderError`] if a setting of the profile is out of range or the genre's SoundFont cannot be
/// played; whatever `each` fails with.
pub fn stems<E: From<RenderError>>(
    arrangement: &Arrangement,
    spec: &RenderSpec,
    mut each: impl FnMut(Stem) -> Result<(), E>,
) -> Result<(), E> {
    spec.profile.check().map_err(RenderError::from)?;
    let font = font(spec).map_err(RenderError::from)?;
    for stem in audio::stems(arrangement, &spec.profile.sound, font.as_ref(), spec.seed) {
        let (name, mut sound) = stem.map_err(RenderError::from)?;
        for sample in sound.frames.as_flattened_mut() {
            *sample *= STEM_GAIN;
        }
        let name = name.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "-");
        each(Stem { name, wav: wav::encode(&sound) })?;
    }
    Ok(())
}

/// The genre's SoundFont, if it has one.
fn font(spec: &RenderSpec) -> Result<Option<SoundFont>, SoundFontError> {
    let path = &spec.profile.soundfont;
    let is_set = !path.as_os_str().is_empty();
    is_set.then(|| audio::soundfont(path)).transpose()
}

/// The sound, if any of its files was asked for.
fn play(arrangement: &Arrangement, spec: &RenderSpec) -> Result<Option<Audio>, SoundFontError> {
    if !(spec.audio || spec.wav) {
        return Ok(None);
    }
    let font = font(spec)?;
    audio::play(arrangement, &spec.profile.sound, font.as_ref(), spec.seed).map(Some)
}

/// The `.ogg` file, if it was asked for, at the bit rate asked for or as far below it as its size demands.
fn code(
    sound: Option<&Audio>,
    arrangement: &Arrangement,
    spec: &RenderSpec,
) -> Result<Option<Vec<u8>>, ogg_opus::EncodeError> {
    let Some(sound) = sound.filter(|_| spec.audio) else { return Ok(None) };
    let tags = ogg_opus::Tags {
        title: arrangement.score().title.clone(),
        genre: spec.genre.clone(),
        comment: arrangement.score().text.clone(),
    };
    let max_bytes = spec.max_audio_bytes.unwrap_or(usize::MAX);
    let within = (max_bytes as f64 * 8.0 / sound.seconds().max(0.1)) as u32;
    let mut bits_per_second = spec.bits_per_second.min(within);
    // The coder may take a little more than it is told.
    loop {
        let bytes = ogg_opus::encode(sound, &tags, bits_per_second)?;
        if bytes.len() <= max_bytes || bits_per_second <= ogg_opus::LEAST_BITS_PER_SECOND {
            return Ok(Some(bytes));
        }
        let too_large = bytes.len() as f64 / max_bytes.max(1) as f64;
        bits_per_second = (f64::from(bits_per_second) * 0.98 / too_large) as u32;
    }
}

/// The `.png` file, if it was asked for.
fn draw(
    arrangement: &Arrangement,
    spec: &RenderSpec,
    sound: Option<&Audio>,
) -> Result<Option<Vec<u8>>, PictureError> {
    if !spec.picture {
        return Ok(None);
    }
    let caption = Caption {
        title: spec.title(),
        subtitle: format!("{}  ·  v{}  ·  #{:04}", spec.genre, spec.version, spec.number),
    };
    picture::draw(arrangement, &caption, sound).map(Some)
}

/// What `work` gives, and the seconds that it took.
fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let start = Instant::now();
    let done = work();
    (done, start.elapsed().as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arrangement_kind::ArrangementKind;
    use crate::audio::mix::Session;
    use music::score::Pitch;
    use music::song::{GridNote, Voice};

    fn song() -> Song {
        let notes = (0..32).map(|i| {
            GridNote::new(
                i * 24,
                Voice::Lead,
                Pitch::new(65 + (i * 3 % 8) as u8).expect("a pitch"),
                24,
            )
        });
        Song::new(150.0, 4, 8, notes)
    }

    fn native(arrangement: &Arrangement, spec: &RenderSpec) -> Audio {
        audio::play(arrangement, &spec.profile.sound, None, spec.seed).expect("no SoundFont")
    }

    #[test]
    fn the_same_spec_gives_the_same_bytes() {
        let mut spec = RenderSpec::new("hardstyle", 1, 5, 9);
        spec.arrangement = ArrangementKind::Lead;
        let first = render(&song(), &spec).expect("renders");
        let second = render(&song(), &spec).expect("renders");
        assert_eq!(first.midi, second.midi);
        assert_eq!(first.audio, second.audio);
        assert_eq!(first.picture, second.picture);
        assert!(first.audio.is_some_and(|bytes| bytes.starts_with(b"OggS")));
        assert!(first.midi.starts_with(b"MThd"));
    }

    #[test]
    fn a_sound_is_coded_as_small_as_it_must_be() {
        let mut spec = RenderSpec::new("hardstyle", 1, 5, 9);
        (spec.arrangement, spec.picture) = (ArrangementKind::Lead, false);
        let mut n_bytes = |max_audio_bytes| {
            spec.max_audio_bytes = max_audio_bytes;
            let rendered = render(&song(), &spec).expect("renders");
            rendered.audio.expect("a sound").len()
        };
        let usual = n_bytes(None);
        assert_eq!(n_bytes(Some(usual)), usual, "what fits stays as it is");
        let half = n_bytes(Some(usual / 2));
        assert!(half <= usual / 2 && half > usual / 3, "{half} of {usual}");
        assert!(n_bytes(Some(100)) > 100, "no sound is so small; it is made all the same");
    }

    #[test]
    fn what_is_not_asked_for_is_not_made() {
        let mut spec = RenderSpec::new("hardstyle", 1, 5, 9);
        (spec.audio, spec.picture) = (false, false);
        let rendered = render(&song(), &spec).expect("renders");
        assert_eq!((rendered.audio, rendered.picture), (None, None));
    }

    #[test]
    fn a_full_track_is_loud_whole_and_never_silent() {
        let spec = RenderSpec::new("hardstyle", 1, 5, 9);
        let arrangement = arrange(&song(), &spec);
        let sound = native(&arrangement, &spec);
        let levels = audio::levels(&sound.frames);
        assert!((levels.loudness_lufs + 10.0).abs() < 1.0, "{levels:?}");
        assert!(levels.true_peak_dbtp <= -1.0, "{levels:?}");
        let score = arrangement.score();
        let end = score.seconds_at(score.end);
        let second = |at: usize| -> f32 {
            let from = at * audio::SAMPLE_RATE as usize;
            let frames = &sound.frames[from..from + audio::SAMPLE_RATE as usize];
            frames.iter().flatten().map(|s| s.abs()).fold(0.0, f32::max)
        };
        assert!((0..end as usize - 1).all(|at| second(at) > 0.01));
        let last = &sound.frames[sound.frames.len() - 480..];
        assert!(last.iter().flatten().all(|sample| sample.abs() < 0.001));
    }

    #[test]
    fn stems_add_up_to_the_mix() {
        let spec = RenderSpec::new("hardstyle", 1, 5, 9);
        let arrangement = arrange(&song(), &spec);
        let session = Session::new(&arrangement, &spec.profile.sound, None, spec.seed);
        let mix = session.mixdown().expect("native").audio;
        let mut sum = vec![0.0_f32; mix.frames.len() * 2];
        let mut names = Vec::new();
        let added = stems(&arrangement, &spec, |stem| {
            assert_eq!(stem.wav.len(), 44 + sum.len() * 3);
            for (sum, bytes) in sum.iter_mut().zip(stem.wav[44..].chunks(3)) {
                let whole = i32::from_le_bytes([0, bytes[0], bytes[1], bytes[2]]) >> 8;
                *sum += whole as f32 / 8_388_607.0 / STEM_GAIN;
            }
            names.push(stem.name);
            Ok::<(), RenderError>(())
        });
        added.expect("a good profile");
        assert!(names.iter().any(|name| name == "lead") && names.iter().any(|name| name == "kick"));
        let differs = sum.iter().zip(mix.interleaved()).map(|(a, b)| (a - b).abs());
        assert!(differs.fold(0.0, f32::max) < 1e-4);
    }

    #[test]
    fn the_wav_is_what_was_coded() {
        let mut spec = RenderSpec::new("hardstyle", 1, 5, 9);
        (spec.arrangement, spec.audio, spec.wav) = (ArrangementKind::Lead, false, true);
        let rendered = render(&song(), &spec).expect("renders");
        let sound = native(&rendered.arrangement, &spec);
        assert_eq!(rendered.wav, Some(wav::encode(&sound)));
        assert_eq!(rendered.audio, None);
    }

    #[test]
    fn a_soundfont_that_is_not_there_is_named() {
        let mut spec = RenderSpec::new("hardstyle", 1, 5, 9);
        spec.profile.soundfont = "/nowhere/at-all.sf2".into();
        let error = render(&song(), &spec).expect_err("no such file");
        assert!(error.to_string().contains("/nowhere/at-all.sf2"), "{error}");
        spec.audio = false;
        assert!(render(&song(), &spec).is_ok(), "without sound it is not needed");
    }

    #[test]
    fn a_profile_out_of_range_is_refused() {
        let mut spec = RenderSpec::new("hardstyle", 1, 5, 9);
        spec.profile.sound.delay = 7.0;
        assert!(matches!(render(&song(), &spec), Err(RenderError::Profile(_))));
    }
}
