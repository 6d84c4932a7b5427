//! `taste`: what do listeners like, how sure is that, and what follows for the songs?

mod history;
mod songs;

use std::fmt;

use bot::picture::{self, Caption, Effect, Effects};
use bot::wish::AbsolutePath;
use clap::Args;
use serde::{Deserialize, Serialize};
use taste::{Posterior, Strength};

use self::history::{History, Then};
use self::songs::Weighed;
use super::explained::{self, Turnout, counted};
use super::plot;
use crate::context::Context;
use crate::control::line::{Line, Out, shown};
use crate::votes::rating::{self, Poll};

/// Likings that are told at most.
const MAX_LIKED: usize = 10;
/// Standard deviations from 0 from which on a liking is sure and not merely likely.
const SURE: f64 = 2.0;

/// Whose taste is asked for.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub(crate) struct Taste {
    /// The genre
    pub(crate) genre: String,
    /// The taste of one community; without it, that of all together
    #[arg(long, value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(crate) community: Option<String>,
    /// Draw what is liked
    #[arg(long, value_name = "FILE.png")]
    pub(crate) plot: Option<AbsolutePath>,
}

/// What is liked.
#[derive(Debug, Serialize)]
struct Row<'a> {
    genre: &'a str,
    /// `null` for all together.
    community: Option<&'a str>,
    /// What it rests on.
    #[serde(flatten)]
    turnout: Turnout,
    /// In how many votes the weight of an old one halves, if the taste was found to have changed.
    half_life: Option<f64>,
    /// The strongest first; what is not even likely is left out.
    likes: Vec<Liked>,
    /// What the songs' factors are for: `training`, or for a community `requests`, as training goes by
    /// the taste of all together.
    factors_in: &'static str,
    /// Songs with a factor above 1, the highest first.
    gaining: Vec<Weighed>,
    /// Songs with a factor below 1, the lowest first.
    losing: Vec<Weighed>,
    /// The picture that was drawn.
    plot: Option<String>,
}

/// One thing that is liked.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Liked {
    /// The feature's name.
    feature: String,
    /// What is liked.
    words: String,
    /// How strongly: what a standard deviation of it adds to the logit of being liked; of a liked middle, the
    /// weight of the squared distance from it.
    strength: f64,
    /// The standard deviation of the strength.
    deviation: f64,
    /// Whether it is sure and not merely likely.
    sure: bool,
    /// What the votes said of it when the latest versions were made, the oldest first.
    versions: Vec<Then>,
}

impl Taste {
    pub(super) fn run(&self, context: &Context, out: &mut Out<'_>) -> anyhow::Result<()> {
        let genre = context.known_genre(&self.genre)?;
        let community = self.community.as_deref();
        let statistics = explained::usual(context, genre)?;
        let Poll { ballots, tracks, .. } = rating::poll(context, u64::MAX)?;
        let (posterior, grounds) =
            Posterior::fit_with_grounds(&statistics, &ballots, genre, community);
        let whose = songs::Taste { genre, community, posterior: &posterior, grounds: &grounds };
        let [gaining, losing] = whose.songs(context, &tracks)?;
        let history = History::of(context, &statistics, genre, community)?;
        let row = Row {
            genre,
            community,
            turnout: Turnout::of(context, genre, community)?,
            half_life: posterior.half_life().filter(|_| !posterior.is_neutral()),
            likes: liked(posterior.strengths(), &history),
            factors_in: if community.is_some() { "requests" } else { "training" },
            gaining,
            losing,
            plot: self.plot.as_deref().map(shown),
        };
        if let Some(file) = &self.plot {
            plot::write(file, || Ok(picture::effects(&row.picture())?))?;
        }
        out(Line::row(&row));
        Ok(())
    }
}

/// What is at least likely to be liked, the strongest first.
fn liked(strengths: Vec<Strength>, history: &History) -> Vec<Liked> {
    let told = |strength: Strength| {
        let words = strength.in_words()?;
        let (size, deviation) = strength.size();
        let sure = strength.sureness() >= SURE;
        let versions = history.of_liking(&strength);
        Some(Liked { feature: strength.feature, words, strength: size, deviation, sure, versions })
    };
    let mut liked: Vec<Liked> = strengths.into_iter().filter_map(told).collect();
    liked.sort_by(|a, b| b.strength.total_cmp(&a.strength));
    liked.truncate(MAX_LIKED);
    liked
}

