//! How are communities played, and what comes of it?
//!
//! [`play`] is the whole; the rest of the program reads its arguments and prints.

mod bootstrap;
mod heard;
mod home;
mod listeners;
mod measure;

mod options;
mod preference;
mod progress;
mod report;
mod scale;
mod songs;
mod trial;

use std::error::Error;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use self::home::Home;
pub(crate) use self::options::{Options, preferences};
use self::preference::{Course, Preference};
pub(crate) use self::progress::Progress;
pub(crate) use self::report::Report;
use self::scale::Scale;
use self::trial::{Setup, Trial};

/// Why nothing, or not all, could be played.
pub(crate) type Failed = Box<dyn Error + Send + Sync>;

/// The seed of the first plain track; those of trials lie far below.
const BASELINE_SEED: u64 = 9_000_000_000;

/// Plays every preference with every seed.
///
/// A trial that fails is told in the report and does not stop the others.
///
/// # Errors
/// When the preferences are not known, no home can be made, or the numbers cannot be written.
pub(crate) fn play(options: &Options, progress: &Progress) -> Result<Report, Failed> {
    let program = options.program()?;
    let (wanted, skipped) = playable(preferences(options)?, &program)?;
    progress.say("making the home that all begin with");
    let first = home::first(options, &program, progress)?;
    progress.say(&format!("{} plain tracks to compare with", options.baseline));
    let scale = baseline(options, &first)?;
    let setup = Setup { options, first: &first, scale: &scale };
    let trials: Vec<(&Preference, u64)> = wanted
        .iter()
        .flat_map(|preference| (1..=options.seeds).map(move |seed| (preference, seed)))
        .collect();
    progress.expect(trials.len() * options.cycles * trial::STEPS);
    let report = Mutex::new(Report::new(options, &wanted, scale.clone(), skipped));
    let queue = Mutex::new(trials.into_iter());
    let work = || -> Result<(), Failed> {
        loop {
            let next = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some((preference, seed)) = next else { return Ok(()) };
            let played = Trial::start(&setup, preference, seed)
                .and_then(|trial| trial.play(progress))
                .map_err(|error| format!("{}, seed {seed}: {error}", preference.name));
            let mut report = report.lock().unwrap_or_else(PoisonError::into_inner);
            report.add(played);
            if let Some(file) = &options.json {
                std::fs::write(file, format!("{:#}\n", report.to_json()))?;
            }
        }
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..options.jobs).map(|_| scope.spawn(work)).collect();
        let ends = workers.into_iter().map(|worker| worker.join().expect("no trial panics"));
        ends.collect::<Result<Vec<()>, Failed>>()
    })?;
    Ok(report.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// The preferences that the program can play, and what is said of the others.
fn playable(
    mut wanted: Vec<Preference>,
    program: &Path,
) -> Result<(Vec<Preference>, Vec<String>), Failed> {
    let mut skipped = Vec::new();
    let needs = |preference: &Preference| matches!(preference.course, Course::Guilds);
    if wanted.iter().any(needs) && !home::knows(program, "--community")? {
        wanted.retain(|preference| !needs(preference));
        skipped.push("guilds: skipped, as `kickback generate` has no --community".to_owned());
    }
    if wanted.is_empty() {
        return Err("no preference is left to play".into());
    }
    Ok((wanted, skipped))
}

/// What plain tracks of the first version measure, made in a copy so that no trial finds them.
fn baseline(options: &Options, first: &Home) -> Result<Scale, Failed> {
    let home = first.copy()?;
    let made = home.generate(&options.genre, options.baseline, BASELINE_SEED, &["--plain"])?;
    let values = made.iter().map(trial::measured).collect::<Result<Vec<_>, Failed>>()?;
    let nll = home.nll_per_note(&options.genre, &made)?;
    Ok(Scale::new(values, &nll))
}
