//! Made-up runs, systems and histories, whose truth is known.

mod histories;
mod judged;
mod runs;

pub use histories::MadeUp;
pub use judged::{Judged, Limits, OnTrial};
pub use runs::{Normals, Simulated};
