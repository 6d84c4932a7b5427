//! How does one community play its cycles?

use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

use super::bootstrap::Probe;
use super::heard::Heard;
use super::listeners::{Listener, audience, audiences, community};
use super::measure::{Values, values};
use super::preference::{Course, Preference};
use super::scale::{Scale, median};
use super::{Failed, Home, Options, Progress};

/// Steps of a cycle, as progress counts them.
pub(super) const STEPS: usize = 3;

/// What all trials share.
pub(super) struct Setup<'a> {
    pub(super) options: &'a Options,
    pub(super) first: &'a Home,
    pub(super) scale: &'a Scale,
}

/// A preference that is played with a seed, in a home of its own.
pub(super) struct Trial<'a> {
    setup: &'a Setup<'a>,
    preference: &'a Preference,
    seed: u64,
    home: Home,
    /// The home that it began with, in which the first version judges what later ones play.
    beginning: Home,
    rng: ChaCha8Rng,
    /// The median score of plain tracks: what is better is liked.
    bound: f64,
}

/// What came of a trial.
pub(super) struct Played {
    pub(super) preference: &'static str,
    pub(super) seed: u64,
    pub(super) cycles: Vec<Cycle>,
    /// Held-out loss of the version that it began with and of the one that is played in the end.
    pub(super) nll: [f64; 2],
}

/// What came of a cycle.
pub(super) struct Cycle {
    /// Tracks made after it, each with the sign of its community.
    pub(super) probes: Vec<(Values, f64)>,
    /// The same without the choice among candidates; empty unless they were asked for.
    pub(super) plain_probes: Vec<(Values, f64)>,
    /// Share of the probe that the first version takes for its own: it needs no more nats a note for it than
    /// for 95 % of its plain tracks.
    pub(super) likely_share: f64,
    pub(super) n_tracks: usize,
    pub(super) n_votes: usize,
    /// Share of the tracks that were to the community's liking, before noise.
    pub(super) liked_share: f64,
    pub(super) is_promoted: bool,
    /// Making the tracks that were voted on, rating and training.
    pub(super) seconds: f64,
    pub(super) seconds_a_track: f64,
}

/// For what tracks are made; each has seeds of its own.
#[derive(Clone, Copy)]
enum Use {
    Votes,
    Probe,
    PlainProbe,
}

impl Cycle {
    /// The scores of the probes, plain or not.
    pub(super) fn scores(&self, is_plain: bool, score: impl Fn(&Values) -> f64) -> Vec<Probe> {
        let probes = if is_plain { &self.plain_probes } else { &self.probes };
        probes.iter().map(|(values, sign)| (score(values), *sign)).collect()
    }
}

impl<'a> Trial<'a> {
    /// Copies the home that all begin with.
    pub(super) fn start(
        setup: &'a Setup<'a>,
        preference: &'a Preference,
        seed: u64,
    ) -> Result<Self, Failed> {
        let score = |values| preference.score(values, setup.scale);
        let plain: Vec<f64> = setup.scale.tracks.iter().map(score).collect();
        let (home, beginning) = (setup.first.copy()?, setup.first.copy()?);
        let rng = ChaCha8Rng::seed_from_u64(seed);
        Ok(Self { setup, preference, seed, home, beginning, rng, bound: median(&plain) })
    }

    /// Plays all cycles.
    pub(super) fn play(mut self, progress: &Progress) -> Result<Played, Failed> {
        let options = self.setup.options;
        let first_nll = self.nll()?;
        let mut cycles = Vec::new();
        for cycle in 1..=options.cycles {
            let played = self.cycle(cycle, progress);
            if played.is_err() {
                // The steps that are not made any more.
                progress.ended(STEPS * (options.cycles - cycle + 1));
            }
            cycles.push(played?);
            progress.ended(STEPS);
        }
        let nll = [first_nll, self.nll()?];
        Ok(Played { preference: self.preference.name, seed: self.seed, cycles, nll })
    }

    fn cycle(&mut self, cycle: usize, progress: &Progress) -> Result<Cycle, Failed> {
        let options = self.setup.options;
        let (name, seed, n) = (self.preference.name, self.seed, options.cycles);
        let tell =
            |what| progress.begins(&format!("{name}, seed {seed}, cycle {cycle}/{n}: {what}"));
        let started = Instant::now();
        tell("tracks and votes");
        let ballot = self.ballot(cycle)?;
        let seconds_a_track = started.elapsed().as_secs_f64() / ballot.n_tracks as f64;
        ballot.cast(&self.home)?;
        tell("training");
        let trained = self.home.train(&options.genre)?;
        let seconds = started.elapsed().as_secs_f64();
        tell("probe");
        let (probes, likely_share) = self.probe(cycle, Use::Probe)?;
        let plain_probes =
            if options.plain_too { self.probe(cycle, Use::PlainProbe)?.0 } else { Vec::new() };
        let Ballot { n_tracks, n_votes, n_liked, .. } = ballot;
        let liked_share = n_liked as f64 / n_tracks as f64;
        let is_promoted = trained["promoted"] == true;
        Ok(Cycle {
            probes,
            plain_probes,
            likely_share,
            n_tracks,
            n_votes,
            liked_share,
            is_promoted,
            seconds,
            seconds_a_track,
        })
    }

