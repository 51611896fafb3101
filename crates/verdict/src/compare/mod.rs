//! Two builds, or a build and its past: is it slower, and how sure is that.

mod baseline;
mod blocks;
mod culprit;
mod drops;
mod evidence;
mod expected;
mod futility;
mod kin;
mod noise;
mod order;
mod pair;
mod past;
mod reference;
mod rounds;
mod row;
mod scaled;
mod shift;
mod silence;
mod spreads;
mod turns;

pub use baseline::{FEWEST_RUNS, Prediction};
pub use culprit::{Culprit, Suspects};
pub use futility::FUTILE;
pub use kin::{no_baseline, not_comparable};
pub use noise::{EFFECTS, NoiseFloor, NoiseFloors, noise_floors};
pub use order::round_order;
pub use pair::{Pair, StandsOn, compare_figures, compare_runs, incomparable};
pub use past::{
    Accepted, Checked, Earlier, LeftBehind, PastRun, check_figures, normal_figures, worst_figure,
};
pub use rounds::{Comparison, Gate, compare_rounds, worst};
pub use row::Rounds;
pub(crate) use scaled::Scaled;
pub use turns::{Decided, Ended, LastRound, Turns};
