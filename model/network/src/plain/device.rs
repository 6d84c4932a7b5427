//! Where do the plain composition's tensors lie?

use candle_core::Device;

use crate::error::Error;

/// A processor or a GPU, as candle knows it.
#[derive(Clone, Debug)]
pub struct PlainDevice(pub(super) Device);

/// There is no GPU to learn on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no GPU can be used: {why}")]
pub struct NoGpu {
    /// As CUDA says it.
    pub why: String,
}

impl PlainDevice {
    /// The processor.
    pub fn cpu() -> Self {
        Self(Device::Cpu)
    }

    /// The first of NVIDIA's GPUs.
    ///
    /// # Errors
    /// [`NoGpu`] where there is none, or where the program was built without the `cuda` feature.
    pub fn cuda() -> Result<Self, NoGpu> {
        if !cfg!(feature = "cuda") {
            let why = "this program was built without the cuda feature".to_owned();
            return Err(NoGpu { why });
        }
        Device::new_cuda(0).map(Self).map_err(|error| {
            // The lines after the first are where in candle it was noticed.
            let why = error.to_string().lines().next().unwrap_or_default().to_owned();
            NoGpu { why }
        })
    }

    /// Which of the machine's devices it is, in candle's words.
    pub fn location(&self) -> String {
        format!("{:?}", self.0.location())
    }
}

impl From<candle_core::Error> for Error {
    fn from(error: candle_core::Error) -> Self {
        Self::Tensors(error.into())
    }
}
