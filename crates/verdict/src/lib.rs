//! What the measurements mean: the threshold grammar, budgets, and the judge.
//!
//! Text becomes [`Budgets`], checked against the metrics that exist; [`judge`] compares a
//! [`Run`](loadline_measure::Run) with them. Judging is a pure function of the two, so that a threshold means the
//! same while the run goes on, at its end, and years later from a file.

mod answers;
mod brief;
mod budgets;
mod claim;
mod compare;
mod conclude;
mod endpoint;
mod escape;
mod excerpt;
mod figures;
mod finding;
#[cfg(any(test, feature = "fuzzing"))]
mod fuzz;
mod gathered;
mod harmless;
mod judge;
mod judge_slope;
mod judge_thresholds;
mod missing;
mod outage;
mod parse;
mod part;
mod percentile;
mod problem;
mod project;
mod route_tree;
mod router;
mod selection;
mod selector;
mod share;
mod simulate;
mod slope;
mod slope_unit;
mod stats;
mod steady;
mod target_budget;
mod threshold;
mod trend;
mod untold;
mod verdict;

pub use brief::{brief, brief_lines, first_of, list_problems};
pub use budgets::{Budget, Budgets};
pub use claim::{Claim, Condition, judge_claim};
pub use compare::{
    Accepted, Checked, Comparison, Culprit, Decided, EFFECTS, Earlier, Ended, FEWEST_RUNS, FUTILE, Gate,
    LastRound, LeftBehind, NoiseFloor, NoiseFloors, Pair, PastRun, Prediction, Rounds, StandsOn, Suspects,
    Turns, check_figures, compare_figures, compare_rounds, compare_runs, incomparable, no_baseline,
    noise_floors, normal_figures, not_comparable, round_order, worst, worst_figure,
};
pub use conclude::conclude;
pub use endpoint::{Endpoint, Endpoints, Route};
pub use escape::escape;
pub use excerpt::Excerpt;
pub use figures::{figures, figures_missed};
pub use harmless::harmless;
pub use judge::{judge, stops};
pub use outage::Outage;
pub use part::{Incomplete, judge_whole};
pub use problem::{Problem, Problems};
pub use project::{Allowed, BudgetProblem, Part, Place, ProjectBudget, Quantity, Subject};
pub use router::Router;
pub use selection::Selection;
pub use selector::Selector;
pub use share::{Certainty, Inference, Resemblance, Scores, infer_share};
pub use simulate::{Judged, Limits, MadeUp, Normals, OnTrial, Simulated};
pub use slope::{CONFIDENCE, Slope, theil_sen};
pub use slope_unit::{Amount, Per, SlopeUnit};
pub use stats::{Paired, Spending, harrell_davis, holm};
pub use target_budget::{TargetBudget, TargetBudgetError};
pub use threshold::{Aggregate, Limit, LimitUnit, Operator, Threshold, TimeUnit};
pub use trend::{Change, Course, Level, Way, course};
pub use verdict::{Interval, Outcome, Rule, Verdict};

/// Entry points of `fuzz/`; no part of the library.
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing {
    /// Reads any bytes as selectors, thresholds, routes and budgets.
    pub fn grammars(bytes: &[u8]) {
        crate::fuzz::grammars(bytes);
    }
}
