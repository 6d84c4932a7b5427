//! `rate`: how do votes come in on the command line, one by one or from a file?

use std::path::Path;
use std::{fmt, fs};

use anyhow::Context as _;
use bot::reaction::Emoji;
use clap::Args;
use csv::{ReaderBuilder, StringRecord, Trim};
use serde::{Deserialize, Serialize};

use crate::context::{Context, now_ms};
use crate::control::failure::{Misused, NotNow, exit_code};
use crate::control::line::{Line, Out};
use crate::store::{MAX_NAME, TrackId, Vote};
use crate::votes::rating::score_of;
use bot::wish::AbsolutePath;

/// Options of a rating.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
#[command(
    override_usage = "kickback rate TRACK EMOJI [--by NAME]\n       kickback rate --from FILE.csv"
)]
pub(crate) struct Rate {
    /// The track's number
    #[arg(required_unless_present = "from", requires = "emoji", value_parser = bot::wish::track_number)]
    #[arg(allow_negative_numbers = true)]
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
    let is_empty = emoji.as_str().is_empty();
    let Some(value) = context.config.reactions.value(&emoji) else {
        let known: Vec<&str> = context.config.reactions.values.keys().map(String::as_str).collect();
        let known = known.join(" ");
        let what = if is_empty {
            "there is no emoji".to_owned()
        } else {
            format!("{emoji} counts for nothing")
        };
        return Err(Misused(format!("{what}: give one of {known}")).into());
    };
    check_listener(by)?;
    if context.store.track(track)?.is_none() {
        let hint = "`kickback tracks` lists them";
        return Err(NotNow(format!("there is no track {track}; {hint}")).into());
    }
    let (listener, emoji) = (by.to_owned(), emoji.as_str().to_owned());
    let vote = Vote { listener, emoji, value: value as f32, at_ms, removed_at_ms: None };
    Ok(Checked { track, vote })
}

/// Refuses what cannot be a listener's name.
///
/// # Errors
/// [`Misused`] with what can be.
pub(super) fn check_listener(name: &str) -> Result<(), Misused> {
    if !name.is_empty() && name.len() <= MAX_NAME && !name.contains('\0') {
        return Ok(());
    }
    let hint = format!("give 1 to {MAX_NAME} bytes of text");
    Err(Misused(format!("{name:?} cannot be a listener's name: {hint}")))
}

/// The votes in a table. All of it is read first, so that a file with a mistake changes nothing.
///
/// # Errors
/// [`Misused`] or [`NotNow`] with the line that is wrong; or when the file cannot be read.
fn read(context: &Context, path: &Path) -> anyhow::Result<Vec<Checked>> {
    let reading = || format!("reading {}", path.display());
    let text = fs::read_to_string(path).with_context(reading)?;
    let mut table =
        ReaderBuilder::new().flexible(true).trim(Trim::All).from_reader(text.as_bytes());
    let at = |record: &StringRecord, what: &str| {
        format!("{}, line {}: {what}", path.display(), line_of(record, &text))
    };
    let header = table.headers().with_context(reading)?;
    let Some(columns) = Columns::of(header) else {
        let what = "the first line must name the columns track,emoji,by[,time]";
        return Err(Misused(at(header, what)).into());
    };
    let mut votes = Vec::new();
    for record in table.into_records() {
        let record = record.with_context(reading)?;
        let is_blank = record.len() == 1 && record.iter().all(str::is_empty);
        if !is_blank {
            let vote = columns.vote(context, &record);
            let told = |error: anyhow::Error| match exit_code(&error) {
                2 => Misused(at(&record, &error.to_string())).into(),
                3 => NotNow(at(&record, &error.to_string())).into(),
                _ => error,
            };
            votes.push(vote.map_err(told)?);
        }
    }
    Ok(votes)
}

