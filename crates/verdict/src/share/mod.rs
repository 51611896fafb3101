//! Shares of values, and what they say of the next run.

mod certainty;
mod common;
mod constants;
mod likeness;
mod scores;

pub use certainty::{Certainty, Inference, infer_share};
pub(crate) use certainty::{Counted, certainty};
pub use scores::{Resemblance, Scores};
