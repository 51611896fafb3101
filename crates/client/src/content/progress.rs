//! What a decoder did with a piece of its input.

/// Why bytes are not what their encoding makes.
#[derive(Debug, thiserror::Error)]
pub(super) enum DecodeError {
    #[error("{0}")]
    Form(&'static str),
    #[error(transparent)]
    Inflate(#[from] flate2::DecompressError),
    #[error(transparent)]
    Zstd(#[from] std::io::Error),
}

/// What a call did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Progress {
    /// Bytes taken of the input.
    pub(super) used: usize,
    /// Bytes put into the output.
    pub(super) made: usize,
    /// What was taken so far is whole: it may end here.
    pub(super) whole: bool,
}
