//! Prometheus, for whoever asks it or writes for it: what it answers to a query, the text that it reads, be it that of
//! services or of metrics of ours, and pieces of its query language.
//!
//! Traffic to be simulated and production to be watched are read with it. Pure: the bytes are handed in. Source:
//! <https://prometheus.io/docs/prometheus/latest/querying/api/>.

mod answer;
mod error;
mod exposition;
#[cfg(any(test, feature = "fuzzing"))]
mod fuzz;
mod language;
mod text;

pub use answer::{Answer, ResultType, Row};
pub use error::AnswerError;
pub use exposition::{FormatError, Sample, samples};
pub use language::{bound_pattern, length, literal, quoted};
pub use text::{TEXT, Text};

/// Entry points of `fuzz/`; no part of the library.
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing {
    /// Text as what a service says of itself.
    pub fn exposition(bytes: &[u8]) {
        crate::fuzz::exposition(bytes);
    }

    /// Bytes as an answer.
    pub fn answer(bytes: &[u8]) {
        crate::fuzz::answer(bytes);
    }
}
