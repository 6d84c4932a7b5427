//! What can be set about Discord, and how is its token kept?

use std::fmt;

use bounds::{OutOfRange, require};
use serde::{Deserialize, Serialize};

/// Discord's own address.
pub(super) const DISCORD: &str = "https://discord.com";

/// How the bot takes part in Discord. The token is not a setting: see [`Token`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Ids of the communities (Discord calls them guilds) in which the commands are offered. Empty:
    /// in all that the bot is a member of. With ids a change of the command shows at once; without,
    /// Discord may take up to an hour.
    pub guilds: Vec<u64>,
    /// The most bars that a listener may ask for, 1 to 256. Long tracks take longer to make and are
    /// bigger files: 64 bars at 150 BPM last 1:42.
    pub max_bars: u32,
    /// The most tracks that one person may wait for, 1 to 100.
    pub waiting_by_listener: usize,
    /// The most tracks that a community may wait for, 1 to 10,000.
    pub waiting_by_community: usize,
    /// Where Discord's HTTP API is. Anything but Discord itself is for tests and for proxies.
    pub api_url: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            guilds: Vec::new(),
            max_bars: 64,
            waiting_by_listener: 10,
            waiting_by_community: 1000,
            api_url: DISCORD.to_owned(),
        }
    }
}

impl Settings {
    /// Whether every value is allowed.
    ///
    /// # Errors
    /// [`OutOfRange`] for the first that is not.
    pub fn check(&self) -> Result<(), OutOfRange> {
        for guild in &self.guilds {
            require(
                *guild > 0,
                "guilds",
                guild,
                "ids as Discord shows them in developer mode (right click, Copy Server ID)",
            )?;
        }
        require((1..=256).contains(&self.max_bars), "max_bars", self.max_bars, "1 to 256 bars")?;
        let (by_listener, by_community) = (self.waiting_by_listener, self.waiting_by_community);
        require((1..=100).contains(&by_listener), "waiting_by_listener", by_listener, "1 to 100")?;
        let allowed = "1 to 10000";
        require(
            (1..=10_000).contains(&by_community),
            "waiting_by_community",
            by_community,
            allowed,
        )?;
        let url = self.api_url.as_str();
        let host = url.strip_prefix("http://").unwrap_or_default();
        let local = ["127.0.0.1", "localhost", "[::1]"].iter().any(|name| {
            host.strip_prefix(name)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/']))
        });
        require(
            url.starts_with("https://") || local,
            "api_url",
            url,
            "an https address, or http on this very machine (the token goes there)",
        )
    }
}

/// The secret with which the bot proves who it is. Never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

/// A text that can't be a bot's token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this is not a bot token: copy the whole line that Discord's developer portal shows once under \
     Bot, Reset Token"
)]
pub struct NoToken;

impl Token {
    /// Takes the token out of `text`, around which blanks and a leading `Bot ` may stand.
    ///
    /// # Errors
    /// [`NoToken`] if what remains is empty or holds blanks or other characters that no token has.
    pub fn new(text: &str) -> Result<Self, NoToken> {
        let text = text.trim();
        let text = text.strip_prefix("Bot ").unwrap_or(text).trim();
        if text.is_empty() || !text.chars().all(|c| c.is_ascii_graphic()) {
            return Err(NoToken);
        }
        Ok(Self(text.to_owned()))
    }

    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_taken_out_of_its_surroundings_and_never_shown() {
        let token = Token::new(" Bot abc.def-123\n").expect("a token");
        assert_eq!(token.reveal(), "abc.def-123");
        assert_eq!(format!("{token:?}"), "Token(hidden)");
        for text in ["", "  \n", "two words", "tökën"] {
            assert_eq!(Token::new(text), Err(NoToken), "{text:?}");
        }
    }

    #[test]
    fn the_token_is_not_sent_in_the_clear_to_other_machines() {
        let with = |url: &str| Settings { api_url: url.to_owned(), ..Settings::default() }.check();
        assert_eq!(Settings::default().check(), Ok(()));
        for url in ["http://127.0.0.1:80", "http://localhost", "http://[::1]:1/", "https://a.b"] {
            assert_eq!(with(url), Ok(()), "{url}");
        }
        for url in ["http://discord.com", "http://127.0.0.1.evil.org", "discord.com", ""] {
            assert_eq!(with(url).map_err(|e| e.key), Err("api_url"), "{url}");
        }
    }
}
