//! Two builds, or a build and its past: is it slower, and how sure is that.

mod baseline;
mod blocks;
mod noise;
mod order;
mod rounds;

pub use baseline::{FEWEST_RUNS, Prediction, predict};
pub use blocks::{BLOCK_SECONDS, Spread, quantile_spread};
pub use noise::{NoiseFloor, noise_floor};
pub use order::round_order;
pub use rounds::{Better, Comparison, Gate, Rounds, compare_rounds, compare_spreads};
