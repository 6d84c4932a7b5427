//! What do streams carry from token to token?

/// Where some streams stand, side by side.
#[derive(Clone)]
pub struct Stream {
    pub(super) labels: Vec<u32>,
    pub(super) n_tokens: usize,
    /// Outputs of a layer and room for the next ones, as its kind of layers keeps them.
    pub(super) hidden: Vec<[Vec<u32>; 2]>,
    /// Cells of a layer \[streams, units\] and room for the next ones.
    pub(super) cells: Vec<[Vec<f32>; 2]>,
    /// Sums of the first layer's gates \[streams, 4·units\].
    pub(super) sums: Vec<f32>,
    /// \[streams, stride\]
    pub(super) logits: Vec<f32>,
}

impl Stream {
    /// The logits of a stream's next token, counted from 0.
    pub fn logits(&self, idx: usize) -> &[f32] {
        let stride = self.logits.len() / self.labels.len();
        &self.logits[idx * stride..][..self.n_tokens]
    }
}
