//! Made-up runs and systems, whose truth is known.

mod judged;
mod runs;

pub use judged::{Judged, Limits, OnTrial};
pub use runs::{Normals, Simulated};
