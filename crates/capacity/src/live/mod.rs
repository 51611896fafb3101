//! The search on a real system: each step is a run of the scaled plan, by the runner.

mod at_load;
mod counting;
mod drive;
mod ears;
mod evidence;
mod kept;
mod loaded;
mod processor;
mod scale;

pub use counting::{Counting, Left};
pub use drive::{Found, Searching, Told, search};
pub use evidence::{Evidence, Used};
pub use kept::{CAPACITY, RECOVERY, kept};
pub use loaded::{Measured, NotMeasured, measured};
pub use processor::{Listener, listener};
pub use scale::{Load, Scale};
