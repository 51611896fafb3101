//! What a Prometheus answers to a query, for whoever asks: traffic to be simulated, production to be watched. And the
//! text that it reads: that of services read here as well, and metrics of ours written.
//!
//! Pure: the bytes are handed in. Source: <https://prometheus.io/docs/prometheus/latest/querying/api/>.

mod answer;
mod error;
mod exposition;
#[cfg(any(test, feature = "fuzzing"))]
mod fuzz;
mod text;

pub use answer::{Answer, ResultType, Row};
pub use error::AnswerError;
pub use exposition::{FormatError, Sample, samples};
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