impl Row<'_> {
    /// Whose taste it is.
    fn whose(&self) -> String {
        self.community.map_or_else(|| "listeners".to_owned(), |name| format!("those of {name}"))
    }

    /// What is said if there are no votes: who could have voted, and who has.
    fn unvoted(&self) -> String {
        let Some(community) = self.community else {
            let hint = "react to a track, or use `kickback rate TRACK EMOJI`";
            return format!("nobody has voted on {} yet: {hint}", self.genre);
        };
        let others: Vec<&str> = self.turnout.communities.iter().map(String::as_str).collect();
        let others = match others.as_slice() {
            [] => String::new(),
            names => format!("; votes have come from {}", names.join(", ")),
        };
        format!("nobody in {community} has voted on {} yet{others}", self.genre)
    }

    fn unsure(&self) -> Option<&'static str> {
        let is_unsure = self.likes.is_empty();
        is_unsure.then_some("nothing is sure yet: these votes do not tell what it is they like")
    }

    fn picture(&self) -> Effects {
        let Turnout { votes, listeners, tracks, .. } = self.turnout;
        let facts = [(votes, "vote"), (listeners, "listener"), (tracks, "track")];
        let effect = |liked: &Liked| Effect {
            words: liked.words.clone(),
            size: liked.strength,
            deviation: liked.deviation,
            is_sure: liked.sure,
            before: liked.versions.iter().map(|then| (then.strength, then.deviation)).collect(),
        };
        let versions = self.likes.first().map_or(&[][..], |liked| &liked.versions);
        let subtitle = self.community.unwrap_or("all together").to_owned();
        Effects {
            caption: Caption { title: format!("What is liked in {}", self.genre), subtitle },
            facts: facts.map(|(n, noun)| counted(n, noun)).join("  ·  "),
            versions: versions.iter().map(|then| format!("v{}", then.version)).collect(),
            effects: self.likes.iter().map(effect).collect(),
            nothing: match (votes, self.unsure()) {
                (0, _) => self.unvoted(),
                (_, unsure) => unsure.unwrap_or_default().to_owned(),
            },
        }
    }
}

impl fmt::Display for Row<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Turnout { votes, listeners, tracks, .. } = self.turnout;
        if votes == 0 {
            write!(f, "{}", self.unvoted())?;
            if !self.likes.is_empty() {
                write!(f, "\nfrom what others like, this much is to be expected:")?;
            }
        } else {
            let (votes, listeners) = (counted(votes, "vote"), counted(listeners, "listener"));
            let (whose, tracks) = (self.whose(), counted(tracks, "track"));
            let genre = self.genre;
            write!(f, "what {whose} like in {genre}, by {votes} of {listeners} on {tracks}:")?;
            self.unsure().map_or(Ok(()), |unsure| write!(f, "\n  {unsure}"))?;
        }
        for Liked { words, strength, deviation, sure, .. } in &self.likes {
            let sure = if *sure { "sure" } else { "likely" };
            // What holds 95 %, as the picture shows it.
            write!(f, "\n  {words}: +{strength:.2} ± {:.2} ({sure})", 2.0 * deviation)?;
        }
        if let Some(half_life) = self.half_life {
            write!(
                f,
                "\nthe taste has changed: every {half_life:.0} votes, older ones count half"
            )?;
        }
        let place =
            if self.community.is_some() { "tracks take after" } else { "count in training" };
        for (songs, amount) in [(&self.gaining, "more"), (&self.losing, "less")] {
            if !songs.is_empty() {
                let which = if amount == "more" { "most" } else { "least" };
                write!(f, "\nsongs that {place} {which}:")?;
            }
            songs.iter().try_for_each(|song| write!(f, "\n  {song}"))?;
        }
        self.plot.as_ref().map_or(Ok(()), |path| write!(f, "\ndrawn in {path}"))
    }
}

#[cfg(test)]
mod tests {
    use super::songs::tests::song;
    use super::*;

    fn strength(feature: &str, more: f64, deviation: f64) -> Strength {
        Strength {
            feature: feature.to_owned(),
            more,
            more_deviation: deviation,
            middle: 0.0,
            middle_deviation: 1.0,
        }
    }

    fn row(votes: usize, community: Option<&'static str>) -> Row<'static> {
        Row {
            genre: "hardstyle",
            community,
            turnout: Turnout { votes, listeners: 1, tracks: 2, ..Turnout::default() },
            half_life: None,
            likes: Vec::new(),
            factors_in: "training",
            gaining: Vec::new(),
            losing: Vec::new(),
            plot: None,
        }
    }

    #[test]
    fn what_is_liked_is_told_strongest_first_with_how_sure_it_is() {
        let told = vec![
            strength("lead_top_leaps", -0.3, 0.2),
            strength("lead_notes_a_bar", 0.82, 0.21),
            strength("loudness", 0.9, 0.9),
        ];
        let told = liked(told, &History::default());
        let text = Row { likes: told, ..row(3, None) }.to_string();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines,
            [
                "what listeners like in hardstyle, by 3 votes of 1 listener on 2 tracks:",
                "  denser: +0.82 ± 0.42 (sure)",
                "  fewer leaps: +0.30 ± 0.40 (likely)",
            ]
        );
    }

    #[test]
    fn without_votes_this_is_said_and_who_did_vote() {
        let nobody = row(0, None).to_string();
        assert!(nobody.starts_with("nobody has voted on hardstyle yet: "), "{nobody}");
        let mut others = row(0, Some("here"));
        others.turnout.communities.insert("there".to_owned());
        let text = others.to_string();
        assert_eq!(text, "nobody in here has voted on hardstyle yet; votes have come from there");
    }

    #[test]
    fn votes_that_tell_nothing_are_no_taste() {
        let text = row(1, Some("here")).to_string();
        assert!(text.contains("what those of here like in hardstyle, by 1 vote of"), "{text}");
        assert!(text.contains("nothing is sure yet"), "{text}");
    }

    #[test]
    fn songs_that_gain_and_lose_are_told() {
        let gaining = vec![song(4, 2.0)];
        let losing = vec![song(0, 0.5), song(3, 0.9)];
        let text = Row { gaining, losing, ..row(1, None) }.to_string();
        assert!(text.contains("songs that count in training most:\n  ×2.00  4.mid\n"), "{text}");
        assert!(
            text.ends_with("songs that count in training least:\n  ×0.50  0.mid\n  ×0.90  3.mid")
        );
    }
}
