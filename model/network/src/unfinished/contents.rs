//! Which tensors hold a run, and what is kept besides them?

use std::borrow::Cow;
use std::sync::Arc;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use safetensors::{Dtype, SafeTensors};
use serde::{Deserialize, Serialize};

use crate::engine::OptimizerState;
use crate::precision::Precision;
use crate::tensors;
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
    /// Files of earlier releases do not say it.
    #[serde(default)]
    precision: Precision,
    #[serde(flatten)]
    rng: Rng,
}

impl About {
    pub(super) fn of(snapshot: &Snapshot, note: &str) -> Self {
        let Snapshot { course, learner, precision } = snapshot;
        let size = learner.weights.size();
        Self {
            format: FORMAT,
            note: note.to_owned(),
            place: course.place,
            n_steps: course.n_steps,
            size,
            n_lanes: course.state.as_ref().map(|state| state.n_lanes(size)),
            best_epoch: course.best.as_ref().map(|(loss, _)| loss.epoch),
            n_updates: learner.n_updates,
            precision: *precision,
            rng: Rng::of(&course.rng),
        }
    }

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

/// Numbers under a name.
pub(super) struct Tensor<'a> {
    pub(super) name: String,
    pub(super) dtype: Dtype,
    pub(super) shape: Vec<usize>,
    pub(super) bytes: Cow<'a, [u8]>,
}

impl<'a> Tensor<'a> {
    fn f32(name: String, shape: Vec<usize>, values: &'a [f32]) -> Self {
        Self { name, dtype: Dtype::F32, shape, bytes: bytemuck::cast_slice(values).into() }
    }
}

/// The tensors of a snapshot.
pub(super) fn tensors(snapshot: &Snapshot) -> Vec<Tensor<'_>> {
    let Snapshot { course, learner, .. } = snapshot;
    // Numbers first, where they are aligned best.
    let mut tensors = numbers(course);
    let networks = [
        ("weights", Some(&learner.weights)),
        ("mean", Some(&learner.mean)),
        ("square", Some(&learner.square)),
        ("best", course.best.as_ref().map(|(_, network)| &**network)),
    ];
    for (kind, network) in networks {
        let parameters = network.into_iter().flat_map(Network::parameters);
        tensors.extend(parameters.map(|own| {
            Tensor::f32(format!("{kind}.{}", own.name), own.shape.clone(), &own.values)
        }));
    }
    let layers = course.state.iter().flat_map(|state| state.0.iter().enumerate());
    for (idx, LayerState { hidden, cell }) in layers {
        for (kind, values) in [("hidden", hidden), ("cell", cell)] {
            tensors.push(Tensor::f32(format!("state.{idx}.{kind}"), vec![values.len()], values));
        }
    }
    tensors
}

/// The numbers of 64 bits.
fn numbers(course: &Course) -> Vec<Tensor<'static>> {
    let Course { sums, time_share, start_nll, curve, .. } = course;
    let values: [(_, Vec<f64>); 3] = [
        ("numbers", vec![sums.0, sums.1, *time_share, *start_nll]),
        ("curve.train", curve.iter().map(|loss| loss.train_nll).collect()),
        ("curve.valid", curve.iter().map(|loss| loss.valid_nll).collect()),
    ];
    let values = values.into_iter().filter(|(_, values)| !values.is_empty());
    let tensor = |(name, values): (&str, Vec<f64>)| Tensor {
        name: name.to_owned(),
        dtype: Dtype::F64,
        shape: vec![values.len()],
        bytes: bytemuck::cast_slice(&values).to_vec().into(),
    };
    values.map(tensor).collect()
}

/// The run that was written, and its note; `None` if something is missing.
pub(super) fn from_bytes(bytes: &[u8]) -> Option<(Snapshot, String)> {
    let (_, metadata) = SafeTensors::read_metadata(bytes).ok()?;
    let about = About::parse(metadata.metadata().as_ref()?.get(ABOUT)?)?;
    let tensors = SafeTensors::deserialize(bytes).ok()?;
    let network = |kind: &str| Network::from_tensors(about.size, &tensors, kind).ok();
    let learner = OptimizerState {
        weights: network("weights.")?,
        mean: network("mean.")?,
        square: network("square.")?,
        n_updates: about.n_updates,
    };
    let course = course(&about, &tensors)?;
    Some((Snapshot { course, learner, precision: about.precision }, about.note))
}

fn course(about: &About, tensors: &SafeTensors<'_>) -> Option<Course> {
    let values = |name: &str| -> Vec<f64> {
        tensors::numbers(tensors, name, Dtype::F64).unwrap_or_default()
    };
    let [sum, weight, time_share, start_nll] = values("numbers")[..] else { return None };
    let (train, valid) = (values("curve.train"), values("curve.valid"));
    let curve: Vec<EpochLoss> = (1..)
        .zip(train.into_iter().zip(valid))
        .map(|(epoch, (train_nll, valid_nll))| EpochLoss { epoch, train_nll, valid_nll })
        .collect();
    let best = match about.best_epoch {
        None => None,
        Some(epoch) => {
            let network = Network::from_tensors(about.size, tensors, "best.").ok()?;
            Some((*curve.get(epoch.wrapping_sub(1))?, Arc::new(network)))
        }
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

fn state(tensors: &SafeTensors<'_>, size: Size, n_lanes: usize) -> Option<State> {
    let values = |idx: usize, kind: &str| -> Option<Vec<f32>> {
        let values = tensors::numbers(tensors, &format!("state.{idx}.{kind}"), Dtype::F32)?;
        (values.len() == n_lanes * size.hidden).then_some(values)
    };
    let layer =
        |idx| Some(LayerState { hidden: values(idx, "hidden")?, cell: values(idx, "cell")? });
    Some(State((0..size.layers).map(layer).collect::<Option<_>>()?))
}
