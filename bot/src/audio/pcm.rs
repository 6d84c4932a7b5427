//! What is sound to this program?

/// Frames a second of everything that is rendered.
pub const SAMPLE_RATE: u32 = 48_000;

/// Left and right at one moment, 1.0 being full scale.
pub type Frame = [f32; 2];

/// Stereo sound at [`SAMPLE_RATE`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Audio {
    /// One frame after another.
    pub frames: Vec<Frame>,
}

impl Audio {
    /// Length in seconds.
    pub fn seconds(&self) -> f64 {
        self.frames.len() as f64 / f64::from(SAMPLE_RATE)
    }

    /// Left, right, left, right …
    pub fn interleaved(&self) -> &[f32] {
        self.frames.as_flattened()
    }
}
