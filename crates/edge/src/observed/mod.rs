//! What caches in front of a service did with a request, as its answer tells whoever asked.
//!
//! Each vendor says it in a field of its own, and no field can be believed alone: some caches say `X-Cache: HIT` of a
//! request that they passed on, an origin's `Age` comes through a cache that was bypassed, and nginx sends none. So all
//! signals are read, and it is said whether several agree, one stands alone, or they contradict each other.

mod reading;
mod recorded;
mod region;
mod signal;
mod vendors;

pub use reading::{Evidence, Observed};
pub use recorded::{FIELDS, Outcomes};
pub use region::region;
pub use signal::{Outcome, Signal, Teller};