    /// Makes the tracks of a cycle and lets every community hear its own.
    fn ballot(&mut self, cycle: usize) -> Result<Ballot, Failed> {
        let (options, guilds) = (self.setup.options, self.preference.guilds());
        let mut ballot = Ballot::default();
        for (idx, guild) in guilds.iter().enumerate() {
            let members = community(*guild, options.listeners);
            let n_votes =
                options.votes / guilds.len() + usize::from(idx < options.votes % guilds.len());
            let audiences = audiences(n_votes, members.len(), &mut self.rng);
            let tracks = self.make(cycle, Use::Votes, idx, audiences.len())?;
            for (track, n_listeners) in tracks.iter().zip(audiences) {
                let listeners = audience(&members, n_listeners, &mut self.rng);
                self.hear(&mut ballot, track, cycle, idx, &listeners)?;
            }
        }
        Ok(ballot)
    }

    /// What the listeners of a track vote.
    fn hear(
        &mut self,
        ballot: &mut Ballot,
        track: &Value,
        cycle: usize,
        guild: usize,
        listeners: &[&Listener],
    ) -> Result<(), Failed> {
        let (preference, options) = (self.preference, self.setup.options);
        let score = preference.score(&measured(track)?, self.setup.scale);
        let sign = preference.sign(guild, cycle, options.cycles);
        let is_liked = sign * (score - self.bound) > 0.0;
        let liking = (preference.course != Course::Random).then_some(is_liked);
        let number = track["track"].as_u64().ok_or("a track without a number")?;
        ballot.n_tracks += 1;
        ballot.n_liked += usize::from(liking == Some(true));
        for listener in listeners {
            let emoji = listener.vote(liking, options.wrong, &mut self.rng);
            writeln!(ballot.table, "{number},{emoji},{}", listener.name)?;
            ballot.n_votes += 1;
        }
        Ok(())
    }

    /// Tracks on which nobody votes, measured, and the share of them that the first version finds likely.
    fn probe(&self, cycle: usize, purpose: Use) -> Result<(Vec<(Values, f64)>, f64), Failed> {
        let (options, guilds) = (self.setup.options, self.preference.guilds());
        let (mut probes, mut n_likely) = (Vec::new(), 0);
        for idx in 0..guilds.len() {
            let sign = self.preference.sign(idx, cycle, options.cycles);
            let tracks = self.make(cycle, purpose, idx, options.probe.div_ceil(guilds.len()))?;
            for track in &tracks {
                probes.push((measured(track)?, sign));
            }
            let nll = self.beginning.nll_per_note(&options.genre, &tracks)?;
            n_likely += nll.iter().filter(|nll| **nll <= self.setup.scale.likely_nll).count();
        }
        let likely_share = n_likely as f64 / probes.len() as f64;
        Ok((probes, likely_share))
    }

    fn make(
        &self,
        cycle: usize,
        purpose: Use,
        guild: usize,
        n_tracks: usize,
    ) -> Result<Vec<Value>, Failed> {
        let place = 1000 * (2 * purpose as u64 + guild as u64);
        let seed = 1_000_000 * self.seed + 10_000 * cycle as u64 + place;
        let mut more = Vec::new();
        if let Some(name) = self.preference.guilds()[guild] {
            more.extend(["--community", name]);
        }
        if matches!(purpose, Use::PlainProbe) {
            more.push("--plain");
        }
        self.home.generate(&self.setup.options.genre, n_tracks, seed, &more)
    }

    /// The held-out loss of the version that is played.
    fn nll(&self) -> Result<f64, Failed> {
        let versions = self.home.rows(&["versions", &self.setup.options.genre])?;
        let played = versions.iter().find(|version| version["current"] == true);
        let nll = played.and_then(|version| version["valid_nll"].as_f64());
        nll.ok_or_else(|| "no version with a loss is played".into())
    }
}

/// The votes of a cycle.
#[derive(Default)]
struct Ballot {
    table: String,
    n_tracks: usize,
    n_votes: usize,
    n_liked: usize,
}

impl Ballot {
    fn cast(&self, home: &Home) -> Result<(), Failed> {
        let file = home.path("votes.csv");
        std::fs::write(&file, format!("track,emoji,by\n{}", self.table))?;
        let file = file.to_str().ok_or("the temporary folder's name is not UTF-8")?;
        home.rows(&["rate", "--from", file]).map(|_| ())
    }
}

/// What a track that was made measures.
pub(super) fn measured(track: &Value) -> Result<Values, Failed> {
    let file = track["midi"].as_str().ok_or("a track without a MIDI file")?;
    Ok(values(&Heard::of_file(Path::new(file))?))
}
