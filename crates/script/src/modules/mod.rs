//! The k6 modules: one file each, a few natives and a short script on top of them.
//!
//! What a script calls is JavaScript of ours (`*.js` beside each file), which calls natives. So stack traces stay
//! right, callbacks of the user run in JavaScript, and a blocking call is *prepare*, `block()`, *finish*.

#![expect(
    clippy::needless_pass_by_value,
    reason = "rquickjs hands native functions their arguments by value"
)]

mod calls;
mod collation;
mod console;
mod data;
mod dates;
mod encoding;
mod execution;
mod http;
mod k6;
mod kept;
mod log;
mod metrics;
mod open;
mod registry;
mod state;
mod tags;
#[cfg(test)]
mod tests;
mod timers;
mod web;

pub(crate) use self::encoding::buffer_bytes;
pub(crate) use self::execution::forget_environment;
pub use self::http::{HttpDebug, RequestPace};
pub use self::kept::Kept;
pub use self::log::{Level, Log, Source};
pub use self::registry::{exports, install};
pub use self::state::{
    Counters, HttpDefaults, IterationNumbers, Process, ScenarioView, VuState, WorkerState,
};
