//! `forget`: how are a listener's votes deleted?

use std::fmt;

use clap::Args;
use serde::{Deserialize, Serialize};

use super::rate::check_listener;
use crate::context::{Context, now_ms};
use crate::control::failure::NotNow;
use crate::control::line::{Line, Out};
use crate::store::CHAT;

/// Whose votes to delete.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub(crate) struct Forget {
    /// The name under which the votes were given, or discord:ID with the id of a user of Discord
    pub(crate) name: String,
}

/// How many votes are gone.
#[derive(Debug, Serialize)]
struct Row<'a> {
    listener: &'a str,
    votes: u64,
}

impl Forget {
    pub(super) fn run(&self, context: &Context, out: &mut Out<'_>) -> anyhow::Result<()> {
        check_listener(&self.name)?;
        let name = context.listeners.meant_by(&self.name);
        let votes = context.store.forget(&name, now_ms())?;
        if votes == 0 {
            let hint = "votes from Discord are found under discord:ID with the id of the user";
            return Err(NotNow(format!("{:?} never voted; {hint}", self.name)).into());
        }
        out(Line::row(&Row { listener: &name, votes }));
        Ok(())
    }
}

impl fmt::Display for Row<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { listener, votes } = self;
        write!(
            f,
            "{votes} votes of {listener} are deleted; what was learned from them goes with the next \
             training"
        )?;
        if listener.starts_with(CHAT) {
            f.write_str("; reactions that still stand below posts in Discord count no more")?;
        }
        Ok(())
    }
}
