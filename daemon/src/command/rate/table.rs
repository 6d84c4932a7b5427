//! Which votes does a table hold?

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use anyhow::Context as _;
use csv::{ReaderBuilder, StringRecord, Trim};

use super::vote::{Checked, Rated, vote};
use crate::context::{Context, now_ms};
use crate::control::failure::{Misused, NotNow, exit_code};
use crate::store::SongId;

/// The votes in a table. All of it is read first, so that a file with a mistake changes nothing.
///
/// # Errors
/// [`Misused`] or [`NotNow`] with the line that is wrong; or when the file cannot be read.
pub(super) fn read(
    context: &Context,
    path: &Path,
    genre: Option<&str>,
) -> anyhow::Result<Vec<Checked>> {
    let reading = || format!("reading {}", path.display());
    let text = fs::read_to_string(path).with_context(reading)?;
    let mut table =
        ReaderBuilder::new().flexible(true).trim(Trim::All).from_reader(text.as_bytes());
    let at = |record: &StringRecord, what: &str| {
        format!("{}, line {}: {what}", path.display(), line_of(record, &text))
    };
    let header = table.headers().with_context(reading)?;
    let Some(columns) = Columns::of(header) else {
        let what =
            "the first line must name the columns track,emoji,by[,time] or midi,emoji,by[,time]";
        return Err(Misused(at(header, what)).into());
    };
    if genre.is_some() && matches!(columns.rated, Column::Track(_)) {
        let what = "these are tracks, which have their genre: leave --genre out";
        return Err(Misused(at(header, what)).into());
    }
    let files = Files { folder: path.parent().unwrap_or(path), genre };
    let (mut votes, mut genres) = (Vec::new(), HashMap::new());
    for record in table.into_records() {
        let record = record.with_context(reading)?;
        let is_blank = record.len() == 1 && record.iter().all(str::is_empty);
        if !is_blank {
            let vote = columns.vote(context, &files, &record);
            let vote = vote.and_then(|vote| Ok(in_one_genre(vote, &mut genres)?));
            let told = |error: anyhow::Error| match exit_code(&error) {
                2 => Misused(at(&record, &nothing_rated(&error))).into(),
                3 => NotNow(at(&record, &nothing_rated(&error))).into(),
                _ => error,
            };
            votes.push(vote.map_err(told)?);
        }
    }
    Ok(votes)
}

/// What is wrong with a line, and what follows for the others.
fn nothing_rated(error: &anyhow::Error) -> String {
    format!("{error} (nothing of this table has been rated)")
}

/// Refuses a vote on what an earlier line rates as something of another genre.
fn in_one_genre(vote: Checked, genres: &mut HashMap<SongId, String>) -> Result<Checked, Misused> {
    if let Rated::File(made) = &vote.rated {
        let (name, genre) = (&made.name, &made.genre);
        let known = genres.entry(made.id).or_insert_with(|| genre.clone());
        if known != genre {
            let hint = "leave one of them out, or give --genre GENRE";
            return Err(Misused(format!(
                "{name} is of {genre} here and the same file of {known} in an earlier line: {hint}"
            )));
        }
    }
    Ok(vote)
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
    rated: Column,
    emoji: usize,
    by: usize,
    time: Option<usize>,
}

/// Where the number of the track stands, or the path of the file that was made elsewhere.
#[derive(Clone, Copy)]
enum Column {
    Track(usize),
    Midi(usize),
}

/// What the paths of files are relative to, and which genre was given for all of them.
struct Files<'a> {
    folder: &'a Path,
    genre: Option<&'a str>,
}

impl Columns {
    fn of(header: &StringRecord) -> Option<Self> {
        let column = |name: &str| header.iter().position(|column| column == name);
        let rated = match (column("track"), column("midi")) {
            (Some(track), None) => Column::Track(track),
            (None, Some(midi)) => Column::Midi(midi),
            _ => return None,
        };
        let (emoji, by) = (column("emoji")?, column("by")?);
        Some(Self { rated, emoji, by, time: column("time") })
    }

    /// # Errors
    /// [`Misused`] or [`NotNow`] for what is the file's fault, or when the store cannot be read.
    fn vote(
        &self,
        context: &Context,
        files: &Files<'_>,
        record: &StringRecord,
    ) -> anyhow::Result<Checked> {
        let given = |column: usize| record.get(column).filter(|field| !field.is_empty());
        let missing = || Misused("a field is missing".to_owned());
        let field = |column: usize| given(column).ok_or_else(missing);
        let not_a_time = |time: &str| Misused(format!("{time} is not a time in milliseconds"));
        let time = self.time.and_then(given);
        let at_ms = time.map(|time| time.parse().map_err(|_| not_a_time(time))).transpose()?;
        let vote =
            vote(context, field(self.emoji)?, field(self.by)?, at_ms.unwrap_or_else(now_ms))?;
        let rated = match self.rated {
            Column::Track(column) => Rated::track(context, field(column)?)?,
            Column::Midi(column) => {
                let path = files.folder.join(field(column)?);
                Rated::file(context, &path, files.genre)?
            }
        };
        Ok(Checked { rated, vote })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Rate;
    use super::*;
    use crate::chat::posting::tests::{context, track};
    use crate::store::TrackId;
    use bot::wish::AbsolutePath;

    fn rate(context: &Context, text: &str) -> anyhow::Result<()> {
        let path = context.home.tracks().join("votes.csv");
        fs::write(&path, text)?;
        let from = Some(AbsolutePath::new(path)?);
        let nothing = Rate {
            track_or_score: None,
            score: None,
            midi: None,
            genre: None,
            by: String::new(),
            from: None,
        };
        Rate { from, ..nothing }.run(context, &mut |_| ())
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
            let is_told = error.to_string().ends_with("(nothing of this table has been rated)");
            assert_eq!(is_told, text.contains("by"), "{text:?}: {error}");
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
