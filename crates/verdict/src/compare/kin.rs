//! Which runs of a history may be held against a run, and why others may not.

use loadline_measure::{ALL_REQUESTS, Figure, Judgement, RunRecord, RunState, Steered};

/// A target of which fewer requests than one in a thousand succeed is as good as not there.
const DEAD: f64 = 0.999;

/// Why a run may not stand among those that another one is held against, in words that follow its name. Nothing when it
/// may.
pub fn not_comparable(run: &RunRecord, other: &RunRecord) -> Option<&'static str> {
    match other.state {
        RunState::Unfinished => return Some("not over"),
        RunState::Crashed => return Some("not whole: crashed, or cut off"),
        RunState::Interrupted => return Some("not whole: interrupted"),
        RunState::Damaged => return Some("damaged"),
        RunState::Finished | RunState::Imported => {}
    }
    if other.saturated {
        return Some("not trustworthy: its generator was saturated");
    }
    if other.fingerprint.is_empty() {
        return Some("of nobody knows what");
    }
    if run.fingerprint != other.fingerprint {
        return Some(difference(&run.fingerprint, &other.fingerprint));
    }
    (other.started_unix_ms > run.started_unix_ms).then_some("later than it")
}

/// Why a run is no baseline for a later one, in words that follow its name, from its record and its figures: what
/// [`not_comparable`] says, and a run that failed, whose target answered nothing, or that somebody steered, tells
/// nothing of how it should be.
pub fn no_baseline(run: &RunRecord, other: &RunRecord, figures: &[Figure]) -> Option<&'static str> {
    if let Some(why) = not_comparable(run, other) {
        return Some(why);
    }
    if Steered::is_in(&other.fingerprint) {
        return Some(STEERED);
    }
    if figures.iter().any(is_dead) {
        return Some("of a target that answered nothing");
    }
    (other.outcome == Judgement::Failed).then_some("failed by its budgets or thresholds")
}

/// A run whose load people changed.
const STEERED: &str = "steered by hand, so that what ran is not its plan";

fn is_dead(figure: &Figure) -> bool {
    figure.subject == ALL_REQUESTS && figure.quantity == "errors" && figure.value >= DEAD
}

/// The first part of two fingerprints that is not the same: workload, plan, machines.
fn difference(one: &str, other: &str) -> &'static str {
    let (ours, theirs): (Vec<&str>, Vec<&str>) = (one.split(" | ").collect(), other.split(" | ").collect());
    let differs = |position: usize| ours.get(position) != theirs.get(position);
    match (differs(0), differs(1)) {
        (true, _) => "of another script or request, or with other options",
        (false, true) if Steered::is_in(other) => STEERED,
        (false, true) => "of another plan",
        (false, false) => "of another machine",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use loadline_measure::FigureScale;

    use super::*;

    fn record(state: RunState, started_unix_ms: i64, fingerprint: &str) -> RunRecord {
        RunRecord {
            id: 1,
            started_unix_ms,
            name: String::new(),
            fingerprint: fingerprint.to_owned(),
            plan: String::new(),
            commit: String::new(),
            branch: String::new(),
            target_version: String::new(),
            host: String::new(),
            state,
            duration_ms: 0,
            outcome: Judgement::Passed,
            words: String::new(),
            saturated: false,
            annotations: BTreeMap::new(),
        }
    }

    #[test]
    fn a_run_that_may_not_stand_there_has_its_reason() {
        use RunState::{Crashed, Finished, Imported, Interrupted, Unfinished};
        let run = record(Finished, 10, "5f | plan | machine");
        for (state, started, fingerprint, expected) in [
            (Finished, 9, "5f | plan | machine", None),
            (Imported, 10, "5f | plan | machine", None),
            (Finished, 11, "5f | plan | machine", Some("later than it")),
            (Interrupted, 9, "5f | plan | machine", Some("not whole: interrupted")),
            (Crashed, 9, "5f | plan | machine", Some("not whole: crashed, or cut off")),
            (Unfinished, 9, "5f | plan | machine", Some("not over")),
            (Finished, 9, "6f | plan | machine", Some("of another script or request, or with other options")),
            (Finished, 9, "5f | other | machine", Some("of another plan")),
            (Finished, 9, "5f | plan, steered by hand in run 7 | machine", Some(STEERED)),
            (Finished, 9, "5f | plan | other", Some("of another machine")),
            (Finished, 9, "", Some("of nobody knows what")),
        ] {
            assert_eq!(not_comparable(&run, &record(state, started, fingerprint)), expected, "{fingerprint}");
        }
        let saturated = RunRecord { saturated: true, ..run.clone() };
        assert_eq!(not_comparable(&run, &saturated), Some("not trustworthy: its generator was saturated"));
    }

    #[test]
    fn what_failed_or_found_nobody_is_no_baseline() {
        let run = record(RunState::Finished, 10, "5f | plan | machine");
        assert_eq!(no_baseline(&run, &run, &[]), None);
        let steered = record(RunState::Finished, 10, "5f | plan, steered by hand in run 7 | machine");
        assert_eq!(no_baseline(&steered, &steered, &[]), Some(STEERED));
        let failed = RunRecord { outcome: Judgement::Failed, ..run.clone() };
        assert_eq!(no_baseline(&run, &failed, &[]), Some("failed by its budgets or thresholds"));
        let errors = |value| Figure {
            subject: ALL_REQUESTS.to_owned(),
            quantity: "errors".to_owned(),
            value,
            scale: FigureScale::ERRORS,
            values: 500,
        };
        assert_eq!(no_baseline(&run, &failed, &[errors(1.0)]), Some("of a target that answered nothing"));
        assert_eq!(no_baseline(&run, &run, &[errors(0.5)]), None);
    }
}
