//! How is a listener's question answered?
//!
//! One function for each command, and the `match` that names them all. Each step is in the store before the
//! next begins, so that the work can be taken up after a crash at any of them.

use std::sync::Arc;

use bot::chat::{Chat, File, InvocationId, Reception};
use bot::command::{ModelQuestion, Question, help};
use bot::post;
use bot::wish::Wish;
use tokio::sync::{Mutex, Semaphore};

use super::ending::{Ended, end, give_up, later_or};
use super::posting::post;
use super::refusal::refusal;
use crate::context::{Context, now_ms};
use crate::cycle::model_report::model_report;
use crate::store::{Job, TrackId};
use crate::track::arm::Audience;
use crate::track::make;
use crate::track::output::Output;

/// How often making a track for one question is begun; a machine that dies of it each time needs no sixth.
const MAX_BEGUN: u32 = 5;

/// How many pieces of work of a kind are done at the same time: none waits for one of another kind.
#[derive(Clone)]
pub(crate) struct Places {
    /// Tracks that are made, those of the command line included.
    pub(crate) making: Arc<Semaphore>,
    /// Tracks that are posted.
    pub(crate) posting: Arc<Semaphore>,
    /// All other answers.
    pub(crate) answering: Arc<Semaphore>,
}

/// Whether the answer is under way. Held while who waits is told how far it is, so that such a text never
/// replaces the answer.
pub(crate) type Begun = Arc<Mutex<bool>>;

/// Writes a question down, or answers it at once: where it takes no work, or has no other answer.
pub(crate) fn receive(context: &Context, id: InvocationId, job: Job) -> anyhow::Result<Reception> {
    let text = match &job.question {
        Question::Generate(wish) => refusal(context, &wish.genre, wish.artist.as_deref())?,
        Question::Model(question) => refusal(context, &question.genre, None)?,
        Question::Help => Some(help(context.config.discord.max_bars)),
        Question::Privacy => Some(post::privacy()),
        Question::ForgetMe { sure } => Some(forget(context, &job, *sure)?),
    };
    if let Some(text) = text {
        return Ok(Reception::Told(text));
    }
    let is_new = context.store.add_job(id, job).inspect_err(|_| {
        // It may be there later all the same, and its asker is told that it is not.
        let _ = context.store.end_job(id);
    })?;
    Ok(if is_new { Reception::Noted } else { Reception::Known })
}

/// Deletes the votes of who asks, if they are sure.
fn forget(context: &Context, job: &Job, sure: bool) -> anyhow::Result<String> {
    let Some(asker) = job.asker.as_ref().filter(|_| sure) else {
        return Ok(post::before_forgetting());
    };
    Ok(post::forgotten(context.store.forget(&asker.name, now_ms())?))
}

/// Works on a question that was noted; `made` is called when it needs no place among the tracks that are
/// made any more.
pub(crate) async fn answer(
    context: &Context,
    chat: &dyn Chat,
    places: &Places,
    id: InvocationId,
    begun: &Begun,
    made: impl FnOnce(),
) -> anyhow::Result<Ended> {
    let job = context.blocking(move |context| Ok(context.store.job(id)?)).await?;
    let Some(job) = &job else { return Ok(Ended::Told) };
    let answered = match &job.question {
        Question::Generate(wish) => {
            generate(context, chat, places, (id, job), wish, begun, made).await
        }
        Question::Model(question) => {
            let _place = places.answering.acquire().await?;
            model(context, chat, (id, job), question).await
        }
        // Answered when they were heard.
        Question::Help | Question::Privacy | Question::ForgetMe { .. } => {
            Ok(end(context, id).await)
        }
    };
    match answered {
        Ok(ended) => Ok(ended),
        Err(error) => {
            // A track that is made waits: it may be posted already, and a refusal would take that away.
            let noted = context.blocking(move |context| Ok(context.store.job(id)?)).await?;
            if noted.is_some_and(|job| job.track.is_some()) {
                return Ok(Ended::Later(format!("{error:#}")));
            }
            let question = &job.question;
            tracing::error!(?question, error = format!("{error:#}"), "a question has no answer");
            *begun.lock().await = true;
            give_up(context, chat, (id, job), failed(question)).await
        }
    }
}

/// What is said where something broke.
fn failed(question: &Question) -> String {
    match question {
        Question::Generate(wish) => post::failed(&wish.genre),
        Question::Model(question) => post::no_model_report(&question.genre),
        Question::Help | Question::Privacy | Question::ForgetMe { .. } => post::not_noted(),
    }
}

/// Makes and posts a track, or says why not.
async fn generate(
    context: &Context,
    chat: &dyn Chat,
    places: &Places,
    (id, job): (InvocationId, &Job),
    wish: &Wish,
    begun: &Begun,
    made: impl FnOnce(),
) -> anyhow::Result<Ended> {
    let track = if let Some(track) = job.track {
        Ok(track)
    } else {
        let _place = places.making.acquire().await?;
        make_track(context, id, job, wish).await?
    };
    made();
    let _place = places.posting.acquire().await?;
    *begun.lock().await = true;
    match track {
        Ok(track) => post(context, chat, (id, job), track).await,
        Err(text) => give_up(context, chat, (id, job), text).await,
    }
}

/// Makes the track, or says why there is none.
async fn make_track(
    context: &Context,
    id: InvocationId,
    job: &Job,
    wish: &Wish,
) -> anyhow::Result<Result<TrackId, String>> {
    let (wish, output) = (wish.clone(), Output::for_chat(job.reply_to.max_file_bytes()));
    let making = move |context: &Context| {
        if context.store.begin_job(id)? > MAX_BEGUN {
            tracing::error!(%id, "the program has ended too often while this track was made: it is given up");
            return Ok(Err(post::failed(&wish.genre)));
        }
        // What was true when it was noted may not be so after a restart.
        if let Some(text) = refusal(context, &wish.genre, wish.artist.as_deref())? {
            return Ok(Err(text));
        }
        let made = make::make(context, &wish, &output, Audience::Listeners(id))?;
        Ok(Ok(made.id))
    };
    context.blocking(making).await
}

/// Tells how a genre's model is doing.
async fn model(
    context: &Context,
    chat: &dyn Chat,
    (id, job): (InvocationId, &Job),
    question: &ModelQuestion,
) -> anyhow::Result<Ended> {
    let ModelQuestion { genre, community } = question.clone();
    let asked = genre.clone();
    let looked =
        context.blocking(move |context| model_report(context, &asked, community.as_deref()));
    let (text, bytes) = looked.await?;
    let description = format!("How the model of {genre} learned, epoch by epoch");
    let file = File { name: "model.png".to_owned(), description, bytes };
    match chat.tell(&job.reply_to, text, vec![file]).await {
        Ok(()) => Ok(end(context, id).await),
        Err(error) => later_or(error, async |error| Err(error.into())).await,
    }
}
