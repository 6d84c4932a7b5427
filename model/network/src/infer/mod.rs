//! How is the next token predicted, one at a time?
//!
//! The same weights as in training, laid out for a few streams on one thread; no tensors, no
//! allocation a token. The first layer's input product is folded into the embedding table, and the
//! rest is multiplied in the smallest [`Form`] that the processor is good at: one stream waits for its
//! weights to come from memory. Streams on other threads share the predictor.

#[cfg(target_arch = "x86_64")]
mod eight;
mod words;

use candle_core::Result;

use super::engine::layout::Layout;
use super::kernels::Level;
use super::kernels::adamw::Add;
#[cfg(target_arch = "x86_64")]
use super::kernels::int8::Int8;
use super::kernels::product::{Product, Rows};
use super::{Network, Size};
use crate::batch::inputs;

/// The numbers that predictions multiply; all sum in `f32`, or exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As the weights are kept.
    F32,
    /// Half of that.
    Bf16,
    /// A quarter: weights scaled by column, activations from −1 to 1 in steps of 1/127; with
    /// AVX512-VNNI, or else AVX2.
    Int8,
    /// The same with AVX2 in any case.
    Int8Avx2,
    /// As [`Int8`](Self::Int8), but the layers' weights in four bits; the output's, which are what
    /// precision is lost by, in eight.
    Int4,
}

impl Form {
    /// The fastest on this processor that samples as well as the others: int4 with AVX512-VNNI, int8
    /// with AVX2, else `f32`.
    pub fn best() -> Self {
        let forms = [Self::Int4, Self::Int8, Self::F32];
        forms.into_iter().find(|form| form.is_native()).unwrap_or(Self::F32)
    }

    /// Whether the processor has instructions that make it worth its while.
    pub fn is_native(self) -> bool {
        match self {
            Self::F32 => true,
            Self::Bf16 => Level::has_bf16(),
            #[cfg(target_arch = "x86_64")]
            Self::Int4 => Int8::vnni().is_some(),
            #[cfg(target_arch = "x86_64")]
            _ => self.int8().is_some(),
            #[cfg(not(target_arch = "x86_64"))]
            _ => false,
        }
    }

    #[cfg(target_arch = "x86_64")]
    fn int8(self) -> Option<Int8> {
        match self {
            Self::Int8 | Self::Int4 => Int8::detect(),
            Self::Int8Avx2 => Int8::avx2(),
            _ => None,
        }
    }
}

/// A network ready to predict.
pub struct Predictor {
    layout: Layout,
    /// The vectors that the tables are added in.
    level: Level,
    /// Rows \[4·units\]: each embedding times the first layer's input weights.
    table: Vec<f32>,
    /// What the first layer's sums begin with, a row a condition.
    base: Vec<f32>,
    layers: Layers,
}

/// The layers and the output in one form.
enum Layers {
    Words(words::Words),
    #[cfg(target_arch = "x86_64")]
    Eight(eight::Eight),
}

/// Where some streams stand, side by side.
#[derive(Clone)]
pub struct Stream {
    conditions: Vec<u32>,
    n_tokens: usize,
    /// Activations and, for words, room for the next ones, a layer.
    hidden: Vec<[Vec<u32>; 2]>,
    cells: Vec<[Vec<f32>; 2]>,
    sums: Vec<f32>,
    /// \[streams, stride\]
    logits: Vec<f32>,
}

impl Predictor {
    /// Lays out the network's weights in the best form.
    ///
    /// # Errors
    /// When candle cannot read them.
    pub fn new(network: &Network) -> Result<Self> {
        Self::with_form(network, Form::best())
    }

    /// Lays out the network's weights in a form; int8 and int4 become bf16 where the processor lacks
    /// them.
    ///
    /// # Errors
    /// When candle cannot read them.
    pub fn with_form(network: &Network, form: Form) -> Result<Self> {
        #[cfg(target_arch = "x86_64")]
        if let Some(int8) = form.int8() {
            return Self::eight(network, int8, form == Form::Int4);
        }
        Self::words(network, if form == Form::F32 { Level::f32() } else { Level::bf16() })
    }

    #[cfg(target_arch = "x86_64")]
    fn eight(network: &Network, int8: Int8, halved: bool) -> Result<Self> {
        let level = Level::vectors_of(int8.lanes());
        let (layout, weights) = read(network, level)?;
        let eight = eight::Eight::new(int8, halved, &layout, &weights);
        let mut own = Self::build(layout, level, &weights, Layers::Eight(eight));
        if let Layers::Eight(eight) = &own.layers {
            let offsets = eight.first_offsets();
            for row in own.base.chunks_exact_mut(offsets.len().max(1)) {
                row.iter_mut().zip(offsets).for_each(|(sum, offset)| *sum += offset);
            }
        }
        Ok(own)
    }

    fn words(network: &Network, level: Level) -> Result<Self> {
        let (layout, weights) = read(network, level)?;
        let words = words::Words::new(level, &layout, &weights);
        Ok(Self::build(layout, level.exact(), &weights, Layers::Words(words)))
    }

