//! How does a stranger hear it work, without a chat, a server or a download?
//!
//! A real daemon in a fresh home, used as anyone would use it: files dropped into its inbox, commands
//! through its socket. Only the network is smaller than usual, so that it is over in two minutes.

mod epochs;
pub(crate) mod starter;

use std::fmt;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use clap::{Args, FromArgMatches, Subcommand};
use composer::corpus::Piece;
use composer::lessons::evaluate;
use composer::version;
use serde::Serialize;
use serde::de::DeserializeOwned;

use self::epochs::Epochs;
use self::starter::SONGS;
use crate::cli::print::Printer;
use crate::command::status::GenreRow;
use crate::command::train::one_or_more;
use crate::command::{HomeCommand, generate, tracks};
use crate::config::Config;
use crate::context::Context;
use crate::control::failure::Misused;
use crate::control::line::Line;
use crate::control::{self, Reply};
use crate::home::Home;
use crate::run::run;
use crate::track::track_file;

const GENRE: &str = "hardstyle";
/// The songs are taken in well within this time.
const INTAKE: Duration = Duration::from_secs(60);

/// What differs from the defaults: above all, a small network.
const CONFIG: &str = "\
[schedule]
promotion_margin = 0.2

[inbox]
settle_ms = 300

[training]
hidden = 128
embedding = 64
sequence_length = 64
batch = 4
learning_rate = 0.004
dropout = 0.25
valid_share = 0.2
patience = 20
";

/// Options of the demonstration.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Demo {
    /// Epochs of the first training
    #[arg(long, default_value_t = 80, value_parser = one_or_more, allow_negative_numbers = true)]
    pub(crate) epochs: usize,
}

/// What the ratings changed.
#[derive(Debug, Serialize)]
struct Changed {
    event: &'static str,
    /// Of the rated track, in the second training.
    weight: f32,
    nll_per_note_v1: f64,
    nll_per_note_v2: f64,
}

impl Demo {
    /// Runs the demonstration in `home`, or in a fresh temporary folder, and leaves it there.
    ///
    /// # Errors
    /// When the home is not empty, or with whatever step failed.
    pub(crate) fn run(&self, home: Option<PathBuf>, printer: &mut Printer) -> anyhow::Result<()> {
        let home = Home::new(fresh(home)?);
        home.create()?;
        track_file::write(&home.config(), CONFIG.as_bytes())?;
        let mut config = Config::load(&home.config(), true)?;
        // Nothing but the trainings that are asked for.
        config.schedule.quiet_seconds = 86_400.0;
        let context = Context::open(home.clone(), config)?;
        let runtime = tokio::runtime::Runtime::new().context("starting threads")?;
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let no_chat = Err("no Discord in the demonstration".to_owned());
        let daemon = runtime.spawn(run(context, no_chat, async {
            let _ = stopped.await;
        }));
        let result = Show { home: &home, printer }.play(self.epochs);
        let _ = stop.send(());
        let ended = runtime.block_on(daemon).context("the daemon panicked")?;
        result.and(ended)
    }
}

/// The folder to use: the one given if it is empty, or a new one.
fn fresh(given: Option<PathBuf>) -> anyhow::Result<PathBuf> {
    let Some(given) = given else {
        let name = format!("kickback-demo-{}", crate::context::now_ms());
        return Ok(std::env::temp_dir().join(name));
    };
    let given = std::path::absolute(given)?;
    let is_empty = std::fs::read_dir(&given).map_or(true, |mut entries| entries.next().is_none());
    if is_empty {
        return Ok(given);
    }
    Err(Misused(format!(
        "{} is not empty: give a new folder for the demonstration",
        given.display()
    ))
    .into())
}

struct Show<'a> {
    home: &'a Home,
    printer: &'a mut Printer,
}