/// The line of `text` on which a record begins, counted from 1 as editors do. The position that the
/// reader gives is before the blank lines that it skips, and before the `\n` of a preceding `\r\n`.
fn line_of(record: &StringRecord, text: &str) -> usize {
    let is_break = |byte: &u8| matches!(byte, b'\r' | b'\n');
    let from = record.position().map_or(0, |position| position.byte() as usize);
    let n_skipped = text.as_bytes()[from..].iter().take_while(|byte| is_break(byte)).count();
    let before = &text.as_bytes()[..from + n_skipped];
    let crlf = before.windows(2).filter(|pair| pair == b"\r\n").count();
    1 + before.iter().filter(|byte| is_break(byte)).count() - crlf
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

    /// # Errors
    /// [`Misused`] or [`NotNow`] for what is the file's fault, or when the store cannot be read.
    fn vote(&self, context: &Context, record: &StringRecord) -> anyhow::Result<Checked> {
        let given = |column: usize| record.get(column).filter(|field| !field.is_empty());
        let missing = || Misused("a field is missing".to_owned());
        let field = |column: usize| given(column).ok_or_else(missing);
        let track = bot::wish::track_number(field(self.track)?);
        let track = TrackId(track.map_err(|what| Misused(format!("the track is wrong: {what}")))?);
        let not_a_time = |time: &str| Misused(format!("{time} is not a time in milliseconds"));
        let time = self.time.and_then(given);
        let at_ms = time.map(|time| time.parse().map_err(|_| not_a_time(time))).transpose()?;
        let at_ms = at_ms.unwrap_or_else(now_ms);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::posting::tests::{context, track};

    fn rate(context: &Context, text: &str) -> anyhow::Result<()> {
        let path = context.home.tracks().join("votes.csv");
        fs::write(&path, text)?;
        let from = Some(AbsolutePath::new(path)?);
        Rate { track: None, emoji: None, by: String::new(), from }.run(context, &mut |_| ())
    }

    #[test]
    fn a_mistake_is_told_with_the_line_that_an_editor_shows() {
        let (_folder, context) = context();
        context.store.add_new_track(|_| track()).expect("added");
        for (text, line) in [
            ("track,emoji,by\n1,🔥,ann\n1,🥒,ann\n", 3),
            ("track,emoji,by\r\n1,🔥,ann\r\n1,🥒,ann\r\n", 3),
            ("track,emoji,by\n\n1,🔥,ann\n \t\n\n1,🥒,ann", 6),
            ("track,emoji,by\r\n\r\n1,🔥,ann\r\n  \r\n\r\n1,🥒,ann", 6),
            ("track,emoji,by\n1,🔥,\"Doe,\nJane\"\n1,🥒,ann\n", 4),
            ("\u{feff}track,emoji,by\r\n9,🔥,ann\r\n", 2),
            ("track,emoji,by\none,🔥,ann\n", 2),
            ("\n\ntrack,emoji\n", 3),
            ("", 1),
        ] {
            let error = rate(&context, text).expect_err(text);
            let code = if text.contains("\n9,") { 3 } else { 2 };
            assert_eq!(exit_code(&error), code, "{text:?}: {error}");
            assert!(error.to_string().contains(&format!(", line {line}: ")), "{text:?}: {error}");
        }
        assert_eq!(context.store.votes_of(TrackId(1)), Ok(vec![]));
    }

    #[test]
    fn blank_lines_are_skipped_and_quotes_hold_commas() {
        let (_folder, context) = context();
        let id = context.store.add_new_track(|_| track()).expect("added");
        let text = "track,emoji,by\r\n\r\n   \r\n1,🔥,\"Doe, Jane\"\r\n\t\r\n1, 🔥 , ann\r\n ";
        rate(&context, text).expect("no mistake");
        let votes = context.store.votes_of(id).expect("readable");
        let mut listeners: Vec<_> = votes.iter().map(|vote| vote.listener.as_str()).collect();
        listeners.sort_unstable();
        assert_eq!(listeners, ["Doe, Jane", "ann"]);
    }

    #[test]
    fn a_failing_store_is_not_the_fault_of_the_file() {
        let (_folder, context) = context();
        context.store.add_new_track(|_| track()).expect("added");
        context.store.fail();
        let error = rate(&context, "track,emoji,by\n1,🔥,ann\n").expect_err("it fails");
        assert_eq!(exit_code(&error), 1, "{error}");
        assert!(!error.to_string().contains("line"), "{error}");
    }
}
