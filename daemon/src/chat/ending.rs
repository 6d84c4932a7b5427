//! How does work on a question end, and what follows where the chat fails?

use bot::chat::{Chat, Error, InvocationId, Placed};

use crate::context::Context;
use crate::store::Job;

/// How work on a question ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Its track is posted.
    Posted(Placed),
    /// It was answered otherwise, or nobody is left to be told.
    Told,
    /// It was answered, and that could not be noted: only that is to be tried again.
    NotNoted(String),
    /// The chat could not be reached: it is to be tried again.
    Later(String),
}

/// What follows where the chat failed: another try later if that can help, else what `refused` does.
pub(super) async fn later_or(
    error: Error,
    refused: impl AsyncFnOnce(Error) -> anyhow::Result<Ended>,
) -> anyhow::Result<Ended> {
    match error {
        // What the chat did in words that cannot be read is found when it is tried again.
        Error::Unreachable { .. } | Error::Unreadable { .. } | Error::Stopped | Error::Token(_) => {
            Ok(Ended::Later(error.to_string()))
        }
        Error::Forbidden { .. }
        | Error::Closed { .. }
        | Error::NotAccepted { .. }
        | Error::Gone => refused(error).await,
    }
}

/// Tells the asker why there is no answer, and strikes the question off.
pub(super) async fn give_up(
    context: &Context,
    chat: &dyn Chat,
    (id, job): (InvocationId, &Job),
    text: String,
) -> anyhow::Result<Ended> {
    match chat.refuse(&job.reply_to, text).await {
        Ok(()) => Ok(end(context, id).await),
        Err(error) => {
            let giving_up = async |error: Error| {
                tracing::warn!(%error, "and the asker could not be told");
                Ok(end(context, id).await)
            };
            later_or(error, giving_up).await
        }
    }
}

/// Strikes a question off that is answered without a post; its track stays here.
pub(crate) async fn end(context: &Context, id: InvocationId) -> Ended {
    match context.blocking(move |context| Ok(context.store.end_job(id)?)).await {
        Ok(()) => Ended::Told,
        Err(error) => Ended::NotNoted(format!("answered, but not noted: {error:#}")),
    }
}
