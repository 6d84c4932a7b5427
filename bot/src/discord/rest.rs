//! How is Discord's HTTP API asked, and what do its refusals mean?
//!
//! Every call goes through [`Rest::ask`], which gives up after a while, retries when that can help,
//! and turns what went wrong into words for the operator. It makes no call of its own.

use std::future::Future;
use std::time::Duration;

use serenity::http::{Http, HttpBuilder, HttpError};

use super::settings::{Settings, Token};
use crate::chat::Error;

/// How often a call is tried before it is given up.
const N_TRIES: u32 = 5;
/// How long one try may take, uploads and waiting for rate limits included.
const PATIENCE: Duration = Duration::from_secs(60);
/// The pause after the first failed try; it doubles with each.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// What to do about a token that Discord does not take.
pub(super) const WRONG_TOKEN: &str = "Discord does not accept the bot's token: reset it in the \
                                      developer portal (Bot, Reset Token), store the new one and \
                                      restart";

/// Why a call failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// The interaction can't be answered any more: its quarter of an hour is over.
    Expired,
    /// Anything else.
    Other(Error),
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Expired => Self::Gone,
            Failure::Other(error) => error,
        }
    }
}

/// What a call is for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Action {
    /// What the bot does, for messages: "post a track".
    pub(super) what: &'static str,
    /// The permission that Discord asks for, by the name in its settings; `None` if it asks
    /// for none.
    pub(super) permission: Option<&'static str>,
}

/// The HTTP API.
pub(super) struct Rest {
    /// serenity's client.
    pub(super) http: Http,
}

impl Rest {
    pub(super) fn new(settings: &Settings, token: &Token) -> Self {
        Self { http: http(settings, token) }
    }

    /// Makes `call` until it succeeds or cannot succeed any more.
    ///
    /// `call` must be harmless when repeated, because an answer may get lost on its way back.
    pub(super) async fn ask<T, F>(&self, action: Action, call: impl Fn() -> F) -> Result<T, Failure>
    where
        F: Future<Output = serenity::Result<T>>,
    {
        let mut pause = FIRST_PAUSE;
        let mut n_tries = 1;
        loop {
            let why = match tokio::time::timeout(PATIENCE, call()).await {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(error)) => match classify(error, action) {
                    Refused::ForGood(failure) => return Err(failure),
                    Refused::ForNow(why) => why,
                },
                Err(_) => format!("no answer within {} s", PATIENCE.as_secs()),
            };
            if n_tries == N_TRIES {
                let what = action.what.to_owned();
                return Err(Failure::Other(Error::Unreachable { what, why }));
            }
            tracing::warn!(action.what, why, n_tries, "a call to Discord is tried again");
            tokio::time::sleep(pause).await;
            pause *= 2;
            n_tries += 1;
        }
    }
}

/// A client for the API that `settings` name.
pub(super) fn http(settings: &Settings, token: &Token) -> Http {
    let builder = HttpBuilder::new(token.reveal());
    if settings.is_discord() {
        return builder.build();
    }
    // serenity's own rate limiter always asks discord.com, whatever the address. Without it a 429
    // comes back here as an error, and `ask` waits.
    builder.proxy(settings.api_url.as_str()).ratelimiter_disabled(true).build()
}

/// Whether a call that failed can succeed when it is made again.
#[derive(Debug)]
enum Refused {
    ForNow(String),
    ForGood(Failure),
}

/// Discord's error codes: <https://discord.com/developers/docs/topics/opcodes-and-status-codes>.
fn classify(error: serenity::Error, action: Action) -> Refused {
    let serenity::Error::Http(http) = error else {
        return not_accepted(action, error.to_string());
    };
    let HttpError::UnsuccessfulRequest(response) = &http else {
        return match http {
            HttpError::Request(error) => Refused::ForNow(root_cause(&error.without_url())),
            other => not_accepted(action, other.to_string()),
        };
    };
    let what = action.what.to_owned();
    let other = |error| Refused::ForGood(Failure::Other(error));
    match (response.status_code.as_u16(), response.error.code) {
        (401, 50027) | (404, 10015 | 10062) => Refused::ForGood(Failure::Expired),
        (401, _) => other(Error::Token(WRONG_TOKEN.to_owned())),
        (403, _) => other(Error::Forbidden { what, permission: action.permission }),
        (404, _) => other(Error::Gone),
        (429, _) => Refused::ForNow("rate limited".to_owned()),
        (status @ 500.., _) => Refused::ForNow(format!("status {status}")),
        (status, code) => not_accepted(action, format!("status {status}, code {code}: {http}")),
    }
}

fn not_accepted(action: Action, why: String) -> Refused {
    let what = action.what.to_owned();
    Refused::ForGood(Failure::Other(Error::NotAccepted { what, why }))
}

/// What is at the bottom of a failed request ("connection refused").
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
