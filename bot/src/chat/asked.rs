//! What becomes of a question before it is acknowledged?
//!
//! The chat hears it, the daemon writes it down or refuses it ([`Reception`]), the chat acknowledges it
//! ([`Acknowledged`]), and only then is it worked on: what a listener was promised survives a crash.

use std::fmt;

use tokio::sync::oneshot;

use super::invocation::Invocation;

/// A question that was heard and is not acknowledged yet.
pub struct Asked {
    /// The question.
    pub invocation: Box<Invocation>,
    /// Where to say what becomes of it, within about two seconds.
    pub reception: oneshot::Sender<Reception>,
}

impl fmt::Debug for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asked").field("invocation", &self.invocation).finish_non_exhaustive()
    }
}

/// What the daemon makes of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reception {
    /// It is written down: acknowledge it.
    Noted,
    /// It is answered by this text, for the asker alone.
    Told(String),
    /// It was heard before: say nothing.
    Known,
}

/// Whether the chat took the acknowledgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acknowledged {
    /// It did.
    Yes,
    /// It may have: its answer did not come through, or not in time.
    Perhaps,
    /// It said no: the asker has read that there is no answer.
    No,
}
