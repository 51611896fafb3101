//! A run that did not come to its end, judged all the same: its last row says that it is no whole run, and fails.
//!
//! As a verdict like the others it is in every output: the table, JSON, `JUnit`, a workflow's annotations, and the code.

use loadline_measure::Unit;
use loadline_verdict::{Outcome, Rule, Verdict};

/// The verdict on a run without an ending; `why` is what became of it.
pub(crate) fn no_ending(why: &str) -> Verdict {
    Verdict {
        rule: Rule::Threshold,
        selector: "run".to_owned(),
        expression: "endings==1".to_owned(),
        metric: String::new(),
        aggregate: "endings".to_owned(),
        outcome: Outcome::Fail,
        observed: Some(0.0),
        interval: None,
        limit: 1.0,
        unit: Unit::Plain,
        exact: true,
        values: 0,
        evidence: format!("it {why}: the other verdicts are of what was recorded until then"),
        trustworthy: true,
        fails: true,
        abort: false,
    }
}
