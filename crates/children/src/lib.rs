//! Processes that this one starts, and folders that it needs for a while: both gone whatever ends it.
//!
//! Each child runs under a guard, a process of this binary that outlives us by as long as it takes to clean up, even
//! when we are killed without a chance to; so a program that starts a [`Ward`] has a hidden command `guard` that calls
//! [`Guard::keep`]. Folders carry a lock that goes with us; the next start removes those whose lock is free.

mod descendants;
mod empty;
mod folder;
mod guard;
mod log;
mod ward;

pub use folder::TemporaryFolder;
pub use guard::{Farewell, Guard, RunAs};
pub use log::{LogFile, last_lines};
pub use ward::{Order, Ward};
