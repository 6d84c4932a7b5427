//! Which vote is given on what, and how does the track stand after it?

use std::fmt;
use std::path::Path;

use bot::reaction::Emoji;
use serde::Serialize;

use crate::context::Context;
use crate::control::failure::{Misused, NotNow};
use crate::store::{CHAT, MAX_NAME, TrackId, Vote};
use crate::track::elsewhere::Elsewhere;
use crate::votes::rating::score_of;

/// What a vote with a number is kept as, so that a second number replaces the first. No emoji has a
/// space in it.
const NUMBER: &str = "a number";

/// How a rated track stands.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    track: TrackId,
    genre: String,
    /// What its file is called, if it was made elsewhere.
    file: Option<String>,
    /// That count, of all listeners.
    votes: usize,
    /// −1 to 1.
    score: f64,
    /// Whether the listener had not given this emoji before.
    #[serde(skip)]
    is_new: bool,
}

/// What is rated.
pub(super) enum Rated {
    Track { id: TrackId, genre: String, file: Option<String> },
    File(Box<Elsewhere>),
}

/// A vote that was checked and can be stored.
pub(super) struct Checked {
    pub(super) rated: Rated,
    pub(super) vote: Vote,
}

/// A vote, if it can be given.
///
/// # Errors
/// [`Misused`] for an emoji without a value, another number or a bad name.
pub(super) fn vote(context: &Context, score: &str, by: &str, at_ms: u64) -> Result<Vote, Misused> {
    let emoji = Emoji::new(score).plain();
    let number = || score.trim().parse().ok().filter(|number| is_value(*number));
    let (emoji, value) = match (context.config.reactions.value(&emoji), number()) {
        (Some(value), _) => (emoji.as_str().to_owned(), value),
        (None, Some(number)) => (NUMBER.to_owned(), number),
        (None, None) => return Err(worthless(context, &emoji)),
    };
    check_listener(by)?;
    if by.starts_with(CHAT) {
        let hint = "people of Discord vote by reacting there, and their ids are not kept: give another name";
        return Err(Misused(format!("{by:?} is nobody who rates here: {hint}")));
    }
    Ok(Vote {
        listener: by.to_owned(),
        emoji,
        value: value as f32,
        weight: 1.0,
        at_ms,
        removed_at_ms: None,
    })
}

/// Whether a vote may be worth so much, as an emoji may.
fn is_value(number: f64) -> bool {
    (-5.0..=5.0).contains(&number) && number != 0.0
}

fn worthless(context: &Context, emoji: &Emoji) -> Misused {
    let known: Vec<&str> = context.config.reactions.values.keys().map(String::as_str).collect();
    let known = known.join(" ");
    let what = if emoji.as_str().is_empty() {
        "there is no emoji".to_owned()
    } else {
        format!("{emoji} counts for nothing")
    };
    Misused(format!("{what}: give one of {known}, or a number from -5 to 5 that is not 0"))
}

impl Rated {
    /// # Errors
    /// [`Misused`] for what is no number, [`NotNow`] for a track that is not there.
    pub(super) fn track(context: &Context, number: &str) -> anyhow::Result<Self> {
        let wrong = |what: &str| Misused(format!("the track is wrong: {what}"));
        let id = bot::wish::track_number(number).map(TrackId).map_err(wrong)?;
        let Some(track) = context.store.track(id)? else {
            let hint = "`kickback tracks` lists them";
            return Err(NotNow(format!("there is no track {id}; {hint}")).into());
        };
        Ok(Self::Track { id, genre: track.genre, file: track.file })
    }

    /// # Errors
    /// As [`Elsewhere::read`].
    pub(super) fn file(
        context: &Context,
        path: &Path,
        genre: Option<&str>,
    ) -> anyhow::Result<Self> {
        Ok(Self::File(Box::new(Elsewhere::read(context, path, genre)?)))
    }
}

/// Refuses what cannot be a listener's name.
///
/// # Errors
/// [`Misused`] with what can be.
pub(crate) fn check_listener(name: &str) -> Result<(), Misused> {
    if !name.is_empty() && name.len() <= MAX_NAME && !name.contains('\0') {
        return Ok(());
    }
    let hint = format!("give 1 to {MAX_NAME} bytes of text");
    Err(Misused(format!("{name:?} cannot be a listener's name: {hint}")))
}

impl Checked {
    pub(super) fn store(self, context: &Context) -> anyhow::Result<Row> {
        let (track, genre, file) = match self.rated {
            Rated::Track { id, genre, file } => (id, genre, file),
            Rated::File(made) => {
                let (genre, name) = (made.genre.clone(), made.name.clone());
                (made.track(context)?, genre, Some(name))
            }
        };
        let is_new = context.store.add_vote(track, self.vote)?;
        let votes = context.store.votes_of(track)?;
        let (score, _) = score_of(&votes);
        let votes = votes.iter().filter(|vote| vote.stands()).count();
        Ok(Row { track, genre, file, votes, score, is_new })
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { track, genre, file, votes, score, .. } = self;
        let plural = if *votes == 1 { "" } else { "s" };
        let note = if self.is_new { "" } else { " (it had this vote already)" };
        let file = file.as_ref().map_or(String::new(), |file| format!(" ({genre}: {file})"));
        write!(f, "track {track}{file} has {votes} vote{plural}, score {score:+.2}{note}")
    }
}
