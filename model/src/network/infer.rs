//! How is the next token predicted, one at a time?
//!
//! The same weights as in training, laid out for one stream on one thread; no tensors, no
//! allocation a token. The input product of the first layer is folded into the embedding table.

use candle_core::Result;

use super::kernels::{add_scaled, lstm_cell};
use super::{INPUTS, Network, Size};
use crate::batch::inputs;
use crate::tokens::{LOOKBACKS, VOCABULARY};

/// A network ready to predict.
pub struct Predictor {
    size: Size,
    /// \[inputs · rows, 4·hidden\]: each embedding times the first layer's input weights.
    table: Vec<f32>,
    layers: Vec<Layer>,
    output: Linear,
    copy: Linear,
}

struct Layer {
    /// \[hidden, 4·hidden\]; empty for the first layer.
    input: Vec<f32>,
    recurrent: Vec<f32>,
    bias: Vec<f32>,
}

struct Linear {
    weight: Vec<f32>,
    bias: Vec<f32>,
}

/// Where a stream stands.
#[derive(Clone)]
pub struct Stream {
    hidden: Vec<Vec<f32>>,
    cell: Vec<Vec<f32>>,
    gates: Vec<f32>,
    logits: Vec<f32>,
}

impl Predictor {
    /// Lays out the network's weights.
    ///
    /// # Errors
    /// When candle cannot read them.
    pub fn new(network: &Network) -> Result<Self> {
        let get = |name: &str| network.get(name).flatten_all()?.to_vec1::<f32>();
        let table = network.get("embedding").matmul(network.get("lstm.0.input"))?;
        let layer = |idx: usize| -> Result<Layer> {
            Ok(Layer {
                input: if idx == 0 { Vec::new() } else { get(&format!("lstm.{idx}.input"))? },
                recurrent: get(&format!("lstm.{idx}.recurrent"))?,
                bias: get(&format!("lstm.{idx}.bias"))?,
            })
        };
        let linear = |name: &str| -> Result<Linear> {
            Ok(Linear {
                weight: get(&format!("{name}.weight"))?,
                bias: get(&format!("{name}.bias"))?,
            })
        };
        Ok(Self {
            size: network.size(),
            table: table.flatten_all()?.to_vec1()?,
            layers: (0..network.size().layers).map(layer).collect::<Result<_>>()?,
            output: linear("output")?,
            copy: linear("copy")?,
        })
    }

    /// A stream before its first token.
    pub fn stream(&self) -> Stream {
        let zero = || vec![vec![0.0; self.size.hidden]; self.size.layers];
        Stream {
            hidden: zero(),
            cell: zero(),
            gates: vec![0.0; 4 * self.size.hidden],
            logits: vec![0.0; VOCABULARY],
        }
    }

    /// Takes a token and what the lookbacks suggest to come after it (the vocabulary's size for
    /// nothing); returns the logits of the next token.
    pub fn step<'a>(
        &self,
        stream: &'a mut Stream,
        token: u32,
        suggested: [u32; LOOKBACKS.len()],
    ) -> &'a [f32] {
        let width = 4 * self.size.hidden;
        let rows: [u32; INPUTS] = inputs(token, suggested);
        for (idx, layer) in self.layers.iter().enumerate() {
            stream.gates.copy_from_slice(&layer.bias);
            if idx == 0 {
                for row in rows {
                    add_scaled(
                        &mut stream.gates,
                        1.0,
                        &self.table[row as usize * width..][..width],
                    );
                }
            } else {
                add_product(&mut stream.gates, &stream.hidden[idx - 1], &layer.input);
            }
            add_product(&mut stream.gates, &stream.hidden[idx], &layer.recurrent);
            lstm_cell(&mut stream.gates, &mut stream.cell[idx], &mut stream.hidden[idx]);
        }
        let top = &stream.hidden[self.size.layers - 1];
        stream.logits.copy_from_slice(&self.output.bias);
        add_product(&mut stream.logits, top, &self.output.weight);
        let mut gates = [0.0; LOOKBACKS.len()];
        gates.copy_from_slice(&self.copy.bias);
        add_product(&mut gates, top, &self.copy.weight);
        for (token, gate) in suggested.into_iter().zip(gates) {
            if let Some(logit) = stream.logits.get_mut(token as usize) {
                *logit += gate;
            }
        }
        &stream.logits
    }
}

/// `out += x · matrix`, the matrix row-major with `out.len()` columns.
fn add_product(out: &mut [f32], x: &[f32], matrix: &[f32]) {
    for (value, row) in x.iter().zip(matrix.chunks_exact(out.len())) {
        add_scaled(out, *value, row);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::windows;
    use crate::corpus::Piece;
    use crate::network::State;
    use crate::score::Pitch;
    use crate::song::{GridNote, Song, Voice};
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn token_by_token_predicts_what_the_window_predicts() -> Result<()> {
        let size = Size { layers: 2, hidden: 24, embedding: 8 };
        let network = Network::new(size, &mut ChaCha8Rng::seed_from_u64(3))?;
        let notes = (0..24).map(|i| GridNote {
            onset: i * 48,
            voice: Voice::Lead,
            pitch: Pitch::new(60 + (i % 4) as u8).expect("a pitch"),
            duration: 24,
        });
        let piece = Piece::new("a", "a", &Song::new(150.0, 4, 12, notes));
        let predictor = Predictor::new(&network)?;
        let (mut stream, mut state) = (predictor.stream(), State::zero(size, 1));
        let ids: Vec<u32> = piece.tokens().iter().map(|id| id.0).collect();
        let mut t = 0;
        for window in windows(std::slice::from_ref(&piece), 1, 16, 0, None) {
            let output = network.forward(&window, &mut state, None)?;
            let gates = output.gates.to_vec2::<f32>()?;
            for (row, mut logits) in output.logits.to_vec2::<f32>()?.into_iter().enumerate() {
                let Some(suggested) = piece.suggested().get(t).filter(|_| t + 1 < ids.len()) else {
                    break;
                };
                let suggested = suggested.map(|idx| idx.map_or(VOCABULARY as u32, |idx| ids[idx]));
                for (token, gate) in suggested.iter().zip(&gates[row]) {
                    if let Some(logit) = logits.get_mut(*token as usize) {
                        *logit += gate;
                    }
                }
                let ours = predictor.step(&mut stream, ids[t], suggested);
                let off = ours.iter().zip(&logits).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                assert!(off < 1e-4, "token {t} is off by {off}");
                t += 1;
            }
        }
        assert_eq!(t, ids.len() - 1);
        Ok(())
    }
}
