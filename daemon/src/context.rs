//! What does every part of the daemon work with?
//!
//! The home, the configuration and the store, as one handle that is cheap to clone. It remembers nothing but
//! what was measured, which could be measured again.

use std::any::Any;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::task::JoinError;

use crate::config::Config;
use crate::control::failure::{Misused, NotNow};
use crate::home::{self, Home};
use crate::listeners::Listeners;
use crate::measured::Measured;
use crate::panic_text::panic_text;
use crate::store::Store;

/// A handle to the home, the configuration and the store.
#[derive(Clone)]
pub struct Context {
    /// Where the files are.
    pub home: Home,
    /// What the user has set.
    pub config: Arc<Config>,
    /// What is recorded.
    pub store: Store,
    /// What the chat's listeners are called here.
    pub(crate) listeners: Listeners,
    /// What was measured since the program began.
    pub(crate) measured: Measured,
}

impl Context {
    /// Makes the home's folders and opens its store.
    ///
    /// # Errors
    /// With what could not be made or opened.
    pub fn open(home: Home, config: Config) -> anyhow::Result<Self> {
        home.create()?;
        let store = Store::open(&home.store(), &config.store, now_ms())?;
        let listeners = Listeners::open(&home.listener_key(), &store)?;
        let measured = Measured::default();
        Ok(Self { home, config: Arc::new(config), store, listeners, measured })
    }

    /// Runs what waits for disk or processor on a thread on which that holds up nobody.
    ///
    /// # Errors
    /// Those of `work`; a panic is one, too, and so is the end of the runtime before it began.
    pub(crate) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> anyhow::Result<T> + Send + 'static,
    ) -> anyhow::Result<T> {
        let context = self.clone();
        let done = tokio::task::spawn_blocking(move || work(&context)).await;
        done.unwrap_or_else(|error| Err(unfinished(error)))
    }

    /// The genre as a name that is known here.
    ///
    /// # Errors
    /// `NotNow` if there is neither a song nor a folder of it, `Misused` if there can be none.
    pub fn known_genre<'a>(&self, name: &'a str) -> anyhow::Result<&'a str> {
        let name = home::genre(name).map_err(|error| Misused(error.to_string()))?;
        let genres = self.genres()?;
        if genres.iter().any(|genre| genre == name) {
            return Ok(name);
        }
        let drop = format!("drop MIDI files into {}", self.home.inbox().join(name).display());
        let hint = match genres.as_slice() {
            [] => drop,
            known => format!("known are {}; give one of them, or {drop}", known.join(", ")),
        };
        Err(NotNow(format!("there is no song of {name:?}: {hint}")).into())
    }

    /// Every genre that has a song, a track or a folder in the inbox, sorted.
    ///
    /// # Errors
    /// When the store or the inbox cannot be read.
    pub fn genres(&self) -> anyhow::Result<Vec<String>> {
        let mut genres = self.store.genres()?;
        let entries = match std::fs::read_dir(self.home.inbox()) {
            // Someone deleted it; when it is back, it is watched again.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            entries => Some(entries?),
        };
        for entry in entries.into_iter().flatten() {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.file_type()?.is_dir() && home::genre(&name).is_ok() {
                genres.push(name);
            }
        }
        genres.sort();
        genres.dedup();
        Ok(genres)
    }
}

/// Why a task did not come to its end.
pub(crate) fn unfinished(error: JoinError) -> anyhow::Error {
    match error.try_into_panic() {
        Ok(panic) => panicked(&*panic),
        Err(_) => NotNow("it was not begun, as the program is stopping".to_owned()).into(),
    }
}

/// The error of work that panicked.
pub(crate) fn panicked(panic: &(dyn Any + Send)) -> anyhow::Error {
    anyhow::anyhow!("it {}; please report this", panic_text(panic))
}

/// Now, in milliseconds since 1970.
pub fn now_ms() -> u64 {
    to_ms(SystemTime::now())
}

/// A time in milliseconds since 1970; 0 before.
pub fn to_ms(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_task_that_was_cancelled_did_not_panic() {
        let task = tokio::spawn(std::future::pending::<()>());
        task.abort();
        let error = unfinished(task.await.expect_err("it was cancelled"));
        assert!(error.is::<NotNow>() && error.to_string().contains("stopping"), "{error}");
    }
}
