//! What does the network compute?
//!
//! ```text
//! token, and what the lookbacks suggest ─┐
//! label (such as a genre) ───────────────┴ embeddings, summed ─ LSTM × layers ─ logits
//!                                                                             └─ copy gates
//! ```
//!
//! Here are its weights. [`crate::engine`] runs them over windows of a batch and learns,
//! [`crate::infer`] token by token; [`crate::plain`] learns where the engine does not run.

use std::convert::Infallible;

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// How large the network is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Size {
    /// Tokens that it knows.
    pub vocabulary: usize,
    /// Earlier places that suggest what comes next; see [`crate::loss`].
    pub lookbacks: usize,
    /// Labels that a sequence can have, such as its genre; 0 for a network without.
    #[serde(alias = "conditions")]
    pub labels: usize,
    /// LSTM layers.
    pub layers: usize,
    /// Units a layer.
    pub hidden: usize,
    /// Numbers a token is embedded in.
    pub embedding: usize,
}

/// What a network reads and predicts, whatever its depth and width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Tokens that it knows.
    pub vocabulary: usize,
    /// Earlier places that suggest what comes next; see [`crate::loss`].
    pub lookbacks: usize,
    /// Labels that a sequence can have, such as its genre; 0 for a network without.
    pub labels: usize,
}

impl Interface {
    /// Inputs a step: the token and one suggestion a lookback.
    pub(crate) fn inputs(&self) -> usize {
        1 + self.lookbacks
    }

    /// Rows of one input in the embedding table; the last stands for "no suggestion".
    pub(crate) fn rows(&self) -> usize {
        self.vocabulary + 1
    }
}

impl Size {
    /// What it reads and predicts.
    pub fn interface(&self) -> Interface {
        let Self { vocabulary, lookbacks, labels, .. } = *self;
        Interface { vocabulary, lookbacks, labels }
    }

    /// Inputs a step: the token and one suggestion a lookback.
    pub(crate) fn inputs(&self) -> usize {
        self.interface().inputs()
    }

    /// Rows of one input in the embedding table; the last stands for "no suggestion".
    pub(crate) fn rows(&self) -> usize {
        self.interface().rows()
    }

    /// Multiply-adds a token, forward only; learning takes three times as many.
    pub fn n_products(&self) -> usize {
        let Self { vocabulary, layers, hidden, embedding, .. } = *self;
        let of_layers = embedding + hidden + layers.saturating_sub(1) * 2 * hidden;
        4 * hidden * of_layers + hidden * vocabulary
    }

    /// Rows of the whole embedding table.
    pub fn embedding_rows(&self) -> usize {
        self.inputs() * self.rows()
    }
}

/// The network's weights.
#[derive(Clone)]
pub struct Network {
    size: Size,
    parameters: Vec<Parameter>,
}

/// Weights that belong together.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// What they are called where they are kept.
    pub name: String,
    /// Rows and columns of a matrix, or the length of a vector.
    pub shape: Vec<usize>,
    /// Row by row.
    pub values: Vec<f32>,
}

/// What the layers carry from window to window.
#[derive(Clone, Debug)]
pub struct State(pub(crate) Vec<LayerState>);

/// Hidden and cell states of a layer, each \[batch, hidden\].
#[derive(Clone, Debug)]
pub(crate) struct LayerState {
    pub(crate) hidden: Vec<f32>,
    pub(crate) cell: Vec<f32>,
}

impl State {
    /// Zero for `n_lanes` lanes.
    pub fn zero(size: Size, n_lanes: usize) -> Self {
        let zero = || vec![0.0; n_lanes * size.hidden];
        Self((0..size.layers).map(|_| LayerState { hidden: zero(), cell: zero() }).collect())
    }

    /// Lanes of a network of `size`.
    pub(crate) fn n_lanes(&self, size: Size) -> usize {
        self.0.first().map_or(0, |layer| layer.hidden.len() / size.hidden.max(1))
    }
}

/// Zeroes a share of the numbers of a lane for a whole window (Gal and Ghahramani 2016).
pub struct Dropout<'a> {
    /// The share, 0 to below 1.
    pub rate: f64,
    /// Where the choice comes from.
    pub rng: &'a mut ChaCha8Rng,
}

