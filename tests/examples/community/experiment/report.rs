//! What came of all trials, for people and in numbers?

use std::fmt;

use serde_json::{Value, json};

use super::Options;
use super::bootstrap::Lift;
use super::measure::{Measure, Values};
use super::preference::{Course, Half, Preference};
use super::scale::{Scale, mean};
use super::trial::Played;

/// What came of all trials so far.
pub(crate) struct Report {
    /// Of those that could not be played to their end, why.
    pub(crate) failures: Vec<String>,
    options: Options,
    preferences: Vec<Preference>,
    scale: Scale,
    notes: Vec<String>,
    trials: Vec<Played>,
}

/// What came of a preference.
struct Row<'a> {
    preference: &'a Preference,
    /// After each cycle.
    lifts: Vec<Moved>,
    /// The same of plain tracks; empty unless they were asked for.
    plain_lifts: Vec<Moved>,
    n_trials: usize,
    /// What thrown votes moved by the same score in the end, if any were played.
    drift: Option<Lift>,
    /// Share of the last probes that the first version finds likely.
    likely_share: f64,
    nll: [f64; 2],
    seconds: f64,
    seconds_a_track: f64,
}

/// A lift, and of which measure where nothing is preferred.
#[derive(Clone, Copy)]
struct Moved {
    lift: Lift,
    measure: Option<Measure>,
}

impl Report {
    pub(super) fn new(
        options: &Options,
        preferences: &[Preference],
        scale: Scale,
        notes: Vec<String>,
    ) -> Self {
        let (options, preferences) = (options.clone(), preferences.to_vec());
        Self { failures: Vec::new(), options, preferences, scale, notes, trials: Vec::new() }
    }

    pub(super) fn add(&mut self, played: Result<Played, String>) {
        match played {
            Ok(played) => self.trials.push(played),
            Err(failure) => self.failures.push(failure),
        }
    }

