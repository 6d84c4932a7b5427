//! How do weights become what candle computes with?

use candle_core::{Device, Result, Tensor, Var};

use crate::weights::{Network, Size};

/// A network's weights on a device.
pub(super) struct Variables {
    pub(super) size: Size,
    pub(super) device: Device,
    /// By name, in the network's order.
    pub(super) named: Vec<(String, Var)>,
}

impl Variables {
    pub(super) fn new(network: &Network, device: &Device) -> Result<Self> {
        let names = network.parameters().iter().map(|own| own.name.clone());
        let vars = tensors(network, device)?.into_iter().map(|tensor| Var::from_tensor(&tensor));
        let named = names.zip(vars).map(|(name, var)| Ok((name, var?)));
        let named = named.collect::<Result<_>>()?;
        Ok(Self { size: network.size(), device: device.clone(), named })
    }

    pub(super) fn get(&self, name: &str) -> &Tensor {
        let found = self.named.iter().find(|(own, _)| own == name);
        found.expect("names are those of the network").1.as_tensor()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Tensor> {
        self.named.iter().map(|(_, var)| var.as_tensor())
    }
}

/// A network's weights on a device, in their order.
pub(super) fn tensors(network: &Network, device: &Device) -> Result<Vec<Tensor>> {
    let parameters = network.parameters().iter();
    parameters.map(|own| Tensor::from_slice(&own.values, own.shape.as_slice(), device)).collect()
}

/// The network whose weights are `tensors`, wherever they lie.
pub(super) fn network<'a>(
    size: Size,
    tensors: impl IntoIterator<Item = &'a Tensor>,
) -> Result<Network> {
    let mut tensors = tensors.into_iter();
    Network::try_from_values(size, |_, _| {
        let tensor = tensors.next().expect("there is one for each parameter");
        tensor.flatten_all()?.to_vec1()
    })
}
