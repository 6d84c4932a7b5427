//! What does the network compute?
//!
//! ```text
//! token, and what 1, 2, 4, 8 bars ago suggest ─ embeddings, summed ─ LSTM × layers ─ logits
//!                                                                              └─ copy gates
//! ```
//!
//! This is the form for training, over a window of a batch; [`infer`] runs the same weights token
//! by token.

pub mod infer;
pub(crate) mod kernels;
pub(crate) mod lstm;

use std::sync::Arc;

use candle_core::{Device, Result, Tensor, Var};
use candle_nn::{Embedding, Module};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use crate::batch::Window;
use crate::tokens::{LOOKBACKS, VOCABULARY};
use lstm::{LayerState, LstmLayer};

/// Inputs a step: the token and one suggestion a lookback.
pub(crate) const INPUTS: usize = 1 + LOOKBACKS.len();
/// Rows of one input's embedding table; the last stands for "no suggestion".
pub(crate) const ROWS: usize = VOCABULARY + 1;

/// How large the network is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// LSTM layers.
    pub layers: usize,
    /// Units a layer.
    pub hidden: usize,
    /// Numbers a token is embedded in.
    pub embedding: usize,
}

/// The network's weights.
pub struct Network {
    size: Size,
    parameters: Vec<(String, Var)>,
}

/// What the layers carry from window to window.
pub struct State(Vec<LayerState>);

impl State {
    /// Zero for `n_lanes` lanes.
    pub fn zero(size: Size, n_lanes: usize) -> Self {
        Self((0..size.layers).map(|_| LayerState::zero(n_lanes, size.hidden)).collect())
    }
}

/// What the network says of every step of a window, time-major.
pub struct Output {
    /// \[time · batch, vocabulary\]
    pub logits: Tensor,
    /// \[time · batch, lookbacks\]; see [`crate::loss`].
    pub gates: Tensor,
}

/// Zeroes a share of the numbers of a lane for a whole window (Gal and Ghahramani 2016).
pub struct Dropout<'a> {
    /// The share, 0 to below 1.
    pub rate: f64,
    /// Where the choice comes from.
    pub rng: &'a mut ChaCha8Rng,
}

impl Network {
    /// Fresh weights from `rng`: uniform within 1/√inputs, forget gates open.
    ///
    /// # Errors
    /// When candle cannot allocate.
    pub fn new(size: Size, rng: &mut ChaCha8Rng) -> Result<Self> {
        let mut parameters = Vec::new();
        for (name, shape) in shapes(size) {
            let bound = if name == "embedding" {
                0.5
            } else {
                1.0 / (if shape.len() == 2 { shape[0] } else { size.hidden } as f32).sqrt()
            };
            let mut values: Vec<f32> =
                (0..shape.iter().product()).map(|_| rng.random_range(-bound..bound)).collect();
            if name.rsplit('.').next() == Some("bias") {
                values.fill(0.0);
                if name.starts_with("lstm") {
                    values[size.hidden..2 * size.hidden].fill(1.0);
                }
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
    pub fn from_weights(
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

    /// How large it is.
    pub fn size(&self) -> Size {
        self.size
    }

    /// Every weight by name, in a fixed order.
    pub fn parameters(&self) -> &[(String, Var)] {
        &self.parameters
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

    fn get(&self, name: &str) -> &Tensor {
        let found = self.parameters.iter().find(|(own, _)| own == name);
        found.expect("names come from `shapes`, which made the list").1.as_tensor()
    }

    /// Runs over a window and leaves the state after it in `state`; without `dropout`, as in use.
    ///
    /// # Errors
    /// When the window's ids lie beyond the vocabulary or candle cannot allocate.
    pub fn forward(
        &self,
        window: &Window,
        state: &mut State,
        mut dropout: Option<Dropout<'_>>,
    ) -> Result<Output> {
        let (time, batch, hidden) = (window.time, window.batch, self.size.hidden);
        let rows = Tensor::from_slice(&window.inputs, window.inputs.len(), &Device::Cpu)?;
        let table = Embedding::new(self.get("embedding").clone(), self.size.embedding);
        let embedded = table.forward(&rows)?;
        let embedded = embedded.reshape((time * batch, INPUTS, self.size.embedding))?.sum(1)?;
        let mut x = embedded.reshape((time, batch, self.size.embedding))?;
        let resets = Arc::new(window.resets.clone());
        for (layer, layer_state) in state.0.iter_mut().enumerate() {
            x = drop_out(&x, &mut dropout)?;
            let width = x.dim(2)?;
            let weight = |name: &str| self.get(&format!("lstm.{layer}.{name}"));
            let sums = x.reshape((time * batch, width))?.matmul(weight("input"))?;
            let kept = Arc::default();
            let op = LstmLayer {
                initial: layer_state.clone(),
                resets: resets.clone(),
                kept: Arc::clone(&kept),
            };
            let sums = sums.reshape((time, batch, 4 * hidden))?;
            x = sums.apply_op3(weight("recurrent"), weight("bias"), op)?;
            *layer_state = LstmLayer::final_state(&kept, batch, hidden);
        }
        let x = drop_out(&x, &mut dropout)?.reshape((time * batch, hidden))?;
        let linear = |name: &str| {
            x.matmul(self.get(&format!("{name}.weight")))?
                .broadcast_add(self.get(&format!("{name}.bias")))
        };
        Ok(Output { logits: linear("output")?, gates: linear("copy")? })
    }
}

fn drop_out(x: &Tensor, dropout: &mut Option<Dropout<'_>>) -> Result<Tensor> {
    let Some(Dropout { rate, rng }) = dropout else { return Ok(x.clone()) };
    if *rate == 0.0 {
        return Ok(x.clone());
    }
    let (_, batch, width) = x.dims3()?;
    let kept = (1.0 / (1.0 - *rate)) as f32;
    let mask: Vec<f32> =
        (0..batch * width).map(|_| if rng.random_bool(*rate) { 0.0 } else { kept }).collect();
    x.broadcast_mul(&Tensor::from_vec(mask, (1, batch, width), &Device::Cpu)?)
}

fn shapes(size: Size) -> Vec<(String, Vec<usize>)> {
    let Size { layers, hidden, embedding } = size;
    let mut shapes = vec![("embedding".to_owned(), vec![INPUTS * ROWS, embedding])];
    for layer in 0..layers {
        let width = if layer == 0 { embedding } else { hidden };
        shapes.push((format!("lstm.{layer}.input"), vec![width, 4 * hidden]));
        shapes.push((format!("lstm.{layer}.recurrent"), vec![hidden, 4 * hidden]));
        shapes.push((format!("lstm.{layer}.bias"), vec![4 * hidden]));
    }
    for (name, width) in [("output", VOCABULARY), ("copy", LOOKBACKS.len())] {
        shapes.push((format!("{name}.weight"), vec![hidden, width]));
        shapes.push((format!("{name}.bias"), vec![width]));
    }
    shapes
}
