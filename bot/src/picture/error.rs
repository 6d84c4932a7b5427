//! Why could a picture not be made?

/// Why a picture could not be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    /// An embedded font cannot be read: the program was built wrongly.
    #[error("the embedded font cannot be read: build the program again")]
    Font,
    /// The picture could not be allocated or encoded.
    #[error("the picture could not be made: {0}")]
    Encode(String),
}