    /// Of the preferences that were played at least once.
    fn rows(&self) -> Vec<Row<'_>> {
        self.preferences.iter().filter_map(|preference| self.row(preference)).collect()
    }

    fn trials_of(&self, preference: &Preference) -> Vec<&Played> {
        self.trials.iter().filter(|trial| trial.preference == preference.name).collect()
    }

    fn row<'a>(&self, preference: &'a Preference) -> Option<Row<'a>> {
        let trials = self.trials_of(preference);
        if trials.is_empty() {
            return None;
        }
        let all = |is_plain| {
            (0..self.options.cycles)
                .map(|cycle| self.moved(preference, &trials, cycle, is_plain))
                .collect()
        };
        let plain_lifts = if self.options.plain_too { all(true) } else { Vec::new() };
        let over = |number: &dyn Fn(&Played) -> f64| {
            mean(&trials.iter().map(|trial| number(trial)).collect::<Vec<_>>())
        };
        let over_cycles = |number: fn(&super::trial::Cycle) -> f64| {
            over(&|trial| mean(&trial.cycles.iter().map(number).collect::<Vec<_>>()))
        };
        Some(Row {
            preference,
            lifts: all(false),
            plain_lifts,
            n_trials: trials.len(),
            drift: self.drift(preference),
            likely_share: over(&|trial| {
                trial.cycles.last().map_or(0.0, |cycle| cycle.likely_share)
            }),
            nll: [over(&|trial| trial.nll[0]), over(&|trial| trial.nll[1])],
            seconds: over_cycles(|cycle| cycle.seconds),
            seconds_a_track: over_cycles(|cycle| cycle.seconds_a_track),
        })
    }

    /// The lift after a cycle; where nothing is preferred, that of the measure that moved farthest.
    fn moved(
        &self,
        preference: &Preference,
        trials: &[&Played],
        cycle: usize,
        is_plain: bool,
    ) -> Moved {
        let lift = |score: &dyn Fn(&Values) -> f64| self.lift(trials, cycle, is_plain, score);
        if preference.course != Course::Random {
            let lift = lift(&|values| preference.score(values, &self.scale));
            return Moved { lift, measure: None };
        }
        let of = |measure: Measure| Moved {
            lift: lift(&|values| self.scale.standardised(measure, values)),
            measure: Some(measure),
        };
        let moved = Measure::ALL.map(of).into_iter();
        let farther = |a: &Moved, b: &Moved| a.lift.mean.abs().total_cmp(&b.lift.mean.abs());
        moved.max_by(farther).expect("there are measures")
    }

    fn lift(
        &self,
        trials: &[&Played],
        cycle: usize,
        is_plain: bool,
        score: &dyn Fn(&Values) -> f64,
    ) -> Lift {
        let of = |trial: &&Played| trial.cycles[cycle].scores(is_plain, score);
        let seeds: Vec<_> = trials.iter().map(of).collect();
        let plain: Vec<f64> = self.scale.tracks.iter().map(score).collect();
        Lift::of(&seeds, &plain)
    }

    /// What votes that nobody meant moved after the last cycle, by the score of `preference`. Opposite guilds
    /// cannot both drift towards what they want, so they have none.
    fn drift(&self, preference: &Preference) -> Option<Lift> {
        let thrown = self.preferences.iter().find(|other| other.course == Course::Random)?;
        let thrown = self.trials_of(thrown);
        if thrown.is_empty() || matches!(preference.course, Course::Random | Course::Guilds) {
            return None;
        }
        let n_cycles = self.options.cycles;
        let sign = preference.sign(0, n_cycles, n_cycles);
        let score = |values: &Values| sign * preference.score(values, &self.scale);
        Some(self.lift(&thrown, n_cycles - 1, false, &score))
    }

    /// All numbers: the options, a summary as in the table, and every track that was measured.
    pub(crate) fn to_json(&self) -> Value {
        let rows: Vec<Value> = self.rows().iter().map(Row::to_json).collect();
        let trials: Vec<Value> = self.trials.iter().map(Played::to_json).collect();
        let options = &self.options;
        json!({
            "genre": options.genre,
            "settle": options.settle,
            "seeds": options.seeds,
            "cycles": options.cycles,
            "votes": options.votes,
            "wrong": options.wrong,
            "listeners": options.listeners,
            "config": options.config,
            "measures": Measure::ALL.map(Measure::name),
            "plain_tracks": self.scale.tracks,
            "preferences": rows,
            "trials": trials,
            "failures": self.failures,
            "notes": self.notes,
        })
    }
}

impl Played {
    fn to_json(&self) -> Value {
        let cycles: Vec<Value> = self
            .cycles
            .iter()
            .map(|cycle| {
                json!({
                    "tracks": cycle.n_tracks,
                    "votes": cycle.n_votes,
                    "liked_share": cycle.liked_share,
                    "likely_share": cycle.likely_share,
                    "promoted": cycle.is_promoted,
                    "seconds": cycle.seconds,
                    "seconds_a_track": cycle.seconds_a_track,
                    "probes": cycle.probes,
                    "plain_probes": cycle.plain_probes,
                })
            })
            .collect();
        json!({
            "preference": self.preference,
            "seed": self.seed,
            "first_valid_nll": self.nll[0],
            "last_valid_nll": self.nll[1],
            "cycles": cycles,
        })
    }
}

impl Row<'_> {
    fn to_json(&self) -> Value {
        let lifts = |lifts: &[Moved]| lifts.iter().copied().map(Moved::to_json).collect::<Vec<_>>();
        json!({
            "preference": self.preference.name,
            "half": self.preference.half.to_string(),
            "lifts": lifts(&self.lifts),
            "plain_lifts": lifts(&self.plain_lifts),
            "trials": self.n_trials,
            "drift": self.drift.map(lift_json),
            "likely_share": self.likely_share,
            "first_valid_nll": self.nll[0],
            "last_valid_nll": self.nll[1],
            "seconds_a_cycle": self.seconds,
            "seconds_a_track": self.seconds_a_track,
        })
    }
}

