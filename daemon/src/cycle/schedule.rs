//! When is a genre trained again?
//!
//! Pure: counts and times go in, a reason comes out.

use serde::{Deserialize, Serialize};

use bounds::{OutOfRange, require};

/// When a training is due, and when its result is promoted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Songs that a genre needs before it is trained at all. Fewer than about 20 are
    /// memorised rather than understood. 2 to 100000.
    pub min_songs: u64,
    /// New songs after which a genre is trained again; 0: songs alone never start a training.
    pub songs: u64,
    /// New or taken-back ratings after which a genre is trained again; 0: ratings alone never do.
    pub ratings: u64,
    /// Hours after which a genre with any news is trained again; 0: time alone never does.
    pub hours: f64,
    /// A training waits until no song has come for so many seconds, so that a drop of many files is
    /// learned from as a whole. 0 to 86400.
    pub quiet_seconds: f64,
    /// Nats a token by which a new version may be worse on the held-out songs than the best that the
    /// genre has ever played, and still be played. Larger follows the ratings more boldly, smaller
    /// guards against a bad cycle. 0 to 10.
    pub promotion_margin: f64,
    /// Seconds between snapshots of a training, from which it resumes after a crash. Shorter loses
    /// less and writes more: some 25 MB each with the default network. 0 to 86400.
    pub snapshot_seconds: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            min_songs: 8,
            songs: 20,
            ratings: 10,
            hours: 24.0,
            quiet_seconds: 20.0,
            promotion_margin: 0.05,
            snapshot_seconds: 120.0,
        }
    }
}

impl Settings {
    /// Checks every value.
    ///
    /// # Errors
    /// [`OutOfRange`] for the first that is not allowed.
    pub fn check(&self) -> Result<(), OutOfRange> {
        let songs = (2..=100_000).contains(&self.min_songs);
        require(songs, "min_songs", self.min_songs, "a whole number from 2 to 100000")?;
        let hours = (0.0..=1e6).contains(&self.hours);
        require(hours, "hours", self.hours, "a number of hours, or 0 for never")?;
        let quiet = (0.0..=86_400.0).contains(&self.quiet_seconds);
        require(quiet, "quiet_seconds", self.quiet_seconds, "a number from 0 to 86400")?;
        let margin = (0.0..=10.0).contains(&self.promotion_margin);
        require(margin, "promotion_margin", self.promotion_margin, "a number from 0 to 10")?;
        let snapshots = (0.0..=86_400.0).contains(&self.snapshot_seconds);
        require(snapshots, "snapshot_seconds", self.snapshot_seconds, "a number from 0 to 86400")
    }
}

/// What decides whether a genre is due. Times in milliseconds since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct News {
    /// Accepted songs now.
    pub(crate) n_songs: u64,
    /// Accepted songs that the last cycle learned from; `None` before the first.
    pub(crate) learned: Option<u64>,
    /// Whether the version in force can no longer be played, as an upgrade changed the tokens.
    pub(crate) has_other_tokens: bool,
    /// Ratings given or taken back since the last cycle.
    pub(crate) ratings: u64,
    /// When the last cycle ended.
    pub(crate) last_ms: u64,
    /// When the last song came.
    pub(crate) last_song_ms: u64,
}

/// Why a genre is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// It has enough songs and was never trained.
    First,
    /// An upgrade changed the tokens.
    OtherTokens,
    /// So many songs were added or removed.
    Songs(u64),
    /// So many ratings were given or taken back.
    Ratings(u64),
    /// There is news, and enough time has passed.
    Time,
}

impl std::fmt::Display for Due {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::First => write!(f, "it has enough songs for a first training"),
            Self::OtherTokens => {
                write!(f, "its version was made by another release, whose tokens differ")
            }
            Self::Songs(n) => write!(f, "{n} songs were added or removed"),
            Self::Ratings(n) => write!(f, "{n} ratings came in"),
            Self::Time => write!(f, "there is news, and enough time has passed"),
        }
    }
}

/// When a genre's next training begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Now, and why.
    Now(Due),
    /// At this time, in milliseconds since 1970, if nothing else happens before.
    At(u64),
    /// Not before there is news.
    WithNews,
}

