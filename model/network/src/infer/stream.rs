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

    /// Where one of the streams stands, by itself.
    #[must_use]
    pub fn part(&self, idx: usize) -> Self {
        fn of<T: Copy>(numbers: &[T], n_streams: usize, idx: usize) -> Vec<T> {
            let stride = numbers.len() / n_streams;
            numbers[idx * stride..][..stride].to_vec()
        }
        let n = self.n_streams;
        let hidden = self.hidden.iter().map(|both| both.each_ref().map(|own| of(own, n, idx)));
        let cells = self.cells.iter().map(|both| both.each_ref().map(|own| of(own, n, idx)));
        Self {
            n_streams: 1,
            n_tokens: self.n_tokens,
            hidden: hidden.collect(),
            cells: cells.collect(),
            base: of(&self.base, n, idx),
            sums: of(&self.sums, n, idx),
            logits: of(&self.logits, n, idx),
        }
    }

    /// Puts the streams of `other`, which are of the same predictor, after these.
    pub fn append(&mut self, other: &Self) {
        let pairs = self.hidden.iter_mut().flatten().zip(other.hidden.iter().flatten());
        pairs.for_each(|(own, other)| own.extend_from_slice(other));
        let pairs = self.cells.iter_mut().flatten().zip(other.cells.iter().flatten());
        pairs.for_each(|(own, other)| own.extend_from_slice(other));
        self.base.extend_from_slice(&other.base);
        self.sums.extend_from_slice(&other.sums);
        self.logits.extend_from_slice(&other.logits);
        self.n_streams += other.n_streams;
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
