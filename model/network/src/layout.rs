//! How are the weights laid out where they are multiplied?
//!
//! All in one vector, so that gradients are added and weights moved in one sweep: matrices in panels
//! (see [`pack`](crate::kernels::pack)) with the four gates of a vector of units side by side,
//! widths rounded up to whole vectors with zeros, which stay zero; biases last, as they do not decay.

use std::ops::Range;

use crate::{Network, Parameter, Size};

/// A matrix in panels of `depth` lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Matrix {
    pub(crate) range: Range<usize>,
    pub(crate) depth: usize,
}

/// Weights of one LSTM layer.
#[derive(Clone, Debug)]
pub(crate) struct LayerLayout {
    pub(crate) input: Matrix,
    pub(crate) recurrent: Matrix,
    pub(crate) bias: Range<usize>,
}

/// The places of all weights for vectors of `lanes` numbers.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub(crate) size: Size,
    lanes: usize,
    /// Numbers of an embedding, of a layer's output and of the logits with copy gates, rounded up.
    pub(crate) embedding_width: usize,
    pub(crate) units: usize,
    pub(crate) head_width: usize,
    /// Rows of `embedding_width`.
    pub(crate) embedding: Range<usize>,
    pub(crate) labels: Range<usize>,
    pub(crate) layers: Vec<LayerLayout>,
    pub(crate) output: Matrix,
    pub(crate) output_bias: Range<usize>,
    /// Weights before this one decay.
    pub(crate) n_decaying: usize,
    pub(crate) len: usize,
}

/// How a parameter, row-major with `width` columns, is laid out.
enum Place {
    Rows { start: usize, stride: usize },
    Columns { matrix: Matrix, first: usize },
    Gates(Matrix),
    GateBias(usize),
}

impl Layout {
    pub(crate) fn new(size: Size, lanes: usize) -> Self {
        let up = |n: usize| n.next_multiple_of(lanes);
        let (embedding_width, units) = (up(size.embedding), up(size.hidden));
        let head_width = up(size.vocabulary + size.lookbacks);
        let mut len = 0;
        let mut take = |n: usize| {
            len += n;
            len - n..len
        };
        let embedding = take(size.embedding_rows() * embedding_width);
        let labels = take(size.labels * embedding_width);
        let mut matrices = Vec::new();
        for layer in 0..size.layers {
            let depth = if layer == 0 { embedding_width } else { units };
            let input = Matrix { range: take(depth * 4 * units), depth };
            matrices.push((input, Matrix { range: take(units * 4 * units), depth: units }));
        }
        let output = Matrix { range: take(units * head_width), depth: units };
        let layers: Vec<LayerLayout> = matrices
            .into_iter()
            .map(|(input, recurrent)| LayerLayout { input, recurrent, bias: take(4 * units) })
            .collect();
        let output_bias = take(head_width);
        let n_decaying = layers.first().map_or(output_bias.start, |layer| layer.bias.start);
        Self {
            size,
            lanes,
            embedding_width,
            units,
            head_width,
            embedding,
            labels,
            layers,
            output,
            output_bias,
            n_decaying,
            len,
        }
    }

    /// The network's weights in their places.
    pub(crate) fn read(&self, network: &Network) -> Vec<f32> {
        let mut weights = vec![0.0; self.len];
        for Parameter { name, values, .. } in network.parameters() {
            let (place, width) = self.place(name);
            for (idx, value) in values.iter().enumerate() {
                weights[self.index(&place, width, idx)] = *value;
            }
        }
        weights
    }

    /// The network of weights, or of anything laid out like them.
    pub(crate) fn network(&self, weights: &[f32]) -> Network {
        Network::from_values(self.size, |name, shape| {
            let (place, width) = self.place(name);
            let n = shape.iter().product();
            (0..n).map(|idx| weights[self.index(&place, width, idx)]).collect()
        })
    }

    /// The place of a parameter and the columns of its own shape.
    fn place(&self, name: &str) -> (Place, usize) {
        let Size { hidden, embedding, vocabulary, lookbacks, .. } = self.size;
        let rows =
            |range: &Range<usize>| Place::Rows { start: range.start, stride: self.embedding_width };
        let columns = |first| Place::Columns { matrix: self.output.clone(), first };
        let bias = |first| Place::Rows { start: self.output_bias.start + first, stride: 0 };
        match name {
            "embedding" => (rows(&self.embedding), embedding),
            "condition" => (rows(&self.labels), embedding),
            "output.weight" => (columns(0), vocabulary),
            "copy.weight" => (columns(vocabulary), lookbacks),
            "output.bias" => (bias(0), vocabulary),
            "copy.bias" => (bias(vocabulary), lookbacks),
            _ => {
                let mut parts = name.split('.').skip(1);
                let layer = parts.next().and_then(|layer| layer.parse::<usize>().ok());
                let layer = &self.layers[layer.expect("only layers are left of `shapes`")];
                let place = match parts.next() {
                    Some("input") => Place::Gates(layer.input.clone()),
                    Some("recurrent") => Place::Gates(layer.recurrent.clone()),
                    _ => Place::GateBias(layer.bias.start),
                };
                (place, 4 * hidden)
            }
        }
    }

    fn index(&self, place: &Place, width: usize, idx: usize) -> usize {
        let (row, column) = (idx / width, idx % width);
        let in_panels = |matrix: &Matrix, row: usize, column: usize| {
            let line = column / self.lanes * matrix.depth + row;
            matrix.range.start + line * self.lanes + column % self.lanes
        };
        match place {
            Place::Rows { start, stride } => start + row * stride + column,
            Place::Columns { matrix, first } => in_panels(matrix, row, first + column),
            Place::Gates(matrix) => in_panels(matrix, row, self.gate_column(column)),
            Place::GateBias(start) => start + self.gate_column(column),
        }
    }

    /// Where a column of gates \[4, hidden\] lies among the panels' columns.
    fn gate_column(&self, column: usize) -> usize {
        let (gate, unit) = (column / self.size.hidden, column % self.size.hidden);
        (unit / self.lanes * 4 + gate) * self.lanes + unit % self.lanes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn every_weight_has_a_place_of_its_own() {
        let size =
            Size { vocabulary: 21, lookbacks: 2, labels: 3, layers: 2, hidden: 19, embedding: 5 };
        let network = Network::new(size, &mut ChaCha8Rng::seed_from_u64(1));
        for lanes in [8, 16] {
            let layout = Layout::new(size, lanes);
            let read = layout.network(&layout.read(&network));
            assert_eq!(read.parameters(), network.parameters());
            let mut used = vec![0; layout.len];
            for Parameter { name, values, .. } in network.parameters() {
                let (place, width) = layout.place(name);
                (0..values.len()).for_each(|idx| used[layout.index(&place, width, idx)] += 1);
            }
            assert!(used.iter().all(|n| *n <= 1));
        }
    }
}
