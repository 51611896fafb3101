//! How an answer ends before it is whole.

/// The origin's answer ended before it was whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Cut {
    /// Its connection ended, or it is malformed.
    #[error("the origin's answer ended early, or is malformed")]
    Early,
    /// Nothing came for too long.
    #[error("the origin's answer stopped coming")]
    TooSlow,
}
