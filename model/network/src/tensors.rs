//! How are weights written and read?
//!
//! As safetensors, whose numbers are little-endian, as they are in the memory of every processor that
//! this runs on.

use bytemuck::Pod;
use safetensors::tensor::{Dtype, SafeTensorError, SafeTensors, TensorView};

use crate::error::Error;
use crate::weights::{Network, Size};

impl Network {
    /// The weights as safetensors.
    ///
    /// # Errors
    /// When they are more than safetensors can hold.
    pub fn to_safetensors(&self) -> Result<Vec<u8>, Error> {
        let tensors = self.parameters().iter().map(|own| {
            let bytes = bytemuck::cast_slice(&own.values);
            Ok((&own.name, TensorView::new(Dtype::F32, own.shape.clone(), bytes)?))
        });
        let tensors: Vec<_> = tensors.collect::<Result<_, SafeTensorError>>()?;
        Ok(safetensors::serialize(tensors, None)?)
    }

    /// The network whose weights [`Self::to_safetensors`] wrote.
    ///
    /// # Errors
    /// When these are not safetensors, or a weight is missing or does not fit the others.
    pub fn from_safetensors(bytes: &[u8]) -> Result<Self, Error> {
        let tensors = SafeTensors::deserialize(bytes)?;
        let dim = |name: &str, idx: usize| {
            tensors.tensor(name).ok().and_then(|own| own.shape().get(idx).copied()).unwrap_or(0)
        };
        let is_layer = |name: &&str| name.starts_with("lstm.") && name.ends_with(".recurrent");
        let size = Size {
            vocabulary: dim("output.weight", 1),
            lookbacks: dim("copy.weight", 1),
            labels: dim("condition", 0),
            layers: tensors.names().into_iter().filter(is_layer).count(),
            hidden: dim("output.weight", 0),
            embedding: dim("embedding", 1),
        };
        if size.layers == 0 {
            return Err(Error::Weights("there is no layer".to_owned()));
        }
        Self::from_tensors(size, &tensors, "")
    }

    /// The network of `size` whose weights are the tensors with `prefix` before their names.
    pub(crate) fn from_tensors(
        size: Size,
        tensors: &SafeTensors<'_>,
        prefix: &str,
    ) -> Result<Self, Error> {
        Self::try_from_values(size, |name, shape| {
            let name = format!("{prefix}{name}");
            let fits = tensors.tensor(&name).is_ok_and(|own| own.shape() == shape);
            let values = numbers(tensors, &name, Dtype::F32).filter(|_| fits);
            values.ok_or_else(|| Error::Weights(format!("{name} is missing or does not fit")))
        })
    }
}

/// The numbers of a tensor, if it is there and they are of the type `dtype`, which is `T`.
pub(crate) fn numbers<T: Pod>(
    tensors: &SafeTensors<'_>,
    name: &str,
    dtype: Dtype,
) -> Option<Vec<T>> {
    let tensor = tensors.tensor(name).ok().filter(|own| own.dtype() == dtype)?;
    let mut values = vec![T::zeroed(); tensor.data().len() / size_of::<T>()];
    bytemuck::cast_slice_mut(&mut values).copy_from_slice(tensor.data());
    Some(values)
}

impl From<SafeTensorError> for Error {
    fn from(error: SafeTensorError) -> Self {
        Self::Weights(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Size =
        Size { vocabulary: 3, lookbacks: 1, labels: 2, layers: 1, hidden: 2, embedding: 1 };

    /// What stands before the numbers of a network of this size, in all versions that were ever kept.
    const HEADER: &str = concat!(
        r#"{"condition":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"#,
        r#""copy.bias":{"dtype":"F32","shape":[1],"data_offsets":[8,12]},"#,
        r#""copy.weight":{"dtype":"F32","shape":[2,1],"data_offsets":[12,20]},"#,
        r#""embedding":{"dtype":"F32","shape":[8,1],"data_offsets":[20,52]},"#,
        r#""lstm.0.bias":{"dtype":"F32","shape":[8],"data_offsets":[52,84]},"#,
        r#""lstm.0.input":{"dtype":"F32","shape":[1,8],"data_offsets":[84,116]},"#,
        r#""lstm.0.recurrent":{"dtype":"F32","shape":[2,8],"data_offsets":[116,180]},"#,
        r#""output.bias":{"dtype":"F32","shape":[3],"data_offsets":[180,192]},"#,
        r#""output.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[192,216]}}    "#,
    );

    /// A file whose numbers count up from 0.
    fn file(header: &str) -> Vec<u8> {
        let numbers = (0..54u8).flat_map(|i| f32::from(i).to_le_bytes());
        let length = (header.len() as u64).to_le_bytes();
        length.into_iter().chain(header.bytes()).chain(numbers).collect()
    }

    #[test]
    fn what_was_ever_kept_is_read_and_is_written_in_the_same_way() -> Result<(), Error> {
        let network = Network::from_safetensors(&file(HEADER))?;
        assert_eq!(network.size(), SIZE);
        let firsts = [
            ("embedding", 5),
            ("condition", 0),
            ("lstm.0.input", 21),
            ("lstm.0.recurrent", 29),
            ("lstm.0.bias", 13),
            ("output.weight", 48),
            ("output.bias", 45),
            ("copy.weight", 3),
            ("copy.bias", 2),
        ];
        assert_eq!(network.parameters().len(), firsts.len());
        for (own, (name, first)) in network.parameters().iter().zip(firsts) {
            let expected: Vec<f32> = (first..54u8).map(f32::from).take(own.values.len()).collect();
            assert_eq!((own.name.as_str(), &own.values), (name, &expected));
        }
        assert!(network.to_safetensors()? == file(HEADER));
        Ok(())
    }

    #[test]
    fn what_is_missing_or_does_not_fit_is_an_error() {
        let renamed = HEADER.replace("copy.bias", "gate.bias");
        let of_integers = HEADER.replacen("F32", "I32", 1);
        let transposed = HEADER.replace("[2,8]", "[8,2]");
        let no_layer = HEADER.replace("recurrent", "returning");
        let headers = [&renamed, &of_integers, &transposed, &no_layer].map(|header| file(header));
        for bytes in headers.iter().map(Vec::as_slice).chain([&file(HEADER)[..700], &[]]) {
            assert!(matches!(Network::from_safetensors(bytes), Err(Error::Weights(_))));
        }
    }
}
