//! On what does a network learn?
//!
//! On the processor, with the engine made for it; or on a GPU, plainly, in a build with the `cuda`
//! feature. Losses on what is held out are the processor's in any case, so that networks compare.

use super::settings::Device;
use crate::batch::Window;
use crate::engine::{Learner, OptimizerOptions, OptimizerState};
use crate::error::Error;
use crate::plain::{NoGpu, PlainDevice, PlainLearner};
use crate::precision::Precision;
use crate::weights::{Network, State};

/// What a run is made on.
#[derive(Clone, Debug)]
pub enum Hardware {
    /// The processor, and why not a GPU if one was looked for.
    Processor(Option<NoGpu>),
    /// What the plain composition runs on.
    Plain(PlainDevice),
}

impl Hardware {
    /// What the setting means here and now. Looking for a GPU may take some tenths of a second.
    ///
    /// # Errors
    /// [`NoGpu`] when one is demanded.
    pub fn find(wanted: Device) -> Result<Self, NoGpu> {
        match wanted {
            Device::Cuda => PlainDevice::cuda().map(Self::Plain),
            Device::Auto if cfg!(feature = "cuda") => Ok(PlainDevice::cuda()
                .map_or_else(|no_gpu| Self::Processor(Some(no_gpu)), Self::Plain)),
            Device::Auto | Device::Cpu => Ok(Self::Processor(None)),
        }
    }

    /// What people should know of it: nothing where it is a matter of course.
    pub fn remark(&self) -> Option<String> {
        match self {
            Self::Processor(no_gpu) => {
                no_gpu.as_ref().map(|no_gpu| format!("training on the processor: {no_gpu}"))
            }
            Self::Plain(_) => Some("training on the GPU".to_owned()),
        }
    }
}

/// Who learns, by the hardware.
pub(super) enum AnyLearner {
    Engine(Box<Learner>),
    Plain(PlainLearner),
}

impl AnyLearner {
    pub(super) fn new(
        hardware: &Hardware,
        network: &Network,
        precision: Precision,
    ) -> Result<Self, Error> {
        Ok(match hardware {
            Hardware::Processor(_) => Self::Engine(Box::new(Learner::new(network, precision)?)),
            Hardware::Plain(device) => Self::Plain(PlainLearner::new(network, device)?),
        })
    }

    pub(super) fn learn(
        &mut self,
        window: &Window,
        state: &mut State,
        masks: &[Vec<f32>],
        options: OptimizerOptions,
    ) -> Result<f64, Error> {
        match self {
            Self::Engine(learner) => learner.learn(window, state, masks, options),
            Self::Plain(learner) => learner.learn(window, state, masks, options),
        }
    }

    pub(super) fn network(&self) -> Result<Network, Error> {
        match self {
            Self::Engine(learner) => Ok(learner.network()),
            Self::Plain(learner) => learner.network(),
        }
    }

    pub(super) fn optimizer_state(&self) -> Result<OptimizerState, Error> {
        match self {
            Self::Engine(learner) => Ok(learner.optimizer_state()),
            Self::Plain(learner) => learner.optimizer_state(),
        }
    }

    pub(super) fn restore(&mut self, state: &OptimizerState) -> Result<(), Error> {
        match self {
            Self::Engine(learner) => learner.restore(state),
            Self::Plain(learner) => learner.restore(state),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_learns_where_it_is_wanted_and_where_nothing_else_is_there() {
        assert!(matches!(Hardware::find(Device::Cpu), Ok(Hardware::Processor(None))));
        let found = Hardware::find(Device::Auto).expect("auto is content with what there is");
        let demanded = Hardware::find(Device::Cuda);
        match (&found, demanded) {
            (Hardware::Plain(_), demanded) => assert!(demanded.is_ok()),
            (Hardware::Processor(no_gpu), Err(said)) => {
                assert_eq!(found.remark().is_some(), cfg!(feature = "cuda"));
                assert_eq!(no_gpu.as_ref().unwrap_or(&said), &said);
                assert!(said.to_string().starts_with("no GPU can be used: "));
                assert_eq!(said.to_string().lines().count(), 1);
            }
            (Hardware::Processor(_), Ok(_)) => panic!("auto missed a GPU"),
        }
    }
}
