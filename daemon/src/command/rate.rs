//! `rate` and `forget`: how do votes come and go on the command line?

use std::path::Path;

use anyhow::{Context as _, anyhow};
use bot::reaction::Emoji;
use serde_json::json;

use crate::cli::args::Rate;
use crate::context::{Context, now_ms};
use crate::control::answer::{Line, Misused, NotNow, Out};
use crate::store::{MAX_NAME, TrackId, Vote};
use crate::votes::rating::score_of;

pub(super) fn rate(context: &Context, rate: &Rate, out: &mut Out<'_>) -> anyhow::Result<()> {
    if let Some(path) = &rate.from {
        return rate_from(context, path, out);
    }
    let (Some(track), Some(emoji)) = (rate.track, &rate.emoji) else {
        return Err(Misused("give a track and an emoji".to_owned()).into());
    };
    out(rate_one(context, TrackId(track), emoji, &rate.by, now_ms())?);
    Ok(())
}

/// Stores one vote and says how the track stands then.
///
/// # Errors
/// [`Misused`] for an emoji without a value or a bad name, [`NotNow`] for a track that is not there.
pub fn rate_one(
    context: &Context,
    track: TrackId,
    emoji: &str,
    by: &str,
    at_ms: u64,
) -> anyhow::Result<Line> {
    let emoji = Emoji::new(emoji);
    let Some(value) = context.config.reactions.value(&emoji) else {
        let known: Vec<&str> = context.config.reactions.values.keys().map(String::as_str).collect();
        return Err(Misused(format!(
            "{emoji} counts for nothing: give one of {}",
            known.join(" ")
        ))
        .into());
    };
    check_name(by)?;
    if context.store.track(track)?.is_none() {
        return Err(
            NotNow(format!("there is no track {track}; `kickback tracks` lists them")).into()
        );
    }
    let vote = Vote {
        listener: by.to_owned(),
        emoji: emoji.as_str().to_owned(),
        value: value as f32,
        at_ms,
        removed_at_ms: None,
    };
    let is_new = context.store.add_vote(track, vote)?;
    let votes = context.store.votes_of(track)?;
    let n_votes = votes.iter().filter(|vote| vote.stands()).count();
    let (score, _) = score_of(&votes);
    let note = if is_new { "" } else { " (it had this vote already)" };
    Ok(Line::row(
        json!({"track": track, "votes": n_votes, "score": score}),
        format!(
            "track {track} has {n_votes} vote{}, score {score:+.2}{note}",
            if n_votes == 1 { "" } else { "s" }
        ),
    ))
}

fn check_name(by: &str) -> Result<(), Misused> {
    if by.is_empty() || by.len() > MAX_NAME || by.contains('\0') {
        return Err(Misused(format!("{by:?} is no name: give 1 to {MAX_NAME} bytes of text")));
    }
    Ok(())
}

/// Reads all lines first: a file with a mistake changes nothing.
fn rate_from(context: &Context, path: &Path, out: &mut Out<'_>) -> anyhow::Result<()> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let mut lines = text.lines().enumerate().map(|(idx, line)| (idx + 1, line.trim()));
    let header: Vec<&str> =
        lines.next().map_or(Vec::new(), |(_, line)| line.split(',').map(str::trim).collect());
    let column = |name: &str| header.iter().position(|column| *column == name);
    let wrong = |line: usize, what: String| {
        anyhow::Error::from(Misused(format!("{}, line {line}: {what}", path.display())))
    };
    let (Some(track), Some(emoji), Some(by)) = (column("track"), column("emoji"), column("by"))
    else {
        return Err(wrong(
            1,
            "the first line must name the columns track,emoji,by[,time]".to_owned(),
        ));
    };
    let mut votes = Vec::new();
    for (number, line) in lines.filter(|(_, line)| !line.is_empty()) {
        let fields: Vec<&str> = line.split(',').map(str::trim).collect();
        let field = |idx: usize| {
            fields
                .get(idx)
                .copied()
                .filter(|f| !f.is_empty())
                .ok_or_else(|| wrong(number, "a field is missing".to_owned()))
        };
        let id: TrackId = field(track)?.parse().map_err(|e| wrong(number, format!("{e}")))?;
        let emoji = field(emoji)?;
        if context.config.reactions.value(&Emoji::new(emoji)).is_none() {
            return Err(wrong(number, format!("{emoji} counts for nothing")));
        }
        if context.store.track(id)?.is_none() {
            return Err(wrong(number, format!("there is no track {id}")));
        }
        let at_ms = match column("time").and_then(|idx| fields.get(idx)).filter(|t| !t.is_empty()) {
            Some(time) => time
                .parse()
                .map_err(|_| wrong(number, format!("{time} is no time in milliseconds")))?,
            None => now_ms(),
        };
        let by = field(by)?;
        check_name(by).map_err(|e| wrong(number, e.to_string()))?;
        votes.push((id, emoji.to_owned(), by.to_owned(), at_ms));
    }
    for (id, emoji, by, at_ms) in votes {
        out(rate_one(context, id, &emoji, &by, at_ms).map_err(|e| anyhow!(e))?);
    }
    Ok(())
}

pub(super) fn forget(context: &Context, name: &str, out: &mut Out<'_>) -> anyhow::Result<()> {
    let n_votes = context.store.forget(name)?;
    if n_votes == 0 {
        return Err(NotNow(format!(
            "{name:?} never voted; votes from Discord are under discord:ID"
        ))
        .into());
    }
    let again = if name.starts_with("discord:") {
        "; reactions that still stand below the latest posts count again when the bot reconnects: \
         have them removed in Discord first"
    } else {
        ""
    };
    out(Line::row(
        json!({"listener": name, "votes": n_votes}),
        format!(
            "{n_votes} votes of {name} are deleted; what was learned from them goes with the next training{again}"
        ),
    ));
    Ok(())
}
