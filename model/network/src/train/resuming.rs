//! Does a run that was stopped end as one that ran through?

use super::tests::{INTERFACE, Numbers, corpus, go_on, settings};
use super::*;
use crate::precision::Precision;
use crate::unfinished::{self, UnfinishedError};

/// Everything that came of a run, to the last bit.
fn bits(trained: &Trained) -> (Vec<u32>, Vec<[u64; 2]>, usize, u64) {
    let numbers = trained.network.parameters().iter().flat_map(|own| &own.values);
    let weights = numbers.map(|value| value.to_bits());
    let loss = |loss: &EpochLoss| [loss.train_nll.to_bits(), loss.valid_nll.to_bits()];
    let curve = trained.curve.iter().map(loss).collect();
    (weights.collect(), curve, trained.best.epoch, trained.start_nll.to_bits())
}

/// Where the run is stopped.
#[derive(Clone, Copy, Debug)]
enum At {
    Step(usize),
    /// Before what is held out is measured after an epoch.
    Validation(usize),
    Epoch(usize),
}

/// Runs until `at`, keeps the run in a file, and resumes it from there.
fn in_halves(corpus: &Numbers, settings: &Hyperparameters, at: At) -> Trained {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("folder/unfinished");
    let mut epoch_now = 1;
    let first =
        train(corpus, settings, settings.size(INTERFACE), Start::Fresh, |progress, moment| {
            let is_there = match (progress, at) {
                (Progress::Step { step, epoch, .. }, At::Step(wanted)) => {
                    epoch_now = epoch;
                    step == wanted
                }
                (Progress::Step { epoch, .. }, _) => {
                    epoch_now = epoch;
                    false
                }
                (Progress::Validating, At::Validation(epoch)) => epoch_now == epoch,
                (Progress::Epoch(loss), At::Epoch(epoch)) => loss.epoch == epoch,
                _ => false,
            };
            if !is_there {
                return ControlFlow::Continue(0.0);
            }
            let snapshot = moment.snapshot().expect("a snapshot");
            unfinished::write(&path, &snapshot, "mine").expect("it is kept");
            ControlFlow::Break(End::Abandon)
        });
    assert!(matches!(first, Err(TrainError::Abandoned)), "{at:?} was not reached");
    let (snapshot, note) = unfinished::read(&path).expect("it is whole").expect("it is there");
    assert_eq!(note, "mine");
    let start = Start::Snapshot(Box::new(snapshot));
    let mut first_step = None;
    let trained = train(corpus, settings, settings.size(INTERFACE), start, |progress, _| {
        if let Progress::Step { step, .. } = progress {
            first_step.get_or_insert(step);
        }
        ControlFlow::Continue(0.0)
    });
    if let At::Step(step) = at {
        assert!(first_step.is_none_or(|first| first == step + 1), "{first_step:?} after {step}");
    }
    trained.expect("it trains")
}

#[test]
fn a_run_in_two_halves_ends_as_one_that_ran_through() {
    let base = Hyperparameters { epochs: 3, ..settings() };
    let cases = [
        Hyperparameters { precision: Precision::F32, ..base.clone() },
        Hyperparameters { precision: Precision::Bf16, ..base.clone() },
        Hyperparameters { precision: Precision::F32, dropout: 0.0, ..base.clone() },
        Hyperparameters { precision: Precision::F32, batch: 1, patience: 1, ..base },
    ];
    for (most_shift, settings) in [0, 0, 3, 0].into_iter().zip(cases) {
        let corpus = Numbers { most_shift, ..corpus() };
        let mut n_steps = vec![0; 1];
        let through =
            train(&corpus, &settings, settings.size(INTERFACE), Start::Fresh, |progress, _| {
                match progress {
                    Progress::Step { step, .. } => *n_steps.last_mut().expect("an epoch") = step,
                    Progress::Epoch(_) => n_steps.push(0),
                    Progress::Validating => {}
                }
                ControlFlow::Continue(0.0)
            });
        let through = bits(&through.expect("it trains"));
        // The first step, one within an epoch, the last of an epoch, and the first of another.
        let edge = n_steps[0];
        assert!(edge > 3, "an epoch of {edge} steps has no middle");
        let steps = [1, edge / 2, edge, edge + 1].map(At::Step);
        for at in steps.into_iter().chain([At::Validation(1), At::Epoch(1), At::Epoch(2)]) {
            assert!(
                bits(&in_halves(&corpus, &settings, at)) == through,
                "{at:?} with {settings:?}"
            );
        }
    }
}

