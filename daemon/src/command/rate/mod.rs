//! `rate`: how do votes come in on the command line, one by one or from a file?
//!
//! On tracks by their number, and on MIDI files that were made elsewhere, which become tracks by it.

mod table;
mod vote;

use std::sync::{Mutex, PoisonError};

use clap::Args;
use serde::{Deserialize, Serialize};

use self::vote::{Checked, Rated, vote};
use crate::context::{Context, now_ms};
use crate::control::failure::Misused;
use crate::control::line::{Line, Out};
use bot::wish::{AbsolutePath, unicode_path};

pub(super) use self::vote::check_listener;

/// Held from the look at what is known of a file until its vote is stored, so that nobody says in between
/// that it is of another genre. The store is open in one process only.
static RATING: Mutex<()> = Mutex::new(());

/// Options of a rating.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
#[command(override_usage = "kickback rate TRACK EMOJI [--by NAME]\n       \
                      kickback rate --midi FILE EMOJI [--genre GENRE] [--by NAME]\n       \
                      kickback rate --from FILE.csv [--genre GENRE]")]
pub(crate) struct Rate {
    /// The track's number; not with --midi
    #[arg(required_unless_present_any = ["from", "midi"], allow_negative_numbers = true)]
    #[arg(value_name = "TRACK")]
    pub(crate) track_or_score: Option<String>,
    /// An emoji that has a value in the configuration, or a number from -5 to 5
    #[arg(required_unless_present_any = ["from", "midi"], conflicts_with = "midi")]
    #[arg(value_name = "EMOJI", allow_negative_numbers = true)]
    pub(crate) score: Option<String>,
    /// Rate a MIDI file that was made elsewhere; it is examined as in the inbox and becomes a track, which is
    /// learned from as others are if it is liked
    #[arg(long, value_name = "FILE", value_parser = unicode_path(), conflicts_with = "from")]
    pub(crate) midi: Option<AbsolutePath>,
    /// The genre of what was made elsewhere; if left out, the name of the folder that the file lies in
    #[arg(long, value_name = "GENRE", conflicts_with = "score")]
    pub(crate) genre: Option<String>,
    /// Who rates
    #[arg(long, value_name = "NAME", default_value = "local")]
    pub(crate) by: String,
    /// Ratings from a file with the columns track,emoji,by and perhaps time (milliseconds since 1970);
    /// midi instead of track names MIDI files, from where the table lies
    #[arg(long, value_name = "FILE.csv", conflicts_with_all = ["track_or_score", "score"])]
    pub(crate) from: Option<AbsolutePath>,
}

impl Rate {
    pub(super) fn run(&self, context: &Context, out: &mut Out<'_>) -> anyhow::Result<()> {
        let _rating = RATING.lock().unwrap_or_else(PoisonError::into_inner);
        let genre = self.genre.as_deref();
        let votes = match (&self.from, &self.midi, &self.track_or_score, &self.score) {
            (Some(file), ..) => table::read(context, file, genre)?,
            (None, Some(file), Some(score), None) => {
                let vote = vote(context, score, &self.by, now_ms())?;
                vec![Checked { rated: Rated::file(context, file, genre)?, vote }]
            }
            (None, None, Some(track), Some(score)) => {
                let vote = vote(context, score, &self.by, now_ms())?;
                vec![Checked { rated: Rated::track(context, track)?, vote }]
            }
            (_, Some(_), ..) => {
                return Err(Misused("give an emoji after the file".to_owned()).into());
            }
            _ => return Err(Misused("give a track and an emoji".to_owned()).into()),
        };
        for vote in votes {
            out(Line::row(&vote.store(context)?));
        }
        Ok(())
    }
}
