//! Numbers as people read them.
//!
//! One file per kind of quantity. All functions are total: they take any `f64`, NaN and infinities included,
//! because what they format comes out of scripts. The forms are k6's, so that its users read them without learning.

mod bytes;
mod duration;
mod number;
#[cfg(test)]
mod tests;
mod value;

pub use bytes::bytes;
pub use duration::{TimeUnit, TimeUnitError, clock, duration, duration_in};
pub use number::{count, per_second, percent, plain};
pub use value::{rate_of, value};
