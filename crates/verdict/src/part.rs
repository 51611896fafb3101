//! Verdicts on a run that may not be whole.
//!
//! What did not hold in a part of a run did not hold. What held so far might not have held to the end, so it is no
//! pass, and the run itself fails by a verdict of its own: every table, file and exit code says it without knowing of
//! it. Whoever asks for less gets the verdicts as they stand, and is still told.

use loadline_measure::{Run, Unit};

use crate::budgets::Budgets;
use crate::judge::judge;
use crate::verdict::{Outcome, Rule, Verdict};

/// What its verdict is on.
const RUN: &str = "run";
const ENDINGS: &str = "endings";

/// What becomes of a run that is not whole.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Incomplete {
    /// It never passes.
    #[default]
    Fails,
    /// It passes when what there is of it does.
    Allowed,
}

/// Judges a run by its budgets, and for being whole. Every verdict that is shown, kept, or decides how something ends
/// comes from here.
pub fn judge_whole(run: &Run, budgets: &Budgets, incomplete: Incomplete) -> Vec<Verdict> {
    let mut verdicts = judge(run, budgets);
    if let Some(what) = run.incomplete() {
        if incomplete == Incomplete::Fails {
            verdicts.iter_mut().for_each(withhold);
        }
        verdicts.push(no_ending(&what, incomplete));
    }
    verdicts
}

/// What held so far is no pass.
fn withhold(verdict: &mut Verdict) {
    if verdict.outcome == Outcome::Pass {
        verdict.outcome = Outcome::Inconclusive;
        verdict.certainty = None;
        verdict.more_s = None;
        verdict.evidence = format!("it held so far: {}", verdict.evidence);
    }
}

impl Verdict {
    /// Whether it is on the run itself, that it is whole, and not on something it was asked for.
    pub fn is_of_ending(&self) -> bool {
        self.selector == RUN && self.aggregate == ENDINGS && self.metric.is_empty()
    }
}

/// The verdict on a run that is not whole.
fn no_ending(what: &str, incomplete: Incomplete) -> Verdict {
    let fails = incomplete == Incomplete::Fails;
    Verdict {
        rule: Rule::Threshold,
        selector: RUN.to_owned(),
        expression: "endings==1".to_owned(),
        metric: String::new(),
        aggregate: ENDINGS.to_owned(),
        outcome: if fails { Outcome::Fail } else { Outcome::Inconclusive },
        observed: Some(0.0),
        interval: None,
        limit: 1.0,
        unit: Unit::Plain,
        exact: true,
        values: 0,
        evidence: format!("it {what}: the other verdicts are of what was recorded until then"),
        certainty: None,
        more_s: None,
        trustworthy: true,
        fails,
        abort: false,
    }
}

#[cfg(test)]
mod tests {
    use loadline_measure::{Builtin, Completeness, Recorder, RunMeta, Schema, TagSetId, ThresholdText};

    use super::*;

    fn judged(completeness: Completeness, incomplete: Incomplete) -> Vec<(Outcome, bool, String)> {
        let schema = Schema::new();
        let builtin = Builtin::define(&schema).unwrap();
        let mut recorder = Recorder::new(schema.clone());
        recorder.record(builtin.http_reqs, 1.0, TagSetId::EMPTY);
        let thresholds = ["count<2", "count>2"].map(|expression| ThresholdText {
            selector: "http_reqs".to_owned(),
            expression: expression.to_owned(),
            ..ThresholdText::default()
        });
        let mut run = Run::new(RunMeta { thresholds: thresholds.into(), ..RunMeta::default() }, schema);
        run.push(0, recorder.take_window());
        run.set_completeness(completeness);
        let budgets = Budgets::of_run(&run).unwrap();
        let verdicts = judge_whole(&run, &budgets, incomplete);
        verdicts.into_iter().map(|verdict| (verdict.outcome, verdict.fails, verdict.evidence)).collect()
    }

    #[test]
    fn a_part_passes_nothing_and_says_what_it_is() {
        let why = "by a signal".to_owned();
        for completeness in [
            Completeness::Interrupted { why: why.clone() },
            Completeness::Cut { last_second: Some(0), why: why.clone() },
            Completeness::Damaged { last_second: Some(0), why },
            Completeness::GoesOn { last_second: Some(0) },
        ] {
            let verdicts = judged(completeness.clone(), Incomplete::Fails);
            let outcomes: Vec<(Outcome, bool)> =
                verdicts.iter().map(|verdict| (verdict.0, verdict.1)).collect();
            assert_eq!(
                outcomes,
                [(Outcome::Inconclusive, false), (Outcome::Fail, true), (Outcome::Fail, true)],
                "{completeness}"
            );
            assert!(verdicts[0].2.starts_with("it held so far: "), "{verdicts:?}");
            let allowed = judged(completeness, Incomplete::Allowed);
            let outcomes: Vec<(Outcome, bool)> =
                allowed.iter().map(|verdict| (verdict.0, verdict.1)).collect();
            let expected = [(Outcome::Pass, false), (Outcome::Fail, true), (Outcome::Inconclusive, false)];
            assert_eq!(outcomes, expected, "it is said, and decides nothing");
            assert_eq!(allowed[2].2, verdicts[2].2);
        }
        assert_eq!(judged(Completeness::Complete, Incomplete::Fails).len(), 2);
    }
}