    /// `level` multiplies `f32`.
    fn build(layout: Layout, level: Level, weights: &[f32], layers: Layers) -> Self {
        let table = times_input(&layout, level, weights, layout.embedding.clone(), false);
        let base = match layout.layers.first() {
            Some(first) if layout.size.conditions == 0 => weights[first.bias.clone()].to_vec(),
            _ => times_input(&layout, level, weights, layout.conditions.clone(), true),
        };
        Self { layout, level, table, base, layers }
    }

    /// The network's size.
    pub fn size(&self) -> Size {
        self.layout.size
    }

    /// Numbers a row of logits.
    fn width(&self) -> usize {
        match &self.layers {
            Layers::Words(_) => self.layout.head_width,
            #[cfg(target_arch = "x86_64")]
            Layers::Eight(eight) => eight.width(),
        }
    }

    /// A stream of a condition (0 in a network without) before its first token.
    pub fn stream(&self, condition: u32) -> Stream {
        self.streams(&[condition])
    }

    /// Streams that advance together, one a condition, before their first tokens. Together they take
    /// less time than one after the other.
    pub fn streams(&self, conditions: &[u32]) -> Stream {
        let (n, n_layers) = (conditions.len(), self.layout.layers.len());
        let cells = || vec![0.0; n * self.layout.units];
        Stream {
            conditions: conditions.to_vec(),
            n_tokens: self.layout.size.vocabulary,
            hidden: match &self.layers {
                Layers::Words(words) => words.hidden(n),
                #[cfg(target_arch = "x86_64")]
                Layers::Eight(eight) => eight.hidden(n),
            },
            cells: (0..n_layers).map(|_| [cells(), cells()]).collect(),
            sums: vec![0.0; n * 4 * self.layout.units],
            logits: vec![0.0; n * self.width()],
        }
    }

    /// Takes a stream's token and what each lookback suggests to come after it (the vocabulary's size
    /// for nothing); returns the logits of the next token.
    pub fn step<'a>(&self, stream: &'a mut Stream, token: u32, suggested: &[u32]) -> &'a [f32] {
        self.advance(stream, &[token], suggested);
        stream.logits(0)
    }

    /// Takes a token of every stream, and what the lookbacks suggest, one stream's after the other's.
    pub fn advance(&self, stream: &mut Stream, tokens: &[u32], suggested: &[u32]) {
        let size = self.layout.size;
        let width = 4 * self.layout.units;
        for (idx, (sums, token)) in stream.sums.chunks_exact_mut(width).zip(tokens).enumerate() {
            let condition = stream.conditions[idx] as usize;
            let condition = if condition < size.conditions { condition } else { 0 };
            sums.copy_from_slice(&self.base[condition * width..][..width]);
            let suggested = &suggested[idx * size.lookbacks..][..size.lookbacks];
            for row in inputs(size, *token, suggested) {
                let from = &self.table[row as usize * width..][..width];
                self.level.run(Add { to: sums, from });
            }
        }
        match &self.layers {
            Layers::Words(words) => words.run(stream),
            #[cfg(target_arch = "x86_64")]
            Layers::Eight(eight) => eight.run(stream),
        }
        for (idx, row) in stream.logits.chunks_exact_mut(self.width()).enumerate() {
            let (logits, gates) = row.split_at_mut(size.vocabulary);
            for (token, gate) in
                suggested[idx * size.lookbacks..].iter().zip(&gates[..size.lookbacks])
            {
                if let Some(logit) = logits.get_mut(*token as usize) {
                    *logit += gate;
                }
            }
        }
    }
}

impl Stream {
    /// The logits of a stream's next token, counted from 0.
    pub fn logits(&self, idx: usize) -> &[f32] {
        let stride = self.logits.len() / self.conditions.len();
        &self.logits[idx * stride..][..self.n_tokens]
    }
}

fn read(network: &Network, level: Level) -> Result<(Layout, Vec<f32>)> {
    let layout = Layout::new(network.size(), level.lanes());
    let weights = layout.read(network)?;
    Ok((layout, weights))
}

/// Rows of embeddings times the first layer's input weights, in `f32`, with its bias or without.
fn times_input(
    layout: &Layout,
    level: Level,
    weights: &[f32],
    rows: std::ops::Range<usize>,
    with_bias: bool,
) -> Vec<f32> {
    let words = |range: std::ops::Range<usize>| -> Vec<u32> {
        weights[range].iter().map(|value| value.to_bits()).collect()
    };
    let Some(first) = layout.layers.first() else { return Vec::new() };
    let (depth, width) = (layout.embedding_width, 4 * layout.units);
    let n_rows = rows.len() / depth;
    let mut out = vec![0.0; n_rows * width];
    level.run(Product {
        a: Rows { words: &words(rows), depth },
        b: &words(first.input.range.clone()),
        bias: if with_bias { &weights[first.bias.clone()] } else { &[] },
        out: &mut out,
        stride: width,
        n_rows,
    });
    out
}

#[cfg(test)]
mod tests;
