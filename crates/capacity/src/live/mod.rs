//! The search on a real system: each step is a run of the scaled plan, by the runner.

mod at_load;
mod contradiction;
mod counting;
mod drive;
mod ears;
mod evidence;
mod going;
mod kept;
mod loaded;
mod pair;
mod processor;
mod rule;
mod scale;
mod searching;
#[cfg(test)]
mod written;

pub use counting::{Counting, Left};
pub use drive::search;
pub use evidence::{Evidence, Refused, Used};
pub use kept::{CAPACITY, RECOVERY, Said, kept};
pub use loaded::{Carries, Knowing, Measured, NotMeasured, carries, measured};
pub use pair::{FoundPair, search_pair};
pub use processor::{Listener, listener};
pub use scale::{Load, Scale};
pub use searching::{Found, Searching, Told};
