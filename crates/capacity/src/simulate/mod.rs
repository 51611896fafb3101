//! Services whose load line is known, in simulated time: what a search is tried on.

mod cases;
mod chance;
mod drawn;
mod pairing;
mod service;
mod slower;
mod stall;
mod trial;

pub use cases::{CASES, Case};
pub use chance::{Chance, Law};
pub use drawn::{Drawn, KINDS, drawn};
pub use pairing::{Pairing, search_in_turns};
pub use service::{Fate, Kind, Service};
pub use stall::Stalls;
pub use trial::{Trial, share_beyond, truth};
