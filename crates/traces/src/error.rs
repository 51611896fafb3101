//! Why bytes are no spans.

use crate::span::MOST;

/// What is wrong with a message.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// It is not of the form that it says.
    #[error("it is no {form}: {why}")]
    Malformed {
        /// The form that was expected.
        form: &'static str,
        /// What is wrong.
        why: String,
    },
    /// It has more spans than one message may have.
    #[error("it has more than {MOST} spans: send them in several messages")]
    TooMany,
    /// The place that was asked says that something is wrong.
    #[error("the answer says: {0}")]
    Answer(String),
}