impl Dropout<'_> {
    /// Factors for what goes into each layer, and for what comes out of the last: \[batch, width\]
    /// each; none at a rate of 0.
    pub fn masks(&mut self, size: Size, n_lanes: usize) -> Vec<Vec<f32>> {
        if self.rate == 0.0 {
            return Vec::new();
        }
        let kept = (1.0 / (1.0 - self.rate)) as f32;
        let mut mask = |width: usize| -> Vec<f32> {
            let n = n_lanes * width;
            (0..n).map(|_| if self.rng.random_bool(self.rate) { 0.0 } else { kept }).collect()
        };
        let of_layers = (0..=size.layers).map(|layer| {
            let width = if layer == 0 { size.embedding } else { size.hidden };
            mask(width)
        });
        of_layers.collect()
    }
}

impl Network {
    /// Fresh weights from `rng`: uniform within 1/√inputs, forget gates open.
    pub fn new(size: Size, rng: &mut ChaCha8Rng) -> Self {
        Self::from_values(size, |name, shape| {
            let bound = match name {
                "embedding" | "condition" => 0.5,
                _ if shape.len() == 2 => 1.0 / (shape[0] as f32).sqrt(),
                _ => 0.0,
            };
            let mut values = vec![0.0; shape.iter().product()];
            if bound > 0.0 {
                values.fill_with(|| rng.random_range(-bound..bound));
            } else if name.starts_with("lstm") {
                values[size.hidden..2 * size.hidden].fill(1.0);
            }
            values
        })
    }

    /// The network whose parameters have the values that the function gives for their names and
    /// shapes.
    pub(crate) fn from_values(
        size: Size,
        mut values: impl FnMut(&str, &[usize]) -> Vec<f32>,
    ) -> Self {
        let Ok(own) =
            Self::try_from_values(size, |name, shape| Ok::<_, Infallible>(values(name, shape)));
        own
    }

    /// As [`Self::from_values`], or the first error that the function gives.
    pub(crate) fn try_from_values<E>(
        size: Size,
        mut values: impl FnMut(&str, &[usize]) -> Result<Vec<f32>, E>,
    ) -> Result<Self, E> {
        let parameters = shapes(size).into_iter().map(|(name, shape)| {
            let values = values(&name, &shape)?;
            Ok(Parameter { name, shape, values })
        });
        Ok(Self { size, parameters: parameters.collect::<Result<_, E>>()? })
    }

    /// How large it is.
    pub fn size(&self) -> Size {
        self.size
    }

    /// Every weight by name, in a fixed order.
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    #[cfg(test)]
    pub(crate) fn parameters_mut(&mut self) -> &mut [Parameter] {
        &mut self.parameters
    }

    /// Lets labels that are met for the first time begin as label 0, which stands for any.
    pub fn begin_labels(&mut self, new: std::ops::Range<u32>) {
        let width = self.size.embedding.max(1);
        let table = self.parameters.iter_mut().find(|own| own.name == "condition");
        let Some(Parameter { values, .. }) = table else { return };
        let Some((any, named)) = values.split_at_mut_checked(width) else { return };
        for row in new.filter(|row| *row > 0) {
            let Some(row) = named.chunks_exact_mut(width).nth(row as usize - 1) else { return };
            row.copy_from_slice(any);
        }
    }
}

fn shapes(size: Size) -> Vec<(String, Vec<usize>)> {
    let Size { layers, hidden, embedding, vocabulary, lookbacks, labels } = size;
    let mut shapes = vec![("embedding".to_owned(), vec![size.embedding_rows(), embedding])];
    if labels > 0 {
        shapes.push(("condition".to_owned(), vec![labels, embedding]));
    }
    for layer in 0..layers {
        let width = if layer == 0 { embedding } else { hidden };
        shapes.push((format!("lstm.{layer}.input"), vec![width, 4 * hidden]));
        shapes.push((format!("lstm.{layer}.recurrent"), vec![hidden, 4 * hidden]));
        shapes.push((format!("lstm.{layer}.bias"), vec![4 * hidden]));
    }
    shapes.push(("output.weight".to_owned(), vec![hidden, vocabulary]));
    shapes.push(("output.bias".to_owned(), vec![vocabulary]));
    if lookbacks > 0 {
        shapes.push(("copy.weight".to_owned(), vec![hidden, lookbacks]));
        shapes.push(("copy.bias".to_owned(), vec![lookbacks]));
    }
    shapes
}
