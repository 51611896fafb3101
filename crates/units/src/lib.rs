//! Quantities as people write and read them: durations, amounts of data, shares, counts and rates.
//!
//! One parser and one printer for each, so that a figure looks the same in a table, in the evidence beside it and in
//! an error. The style is k6's, because its users read it without learning: a unit stands right behind a time or a
//! share (`2.85ms`, `99.58%`) and behind a space after an amount of data (`1.2 MB`); thousands are apart (`1,200`).
//!
//! One rounding: figures are cut off, never rounded up, because 499.996 ms is not the 500 ms that was the limit, and
//! 99.999 % is not 100 %. A share says `0%` or `100%` only when it is.
//!
//! All printers are total: they take any `f64`, because what they print comes out of scripts and out of files of
//! others.

mod bytes;
mod duration;
mod error;
mod number;
mod rate;
mod scale;
mod share;
#[cfg(test)]
mod tests;
mod time;

pub use self::bytes::{ByteUnit, bytes, parse_bytes, parse_size, size};
pub use self::duration::{
    MAX_DURATION, clock, duration_text, from_ms, parse_age, parse_duration, parse_duration_or_ms, parse_time,
    to_ms,
};
pub use self::error::UnitError;
pub use self::number::{count, decimals, plain};
pub use self::rate::{parse_per_second, per_second};
pub use self::scale::{Scale, apart};
pub use self::share::{
    out_of, parse_fraction, parse_share, percent, percent_change, percent_of, share_of, whole_percent,
};
pub use self::time::{TimeUnit, time, time_in, time_of};
