//! Which runs of a history may be held against a run, and why others may not.

use loadline_measure::{RunRecord, RunState};

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

/// The first part of two fingerprints that is not the same: workload, plan, machines.
fn difference(one: &str, other: &str) -> &'static str {
    let (ours, theirs): (Vec<&str>, Vec<&str>) = (one.split(" | ").collect(), other.split(" | ").collect());
    let differs = |position: usize| ours.get(position) != theirs.get(position);
    match (differs(0), differs(1)) {
        (true, _) => "of another script or request, or with other options",
        (false, true) => "of another plan",
        (false, false) => "of another machine",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use loadline_measure::Judgement;

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
            (Finished, 9, "5f | plan | other", Some("of another machine")),
            (Finished, 9, "", Some("of nobody knows what")),
        ] {
            assert_eq!(not_comparable(&run, &record(state, started, fingerprint)), expected, "{fingerprint}");
        }
        let saturated = RunRecord { saturated: true, ..run.clone() };
        assert_eq!(not_comparable(&run, &saturated), Some("not trustworthy: its generator was saturated"));
    }
}
