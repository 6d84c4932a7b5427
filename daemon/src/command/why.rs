//! `why`: why is a track what it is, and should it be liked?

use std::fmt;

use clap::Args;
use serde::{Deserialize, Serialize};
use taste::{Boldness, Contribution, Posterior};

use super::explained::{self, counted};
use crate::context::Context;
use crate::control::failure::NotNow;
use crate::control::line::{Line, Out};
use crate::store::{Arm, Track, TrackId};
use crate::votes::rating::{self, score_of};

/// Properties that are told at most, for and against together.
const MAX_REASONS: usize = 5;
/// Logits below which a property speaks neither for nor against.
const LEAST: f64 = 0.005;

/// Which track is asked about.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub(crate) struct Why {
    /// The track's number
    #[arg(value_parser = bot::wish::track_number, allow_negative_numbers = true)]
    pub(crate) track: u64,
}

/// Why a track is what it is.
#[derive(Debug, Serialize)]
struct Row {
    track: TrackId,
    genre: String,
    /// Whose taste counts for it; `null` for all together.
    community: Option<String>,
    /// Of the model that made it; `null` if it was made elsewhere, as is the seed.
    version: Option<u32>,
    seed: Option<u64>,
    stem: String,
    /// What its file was called, if it was made elsewhere.
    file: Option<String>,
    /// `taste`, `plain` (asked for as it comes), `compared` (taken as it came by chance, to
    /// show what the choice is worth), `no_votes` (there was nothing to choose by) or `elsewhere` (it
    /// was not chosen here).
    chosen_by: ChosenBy,
    /// How boldly it was drawn: `safer` or `wilder` than set, or `usual`; `null` where that was not chosen.
    boldness: Option<Boldness>,
    /// How many samples there were; 0 if it was made elsewhere.
    candidates: usize,
    /// What speaks for and against it today, the strongest first.
    reasons: Vec<Reason>,
    /// That a listener likes it, as far as is known today; `null` where votes do not tell, or
    /// without its music.
    probability: Option<f64>,
    /// Listeners whose votes count.
    votes: usize,
    /// −1 to 1.
    score: f64,
    /// Whether its music can be read.
    #[serde(skip)]
    is_there: bool,
    /// Whether there are votes to go by.
    #[serde(skip)]
    has_votes: bool,
}

/// By what a track was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum ChosenBy {
    /// What listeners like.
    Taste,
    /// Nothing, as was asked for.
    Plain,
    /// Nothing, by chance, to show what the choice by taste is worth.
    Compared,
    /// Nothing, as no votes said what to choose.
    NoVotes,
    /// It was made elsewhere.
    Elsewhere,
}

/// A property of the track that speaks for or against it.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Reason {
    /// The feature's name.
    feature: String,
    /// What the track is like.
    words: String,
    /// What that adds to the logit of being liked.
    contribution: f64,
}

impl Why {
    pub(super) fn run(&self, context: &Context, out: &mut Out<'_>) -> anyhow::Result<()> {
        let id = TrackId(self.track);
        let Some(track) = context.store.track(id)? else {
            let hint = "`kickback tracks` lists them";
            return Err(NotNow(format!("there is no track {id}; {hint}")).into());
        };
        let posterior =
            explained::posterior(context, &track.genre, track.wish.community.as_deref())?;
        let features = rating::features(context, id, &track.genre, &track.stem);
        let rated = score_of(&context.store.votes_of(id)?);
        let mut row = Row::new(id, track, rated);
        row.is_there = features.is_some();
        row.has_votes = posterior.n_effective() > 0.0;
        if let Some(features) = features.filter(|_| !posterior.is_neutral()) {
            row.probability = Some(posterior.probability(&features));
            row.reasons = reasons(&posterior, &features);
        }
        out(Line::row(&row));
        Ok(())
    }
}

fn reasons(posterior: &Posterior, features: &music::features::Vector) -> Vec<Reason> {
    let told = |contribution: Contribution| {
        let words = contribution.in_words()?;
        let Contribution { feature, effect, .. } = contribution;
        (effect.abs() >= LEAST).then_some(Reason { feature, words, contribution: effect })
    };
    let contributions = posterior.contributions(features);
    contributions.into_iter().filter_map(told).take(MAX_REASONS).collect()
}

impl Row {
    fn new(id: TrackId, track: Track, (score, votes): (f64, usize)) -> Self {
        let made_by = track.made_by();
        let candidates = match made_by {
            Some(_) => track.n_candidates.map_or(track.candidates.len(), |n| n as usize).max(1),
            None => 0,
        };
        // Releases that did not note the taste kept all candidates.
        let is_chosen = track.posterior.is_some()
            || track.n_candidates.is_none() && candidates > 1 && !track.wish.plain;
        let chosen_by = match (is_chosen, track.wish.plain) {
            _ if made_by.is_none() => ChosenBy::Elsewhere,
            (true, _) => ChosenBy::Taste,
            (false, true) if track.arm == Some(Arm::Plain) => ChosenBy::Compared,
            (false, true) => ChosenBy::Plain,
            (false, false) => ChosenBy::NoVotes,
        };
        Self {
            track: id,
            genre: track.genre,
            community: track.wish.community,
            version: made_by.map(|(version, _)| version),
            seed: made_by.map(|(_, seed)| seed),
            stem: track.stem,
            file: track.file,
            chosen_by,
            boldness: track.boldness,
            candidates,
            reasons: Vec::new(),
            probability: None,
            votes,
            score,
            is_there: true,
            has_votes: false,
        }
    }

