//! How does a stranger hear it work, without a chat, a server or a download?
//!
//! A real daemon in a fresh home, used as anyone would use it: files dropped into its inbox, commands
//! through its socket. Only the network is smaller than usual, so that it is over in two minutes.

pub mod starter;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use composer::corpus::Piece;
use composer::lessons::evaluate;
use composer::version;
use serde_json::Value;

use crate::cli::args::{Demo, Generate, HomeCommand, Rate, Train};
use crate::cli::print::Printer;
use crate::config::Config;
use crate::context::Context;
use crate::control::answer::{Line, Misused};
use crate::control::{self, Reply};
use crate::demo::starter::SONGS;
use crate::home::Home;
use crate::run::{Doors, run};
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

/// Runs the demonstration in `home`, or in a fresh temporary folder, and leaves it there.
///
/// # Errors
/// When the home is not empty, or with whatever step failed.
pub fn demo(home: Option<PathBuf>, options: &Demo, printer: &mut Printer) -> anyhow::Result<()> {
    let home = Home::new(fresh(home)?);
    home.create()?;
    track_file::write(&home.config(), CONFIG.as_bytes())?;
    let mut config = Config::load(&home.config(), true)?;
    // While it is shown, only the trainings that are asked for.
    config.schedule.quiet_seconds = 86_400.0;
    let context = Context::open(home.clone(), config)?;
    let runtime = tokio::runtime::Runtime::new().context("starting threads")?;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let doors = Doors { chat: Err("no Discord in the demonstration".to_owned()) };
    let daemon = runtime.spawn(run(context, doors, async {
        let _ = stopped.await;
    }));
    let shown = Show { home: &home, printer };
    let result = shown.play(options);
    let _ = stop.send(());
    let ended = runtime.block_on(daemon).context("the daemon panicked")?;
    result.and(ended)
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
    fn play(mut self, options: &Demo) -> anyhow::Result<()> {
        self.remark(&format!("Kickback at work in {}\n", self.home.root().display()));
        self.remark(&format!("1. Dropping {} starter songs into inbox/{GENRE}", SONGS.len()));
        self.drop_songs()?;
        self.remark("\n2. Training the network");
        let train =
            |epochs| HomeCommand::Train(Train { genre: GENRE.to_owned(), fresh: false, epochs });
        self.ask(&train(Some(options.epochs)))?;
        self.remark("\n3. Generating a track");
        let track = self.generate(7)?;
        let id = track["track"].as_u64().context("a track has a number")?;
        self.remark("\n4. Three listeners like it");
        for by in ["first", "second", "third"] {
            let (track, emoji) = (Some(id), Some("🔥".to_owned()));
            self.ask(&HomeCommand::Rate(Rate { track, emoji, by: by.to_owned(), from: None }))?;
        }
        self.remark("\n5. Training one more cycle with the ratings");
        self.ask(&train(None))?;
        self.remark("\n6. Generating again");
        self.generate(8)?;
        self.remark("\nWhat the ratings changed");
        self.tell_difference(&track)?;
        let here = self.home.root().display();
        self.remark(&format!(
            "\nEverything is in {here}; to go on with it: kickback --home {here} run"
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
            let rows = self.rows(&HomeCommand::Status)?;
            let genre = rows.iter().find(|row| row["genre"] == GENRE);
            let count = |key: &str| genre.and_then(|row| row[key].as_u64()).unwrap_or(0);
            let (accepted, rejected) = (count("songs"), count("rejected"));
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

    fn generate(&mut self, seed: u64) -> anyhow::Result<Value> {
        let wanted = Generate {
            genre: GENRE.to_owned(),
            artist: None,
            count: 1,
            seed: Some(seed),
            bars: None,
            tempo: None,
            key: None,
            instrument: None,
            arrangement: None,
            temperature: None,
            vary: None,
            primer: None,
            keep: 4,
            out: None,
            no_audio: false,
            no_picture: false,
            wav: false,
            stems: false,
            plain: false,
        };
        let rows = self.ask(&HomeCommand::Generate(Box::new(wanted)))?;
        rows.into_iter().next().context("a generation has a result")
    }

    /// The liked track's weight, and how much better each version foretells it.
    fn tell_difference(&mut self, track: &Value) -> anyhow::Result<()> {
        let midi = track["midi"].as_str().context("a track has a MIDI file")?;
        let stem = Path::new(midi).file_stem().context("a file has a name")?.to_string_lossy();
        let (song, _) = track_file::read(self.home, GENRE, &stem)?;
        let n_notes = song.notes().len() as f64;
        let piece = [Piece::new("track", "track", &song)];
        let n_tokens = (piece[0].tokens().len() - 1) as f64;
        let nats = |version| -> anyhow::Result<f64> {
            let (network, _) = version::load(&self.home.version(GENRE, version))?;
            Ok(evaluate(&network, &piece)? * n_tokens / n_notes)
        };
        let (before, after) = (nats(1)?, nats(2)?);
        let rows = self.rows(&HomeCommand::Tracks { genre: Some(GENRE.to_owned()) })?;
        let weight = rows.iter().find(|row| row["track"] == track["track"]);
        let weight = weight.and_then(|row| row["weight"].as_f64()).unwrap_or(0.0);
        self.printer.print(Line::row(
            serde_json::json!({"event": "changed", "weight": weight, "nll_per_note_v1": before, "nll_per_note_v2": after}),
            format!(
                "its weight in training: 0 before, {weight:.2} now (a song weighs 1)\n\
                 nats a note to foretell it: {before:.3} by v1, {after:.3} by v2"
            ),
        ));
        Ok(())
    }

    /// Asks, prints the answer and returns its rows.
    fn ask(&mut self, command: &HomeCommand) -> anyhow::Result<Vec<Value>> {
        let (mut rows, printer) = (Vec::new(), &mut *self.printer);
        let end = control::ask(&self.home.socket(), command, |line| {
            if let Line::Row { json, .. } = &line {
                rows.push(json.clone());
            }
            printer.print(line);
        });
        finished(end?, rows)
    }

    /// Asks without printing.
    fn rows(&self, command: &HomeCommand) -> anyhow::Result<Vec<Value>> {
        let mut rows = Vec::new();
        let end = control::ask(&self.home.socket(), command, |line| {
            if let Line::Row { json, .. } = line {
                rows.push(json);
            }
        });
        match end? {
            None => Ok(rows),
            some => finished(some, rows),
        }
    }

    fn remark(&mut self, text: &str) {
        self.printer.print(Line::Remark(text.to_owned()));
    }
}

fn finished(end: Option<Reply>, rows: Vec<Value>) -> anyhow::Result<Vec<Value>> {
    match end {
        Some(Reply::End { code: 0, .. }) => Ok(rows),
        Some(Reply::End { message, .. }) => bail!(message.unwrap_or_default()),
        _ => bail!("the daemon is not there any more"),
    }
}
