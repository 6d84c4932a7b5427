//! What does the network compute?
//!
//! ```text
//! token, and what the lookbacks suggest ─┐
//! label (such as a genre) ───────────────┴ embeddings, summed ─ LSTM × layers ─ logits
//!                                                                             └─ copy gates
//! ```
//!
//! Here are its weights, kept as candle's variables. [`crate::engine`] runs them over windows of a batch
//! and learns, [`crate::infer`] token by token; [`crate::plain`] learns where the engine does not run.

use candle_core::{Device, Result, Tensor, Var};
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
pub struct Network {
    size: Size,
    parameters: Vec<(String, Var)>,
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
    ///
    /// # Errors
    /// When candle cannot allocate.
    pub fn new(size: Size, rng: &mut ChaCha8Rng) -> Result<Self> {
        let mut parameters = Vec::new();
        for (name, shape) in shapes(size) {
            let bound = match name.as_str() {
                "embedding" | "condition" => 0.5,
                _ if shape.len() == 2 => 1.0 / (shape[0] as f32).sqrt(),
                _ => 0.0,
            };
            let n = shape.iter().product();
            let mut values = vec![0.0f32; n];
            if bound > 0.0 {
                values.fill_with(|| rng.random_range(-bound..bound));
            } else if name.starts_with("lstm") {
                values[size.hidden..2 * size.hidden].fill(1.0);
            }
            let tensor = Tensor::from_vec(values, shape, &Device::Cpu)?;
            parameters.push((name, Var::from_tensor(&tensor)?));
        }
        Ok(Self { size, parameters })
    }

    /// A network with the given weights, or `None` if one is missing or of the wrong shape.
    ///
    /// # Errors
    /// When candle cannot allocate.
    pub(crate) fn from_weights(
        size: Size,
        mut take: impl FnMut(&str) -> Option<Tensor>,
    ) -> Result<Option<Self>> {
        let mut parameters = Vec::new();
        for (name, shape) in shapes(size) {
            match take(&name) {
                Some(tensor) if tensor.dims() == shape.as_slice() => {
                    parameters.push((name, Var::from_tensor(&tensor)?));
                }
                _ => return Ok(None),
            }
        }
        Ok(Some(Self { size, parameters }))
    }

    /// The weights as safetensors.
    ///
    /// # Errors
    /// When the tensor library fails.
    pub fn to_safetensors(&self) -> Result<Vec<u8>> {
        let tensors = self.parameters.iter().map(|(name, var)| (name, var.as_tensor()));
        Ok(safetensors::serialize(tensors, None)?)
    }

    /// The network whose weights [`Self::to_safetensors`] wrote, or `None` if one is missing or does not
    /// fit the others.
    ///
    /// # Errors
    /// When these are not safetensors.
    pub fn from_safetensors(bytes: &[u8]) -> Result<Option<Self>> {
        let mut tensors = candle_core::safetensors::load_buffer(bytes, &Device::Cpu)?;
        let dim = |name: &str, idx: usize| {
            tensors.get(name).and_then(|tensor| tensor.dims().get(idx)).copied().unwrap_or(0)
        };
        let is_layer = |name: &&String| name.starts_with("lstm.") && name.ends_with(".recurrent");
        let size = Size {
            vocabulary: dim("output.weight", 1),
            lookbacks: dim("copy.weight", 1),
            labels: dim("condition", 0),
            layers: tensors.keys().filter(is_layer).count(),
            hidden: dim("output.weight", 0),
            embedding: dim("embedding", 1),
        };
        if size.layers == 0 {
            return Ok(None);
        }
        Self::from_weights(size, |name| tensors.remove(name))
    }

    /// How large it is.
    pub fn size(&self) -> Size {
        self.size
    }

    /// Every weight by name, in a fixed order.
    pub fn parameters(&self) -> &[(String, Var)] {
        &self.parameters
    }

    /// A network of the same size with these weights, in the order of [`Self::parameters`].
    pub(crate) fn with(&self, tensors: Vec<Tensor>) -> Result<Self> {
        let named = self.parameters.iter().zip(tensors);
        let parameters = named.map(|((name, _), new)| Ok((name.clone(), Var::from_tensor(&new)?)));
        Ok(Self { size: self.size, parameters: parameters.collect::<Result<_>>()? })
    }

    /// A copy with weights of its own.
    ///
    /// # Errors
    /// When candle cannot allocate.
    pub fn duplicate(&self) -> Result<Self> {
        let copy =
            |(name, var): &(String, Var)| Ok((name.clone(), Var::from_tensor(&var.copy()?)?));
        Ok(Self {
            size: self.size,
            parameters: self.parameters.iter().map(copy).collect::<Result<_>>()?,
        })
    }

    /// The same weights, not a copy of them.
    pub(crate) fn shared(&self) -> Self {
        Self { size: self.size, parameters: self.parameters.clone() }
    }

    /// Lets labels that are met for the first time begin as label 0, which stands for any.
    ///
    /// # Errors
    /// When candle cannot allocate.
    pub fn begin_labels(&self, new: std::ops::Range<u32>) -> Result<()> {
        let Some((_, table)) = self.parameters.iter().find(|(name, _)| name == "condition") else {
            return Ok(());
        };
        let mut rows = table.to_vec2::<f32>()?;
        let Some((any, named)) = rows.split_first_mut() else { return Ok(()) };
        let new = new.start as usize..(new.end as usize).min(named.len() + 1);
        for row in new.filter(|row| *row > 0) {
            named[row - 1].clone_from(any);
        }
        table.set(&Tensor::new(rows, &Device::Cpu)?)
    }

    /// A copy on a device.
    pub(crate) fn on(&self, device: &Device) -> Result<Self> {
        let copy = |(name, var): &(String, Var)| {
            Ok((name.clone(), Var::from_tensor(&var.to_device(device)?.copy()?)?))
        };
        let parameters = self.parameters.iter().map(copy).collect::<Result<_>>()?;
        Ok(Self { size: self.size, parameters })
    }

    pub(crate) fn device(&self) -> &Device {
        self.parameters.first().map_or(&Device::Cpu, |(_, var)| var.device())
    }

    pub(crate) fn get(&self, name: &str) -> &Tensor {
        let found = self.parameters.iter().find(|(own, _)| own == name);
        found.expect("names come from `shapes`, which made the list").1.as_tensor()
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