    fn choice(&self) -> String {
        let n = self.candidates;
        let again = match n {
            1 => String::new(),
            n => format!("; drawn {n} times, as the first took over too much of a song"),
        };
        match self.chosen_by {
            ChosenBy::Taste => {
                let drawn = match self.boldness {
                    Some(Boldness::Safer) => ", drawn safer than usual",
                    Some(Boldness::Wilder) => ", drawn wilder than usual",
                    Some(Boldness::Usual) | None => "",
                };
                format!("chosen among {n} candidates by what listeners liked{drawn}")
            }
            ChosenBy::Plain => format!("taken as it came, as was asked for{again}"),
            ChosenBy::Compared => {
                format!("taken as it came, to be compared with chosen ones{again}")
            }
            ChosenBy::NoVotes => {
                format!("taken as it came, as no votes said what to choose{again}")
            }
            ChosenBy::Elsewhere => {
                "made elsewhere: it came with its rating and was never posted".to_owned()
            }
        }
    }

    fn liking(&self) -> String {
        match self.probability {
            Some(probability) => {
                // More digits than listeners could confirm would feign precision.
                let percent = (probability * 20.0).round() * 5.0;
                format!("about {percent:.0} % of listeners should like it")
            }
            None if self.is_there && self.has_votes => {
                format!("the votes on {} do not tell yet what it is that they like", self.genre)
            }
            None if self.is_there => {
                format!(
                    "nobody has voted on {} yet, so nothing is known of how it is liked",
                    self.genre
                )
            }
            None => "its music can no longer be read, so nothing more is known of it".to_owned(),
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { track, genre, votes, score, .. } = self;
        let name = self.file.as_ref().unwrap_or(&self.stem);
        write!(f, "track {track}, {name}: {genre}")?;
        if let (Some(version), Some(seed)) = (self.version, self.seed) {
            write!(f, " v{version}, seed {seed}")?;
        }
        writeln!(f)?;
        writeln!(f, "  {}", self.choice())?;
        writeln!(f, "  {}", self.liking())?;
        for (side, sign) in [("for", 1.0), ("against", -1.0)] {
            let own = self.reasons.iter().filter(|reason| reason.contribution * sign > 0.0);
            let told = own
                .map(|Reason { words, contribution, .. }| format!("{words} ({contribution:+.2})"));
            let told: Vec<String> = told.collect();
            if !told.is_empty() {
                writeln!(f, "  {side} it: {}", told.join(", "))?;
            }
        }
        match votes {
            0 => write!(f, "  nobody has voted on it yet"),
            n => write!(f, "  voted on by {}, score {score:+.2}", counted(*n, "listener")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::posting::tests::track;

    fn reason(words: &str, contribution: f64) -> Reason {
        Reason { feature: "x".to_owned(), words: words.to_owned(), contribution }
    }

    #[test]
    fn a_chosen_track_is_explained_for_and_against() {
        let track = Track {
            n_candidates: Some(64),
            posterior: Some("0".repeat(16)),
            boldness: Some(Boldness::Wilder),
            ..track()
        };
        let mut row = Row::new(TrackId(3), track, (0.4, 2));
        row.probability = Some(0.71);
        row.reasons = vec![reason("denser", 0.411), reason("softer", -0.2), reason("minor", 0.1)];
        assert_eq!(
            row.to_string().lines().collect::<Vec<_>>(),
            [
                "track 3, nothing: hardstyle v1, seed 1",
                "  chosen among 64 candidates by what listeners liked, drawn wilder than usual",
                "  about 70 % of listeners should like it",
                "  for it: denser (+0.41), minor (+0.10)",
                "  against it: softer (-0.20)",
                "  voted on by 2 listeners, score +0.40",
            ]
        );
    }

    #[test]
    fn how_a_track_was_taken_is_told_apart() {
        let made = |n_candidates, is_plain: bool, posterior: Option<&str>| {
            let mut track = Track { n_candidates, ..track() };
            track.wish.plain = is_plain;
            track.posterior = posterior.map(str::to_owned);
            Row::new(TrackId(1), track, (0.0, 0))
        };
        assert_eq!(made(Some(1), true, None).chosen_by, ChosenBy::Plain);
        assert_eq!(made(Some(1), false, None).chosen_by, ChosenBy::NoVotes);
        let mut compared = Track { arm: Some(Arm::Plain), n_candidates: Some(1), ..track() };
        compared.wish.plain = true;
        let compared = Row::new(TrackId(1), compared, (0.0, 0)).to_string();
        assert!(compared.contains("to be compared with chosen ones"), "{compared}");
        assert_eq!(made(Some(8), false, Some("1")).chosen_by, ChosenBy::Taste);
        let copied = made(Some(3), false, None).to_string();
        assert!(copied.contains("drawn 3 times"), "{copied}");
        assert!(copied.contains("nobody has voted on hardstyle yet, so nothing"), "{copied}");
        assert!(copied.ends_with("nobody has voted on it yet"), "{copied}");
    }

    #[test]
    fn of_a_track_from_elsewhere_neither_version_nor_seed_is_told() {
        let track = Track { file: Some("old.mid".to_owned()), version: 0, seed: 0, ..track() };
        let row = Row::new(TrackId(4), track, (1.0, 1));
        assert_eq!((row.version, row.seed, row.candidates), (None, None, 0));
        let told = row.to_string();
        assert!(told.starts_with("track 4, old.mid: hardstyle\n  made elsewhere: "), "{told}");
    }

    #[test]
    fn a_track_without_its_music_is_told_of_all_the_same() {
        let mut row = Row::new(TrackId(1), track(), (0.5, 1));
        row.is_there = false;
        assert!(row.to_string().contains("can no longer be read"), "{row}");
        (row.is_there, row.has_votes) = (true, true);
        assert!(row.to_string().contains("do not tell yet"), "{row}");
    }
}
