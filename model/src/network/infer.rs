//! How is the next token predicted, one at a time?
//!
//! The same weights as in training, laid out for one stream on one thread; no tensors, no
//! allocation a token. The input product of the first layer is folded into the embedding table.

use candle_core::Result;

use super::engine::layout::Layout;
use super::engine::packed::Packed;
use super::kernels::Level;
use super::kernels::adamw::Add;
use super::kernels::cell::Step;
use super::kernels::product::{Product, Rows};
use super::{Network, Size};
use crate::batch::inputs;

/// A network ready to predict.
pub struct Predictor {
    level: Level,
    layout: Layout,
    weights: Vec<f32>,
    packed: Packed,
    /// Rows \[4·units\]: each embedding times the first layer's input weights.
    table: Vec<f32>,
    /// The same of the conditions, with the first layer's bias.
    conditions: Vec<f32>,
}

/// Where a stream stands.
#[derive(Clone)]
pub struct Stream {
    condition: u32,
    /// Outputs before and after a step, and cells before and after, a layer.
    hidden: Vec<[Vec<u32>; 2]>,
    cells: Vec<[Vec<f32>; 2]>,
    sums: Vec<f32>,
    logits: Vec<f32>,
}

impl Predictor {
    /// Lays out the network's weights.
    ///
    /// # Errors
    /// When candle cannot read them.
    pub fn new(network: &Network) -> Result<Self> {
        Self::with_level(network, Level::f32())
    }

    fn with_level(network: &Network, level: Level) -> Result<Self> {
        let layout = Layout::new(network.size(), level.lanes());
        let weights = layout.read(network)?;
        let mut packed = Packed::new(level, &layout, false);
        packed.fill(level, &layout, &weights, 1);
        let mut own =
            Self { level, weights, packed, table: Vec::new(), conditions: Vec::new(), layout };
        own.table = own.times_input(own.layout.embedding.clone(), None);
        let bias = own.layout.layers.first().map(|layer| layer.bias.clone());
        own.conditions = match bias {
            Some(bias) if own.layout.size.conditions > 0 => {
                own.times_input(own.layout.conditions.clone(), Some(bias))
            }
            Some(bias) => own.weights[bias].to_vec(),
            None => Vec::new(),
        };
        Ok(own)
    }

    /// Rows of embeddings times the first layer's input weights, in `f32`.
    fn times_input(
        &self,
        rows: std::ops::Range<usize>,
        bias: Option<std::ops::Range<usize>>,
    ) -> Vec<f32> {
        let level = self.level.exact();
        let words = |range: std::ops::Range<usize>| -> Vec<u32> {
            self.weights[range].iter().map(|value| value.to_bits()).collect()
        };
        let Some(first) = self.layout.layers.first() else { return Vec::new() };
        let (depth, width) = (self.layout.embedding_width, 4 * self.layout.units);
        let n_rows = rows.len() / depth;
        let mut out = vec![0.0; n_rows * width];
        level.run(Product {
            a: Rows { words: &words(rows), depth },
            b: &words(first.input.range.clone()),
            bias: bias.map_or(&[], |range| &self.weights[range]),
            out: &mut out,
            stride: width,
            n_rows,
        });
        out
    }

    /// The network's size.
    pub fn size(&self) -> Size {
        self.layout.size
    }

    /// A stream of a condition (0 in a network without) before its first token.
    pub fn stream(&self, condition: u32) -> Stream {
        let (n_layers, units) = (self.layout.layers.len(), self.layout.units);
        let words = || vec![0; units / self.level.group()];
        Stream {
            condition,
            hidden: (0..n_layers).map(|_| [words(), words()]).collect(),
            cells: (0..n_layers).map(|_| [vec![0.0; units], vec![0.0; units]]).collect(),
            sums: vec![0.0; 4 * units],
            logits: vec![0.0; self.layout.head_width],
        }
    }

