//! How is Discord's HTTP API asked, and what do its refusals mean?
//!
//! Every call goes through [`Rest::ask`], which gives up after a while, asks again when that can
//! help, and turns what went wrong into words for the operator. It never asks for anything itself.

use std::future::Future;
use std::time::Duration;

use serenity::http::{Http, HttpBuilder, HttpError};

use super::settings::{Settings, Token};
use crate::chat::Error;

/// How often a call is made before it is given up.
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
pub(super) enum Trouble {
    /// The interaction can't be answered any more: its quarter of an hour is over.
    Expired,
    /// Anything else.
    Other(Error),
}

impl From<Trouble> for Error {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Expired => Self::Gone,
            Trouble::Other(error) => error,
        }
    }
}

/// What is tried, for messages, and what it needs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deed {
    /// "post a track"
    pub(super) what: &'static str,
    /// The permission that Discord asks for, by the name in its settings.
    pub(super) permission: &'static str,
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

    /// Makes `call` until it succeeds or can't.
    ///
    /// `call` must be harmless when repeated, because an answer may get lost on its way back.
    pub(super) async fn ask<T, F>(&self, deed: Deed, call: impl Fn() -> F) -> Result<T, Trouble>
    where
        F: Future<Output = serenity::Result<T>>,
    {
        let mut pause = FIRST_PAUSE;
        let mut n_tries = 1;
        loop {
            let why = match tokio::time::timeout(PATIENCE, call()).await {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(error)) => match judge(error, deed) {
                    Verdict::Final(trouble) => return Err(trouble),
                    Verdict::Later(why) => why,
                },
                Err(_) => format!("no answer within {} s", PATIENCE.as_secs()),
            };
            if n_tries == N_TRIES {
                let what = deed.what.to_owned();
                return Err(Trouble::Other(Error::Unreachable { what, why }));
            }
            tracing::warn!(deed.what, why, n_tries, "asking Discord again");
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

#[derive(Debug)]
enum Verdict {
    Later(String),
    Final(Trouble),
}

/// Discord's error codes: <https://discord.com/developers/docs/topics/opcodes-and-status-codes>.
fn judge(error: serenity::Error, deed: Deed) -> Verdict {
    let serenity::Error::Http(http) = error else {
        return not_accepted(deed, error.to_string());
    };
    let HttpError::UnsuccessfulRequest(response) = &http else {
        return match http {
            HttpError::Request(error) => Verdict::Later(root_cause(&error.without_url())),
            other => not_accepted(deed, other.to_string()),
        };
    };
    let what = deed.what.to_owned();
    let other = |error| Verdict::Final(Trouble::Other(error));
    match (response.status_code.as_u16(), response.error.code) {
        (401, 50027) | (404, 10015 | 10062) => Verdict::Final(Trouble::Expired),
        (401, _) => other(Error::Token(WRONG_TOKEN.to_owned())),
        (403, _) => other(Error::Forbidden { what, permission: deed.permission }),
        (404, _) => other(Error::Gone),
        (429, _) => Verdict::Later("rate limited".to_owned()),
        (status @ 500.., _) => Verdict::Later(format!("status {status}")),
        (status, code) => not_accepted(deed, format!("status {status}, code {code}: {http}")),
    }
}

fn not_accepted(deed: Deed, why: String) -> Verdict {
    let what = deed.what.to_owned();
    Verdict::Final(Trouble::Other(Error::NotAccepted { what, why }))
}

/// What is at the bottom of a failed request ("connection refused").
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
