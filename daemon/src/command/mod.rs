//! What does each command do?
//!
//! Every command is a function of the [`Context`] that answers in lines, so it does the same in the
//! running daemon and without one. Training alone is not here: the daemon's loop owns it, see
//! [`crate::cycle::training`].

pub mod backup;
mod doctor;
pub mod judge;
mod list;
pub mod local;
mod rate;
mod remove;
mod versions;

use serde_json::json;

use crate::cli::args::{Generate, HomeCommand};
use crate::context::Context;
use crate::control::answer::{Line, Out, Step, shown};
use crate::track::primer::{Opening, Source};
use crate::track::publish::{self, Made, Wish};

pub use list::status_of;
pub use rate::rate_one;

/// A training under way.
#[derive(Clone, Debug)]
pub struct Underway {
    /// The genre.
    pub genre: String,
    /// How far it is; nothing until it has made a step.
    pub step: Option<Step>,
}

/// What only a running daemon knows.
#[derive(Clone, Debug, Default)]
pub struct Situation {
    /// Whether this is the daemon.
    pub is_daemon: bool,
    /// The training under way.
    pub training: Option<Underway>,
    /// The genres whose training waits for its turn, the next first.
    pub waiting: Vec<String>,
    /// How the chat stands, in words.
    pub chat: String,
}

/// Does what is asked.
///
/// # Errors
/// With what to do about it; [`crate::control::answer::exit_code`] tells its exit code.
pub fn execute(
    context: &Context,
    command: HomeCommand,
    now: &Situation,
    out: &mut Out<'_>,
) -> anyhow::Result<()> {
    match command {
        HomeCommand::Train(_) | HomeCommand::Retrain { .. } => {
            anyhow::bail!("trainings are started by the loop, not here; please report this")
        }
        HomeCommand::Generate(wanted) => generate(context, &wanted, out),
        HomeCommand::Rate(rate) => rate::rate(context, &rate, out),
        HomeCommand::Score { genre, files } => versions::score(context, &genre, &files, out),
        HomeCommand::Library { genre } => list::library(context, genre.as_deref(), out),
        HomeCommand::Tracks { genre } => list::tracks(context, genre.as_deref(), out),
        HomeCommand::Versions(wanted) => versions::versions(context, &wanted, out),
        HomeCommand::Status => list::status(context, now, out),
        HomeCommand::Rollback { genre, version } => {
            versions::rollback(context, &genre, &version, out)
        }
        HomeCommand::Discard { genre, version } => {
            versions::discard(context, &genre, &version, out)
        }
        HomeCommand::Remove { song } => remove::remove(context, &song, out),
        HomeCommand::Forget { name } => rate::forget(context, &name, out),
        HomeCommand::Doctor => doctor::doctor(context, out),
        HomeCommand::Backup { to } => backup::backup(context, &to, out),
    }
}

fn generate(context: &Context, wanted: &Generate, out: &mut Out<'_>) -> anyhow::Result<()> {
    let source = wanted.vary.map(Source::Track);
    let source = source.or_else(|| wanted.primer.clone().map(Source::File));
    let opening = source.map(|source| Opening { source, bars: wanted.keep });
    for idx in 0..u64::from(wanted.count.max(1)) {
        let wish = Wish {
            genre: wanted.genre.clone(),
            artist: wanted.artist.clone(),
            seed: wanted.seed.map(|seed| seed.wrapping_add(idx)),
            bars: wanted.bars,
            tempo_bpm: wanted.tempo,
            key: wanted.key.clone(),
            instrument: wanted.instrument.clone(),
            arrangement: wanted.arrangement.clone(),
            temperature: wanted.temperature,
            plain: wanted.plain,
            opening: opening.clone(),
            no_audio: wanted.no_audio,
            no_picture: wanted.no_picture,
            wav: wanted.wav,
            stems: wanted.stems,
            max_audio_bytes: None,
            out: wanted.out.clone(),
        };
        out(made_line(&publish::make(context, &wish)?));
    }
    Ok(())
}

fn made_line(made: &Made) -> Line {
    let track = &made.track;
    let key = music::key::Key::from_index(usize::from(track.key_index));
    let artist = publish::artist_of(track);
    let manner = artist.as_ref().map(|artist| format!(" like {artist}")).unwrap_or_default();
    let mut text = format!(
        "track {}: {} — {} v{}{manner}, {} BPM, {key}, {} bars of melody, seed {}\n  {}",
        made.id,
        made.title,
        track.genre,
        track.version,
        tidy(track.tempo_bpm),
        track.n_bars,
        track.seed,
        made.midi.display()
    );
    for path in made.audio.iter().chain(&made.picture).chain(&made.wav).chain(&made.stems) {
        text.push_str(&format!("\n  {}", path.display()));
    }
    Line::row(
        json!({
            "track": made.id, "genre": track.genre, "artist": artist, "version": track.version,
            "seed": track.seed,
            "name": made.title, "tempo_bpm": track.tempo_bpm, "key": key.to_string(),
            "bars": track.n_bars, "midi": shown(&made.midi),
            "audio": made.audio.as_deref().map(shown), "picture": made.picture.as_deref().map(shown),
            "wav": made.wav.as_deref().map(shown),
            "stems": made.stems.iter().map(|path| shown(path)).collect::<Vec<_>>(),
            "candidates": track.candidates.len(), "copied_notes": track.copied_notes,
            "seconds": {"sample": made.sample_seconds, "render": made.render_seconds},
        }),
        text,
    )
}

/// A number without needless zeros, at most two of them after the point.
fn tidy(number: f64) -> String {
    let text = format!("{number:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