impl Moved {
    fn to_json(self) -> Value {
        let mut json = lift_json(self.lift);
        json["measure"] = self.measure.map(Measure::name).into();
        json
    }
}

fn lift_json(lift: Lift) -> Value {
    let Lift { mean, low, high } = lift;
    json!({ "lift": mean, "low": low, "high": high })
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Options { genre, votes, seeds, probe, baseline, .. } = &self.options;
        writeln!(
            f,
            "{genre}: lift after each cycle of {votes} votes, {seeds} seed(s), {probe} tracks each, over \
             {baseline} plain tracks\n"
        )?;
        write!(f, "{:<18}", "preference")?;
        for cycle in 1..=self.options.cycles {
            write!(f, "{:>13}", format!("cycle {cycle}"))?;
        }
        writeln!(
            f,
            "{:>13}{:>8}{:>16}{:>9}{:>9}",
            "thrown votes", "likely", "held-out loss", "s/cycle", "s/track"
        )?;
        let rows = self.rows();
        rows.iter().try_for_each(|row| row.fmt(f))?;
        for half in [Half::Choosing, Half::HeldBack] {
            summary(f, &rows, half, self.options.hold_back > 0)?;
        }
        for row in rows.iter().filter(|row| row.preference.course == Course::Random) {
            let names: Vec<&str> =
                row.lifts.iter().filter_map(|moved| moved.measure).map(Measure::name).collect();
            writeln!(f, "{}: what moved farthest is {}", row.preference.name, names.join(", "))?;
        }
        self.notes.iter().try_for_each(|note| writeln!(f, "{note}"))?;
        self.failures.iter().try_for_each(|failure| writeln!(f, "failed: {failure}"))
    }
}

impl fmt::Display for Row<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let held_back = if self.preference.half == Half::HeldBack { "*" } else { "" };
        write!(f, "{:<18}", format!("{}{held_back}", self.preference.name))?;
        self.lifts.iter().try_for_each(|moved| write!(f, "{:>13}", moved.lift.to_string()))?;
        let loss = format!("{:.3} → {:.3}", self.nll[0], self.nll[1]);
        write!(f, "{:>13}", self.drift.map_or("–".to_owned(), |drift| drift.to_string()))?;
        let likely = format!("{:.0} %", 100.0 * self.likely_share);
        writeln!(f, "{likely:>8}{loss:>16}{:>9.1}{:>9.2}", self.seconds, self.seconds_a_track)?;
        if !self.plain_lifts.is_empty() {
            write!(f, "{:<18}", "  plain")?;
            self.plain_lifts
                .iter()
                .try_for_each(|moved| write!(f, "{:>13}", moved.lift.to_string()))?;
            writeln!(f)?;
        }
        Ok(())
    }
}

/// Mean and worst lift of the preferences of one half that want something.
fn summary(
    f: &mut fmt::Formatter<'_>,
    rows: &[Row<'_>],
    half: Half,
    is_divided: bool,
) -> fmt::Result {
    let counts =
        |row: &&Row| row.preference.half == half && row.preference.course != Course::Random;
    let rows: Vec<&Row> = rows.iter().filter(counts).collect();
    let Some(first) = rows.first() else { return Ok(()) };
    let after = |cycle: usize| rows.iter().map(move |row| row.lifts[cycle].lift.mean);
    let lowest = |cycle| after(cycle).fold(f64::INFINITY, f64::min);
    let average = |cycle| mean(&after(cycle).collect::<Vec<_>>());
    let cycles = || 0..first.lifts.len();
    let summaries: [(_, Vec<f64>); 2] =
        [("mean", cycles().map(average).collect()), ("worst", cycles().map(lowest).collect())];
    for (name, lifts) in summaries {
        let name = if is_divided { format!("{name}, {half}") } else { name.to_owned() };
        write!(f, "{name:<18}")?;
        lifts.iter().try_for_each(|lift| write!(f, "{:>13}", format!("{lift:+.2}      ")))?;
        writeln!(f)?;
    }
    Ok(())
}