impl Show<'_> {
    fn play(mut self, epochs: usize) -> anyhow::Result<()> {
        self.remark(&format!("Kickback at work in {}\n", self.home.root().display()));
        self.remark(&format!("1. Dropping {} starter songs into inbox/{GENRE}", SONGS.len()));
        self.drop_songs()?;
        self.remark("\n2. Training the network");
        self.ask(&["train", GENRE, "--epochs", &epochs.to_string()])?;
        self.remark("\n3. Generating a track");
        let track = self.generate("7")?;
        self.remark("\n4. Three listeners like it");
        for by in ["first", "second", "third"] {
            self.ask(&["rate", &track.track.to_string(), "🔥", "--by", by])?;
        }
        self.remark("\n5. Training one more cycle with the ratings");
        self.ask(&["train", GENRE])?;
        self.remark("\n6. Generating again");
        let second = self.generate("8")?;
        self.remark("\nWhat the ratings changed");
        self.tell_difference(&track)?;
        self.remark(&format!("\nWhat was made\n{track}\n{second}"));
        let here = self.home.root().display();
        self.remark(&format!(
            "\nEverything is in {here}; carry on with: kickback --home {here} run"
        ));
        Ok(())
    }

    fn drop_songs(&mut self) -> anyhow::Result<()> {
        let folder = self.home.inbox().join(GENRE);
        std::fs::create_dir_all(&folder)?;
        for (name, bytes) in SONGS {
            std::fs::write(folder.join(name), bytes).with_context(|| format!("dropping {name}"))?;
        }
        let began = Instant::now();
        loop {
            let genres: Vec<GenreRow> = self.rows(&["status"])?;
            let genre = genres.iter().find(|row| row.genre == GENRE);
            let (accepted, rejected) = genre.map_or((0, 0), |row| (row.songs, row.rejected));
            if accepted + rejected == SONGS.len() as u64 {
                let seconds = began.elapsed().as_secs_f64();
                self.remark(&format!("{accepted} accepted, {rejected} rejected in {seconds:.1} s"));
                return Ok(());
            }
            if began.elapsed() > INTAKE {
                bail!("only {} of {} songs were taken in", accepted + rejected, SONGS.len());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn generate(&mut self, seed: &str) -> anyhow::Result<generate::Row> {
        let lines = self.ask(&["generate", GENRE, "--seed", seed])?;
        lines.iter().find_map(Line::read).context("a generation has a result")
    }

    /// The liked track's weight, and how much better each version predicts it.
    fn tell_difference(&mut self, track: &generate::Row) -> anyhow::Result<()> {
        let stem = Path::new(&track.midi).file_stem().context("a file has a name")?;
        let song = track_file::read(self.home, GENRE, &stem.to_string_lossy())?;
        let n_notes = song.notes().len() as f64;
        let piece = [Piece::new("track", "track", &song)];
        let n_tokens = (piece[0].tokens().len() - 1) as f64;
        let nats = |version| -> anyhow::Result<f64> {
            let (network, _) = version::load(&self.home.version(GENRE, version))?;
            Ok(evaluate(&network, &piece)? * n_tokens / n_notes)
        };
        let (before, after) = (nats(1)?, nats(2)?);
        let tracks: Vec<tracks::Row> = self.rows(&["tracks", GENRE])?;
        let rated = tracks.iter().find(|row| row.track == track.track);
        self.printer.print(Line::row(&Changed {
            event: "changed",
            weight: rated.map_or(0.0, |row| row.weight),
            nll_per_note_v1: before,
            nll_per_note_v2: after,
        }));
        Ok(())
    }

    /// Asks as a person would, prints the answer and returns its lines.
    fn ask(&mut self, words: &[&str]) -> anyhow::Result<Vec<Line>> {
        let (mut lines, printer) = (Vec::new(), &mut *self.printer);
        let mut epochs = Epochs::new(std::io::stderr().is_terminal());
        let end = control::ask(&self.home.socket(), &command(words)?, |line| {
            lines.push(line.clone());
            epochs.thinned(line).into_iter().for_each(|line| printer.print(line));
        });
        epochs.rest().into_iter().for_each(|line| printer.print(line));
        printer.end();
        finished(end?)?;
        Ok(lines)
    }

    /// The rows of one kind in an answer, which is not printed.
    fn rows<T: DeserializeOwned>(&self, words: &[&str]) -> anyhow::Result<Vec<T>> {
        let mut rows = Vec::new();
        let end = control::ask(&self.home.socket(), &command(words)?, |line| {
            rows.extend(line.read::<T>());
        });
        match end? {
            // The daemon is still starting.
            None => Ok(Vec::new()),
            end => finished(end).map(|()| rows),
        }
    }

    fn remark(&mut self, text: &str) {
        self.printer.print(Line::Remark(text.to_owned()));
    }
}

fn command(words: &[&str]) -> anyhow::Result<HomeCommand> {
    let known = HomeCommand::augment_subcommands(clap::Command::new("kickback"));
    let matches = known.no_binary_name(true).try_get_matches_from(words)?;
    Ok(HomeCommand::from_arg_matches(&matches)?)
}

fn finished(end: Option<Reply>) -> anyhow::Result<()> {
    match end {
        Some(Reply::End { code: 0, .. }) => Ok(()),
        Some(Reply::End { message, .. }) => bail!(message.unwrap_or_default()),
        _ => bail!("the daemon is no longer there"),
    }
}

impl fmt::Display for Changed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { weight, nll_per_note_v1: before, nll_per_note_v2: after, .. } = self;
        write!(
            f,
            "the weight of track 1 in training: 0 before, {weight:.2} now (a song weighs 1)\n\
             nats per note to predict track 1: {before:.3} by v1, {after:.3} by v2"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_daemon_that_is_still_starting_is_waited_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let home = Home::new(folder.path());
        let show = Show { home: &home, printer: &mut Printer::new(true) };
        let genres: Vec<GenreRow> = show.rows(&["status"]).expect("nobody answers yet");
        assert!(genres.is_empty());
    }
}
