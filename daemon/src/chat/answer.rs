//! How are listeners' questions answered?
//!
//! One function for each command, and the `match` that names them all. Each first asks whether there
//! is an answer at all; the loop waits for none of them.

use std::time::Instant;

use bot::chat::{Chat, File, Invocation, MessageId, ReplyTo};
use bot::command::{ModelQuestion, Question};
use bot::post;
use bot::wish::Wish;

use super::posting::send;
use super::refusal::refusal;
use crate::context::Context;
use crate::cycle::model_report::model_report;
use crate::track::arm::Audience;
use crate::track::make;
use crate::track::output::Output;

/// Answers a question, and tells the asker if that fails. The message, if a track was posted.
pub(crate) async fn answer(
    context: &Context,
    chat: &dyn Chat,
    invocation: &Invocation,
) -> Option<MessageId> {
    let (answered, failed) = match &invocation.question {
        Question::Generate(wish) => {
            (generate(context, chat, invocation, wish).await, post::failed(&wish.genre))
        }
        Question::Model(question) => (
            model(context, chat, &invocation.reply_to, question).await.map(|()| None),
            post::no_model_report(&question.genre),
        ),
    };
    match answered {
        Ok(message) => message,
        Err(error) => {
            let question = &invocation.question;
            tracing::error!(?question, error = format!("{error:#}"), "a question has no answer");
            if let Err(error) = chat.refuse(&invocation.reply_to, failed).await {
                tracing::warn!(%error, "and the asker could not be told");
            }
            None
        }
    }
}

/// Makes and posts a track, or says why not. The message, if one is known to be posted; a refusal
/// would take it away, so there is none where that is not known.
async fn generate(
    context: &Context,
    chat: &dyn Chat,
    invocation: &Invocation,
    wish: &Wish,
) -> anyhow::Result<Option<MessageId>> {
    let began = Instant::now();
    let (genre, artist) = (wish.genre.clone(), wish.artist.clone());
    let refused = move |context: &Context| refusal(context, &genre, artist.as_deref());
    if let Some(text) = context.blocking(refused).await? {
        chat.refuse(&invocation.reply_to, text).await?;
        return Ok(None);
    }
    let wished = wish.clone();
    let output = Output::for_chat(invocation.reply_to.max_file_bytes());
    let making =
        move |context: &Context| make::make(context, &wished, &output, Audience::Listeners);
    let made = context.blocking(making).await?;
    let listener = Some(invocation.listener);
    let posted = send(context, chat, &invocation.reply_to, listener, made.id, &made.track).await?;
    if let Some(posted) = posted {
        let (genre, seconds) = (&wish.genre, began.elapsed().as_secs_f64());
        tracing::info!(genre, message = %posted.message, seconds, "posted");
    }
    Ok(posted.map(|posted| posted.message))
}

/// Tells how a genre's model is doing, or why there is none.
async fn model(
    context: &Context,
    chat: &dyn Chat,
    to: &ReplyTo,
    question: &ModelQuestion,
) -> anyhow::Result<()> {
    let ModelQuestion { genre, community } = question.clone();
    let asked = genre.clone();
    let looked = context.blocking(move |context| match refusal(context, &asked, None)? {
        Some(text) => Ok(Err(text)),
        None => model_report(context, &asked, community.as_deref()).map(Ok),
    });
    match looked.await? {
        Ok((text, bytes)) => {
            let description = format!("How the model of {genre} learned, epoch by epoch");
            let file = File { name: "model.png".to_owned(), description, bytes };
            chat.tell(to, text, vec![file]).await?;
        }
        Err(text) => chat.refuse(to, text).await?,
    }
    Ok(())
}
