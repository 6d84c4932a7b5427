//! Which tensors hold a run, and what is kept besides them?

use std::collections::HashMap;

use candle_core::{DType, Device, Result, Tensor};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use safetensors::SafeTensors;
use serde::{Deserialize, Serialize};

use crate::engine::OptimizerState;
use crate::train::{Course, EpochLoss, Place, Snapshot};
use crate::weights::{LayerState, Network, Size, State};

/// Raised whenever the file is written in another way.
const FORMAT: u32 = 1;
/// Under this key, the safetensors hold what is not a tensor.
pub(super) const ABOUT: &str = "kickback";

/// What is not a tensor.
#[derive(Serialize, Deserialize)]
pub(super) struct About {
    format: u32,
    #[serde(rename = "label")]
    pub(super) note: String,
    place: Place,
    #[serde(default)]
    n_steps: Option<usize>,
    size: Size,
    /// Lanes of the state; none before the first window of an epoch.
    n_lanes: Option<usize>,
    best_epoch: Option<usize>,
    n_updates: i32,
    #[serde(flatten)]
    rng: Rng,
}

impl About {
    /// What stands in `text`; `None` if this release did not write it.
    pub(super) fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok().filter(|about: &Self| about.format == FORMAT)
    }
}

/// Where a generator of random numbers is.
#[derive(Serialize, Deserialize)]
struct Rng {
    #[serde(rename = "rng_seed")]
    seed: [u8; 32],
    #[serde(rename = "rng_stream")]
    stream: u64,
    /// Upper and lower half.
    #[serde(rename = "rng_position")]
    position: (u64, u64),
}

impl Rng {
    fn of(rng: &ChaCha8Rng) -> Self {
        let position = rng.get_word_pos();
        let position = ((position >> 64) as u64, position as u64);
        Self { seed: rng.get_seed(), stream: rng.get_stream(), position }
    }

    fn restored(&self) -> ChaCha8Rng {
        let mut rng = ChaCha8Rng::from_seed(self.seed);
        rng.set_stream(self.stream);
        rng.set_word_pos(u128::from(self.position.0) << 64 | u128::from(self.position.1));
        rng
    }
}

/// What is not a tensor, as text, and the tensors of a snapshot by name.
pub(super) fn contents(snapshot: &Snapshot, note: &str) -> Result<(String, Vec<(String, Tensor)>)> {
    let Snapshot { course, learner } = snapshot;
    let size = learner.weights.size();
    // Numbers first, where they are aligned best.
    let mut tensors = numbers(course)?;
    let networks = [
        ("weights", Some(&learner.weights)),
        ("mean", Some(&learner.mean)),
        ("square", Some(&learner.square)),
        ("best", course.best.as_ref().map(|(_, network)| network)),
    ];
    for (kind, network) in networks {
        let parameters = network.into_iter().flat_map(Network::parameters);
        tensors.extend(
            parameters.map(|(name, var)| (format!("{kind}.{name}"), var.as_detached_tensor())),
        );
    }
    let layers = course.state.iter().flat_map(|state| state.0.iter().enumerate());
    for (idx, LayerState { hidden, cell }) in layers {
        for (kind, values) in [("hidden", hidden), ("cell", cell)] {
            let tensor = Tensor::from_slice(values, values.len(), &Device::Cpu)?;
            tensors.push((format!("state.{idx}.{kind}"), tensor));
        }
    }
    let about = About {
        format: FORMAT,
        note: note.to_owned(),
        place: course.place,
        n_steps: course.n_steps,
        size,
        n_lanes: course.state.as_ref().map(|state| state.n_lanes(size)),
        best_epoch: course.best.as_ref().map(|(loss, _)| loss.epoch),
        n_updates: learner.n_updates,
        rng: Rng::of(&course.rng),
    };
    Ok((serde_json::to_string(&about).map_err(candle_core::Error::wrap)?, tensors))
}

/// The numbers of 64 bits.
fn numbers(course: &Course) -> Result<Vec<(String, Tensor)>> {
    let Course { sums, time_share, start_nll, curve, .. } = course;
    let values = [
        ("numbers", vec![sums.0, sums.1, *time_share, *start_nll]),
        ("curve.train", curve.iter().map(|loss| loss.train_nll).collect()),
        ("curve.valid", curve.iter().map(|loss| loss.valid_nll).collect()),
    ];
    let values = values.into_iter().filter(|(_, values)| !values.is_empty());
    let tensor = |(name, values): (&str, Vec<f64>)| {
        let n = values.len();
        Ok((name.to_owned(), Tensor::from_vec(values, n, &Device::Cpu)?))
    };
    values.map(tensor).collect()
}

/// The run that was written, and its note; `None` if something is missing.
pub(super) fn from_bytes(bytes: &[u8]) -> Result<Option<(Snapshot, String)>> {
    let Ok((_, metadata)) = SafeTensors::read_metadata(bytes) else { return Ok(None) };
    let written = metadata.metadata().as_ref().and_then(|written| written.get(ABOUT));
    let Some(about) = written.and_then(|text| About::parse(text)) else { return Ok(None) };
    let mut tensors = candle_core::safetensors::load_buffer(bytes, &Device::Cpu)?;
    let mut network = |kind: &str| {
        Network::from_weights(about.size, |name| tensors.remove(&format!("{kind}.{name}")))
    };
    let networks = (network("weights")?, network("mean")?, network("square")?, network("best")?);
    let (Some(weights), Some(mean), Some(square), best) = networks else { return Ok(None) };
    let learner = OptimizerState { weights, mean, square, n_updates: about.n_updates };
    let course = course(&about, &mut tensors, best);
    Ok(course.map(|course| (Snapshot { course, learner }, about.note)))
}

fn course(
    about: &About,
    tensors: &mut HashMap<String, Tensor>,
    best: Option<Network>,
) -> Option<Course> {
    let mut values = |name: &str| -> Vec<f64> {
        let tensor = tensors.remove(name).filter(|tensor| tensor.dtype() == DType::F64);
        tensor.and_then(|tensor| tensor.to_vec1().ok()).unwrap_or_default()
    };
    let [sum, weight, time_share, start_nll] = values("numbers")[..] else { return None };
    let (train, valid) = (values("curve.train"), values("curve.valid"));
    let curve: Vec<EpochLoss> = (1..)
        .zip(train.into_iter().zip(valid))
        .map(|(epoch, (train_nll, valid_nll))| EpochLoss { epoch, train_nll, valid_nll })
        .collect();
    let best = match about.best_epoch {
        None => None,
        Some(epoch) => Some((*curve.get(epoch.wrapping_sub(1))?, best?)),
    };
    let state = match about.n_lanes {
        None => None,
        Some(n_lanes) => Some(state(tensors, about.size, n_lanes)?),
    };
    Some(Course {
        place: about.place,
        n_steps: about.n_steps,
        rng: about.rng.restored(),
        state,
        sums: (sum, weight),
        time_share,
        start_nll,
        curve,
        best,
    })
}

fn state(tensors: &mut HashMap<String, Tensor>, size: Size, n_lanes: usize) -> Option<State> {
    let mut values = |idx: usize, kind: &str| -> Option<Vec<f32>> {
        let values: Vec<f32> = tensors.remove(&format!("state.{idx}.{kind}"))?.to_vec1().ok()?;
        (values.len() == n_lanes * size.hidden).then_some(values)
    };
    let layer =
        |idx| Some(LayerState { hidden: values(idx, "hidden")?, cell: values(idx, "cell")? });
    Some(State((0..size.layers).map(layer).collect::<Option<_>>()?))
}
