//! What do streams carry from token to token?

/// Where some streams stand, side by side.
#[derive(Clone)]
pub struct Stream {
    pub(super) n_streams: usize,
    /// What the first layer's sums begin with \[streams, 4·units\].
    pub(super) base: Vec<f32>,
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
        let stride = self.logits.len() / self.n_streams;
        &self.logits[idx * stride..][..self.n_tokens]
    }

    /// Leaves out the streams of which `keep` says no; the others move up in their order.
    pub fn retain(&mut self, keep: &[bool]) {
        fn left<T: Copy>(numbers: &mut Vec<T>, keep: &[bool]) {
            let stride = numbers.len() / keep.len().max(1);
            let mut to = 0;
            for from in (0..keep.len()).filter(|idx| keep[*idx]) {
                numbers.copy_within(from * stride..(from + 1) * stride, to * stride);
                to += 1;
            }
            numbers.truncate(to * stride);
        }
        self.hidden.iter_mut().flatten().for_each(|rows| left(rows, keep));
        self.cells.iter_mut().flatten().for_each(|cells| left(cells, keep));
        for numbers in [&mut self.base, &mut self.sums, &mut self.logits] {
            left(numbers, keep);
        }
        self.n_streams = keep.iter().filter(|keep| **keep).count();
    }
}