    /// Takes a token and what each lookback suggests to come after it (the vocabulary's size for
    /// nothing); returns the logits of the next token.
    pub fn step<'a>(&self, stream: &'a mut Stream, token: u32, suggested: &[u32]) -> &'a [f32] {
        let (level, size) = (self.level, self.layout.size);
        let width = stream.sums.len();
        let condition = if size.conditions > 0 { stream.condition as usize } else { 0 };
        stream.sums.copy_from_slice(&self.conditions[condition * width..][..width]);
        for row in inputs(size, token, suggested) {
            let from = &self.table[row as usize * width..][..width];
            level.run(Add { to: &mut stream.sums, from });
        }
        let group = level.group();
        let depth = self.layout.units / group;
        for idx in 0..stream.hidden.len() {
            let (below, own) = stream.hidden.split_at_mut(idx);
            let [hidden, next] = &mut own[0];
            let [before, after] = &mut stream.cells[idx];
            let (x, input, initial) = match below.last() {
                Some([x, _]) => (
                    Rows { words: x, depth },
                    self.packed.input(idx).forward.as_slice(),
                    &self.weights[self.layout.layers[idx].bias.clone()],
                ),
                None => (Rows { words: &[], depth: 0 }, &[][..], stream.sums.as_slice()),
            };
            level.run(Step {
                n: 1,
                x,
                input,
                h: Rows { words: hidden, depth },
                recurrent: &self.packed.recurrent(idx).forward,
                initial,
                before,
                after,
                hidden: next,
                left: None,
            });
            own[0].swap(0, 1);
            stream.cells[idx].swap(0, 1);
        }
        let Some([top, _]) = stream.hidden.last() else { return &[] };
        level.run(Product {
            a: Rows { words: top, depth },
            b: &self.packed.output().forward,
            bias: &self.weights[self.layout.output_bias.clone()],
            out: &mut stream.logits,
            stride: self.layout.head_width,
            n_rows: 1,
        });
        let (logits, gates) = stream.logits.split_at_mut(size.vocabulary);
        for (token, gate) in suggested.iter().zip(&*gates) {
            if let Some(logit) = logits.get_mut(*token as usize) {
                *logit += gate;
            }
        }
        logits
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::{Sequence, windows_of};
    use crate::network::engine::Engine;
    use crate::network::{Network, State};
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// −ln p of every next token, added up as the engine and as a stream say it.
    fn losses(level: Level) -> Result<(f64, f64)> {
        let size = Size {
            vocabulary: 50,
            lookbacks: 3,
            conditions: 2,
            layers: 2,
            hidden: 24,
            embedding: 8,
        };
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let network = Network::new(size, &mut rng)?;
        let sequence = Sequence {
            tokens: (0..60).map(|_| rng.random_range(0..50)).collect(),
            suggested: (0..59 * 3).map(|_| rng.random_range(0..=50)).collect(),
            condition: 1,
            weight: 1.0,
        };
        let predictor = Predictor::with_level(&network, level)?;
        let mut stream = predictor.stream(1);
        let mut ours = 0.0;
        for (at, pair) in sequence.tokens.windows(2).enumerate() {
            let suggested = &sequence.suggested[at * 3..][..3];
            let logits = predictor.step(&mut stream, pair[0], suggested);
            let sum: f64 = logits.iter().map(|logit| f64::from(*logit).exp()).sum();
            ours += sum.ln() - f64::from(logits[pair[1] as usize]);
        }
        let (mut engine, mut state) =
            (Engine::build(&network, level, false)?, State::zero(size, 1));
        let mut theirs = 0.0;
        for window in windows_of((50, 3), vec![sequence], 1, 16) {
            theirs += engine.loss(&window, &mut state)? * f64::from(window.targets.divisor);
        }
        Ok((ours, theirs))
    }

    #[test]
    fn token_by_token_predicts_what_windows_predict() -> Result<()> {
        for level in Level::available() {
            let (ours, theirs) = losses(level)?;
            let allowed = if level.group() == 1 { 1e-4 } else { 0.05 };
            assert!((ours - theirs).abs() < allowed, "{level:?}: {ours} and {theirs}");
        }
        Ok(())
    }
}