/// When a genre's next training begins, seen from `now_ms`.
pub(crate) fn turn(news: &News, settings: &Settings, now_ms: u64) -> Turn {
    if news.n_songs < settings.min_songs {
        return Turn::WithNews;
    }
    let Some((why, from_ms)) = reason(news, settings) else { return Turn::WithNews };
    let quiet_ms = (settings.quiet_seconds * 1000.0) as u64;
    let begins_ms = from_ms.max(news.last_song_ms.saturating_add(quiet_ms));
    if now_ms >= begins_ms { Turn::Now(why) } else { Turn::At(begins_ms) }
}

/// Why a genre is trained again, and from when on that holds.
fn reason(news: &News, settings: &Settings) -> Option<(Due, u64)> {
    let Some(learned) = news.learned else { return Some((Due::First, 0)) };
    if news.has_other_tokens {
        return Some((Due::OtherTokens, 0));
    }
    let changed = news.n_songs.abs_diff(learned);
    if settings.songs > 0 && changed >= settings.songs {
        return Some((Due::Songs(changed), 0));
    }
    if settings.ratings > 0 && news.ratings >= settings.ratings {
        return Some((Due::Ratings(news.ratings), 0));
    }
    let pause_ms = (settings.hours * 3.6e6).ceil() as u64;
    let has_news = changed + news.ratings > 0;
    (settings.hours > 0.0 && has_news).then(|| (Due::Time, news.last_ms.saturating_add(pause_ms)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 3_600_000;

    fn news() -> News {
        News { n_songs: 50, learned: Some(50), ..News::default() }
    }

    fn due(news: &News, settings: &Settings, now_ms: u64) -> Option<Due> {
        match turn(news, settings, now_ms) {
            Turn::Now(why) => Some(why),
            Turn::At(begins_ms) => {
                // Time alone makes it due then, and not before.
                assert!(matches!(turn(news, settings, begins_ms), Turn::Now(_)));
                assert_eq!(turn(news, settings, begins_ms - 1), Turn::At(begins_ms));
                None
            }
            Turn::WithNews => {
                assert_eq!(turn(news, settings, u64::MAX), Turn::WithNews);
                None
            }
        }
    }

    fn at(news: News, now_ms: u64) -> Option<Due> {
        due(&news, &Settings::default(), now_ms)
    }

    #[test]
    fn a_genre_waits_for_enough_songs_and_for_quiet() {
        let first = News { learned: None, ..news() };
        assert_eq!(at(first, HOUR), Some(Due::First));
        assert_eq!(at(News { n_songs: 7, ..first }, HOUR), None);
        assert_eq!(at(News { last_song_ms: HOUR - 19_000, ..first }, HOUR), None);
        assert_eq!(at(News { last_song_ms: HOUR - 20_000, ..first }, HOUR), Some(Due::First));
    }

    #[test]
    fn whichever_comes_first() {
        assert_eq!(at(news(), HOUR), None);
        assert_eq!(at(News { n_songs: 70, ..news() }, HOUR), Some(Due::Songs(20)));
        assert_eq!(at(News { n_songs: 30, ..news() }, HOUR), Some(Due::Songs(20)));
        assert_eq!(at(News { ratings: 10, ..news() }, HOUR), Some(Due::Ratings(10)));
        assert_eq!(at(News { ratings: 1, ..news() }, 23 * HOUR), None);
        assert_eq!(at(News { ratings: 1, ..news() }, 24 * HOUR), Some(Due::Time));
        assert_eq!(at(news(), 999 * HOUR), None, "without news there is nothing to learn");
    }

    #[test]
    fn a_version_that_cannot_be_played_any_more_is_replaced_without_news() {
        let outdated = News { has_other_tokens: true, ..news() };
        let never = Settings { songs: 0, ratings: 0, hours: 0.0, ..Settings::default() };
        assert_eq!(due(&outdated, &never, HOUR), Some(Due::OtherTokens));
        assert_eq!(at(News { n_songs: 7, ..outdated }, HOUR), None);
    }

    #[test]
    fn a_zero_switches_a_reason_off() {
        let settings = Settings { songs: 0, ratings: 0, hours: 0.0, ..Settings::default() };
        let much = News { n_songs: 500, ratings: 500, ..news() };
        assert_eq!(due(&much, &settings, 999 * HOUR), None);
    }
}
