//! What a Prometheus answers to a query, for whoever asks: traffic to be simulated, production to be watched. And what it
//! reads: metrics of ours as text.
//!
//! Pure: the bytes are handed in. Source: <https://prometheus.io/docs/prometheus/latest/querying/api/>.

mod answer;
mod error;
#[cfg(any(test, feature = "fuzzing"))]
mod fuzz;
mod text;

pub use answer::{Answer, ResultType, Row};
pub use error::AnswerError;
pub use text::{TEXT, Text};

/// Entry points of `fuzz/`; no part of the library.
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing {
    /// Bytes as an answer.
    pub fn answer(bytes: &[u8]) {
        crate::fuzz::answer(bytes);
    }
}