#[test]
fn a_run_is_stopped_more_than_once() {
    let settings = Hyperparameters { epochs: 2, ..settings() };
    let size = settings.size(INTERFACE);
    let through = train(&corpus(), &settings, size, Start::Fresh, go_on).expect("it trains");
    let mut start = Start::Fresh;
    let mut n_runs = 0;
    let ended = loop {
        let mut taken = None;
        n_runs += 1;
        let run = train(&corpus(), &settings, size, start, |progress, moment| {
            if matches!(progress, Progress::Step { step, .. } if step % 3 == 0) {
                taken = moment.snapshot().ok();
                return ControlFlow::Break(End::Abandon);
            }
            ControlFlow::Continue(0.0)
        });
        match (run, taken) {
            (Ok(trained), _) => break trained,
            (Err(_), Some(snapshot)) => start = Start::Snapshot(Box::new(snapshot)),
            (Err(error), None) => panic!("{error}"),
        }
    };
    assert!(n_runs > 3 && bits(&ended) == bits(&through));
}

#[test]
fn a_resumed_run_goes_on_with_the_numbers_it_took() {
    let settings = Hyperparameters { epochs: 2, precision: Precision::Auto, ..settings() };
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("unfinished");
    for taken in [Precision::F32, Precision::Bf16] {
        let began = Hyperparameters { precision: taken, ..settings.clone() };
        let stop = |_: Progress, moment: Moment<'_>| {
            unfinished::write(&path, &moment.snapshot().expect("a snapshot"), "").expect("kept");
            ControlFlow::Break(End::Abandon)
        };
        let _ = train(&corpus(), &began, began.size(INTERFACE), Start::Fresh, stop);
        for _ in 0..2 {
            let (snapshot, _) = unfinished::read(&path).expect("it is whole").expect("there");
            assert_eq!(snapshot.precision, taken);
            let start = Start::Snapshot(Box::new(snapshot));
            let _ = train(&corpus(), &settings, settings.size(INTERFACE), start, stop);
        }
    }
}

#[test]
fn other_lessons_are_learned_from_the_start_of_the_epoch() {
    let settings = Hyperparameters { epochs: 3, ..settings() };
    let size = settings.size(INTERFACE);
    let mut taken = None;
    let _ = train(&corpus(), &settings, size, Start::Fresh, |progress, moment| match progress {
        Progress::Step { epoch: 2, .. } => {
            taken = moment.snapshot().ok();
            ControlFlow::Break(End::Abandon)
        }
        _ => ControlFlow::Continue(0.0),
    });
    let snapshot = taken.expect("a snapshot").for_other_lessons();
    let (_, best) = snapshot.course.best.as_ref().expect("an epoch was measured");
    let best = best.clone();
    let other = Numbers { valid: corpus().train, ..corpus() };
    let start = Start::Snapshot(Box::new(snapshot));
    let trained = train(&other, &settings, size, start, |progress, _| match progress {
        Progress::Step { .. } => ControlFlow::Break(End::Finish),
        _ => ControlFlow::Continue(0.0),
    });
    let curve = trained.expect("it trains").curve;
    assert_eq!(curve.len(), 2, "the epoch that was begun is learned from its start");
    let expected = evaluate(&best, &other.held_out()).expect("it evaluates");
    assert!(
        (curve[0].valid_nll - expected).abs() < 1e-9,
        "the best is measured on what is held out now"
    );
}

#[test]
fn what_is_damaged_is_not_resumed() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("unfinished");
    assert!(unfinished::read(&path).expect("nothing there").is_none());
    assert!(unfinished::note(&path).expect("nothing there").is_none());
    let _ = train(&corpus(), &settings(), settings().size(INTERFACE), Start::Fresh, |_, moment| {
        let snapshot = moment.snapshot().expect("a snapshot");
        unfinished::write(&path, &snapshot, "mine").expect("it is kept");
        ControlFlow::Break(End::Abandon)
    });
    let whole = std::fs::read(&path).expect("it is there");
    assert_eq!(unfinished::read(&path).expect("it is whole").expect("there").0.step(), 1);
    let note = || unfinished::note(&path);
    assert_eq!(note().expect("it is whole").as_deref(), Some("mine"));
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    let mut foreign = b"{}".to_vec();
    foreign.splice(0..0, blake3::hash(b"{}").as_bytes().iter().copied());
    let mut endless = whole[..40].to_vec();
    endless[32..].fill(255);
    let noted = [true, true, false, false, false, false];
    let damaged = [&flipped[..], &whole[..whole.len() / 2], &whole[..5], &[], &foreign, &endless];
    for (bytes, is_noted) in damaged.into_iter().zip(noted) {
        std::fs::write(&path, bytes).expect("damage");
        assert!(matches!(unfinished::read(&path), Err(UnfinishedError::Damaged { .. })));
        match note() {
            Ok(note) => assert_eq!(note.as_deref(), Some("mine").filter(|_| is_noted)),
            Err(error) => {
                assert!(!is_noted && matches!(error, UnfinishedError::Damaged { .. }));
            }
        }
    }
    unfinished::remove(&path).expect("it is deleted");
    unfinished::remove(&path).expect("it is gone already");
    assert!(unfinished::read(&path).expect("nothing there").is_none());
}
