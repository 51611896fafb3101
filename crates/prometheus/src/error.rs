//! Why there is no answer in what came.

/// Why there is no answer in what came.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// It is something else.
    #[error("it is no answer of Prometheus: {0}")]
    NoAnswer(String),
    /// It says what is wrong with the query.
    #[error("Prometheus refuses the query: {0}")]
    Refused(String),
    /// It says that it could not do it, whatever was asked: it took too long, or is in trouble.
    #[error("Prometheus could not answer: {0}")]
    InTrouble(String),
}

impl AnswerError {
    /// By the kind that it says (`errorType`): what is no mistake of who asks has names of its own.
    pub(crate) fn said(kind: &str, words: String) -> Self {
        match kind {
            "timeout" | "canceled" | "internal" | "unavailable" => Self::InTrouble(words),
            _ => Self::Refused(words),
        }
    }
}
