//! A run, sent second by second to where a team keeps the rest of its telemetry.
//!
//! An [`Output`] is told of every second, as outputs are, and hands the window to a thread of its own: whoever makes
//! load never waits for a receiver. The thread adds the window to what each series has come to, makes messages of what
//! changed, in the [form](form) of its receiver, and posts them until they are taken. Windows merge, so nothing in here
//! grows without end: a thread that is behind gets a longer window, and a receiver that is down gets the newest
//! messages that a bounded queue holds, with the totals right again as soon as it takes one.
//!
//! [`Receiver`] is what people type, [`Settings`] is what it means together with the environment's variables, which
//! come in as values. Only `sending` has sockets, threads and a clock.

mod accumulated;
mod endpoint;
mod form;
#[cfg(any(test, feature = "fuzzing"))]
mod fuzz;
mod influxdb;
#[cfg(test)]
mod measured;
mod opentelemetry;
mod output;
mod prometheus;
mod receiver;
mod sending;
mod settings;
mod statsd;
mod tags;
mod variables;

pub use output::Telemetry;
pub use receiver::{Kind, Receiver};
pub use settings::Settings;
pub use variables::{SettingsError, Variables};

/// Entry points of `fuzz/`; no part of the library.
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing {
    /// Has any bytes be what a receiver answers.
    ///
    /// # Panics
    /// When anything is made of it that must not be.
    pub fn answer(bytes: &[u8]) {
        crate::fuzz::answer(bytes);
    }
}
