//! What a Prometheus answers to a query, for whoever asks: traffic to be simulated, production to be watched.
//!
//! Pure: the bytes are handed in. Source: <https://prometheus.io/docs/prometheus/latest/querying/api/>.

mod answer;
mod error;
#[cfg(any(test, feature = "fuzzing"))]
mod fuzz;

pub use answer::{Answer, ResultType, Row};
pub use error::AnswerError;

/// Entry points of `fuzz/`; no part of the library.
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing {
    /// Bytes as an answer.
    pub fn answer(bytes: &[u8]) {
        crate::fuzz::answer(bytes);
    }
}
