//! What came of two versions.

use loadline_report::ComparisonReport;
use loadline_verdict::Outcome;
use loadline_watch::canary::{Canary, Pace, Side, TooShort};

use crate::common::Unproven;

/// What came of it.
pub(super) struct Compared {
    pub(super) base: Side,
    pub(super) head: Side,
    pub(super) at_s: i64,
    pub(super) rounds: Result<(Pace, Canary), TooShort>,
    /// The versions that there are, where one was not found.
    pub(super) versions: Vec<String>,
    pub(super) warnings: Vec<String>,
}

/// What they come to, as `compare` reports two builds.
pub(super) fn report<T>(compared: &Compared, delta: f64, what: impl FnOnce(&ComparisonReport<'_>) -> T) -> T {
    let (names, nothing) = ((compared.base.to_string(), compared.head.to_string()), Canary::default());
    let canary = compared.rounds.as_ref().map_or(&nothing, |(_, canary)| canary);
    what(&ComparisonReport {
        name: "canary",
        base: &names.0,
        head: &names.1,
        comparisons: &canary.comparisons,
        delta,
        rounds: compared.rounds.as_ref().map_or(0, |(pace, _)| pace.rounds),
        advisory: None,
        deciles: &[],
        ledger: &[],
        course: None,
    })
}

/// Whether the canary may go on.
pub(super) fn passes(outcome: Outcome, unproven: Unproven) -> bool {
    match outcome {
        Outcome::Pass => true,
        Outcome::Fail => false,
        Outcome::Inconclusive | Outcome::NoData => unproven != Unproven::Fail,
    }
}
