//! How do a token and what the lookbacks suggest become the logits of the next token?

use std::ops::Range;

use super::float::FloatLayers;
use super::int8::Int8Layers;
use super::stream::Stream;
use crate::batch::inputs;
use crate::kernels::Level;
use crate::kernels::elementwise::Add;
use crate::kernels::int8::Weights;
use crate::kernels::product::{Product, Rows};
use crate::layout::Layout;
use crate::precision::Precision;
use crate::{Error, Network, Size};

/// A network ready to predict.
pub struct Predictor {
    layout: Layout,
    level: Level,
    precision: Precision,
    /// Rows \[4·units\]: each embedding times the first layer's input weights.
    table: Vec<f32>,
    /// The same of each label.
    labels: Vec<f32>,
    /// What the first layer's sums begin with.
    base: Vec<f32>,
    layers: Layers,
}

/// The layers and the output in one precision.
enum Layers {
    Float(FloatLayers),
    Int8(Int8Layers),
}

impl Predictor {
    /// Lays out the network's weights in the fastest precision on this processor: int4 with
    /// AVX512-VNNI, int8 with AVX2, else `f32`. They all sample equally well.
    ///
    /// # Errors
    /// When a weight is not finite.
    pub fn new(network: &Network) -> Result<Self, Error> {
        Self::with_precision(network, Precision::Auto)
    }

    /// Lays out the network's weights in a precision.
    ///
    /// # Errors
    /// As for [`new`](Self::new), and for bf16, in which networks only learn.
    pub fn with_precision(network: &Network, precision: Precision) -> Result<Self, Error> {
        match precision.for_sampling() {
            Some((precision, level)) => Self::with_level(network, precision, level),
            None => Err(Error::NotForSampling(precision)),
        }
    }

    /// `level` multiplies `f32`.
    pub(super) fn with_level(
        network: &Network,
        precision: Precision,
        level: Level,
    ) -> Result<Self, Error> {
        let layout = Layout::new(network.size(), level.lanes());
        let weights = layout.read(network);
        // Eight bits hold no NaN: it would be taken for a number.
        if !weights.iter().all(|weight| weight.is_finite()) {
            return Err(Error::NotFinite);
        }
        let int8 = |bits| Layers::Int8(Int8Layers::new(level, bits, &layout, &weights));
        let layers = match precision {
            Precision::Int4 => int8(Weights::Bits4),
            Precision::Int8 => int8(Weights::Bits8),
            _ => Layers::Float(FloatLayers::new(level, &layout, &weights)),
        };
        let table = times_input(&layout, level, &weights, layout.embedding.clone());
        let labels = times_input(&layout, level, &weights, layout.labels.clone());
        let bias = layout.layers.first().map(|first| &weights[first.bias.clone()]);
        let mut base = bias.map_or(Vec::new(), <[f32]>::to_vec);
        if let Layers::Int8(layers) = &layers {
            base.iter_mut().zip(layers.first_offsets()).for_each(|(sum, offset)| *sum += offset);
        }
        Ok(Self { layout, level, precision, table, labels, base, layers })
    }

    /// The network's size.
    pub fn size(&self) -> Size {
        self.layout.size
    }

    /// What it multiplies; not [`Precision::Auto`].
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// Numbers a row of logits.
    fn width(&self) -> usize {
        match &self.layers {
            Layers::Float(layers) => layers.width(),
            Layers::Int8(layers) => layers.width(),
        }
    }

    /// A stream with these labels before its first token; none counts in a network without.
    pub fn stream(&self, labels: &[u32]) -> Stream {
        self.streams(&[labels])
    }

    /// Streams that advance together, each with its labels, before their first tokens. Together they take
    /// less time than one after the other.
    pub fn streams(&self, labels: &[impl AsRef<[u32]>]) -> Stream {
        let (n, n_layers) = (labels.len(), self.layout.layers.len());
        let width = self.base.len();
        let mut base = self.base.repeat(n);
        for (sums, labels) in base.chunks_exact_mut(width.max(1)).zip(labels) {
            for label in labels.as_ref().iter().filter(|own| (**own as usize) < self.size().labels)
            {
                let from = &self.labels[*label as usize * width..][..width];
                self.level.run(Add { to: sums, from });
            }
        }
        let cells = || vec![0.0; n * self.layout.units];
        Stream {
            n_streams: n,
            base,
            n_tokens: self.layout.size.vocabulary,
            hidden: match &self.layers {
                Layers::Float(layers) => layers.hidden(n),
                Layers::Int8(layers) => layers.hidden(n),
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
        self.embed(stream, tokens, suggested);
        match &self.layers {
            Layers::Float(layers) => layers.run(stream),
            Layers::Int8(layers) => layers.run(stream),
        }
        self.copy(stream, suggested);
    }

    /// Sets the first layer's sums.
    fn embed(&self, stream: &mut Stream, tokens: &[u32], suggested: &[u32]) {
        let size = self.layout.size;
        let width = 4 * self.layout.units;
        for (idx, (sums, token)) in stream.sums.chunks_exact_mut(width).zip(tokens).enumerate() {
            sums.copy_from_slice(&stream.base[idx * width..][..width]);
            let suggested = &suggested[idx * size.lookbacks..][..size.lookbacks];
            for row in inputs(size.interface(), *token, suggested) {
                let from = &self.table[row as usize * width..][..width];
                self.level.run(Add { to: sums, from });
            }
        }
    }

    /// Adds each lookback's gate to the logit of the token that it suggests.
    fn copy(&self, stream: &mut Stream, suggested: &[u32]) {
        let size = self.layout.size;
        for (idx, row) in stream.logits.chunks_exact_mut(self.width()).enumerate() {
            let (logits, gates) = row.split_at_mut(size.vocabulary);
            let suggested = &suggested[idx * size.lookbacks..];
            for (token, gate) in suggested.iter().zip(&gates[..size.lookbacks]) {
                if let Some(logit) = logits.get_mut(*token as usize) {
                    *logit += gate;
                }
            }
        }
    }
}

/// Rows of embeddings times the first layer's input weights, without its bias.
fn times_input(layout: &Layout, level: Level, weights: &[f32], rows: Range<usize>) -> Vec<f32> {
    let words = |range: Range<usize>| -> Vec<u32> {
        weights[range].iter().map(|value| value.to_bits()).collect()
    };
    let Some(first) = layout.layers.first() else { return Vec::new() };
    let (depth, width) = (layout.embedding_width, 4 * layout.units);
    let n_rows = rows.len() / depth;
    let mut out = vec![0.0; n_rows * width];
    level.run(Product {
        a: Rows::dense(&words(rows), depth),
        words: None,
        b: &words(first.input.range.clone()),
        bias: &[],
        out: &mut out,
        stride: width,
        n_rows,
    });
    out
}
