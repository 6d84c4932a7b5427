//! `rate`: how do votes come in on the command line, one by one or from a file?

use std::fmt;
use std::fs::File;
use std::path::Path;

use anyhow::Context as _;
use bot::reaction::Emoji;
use clap::Args;
use csv::{ReaderBuilder, StringRecord, Trim};
use serde::{Deserialize, Serialize};

use crate::cli::path::AbsolutePath;
use crate::context::{Context, now_ms};
use crate::control::answer::{Line, Misused, NotNow, Out};
use crate::store::{MAX_NAME, TrackId, Vote};
use crate::votes::rating::score_of;

/// Options of a rating.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
#[command(
    override_usage = "kickback rate TRACK EMOJI [--by NAME]\n       kickback rate --from FILE.csv"
)]
pub(crate) struct Rate {
    /// The track's number
    #[arg(required_unless_present = "from", requires = "emoji")]
    pub(crate) track: Option<u64>,
    /// An emoji that has a value in the configuration
    pub(crate) emoji: Option<String>,
    /// Who rates
    #[arg(long, value_name = "NAME", default_value = "local")]
    pub(crate) by: String,
    /// Ratings from a file with the columns track,emoji,by and perhaps time (milliseconds since 1970)
    #[arg(long, value_name = "FILE.csv", conflicts_with_all = ["track", "emoji"])]
    pub(crate) from: Option<AbsolutePath>,
}

/// How a rated track stands.
#[derive(Debug, Serialize)]
struct Row {
    track: TrackId,
    /// That count, of all listeners.
    votes: usize,
    /// −1 to 1.
    score: f64,
    /// Whether the listener had not given this emoji before.
    #[serde(skip)]
    is_new: bool,
}

/// A vote that was checked and can be stored.
struct Checked {
    track: TrackId,
    vote: Vote,
}

impl Rate {
    pub(super) fn run(&self, context: &Context, out: &mut Out<'_>) -> anyhow::Result<()> {
        let votes = match (&self.from, self.track, &self.emoji) {
            (Some(file), ..) => read(context, file)?,
            (None, Some(track), Some(emoji)) => {
                vec![check(context, TrackId(track), emoji, &self.by, now_ms())?]
            }
            _ => return Err(Misused("give a track and an emoji".to_owned()).into()),
        };
        for vote in votes {
            out(Line::row(&vote.store(context)?));
        }
        Ok(())
    }
}

/// A vote, if it can be given.
///
/// # Errors
/// [`Misused`] for an emoji without a value or a bad name, [`NotNow`] for a track that is not there.
fn check(
    context: &Context,
    track: TrackId,
    emoji: &str,
    by: &str,
    at_ms: u64,
) -> anyhow::Result<Checked> {
    let emoji = Emoji::new(emoji);
    let Some(value) = context.config.reactions.value(&emoji) else {
        let known: Vec<&str> = context.config.reactions.values.keys().map(String::as_str).collect();
        let known = known.join(" ");
        return Err(Misused(format!("{emoji} counts for nothing: give one of {known}")).into());
    };
    if by.is_empty() || by.len() > MAX_NAME || by.contains('\0') {
        let hint = format!("give 1 to {MAX_NAME} bytes of text");
        return Err(Misused(format!("{by:?} cannot be a listener's name: {hint}")).into());
    }
    if context.store.track(track)?.is_none() {
        let hint = "`kickback tracks` lists them";
        return Err(NotNow(format!("there is no track {track}; {hint}")).into());
    }
    let (listener, emoji) = (by.to_owned(), emoji.as_str().to_owned());
    let vote = Vote { listener, emoji, value: value as f32, at_ms, removed_at_ms: None };
    Ok(Checked { track, vote })
}

/// The votes in a table. All of it is read first, so that a file with a mistake changes nothing.
///
/// # Errors
/// [`Misused`] with the line that is wrong; or when the file cannot be read.
fn read(context: &Context, path: &Path) -> anyhow::Result<Vec<Checked>> {
    let reading = || format!("reading {}", path.display());
    let file = File::open(path).with_context(reading)?;
    let mut table = ReaderBuilder::new().flexible(true).trim(Trim::All).from_reader(file);
    let wrong =
        |line: u64, what: String| Misused(format!("{}, line {line}: {what}", path.display()));
    let header = table.headers().with_context(reading)?;
    let Some(columns) = Columns::of(header) else {
        let what = "the first line must name the columns track,emoji,by[,time]";
        return Err(wrong(1, what.to_owned()).into());
    };
    let mut votes = Vec::new();
    for record in table.into_records() {
        let record = record.with_context(reading)?;
        let line = record.position().map_or(0, csv::Position::line);
        let vote =
            columns.vote(context, &record).map_err(|error| wrong(line, format!("{error:#}")))?;
        votes.push(vote);
    }
    Ok(votes)
}

/// Where in a line what stands.
struct Columns {
    track: usize,
    emoji: usize,
    by: usize,
    time: Option<usize>,
}

impl Columns {
    fn of(header: &StringRecord) -> Option<Self> {
        let column = |name: &str| header.iter().position(|column| column == name);
        let (track, emoji, by) = (column("track")?, column("emoji")?, column("by")?);
        Some(Self { track, emoji, by, time: column("time") })
    }

    fn vote(&self, context: &Context, record: &StringRecord) -> anyhow::Result<Checked> {
        let given = |column: usize| record.get(column).filter(|field| !field.is_empty());
        let field = |column: usize| given(column).context("a field is missing");
        let track: TrackId = field(self.track)?.parse()?;
        let at_ms = match self.time.and_then(given) {
            Some(time) => time
                .parse()
                .ok()
                .with_context(|| format!("{time} is not a time in milliseconds"))?,
            None => now_ms(),
        };
        check(context, track, field(self.emoji)?, field(self.by)?, at_ms)
    }
}

impl Checked {
    fn store(self, context: &Context) -> anyhow::Result<Row> {
        let track = self.track;
        let is_new = context.store.add_vote(track, self.vote)?;
        let votes = context.store.votes_of(track)?;
        let (score, _) = score_of(&votes);
        let votes = votes.iter().filter(|vote| vote.stands()).count();
        Ok(Row { track, votes, score, is_new })
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { track, votes, score, .. } = self;
        let plural = if *votes == 1 { "" } else { "s" };
        let note = if self.is_new { "" } else { " (it had this vote already)" };
        write!(f, "track {track} has {votes} vote{plural}, score {score:+.2}{note}")
    }
}
