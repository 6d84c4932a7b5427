//! `library`, `tracks` and `status`: what is there?

use std::collections::HashMap;

use music::key::Key;
use serde_json::json;

use super::{Situation, Underway, tidy};
use crate::context::Context;
use crate::control::answer::{Line, Out, shown};
use crate::store::{SongStatus, TrackState, Weighted};
use crate::track::publish::artist_of;
use crate::votes::rating::score_of;

/// The genres to list: the one named, or all.
fn genres(context: &Context, named: Option<&str>) -> anyhow::Result<Vec<String>> {
    match named {
        Some(name) => Ok(vec![context.known_genre(name)?.to_owned()]),
        None => context.genres(),
    }
}

/// The weights that the last training of a genre used.
fn weights(context: &Context, genre: &str) -> anyhow::Result<HashMap<Weighted, f32>> {
    let mut latest = HashMap::new();
    for (number, cycle) in context.store.cycles(genre)? {
        if cycle.version.is_some() {
            latest = context.store.weights(genre, number)?.into_iter().collect();
        }
    }
    Ok(latest)
}

pub(super) fn library(
    context: &Context,
    named: Option<&str>,
    out: &mut Out<'_>,
) -> anyhow::Result<()> {
    let mut n_songs = 0;
    for genre in genres(context, named)? {
        let weights = weights(context, &genre)?;
        for (id, song) in context.store.songs_of(&genre)? {
            if song.status != SongStatus::Accepted {
                continue;
            }
            let Some(music) = &song.music else { continue };
            let weight = weights.get(&Weighted::Song(id));
            let key = Key::from_index(usize::from(music.key_index));
            let path = context.home.root().join(&song.path);
            n_songs += 1;
            out(Line::row(
                json!({"song": id, "genre": genre, "file": song.file_name, "path": shown(&path),
                    "notes": music.n_notes, "bars": music.n_bars, "tempo_bpm": music.tempo_bpm,
                    "key": key.to_string(), "tokens": music.n_tokens, "weight": weight,
                    "added_ms": song.added_at_ms}),
                format!(
                    "{}  {:>3} bars  {:>6} BPM  {:<8}  {}  {}",
                    &id.to_string()[..8],
                    music.n_bars,
                    tidy(music.tempo_bpm),
                    key.to_string(),
                    weight.map_or("not trained yet".to_owned(), |w| format!("weight {w:>8.2}")),
                    shown(song.path.strip_prefix("library").unwrap_or(&song.path)),
                ),
            ));
        }
    }
    let inbox = context.home.inbox().join(named.unwrap_or("<genre>"));
    out(Line::Remark(match n_songs {
        0 => format!("nothing is learned from yet: copy MIDI files to {}", inbox.display()),
        1 => "1 song".to_owned(),
        n => format!("{n} songs; `kickback remove` takes one out"),
    }));
    Ok(())
}

pub(super) fn tracks(
    context: &Context,
    named: Option<&str>,
    out: &mut Out<'_>,
) -> anyhow::Result<()> {
    for genre in genres(context, named)? {
        let weights = weights(context, &genre)?;
        for (id, track) in context.store.tracks_of(&genre)? {
            let (score, n_listeners) = score_of(&context.store.votes_of(id)?);
            let weight = weights.get(&Weighted::Track(id)).copied().unwrap_or(0.0);
            let key = Key::from_index(usize::from(track.key_index));
            let (message, state) = match track.state {
                TrackState::Rendered => (None, "not posted"),
                TrackState::Posting { .. } => (None, "being posted"),
                TrackState::Posted { message, .. } => (Some(message), "posted"),
            };
            out(Line::row(
                json!({"track": id, "genre": genre, "artist": artist_of(&track),
                    "version": track.version, "seed": track.seed, "stem": track.stem, "tempo_bpm": track.tempo_bpm, "key": key.to_string(),
                    "bars": track.n_bars, "listeners": n_listeners, "score": score,
                    "weight": weight, "message": message, "created_ms": track.created_at_ms}),
                format!(
                    "{id:>4}  {} v{}  {key}  score {score:+.2} of {n_listeners}  weight {weight:.2}  {state}",
                    track.stem, track.version
                ),
            ));
        }
    }
    Ok(())
}

/// How a genre stands, for people and programs.
///
/// # Errors
/// When the store cannot be read.
pub fn status_of(context: &Context, genre: &str) -> anyhow::Result<Line> {
    let counts = context.store.song_counts(genre)?;
    let current = context.store.current_version(genre)?;
    let last = context.store.last_cycle(genre)?.map(|(_, cycle)| cycle);
    let since = last.as_ref().map_or(0, |cycle| cycle.vote_change);
    let ratings = context.store.votes_changed_since(genre, since)?;
    let needed = context.config.schedule.min_songs;
    let playing = match &current {
        Some(promotion) => format!("plays v{}", promotion.version),
        None if counts.accepted < needed => {
            format!("has {} of the {needed} songs it needs", counts.accepted)
        }
        None => "waits for its first training".to_owned(),
    };
    Ok(Line::row(
        json!({"genre": genre, "songs": counts.accepted, "rejected": counts.rejected,
            "removed": counts.removed, "version": current.as_ref().map(|c| c.version),
            "valid_nll": last.as_ref().and_then(|c| c.valid_nll), "new_ratings": ratings,
            "last_cycle": last.as_ref().map(|c| json!({"at_ms": c.at_ms, "songs": c.n_songs, "outcome": c.outcome}))}),
        format!(
            "{genre}: songs {}, rejected {}, {playing}, new ratings {ratings}",
            counts.accepted, counts.rejected
        ),
    ))
}

pub(super) fn status(context: &Context, now: &Situation, out: &mut Out<'_>) -> anyhow::Result<()> {
    let running = if now.is_daemon { "the daemon is running" } else { "no daemon is running" };
    let mut text = format!("{} — {running}", context.home.root().display());
    if now.is_daemon {
        text.push_str(&format!("; {}", now.chat));
    }
    if let Some(Underway { genre, step }) = &now.training {
        let how_far = step.as_ref().map_or("it begins".to_owned(), ToString::to_string);
        text.push_str(&format!("\ntraining {genre}: {how_far}"));
    }
    if !now.waiting.is_empty() {
        text.push_str(&format!("\nwaiting to be trained: {}", now.waiting.join(", ")));
    }
    let training = now.training.as_ref();
    let progress = training.and_then(|training| training.step.as_ref()).map(|step| {
        json!({"epoch": step.epoch, "epochs": step.n_epochs, "step": step.step,
            "steps": step.n_steps, "share": step.share, "nll": step.nll,
            "seconds_left": step.seconds_left.round()})
    });
    out(Line::row(
        json!({"home": shown(context.home.root()), "running": now.is_daemon,
            "training": training.map(|training| &training.genre), "progress": progress,
            "waiting": now.waiting, "chat": now.chat}),
        text,
    ));
    for genre in context.genres()? {
        out(status_of(context, &genre)?);
    }
    Ok(())
}
