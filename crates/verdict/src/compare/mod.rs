//! Two builds, or a build and its past: is it slower, and how sure is that.

mod baseline;
mod blocks;
mod culprit;
mod kin;
mod noise;
mod order;
mod pair;
mod past;
mod rounds;
mod scaled;
mod turns;

pub use baseline::{FEWEST_RUNS, Prediction, predict};
pub use culprit::{Culprit, Suspects};
pub use kin::not_comparable;
pub use noise::{NoiseFloor, noise_floors};
pub use order::round_order;
pub use pair::{compare_runs, incomparable};
pub use past::{Checked, check_figures, normal_figures, worst_figure};
pub use rounds::{Comparison, Gate, Rounds, compare_rounds, worst};
pub use turns::{Decided, LastRound, Turns};
