//! Content encodings: undoing those of responses piece by piece, applying those of requests.

mod chain;
mod codec;
mod decompress;
mod encoding;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzz;
mod gzip;
mod progress;
#[cfg(test)]
mod tests;

pub(crate) use decompress::{Undecoded, decompress};
pub use encoding::{Encoding, compress};
