//! A script as a program of the load engine: loaded, set up, iterated, torn down, summarised.

mod aside;
mod error;
mod load;
mod phases;
#[cfg(test)]
mod tests;
mod views;
mod vus;
mod watch;

pub use self::error::{Fault, LoadError};
pub use self::load::{INIT_LIMIT, Script};
pub use self::phases::{Phases, SummaryFile};
pub use self::vus::{ScriptProgram, ScriptVu, ScriptWorker, VUS_PER_REALM, VusPerRealm};
