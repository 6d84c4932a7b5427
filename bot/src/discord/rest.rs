//! How is Discord's HTTP API asked, and what do its refusals mean?
//!
//! Every call goes through [`Rest::ask`], which gives up after a while, retries when that can help,
//! and turns what went wrong into words for the operator. It makes no call of its own.

use std::future::Future;
use std::time::Duration;

use super::api::{Api, Trouble};
use super::settings::{Settings, Token};
use crate::chat::Error;

/// How often a call is tried before it is given up. Being held back by a rate limit is no try.
const N_TRIES: u32 = 5;
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
    /// The calls.
    pub(super) http: Api,
}

impl Rest {
    pub(super) fn new(settings: &Settings, token: &Token) -> Self {
        Self { http: Api::new(settings, token) }
    }

    /// Makes `call` until it succeeds or cannot succeed any more.
    ///
    /// `call` must be harmless when repeated, because an answer may get lost on its way back.
    pub(super) async fn ask<T, F>(&self, action: Action, call: impl Fn() -> F) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, Trouble>>,
    {
        let mut pause = FIRST_PAUSE;
        let mut n_tries = 1;
        loop {
            let failure = match self.once(action, call()).await {
                Err(Failure::Other(Error::Unreachable { why, .. })) if n_tries < N_TRIES => why,
                outcome => return outcome,
            };
            tracing::warn!(action.what, why = failure, n_tries, "a call to Discord is tried again");
            tokio::time::sleep(pause).await;
            pause *= 2;
            n_tries += 1;
        }
    }

    /// What comes of `call`, in words.
    pub(super) async fn once<T>(
        &self,
        action: Action,
        call: impl Future<Output = Result<T, Trouble>>,
    ) -> Result<T, Failure> {
        call.await.map_err(|trouble| classify(trouble, action))
    }
}

/// Discord's error codes: <https://discord.com/developers/docs/topics/opcodes-and-status-codes>.
/// Only what is unreachable can succeed when it is asked again.
fn classify(trouble: Trouble, action: Action) -> Failure {
    let what = action.what.to_owned();
    let (status, code, text) = match trouble {
        Trouble::Refused { status, code, text } => (status, code, text),
        Trouble::Unanswered(why) => return Failure::Other(Error::Unreachable { what, why }),
        Trouble::Unreadable(why) => return Failure::Other(Error::Unreadable { what, why }),
        Trouble::Unmade(why) => return Failure::Other(Error::NotAccepted { what, why }),
    };
    Failure::Other(match (status, code) {
        (401, 50027) | (404, 10015 | 10062) => return Failure::Expired,
        // Not Discord's words, but those of a server on the way.
        (403 | 408, 0) => {
            Error::Unreachable { what, why: format!("status {status} without a code {text}") }
        }
        // Discord has shut off what was asked (40004) or is overloaded (130000).
        // Discord has a code for whatever is not there: without one, a server on the way lost it.
        (500.., _) | (404, 0) | (_, 40004 | 130_000) => {
            Error::Unreachable { what, why: format!("status {status}, code {code} {text}") }
        }
        (401, _) => Error::Token(WRONG_TOKEN.to_owned()),
        // An archived thread, a locked thread.
        (_, 50083 | 160_005) => Error::Closed { what },
        (403, _) => {
            let permission = match code {
                50001 => Some("View Channel"),
                160_002 => Some("Read Message History"),
                _ => action.permission,
            };
            tracing::warn!(action.what, code, text, "Discord forbids it");
            Error::Forbidden { what, permission }
        }
        (404, _) => Error::Gone,
        _ => Error::NotAccepted { what, why: format!("status {status}, code {code}: {text}") },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const REACT: Action = Action { what: "react", permission: Some("Add Reactions") };

    fn refused(status: u16, code: i64) -> Error {
        let text = "Discord's words".to_owned();
        classify(Trouble::Refused { status, code, text }, REACT).into()
    }

    #[test]
    fn the_permission_that_is_missing_is_named_with_where_to_give_it() {
        let said = |code| refused(403, code).to_string();
        assert!(said(50001).contains("the permission View Channel"), "{}", said(50001));
        assert!(said(50013).contains("the permission Add Reactions"), "{}", said(50013));
        assert!(said(160_002).contains("Read Message History"), "{}", said(160_002));
        for code in [50001, 50013, 160_002] {
            assert!(said(code).contains("role") && said(code).contains("channel"), "{code}");
            assert!(!said(code).contains("blocked"), "{}", said(code));
        }
    }

    #[test]
    fn an_archived_or_locked_thread_is_said_to_be_closed() {
        for (status, code) in [(400, 50083), (403, 50083), (403, 160_005)] {
            let error = refused(status, code);
            assert!(matches!(error, Error::Closed { .. }), "{error}");
            assert!(error.to_string().contains("Manage Threads"), "{error}");
        }
    }

    #[test]
    fn what_was_done_is_not_said_to_be_rejected() {
        let unreadable = classify(Trouble::Unreadable("no id".to_owned()), REACT);
        let error = Error::from(unreadable);
        assert!(matches!(error, Error::Unreadable { .. }), "{error}");
    }

    #[test]
    fn only_what_may_pass_is_asked_again() {
        for (status, code) in [(500, 0), (502, 0), (404, 0), (403, 40004), (429, 130_000)] {
            assert!(matches!(refused(status, code), Error::Unreachable { .. }), "{status} {code}");
        }
        assert!(matches!(refused(400, 50035), Error::NotAccepted { .. }));
        assert!(matches!(refused(404, 10003), Error::Gone));
        assert!(matches!(refused(401, 0), Error::Token(_)));
    }
}
