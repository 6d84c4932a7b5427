//! How much can be learned in a second here?
//!
//! A few steps of a middling network, with the dropout that is set, are timed on the processor or the
//! GPU that the training will use, the quickest of which counts: others that use the machine at the
//! moment matter little to it. The quickest ever measured here is kept, in `models/.speed`, and counts
//! from then on. So a machine gets one answer, whatever else it does at the moment, and not one by
//! chance near the edge of a choice.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Instant;

use network::batch::{Sequence, Window, Windows};
use network::engine::{Learner, OptimizerOptions};
use network::plain::PlainLearner;
use network::train::{Hardware, Hyperparameters, REVISION};
use network::{Dropout, Network, Size, State};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::track::track_file::write;

const STEPS: usize = 8;
const LANES: usize = 16;
const TIME: usize = 96;

/// The quickest ever measured.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Quickest {
    /// On what: of another machine, nothing is known.
    machine: String,
    /// Multiply-adds a second.
    speed: f64,
}

/// Multiply-adds that training with these settings makes in a second, forward and backward.
///
/// # Errors
/// When a GPU fails, or without one where it is demanded.
pub(super) fn speed(context: &Context, settings: &Hyperparameters) -> anyhow::Result<f64> {
    let hardware = Hardware::find(settings.device)?;
    let measured = measured(&hardware, settings)?;
    Ok(remembered(context, machine(&hardware, settings), measured))
}

/// The speed, or that measured before on the same machine if it was higher; the higher one is kept.
fn remembered(context: &Context, machine: String, speed: f64) -> f64 {
    let path = path(context);
    let before = std::fs::read(&path).ok();
    let before = before.and_then(|bytes| serde_json::from_slice::<Quickest>(&bytes).ok());
    let before = before.filter(|before| before.machine == machine && before.speed.is_finite());
    if let Some(before) = before.filter(|before| before.speed >= speed) {
        return before.speed;
    }
    let quickest = Quickest { machine, speed };
    let kept = serde_json::to_vec(&quickest).map_err(anyhow::Error::from);
    if let Err(error) = kept.and_then(|bytes| write(&path, &bytes)) {
        let error = format!("{error:#}");
        tracing::warn!(error, "the speed of this machine is not kept");
    }
    speed
}

/// Hidden, so that it is neither taken for a genre nor backed up: another machine has another speed.
fn path(context: &Context) -> PathBuf {
    context.home.models().join(".speed")
}

/// A name for all that the speed depends on.
fn machine(hardware: &Hardware, settings: &Hyperparameters) -> String {
    let Hyperparameters { precision, dropout, .. } = settings;
    let place = match hardware {
        Hardware::Plain(device) => {
            let gpus =
                std::fs::read_dir("/proc/driver/nvidia/gpus").into_iter().flatten().flatten();
            let names = gpus.map(|gpu| said(&gpu.path().join("information"), "Model"));
            format!("{} of {:?}", device.location(), names.collect::<BTreeSet<_>>())
        }
        Hardware::Processor(_) => {
            let n_cores = std::thread::available_parallelism().map_or(1, usize::from);
            let name = said(Path::new("/proc/cpuinfo"), "model name");
            format!("{n_cores} × {name}, {precision:?}")
        }
    };
    format!("{place}, dropout {dropout}, revision {REVISION}")
}

/// What follows `key` in a file of lines with colons; empty where it is not known.
fn said(path: &Path, key: &str) -> String {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with(key));
    let value = line.and_then(|line| line.split_once(':')).map_or("", |(_, value)| value);
    value.trim().to_owned()
}

fn measured(hardware: &Hardware, settings: &Hyperparameters) -> anyhow::Result<f64> {
    let Hyperparameters { precision, dropout, .. } = *settings;
    let size = Hyperparameters { layers: 2, hidden: 192, embedding: 96, ..settings.clone() }
        .size(composer::INTERFACE);
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let network = Network::new(size, &mut rng);
    let mut sequence = || Sequence {
        tokens: (0..=TIME).map(|_| rng.random_range(0..size.vocabulary as u32)).collect(),
        suggested: vec![size.vocabulary as u32; TIME * size.lookbacks],
        labels: vec![0],
        weight: 1.0,
    };
    let sequences: Vec<Sequence> = (0..LANES).map(|_| sequence()).collect();
    let mut masks = |n_lanes| Dropout { rate: dropout, rng: &mut rng }.masks(size, n_lanes);
    let options = OptimizerOptions { learning_rate: 1e-3, clip: 1.0, weight_decay: 0.0 };
    match hardware {
        Hardware::Processor(_) => {
            let mut learner = Learner::new(&network, precision)?;
            timed(size, sequences, |window, state| {
                Ok(learner.learn(window, state, &masks(window.batch), options)?)
            })
        }
        Hardware::Plain(device) => {
            let mut learner = PlainLearner::new(&network, device)?;
            timed(size, sequences, |window, state| {
                Ok(learner.learn(window, state, &masks(window.batch), options)?)
            })
        }
    }
}

fn timed(
    size: Size,
    sequences: Vec<Sequence>,
    mut learn: impl FnMut(&Window, &mut State) -> anyhow::Result<f64>,
) -> anyhow::Result<f64> {
    let mut quickest = f64::MAX;
    for window in Windows::new(size.interface(), sequences, LANES, TIME) {
        let mut state = State::zero(size, window.batch);
        for _ in 0..STEPS {
            let began = Instant::now();
            learn(&window, &mut state)?;
            quickest = quickest.min(began.elapsed().as_secs_f64());
        }
    }
    Ok((3 * size.n_products() * LANES * TIME) as f64 / quickest.max(1e-9))
}

#[cfg(test)]
mod tests {
    use super::*;
    use network::Precision;
    use network::train::Device;

    use crate::chat::posting::tests::context;

    #[test]
    fn a_machine_is_neither_idle_nor_beyond_all_machines() {
        let processor = Hardware::Processor(None);
        let settings = Hyperparameters { precision: Precision::F32, ..Hyperparameters::default() };
        let speed = measured(&processor, &settings).expect("it learns");
        assert!((1e7..1e15).contains(&speed), "{speed} multiply-adds a second");
        let (_folder, context) = context();
        let settings = Hyperparameters { device: Device::Cpu, ..Hyperparameters::default() };
        let first = super::speed(&context, &settings).expect("it learns");
        assert!((1e7..1e15).contains(&first), "{first} multiply-adds a second");
        let second = super::speed(&context, &settings).expect("it learns");
        assert!(second >= first, "{second} after {first}");
    }

    #[test]
    fn the_quickest_measured_on_a_machine_counts() {
        let (_folder, context) = context();
        let remembered = |machine: &str, speed| remembered(&context, machine.to_owned(), speed);
        let bits = |speeds: [f64; 5]| speeds.map(f64::to_bits);
        let speeds = [
            remembered("one", 5e9),
            remembered("one", 4e9),
            remembered("one", 6e9),
            remembered("another", 1e9),
            remembered("another", 5e8),
        ];
        assert_eq!(bits(speeds), bits([5e9, 5e9, 6e9, 1e9, 1e9]));
        std::fs::write(path(&context), "half of a fi").expect("damage");
        assert_eq!(remembered("another", 2e8).to_bits(), 2e8f64.to_bits());
        assert_eq!(crate::cycle::resume::interrupted(&context).expect("readable"), []);
        assert_eq!(context.genres().expect("readable"), [""; 0], "it is not a genre");
    }
}
