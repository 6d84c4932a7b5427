//! How is a listener's use of a command acknowledged in time?
//!
//! Discord forgets an interaction that is not acknowledged within 3 seconds. In them the daemon writes
//! the question down, and the acknowledgement is tried for as long as that can help. Where its outcome
//! stays unknown, it may have been taken, and the question is worked on.

use std::time::{Duration, Instant, SystemTime};

use serenity::builder::{Builder, CreateInteractionResponse, CreateInteractionResponseMessage};
use serenity::http::HttpError;
use serenity::model::Permissions;
use serenity::model::application::{CommandInteraction, Interaction};
use serenity::model::id::InteractionId;
use tokio::sync::oneshot;

use super::shared::{Shared, no_mentions};
use super::slash;
use crate::chat::{Acknowledged, Asked, Heard, Invocation, Reception};
use crate::command::Question;
use crate::id::InvocationId;
use crate::post;

/// Discord forgets an interaction after 3 seconds; its clock began before ours.
const DEADLINE: Duration = Duration::from_millis(2850);
/// How long the daemon may take to write a question down. After that it is acknowledged all the same.
const RECEPTION_WITHIN: Duration = Duration::from_millis(1800);
/// Between two tries.
const PAUSE: Duration = Duration::from_millis(200);

/// Hears an interaction.
pub(super) async fn heard(shared: &Shared, interaction: Interaction) {
    let (began, at) = (Instant::now(), SystemTime::now());
    match interaction {
        Interaction::Command(asked) => command(shared, &asked, at, began).await,
        Interaction::Autocomplete(asked) => {
            let max_bars = shared.settings.max_bars;
            let choices = slash::completions(&asked, &shared.offer.borrow(), max_bars);
            let choices = CreateInteractionResponse::Autocomplete(choices);
            respond(shared, asked.id, &asked.token, choices, began).await;
        }
        _ => {}
    }
}

/// Lets the daemon write the question down, acknowledges it, and only then says so: whatever is done
/// then finds a question that is open.
async fn command(shared: &Shared, asked: &CommandInteraction, at: SystemTime, began: Instant) {
    let max_bars = shared.settings.max_bars;
    let invocation = slash::invocation(asked, &shared.offer.borrow(), max_bars, at);
    let reception = match invocation {
        Err(text) => Reception::Told(text),
        Ok(invocation) => match missing_permission(asked, &invocation.question) {
            Some(permission) => Reception::Told(post::missing_permission(permission)),
            None => received(shared, invocation).await,
        },
    };
    match reception {
        Reception::Known => {}
        Reception::Told(text) => {
            respond(shared, asked.id, &asked.token, in_private(&text), began).await;
        }
        Reception::Noted => {
            let wait = CreateInteractionResponse::Defer(CreateInteractionResponseMessage::new());
            let outcome = respond(shared, asked.id, &asked.token, wait, began).await;
            shared.hear(Heard::Acknowledged(InvocationId(asked.id.get()), outcome));
        }
    }
}

async fn received(shared: &Shared, invocation: Invocation) -> Reception {
    let (reception, received) = oneshot::channel();
    shared.hear(Heard::Asked(Asked { invocation: Box::new(invocation), reception }));
    match tokio::time::timeout(RECEPTION_WITHIN, received).await {
        Ok(Ok(reception)) => reception,
        // The daemon stops: nothing is written down, so nothing must be promised.
        Ok(Err(_)) => Reception::Told(post::stopping()),
        // It is refused or answered when the daemon comes to it.
        Err(_) => Reception::Noted,
    }
}

/// What the bot needs for an answer in the place of the question and lacks, by the name in Discord's
/// settings. Discord says which permissions it has there.
fn missing_permission(asked: &CommandInteraction, question: &Question) -> Option<&'static str> {
    let given = asked.app_permissions?;
    if !question.is_answered_with_files() {
        return None;
    }
    let in_thread = asked.channel.as_ref().is_some_and(|channel| channel.thread_metadata.is_some());
    let send = if in_thread {
        (Permissions::SEND_MESSAGES_IN_THREADS, "Send Messages in Threads")
    } else {
        (Permissions::SEND_MESSAGES, "Send Messages")
    };
    let needed = [
        (Permissions::VIEW_CHANNEL, "View Channel"),
        send,
        (Permissions::ATTACH_FILES, "Attach Files"),
    ];
    let is_missing = |(permission, _): &(Permissions, _)| !given.contains(*permission);
    if given.administrator() {
        return None;
    }
    needed.into_iter().find(is_missing).map(|(_, name)| name)
}

fn in_private(text: &str) -> CreateInteractionResponse {
    let message = CreateInteractionResponseMessage::new().content(post::cut(text)).ephemeral(true);
    CreateInteractionResponse::Message(message.allowed_mentions(no_mentions()))
}

/// Sends a response until Discord took or refused it, or it would be too late. A try whose answer gets
/// lost may have been taken; the next is then refused as the second.
async fn respond(
    shared: &Shared,
    id: InteractionId,
    token: &str,
    response: CreateInteractionResponse,
    began: Instant,
) -> Acknowledged {
    let mut perhaps = false;
    loop {
        let left = DEADLINE.saturating_sub(began.elapsed());
        let sent = response.clone().execute(&shared.rest.http, (id, token));
        let why = match tokio::time::timeout(left, sent).await {
            Ok(Ok(())) => return Acknowledged::Yes,
            Ok(Err(error)) => match outcome(&error) {
                Outcome::TakenBefore => return Acknowledged::Yes,
                Outcome::Refused if perhaps => return Acknowledged::Perhaps,
                Outcome::Refused => {
                    tracing::warn!(%error, "Discord does not take the answer to an interaction");
                    return Acknowledged::No;
                }
                Outcome::Limited => error.to_string(),
                Outcome::Unknown => {
                    perhaps = true;
                    error.to_string()
                }
            },
            Err(_) => {
                tracing::warn!("an interaction was not answered in time, as far as is known");
                return Acknowledged::Perhaps;
            }
        };
        tracing::info!(why, "the answer to an interaction is tried again");
        tokio::time::sleep(PAUSE).await;
    }
}

/// What a failed response may have done.
enum Outcome {
    /// An earlier try was taken.
    TakenBefore,
    /// Nothing, and it never will.
    Refused,
    /// Nothing yet.
    Limited,
    /// It may have been taken.
    Unknown,
}

/// Discord's error codes: <https://discord.com/developers/docs/topics/opcodes-and-status-codes>.
fn outcome(error: &serenity::Error) -> Outcome {
    let serenity::Error::Http(HttpError::UnsuccessfulRequest(response)) = error else {
        return Outcome::Unknown;
    };
    match (response.status_code.as_u16(), response.error.code) {
        (_, 40060) => Outcome::TakenBefore,
        (429, _) => Outcome::Limited,
        (500.., _) => Outcome::Unknown,
        _ => Outcome::Refused,
    }
}
