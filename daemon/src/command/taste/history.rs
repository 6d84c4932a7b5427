//! How did a taste come to be, version by version?

use serde::Serialize;
use taste::{Posterior, Statistics, Strength};

use crate::context::Context;
use crate::votes::rating;

/// Versions that are looked back on at most: the latest.
const MAX_VERSIONS: usize = 8;

/// What the votes that stood when each version was made say.
#[derive(Default)]
pub(super) struct History(Vec<(u32, Vec<Strength>)>);

/// A liking when a version was made.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Then {
    pub(super) version: u32,
    /// As today's; negative where the opposite was liked.
    pub(super) strength: f64,
    pub(super) deviation: f64,
}

impl History {
    /// That of a community, or of all, against what is usual today, so that strengths compare.
    pub(super) fn of(
        context: &Context,
        statistics: &Statistics,
        genre: &str,
        community: Option<&str>,
    ) -> anyhow::Result<Self> {
        let cycles = context.store.cycles(genre)?.into_iter();
        let made = cycles.filter_map(|(_, cycle)| Some((cycle.version?, cycle.at_ms)));
        let mut made: Vec<(u32, u64)> = made.collect();
        made.drain(..made.len().saturating_sub(MAX_VERSIONS));
        let mut versions = Vec::new();
        for (version, at_ms) in made {
            let ballots = rating::poll(context, at_ms)?.ballots;
            let posterior = Posterior::fit(statistics, &ballots, genre, community);
            versions.push((version, posterior.strengths()));
        }
        Ok(Self(versions))
    }

    /// How one of today's likings came to be, the oldest version first.
    pub(super) fn of_liking(&self, today: &Strength) -> Vec<Then> {
        let then = |(version, strengths): &(u32, Vec<Strength>)| {
            let own = strengths.iter().find(|own| own.feature == today.feature);
            let (strength, deviation) = own.map_or((0.0, 0.0), |own| own.size_towards(today));
            Then { version: *version, strength, deviation }
        };
        self.0.iter().map(then).collect()
    }
}
