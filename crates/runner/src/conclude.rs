//! How a run ends: its verdicts, what they leave open, what the generator says of itself, and what went wrong, put
//! together.

use loadline_load::{EngineError, Why};
use loadline_measure::Run;
use loadline_verdict::{Outcome, Verdict, brief, first_of};

use crate::ending::Ending;
use crate::failure::Failure;

/// What else fails a run, beside verdicts that fail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// A verdict that too little evidence leaves open fails it.
    pub fail_on_inconclusive: bool,
    /// A generator that could not keep up ends it in [`Ending::Saturated`], in place of a pass or a fail.
    pub fail_on_saturation: bool,
}

/// A run that is over: measured, judged, written.
#[derive(Debug)]
pub struct Finished {
    /// Everything that was measured.
    pub run: Run,
    /// The judgement of each threshold and each budget.
    pub verdicts: Vec<Verdict>,
    /// What ended the run otherwise than by its verdicts, the first of all; [`Ending::Passed`] where nothing did.
    pub came_to: Ending,
    /// What went wrong, in the order it did, each to be said.
    pub trouble: Vec<Failure>,
}

impl Finished {
    /// How it ends by these rules. `stopped` says whether a signal came, also one after the run, while it was reported.
    ///
    /// What ended the run itself is first; then come the generator, the signal, the verdicts, and the outputs, which
    /// are whole or not whatever was found.
    pub fn ending(&self, rules: Rules, stopped: bool) -> Ending {
        let failed = match self.came_to {
            Ending::Passed => {
                self.verdicts.iter().any(|verdict| verdict.fails)
                    || (rules.fail_on_inconclusive && is_open(&self.verdicts))
            }
            Ending::Failed => true,
            other => return other,
        };
        if rules.fail_on_saturation && self.run.meta.saturation.is_some() {
            return Ending::Saturated;
        }
        if stopped {
            return Ending::Signal;
        }
        if failed {
            return Ending::Failed;
        }
        let lost = |failure: &Failure| failure.ending == Ending::OutputNotWritten;
        if self.trouble.iter().any(lost) { Ending::OutputNotWritten } else { Ending::Passed }
    }
}

/// Whether a verdict was left open for want of evidence.
pub fn is_open(verdicts: &[Verdict]) -> bool {
    verdicts.iter().any(|verdict| verdict.outcome == Outcome::Inconclusive)
}

/// So many thresholds are named in one line.
const NAMED: usize = 10;

/// The exit code's reason, for logs without a summary.
pub(crate) fn failed_thresholds(verdicts: &[Verdict]) -> Option<String> {
    let failed: Vec<String> = verdicts
        .iter()
        .filter(|verdict| verdict.fails)
        .map(|verdict| {
            let no_data = if verdict.outcome == Outcome::NoData { " (no data)" } else { "" };
            brief(&format!("`{}` on `{}`{no_data}", verdict.expression, verdict.selector))
        })
        .collect();
    match failed.len() {
        0 => None,
        1 => Some(format!("a threshold failed: {}", failed[0])),
        count => Some(format!("{count} thresholds failed: {}", first_of(&failed, NAMED, ", "))),
    }
}

/// What was not decided: it fails nothing, and must not pass for a pass.
pub(crate) fn inconclusive_thresholds(verdicts: &[Verdict]) -> Option<String> {
    let open: Vec<String> = verdicts
        .iter()
        .filter(|verdict| verdict.outcome == Outcome::Inconclusive)
        .map(|verdict| brief(&format!("`{}` on `{}`", verdict.expression, verdict.selector)))
        .collect();
    match open.len() {
        0 => None,
        1 => Some(format!("1 threshold is inconclusive: {}", open[0])),
        count => Some(format!("{count} thresholds are inconclusive: {}", first_of(&open, NAMED, ", "))),
    }
}

pub(crate) fn engine_failure(error: EngineError) -> Failure {
    let ending = match &error {
        EngineError::Plan(_) | EngineError::Schema(_) => Ending::Configuration,
        EngineError::Vu { .. } => Ending::ScriptException,
        EngineError::Panic { .. } | EngineError::Start { .. } | EngineError::Unaccounted(_) => {
            Ending::CouldNotRun
        }
    };
    Failure { ending, error: error.into() }
}

/// Why the scenarios ended before they were over, unless nothing went wrong.
pub(crate) fn stopped_by(why: &Why) -> Option<Failure> {
    match why {
        Why::Finished | Why::Stopped | Why::StoppedNow => None,
        Why::Aborted(reason) => Some(Failure::new(Ending::Aborted, reason)),
        Why::Observer(reason) => Some(Failure::new(Ending::Failed, format!("stopped early: {reason}"))),
    }
}

#[cfg(test)]
mod tests {
    use loadline_measure::{RunMeta, Saturation, Schema, Unit};
    use loadline_verdict::Rule;

    use super::*;

    fn verdict(outcome: Outcome) -> Verdict {
        Verdict {
            rule: Rule::Threshold,
            selector: "http_req_duration".to_owned(),
            expression: "p(95)<500".to_owned(),
            metric: String::new(),
            aggregate: "p(95)".to_owned(),
            outcome,
            observed: None,
            interval: None,
            limit: 500.0,
            unit: Unit::Milliseconds,
            exact: true,
            values: 0,
            evidence: String::new(),
            trustworthy: true,
            fails: matches!(outcome, Outcome::Fail | Outcome::NoData),
            abort: false,
        }
    }

    #[test]
    fn the_worst_comes_first() {
        use Ending::{Aborted, Failed, OutputNotWritten, Passed, Saturated, Signal};
        use Outcome::{Fail, Inconclusive, Pass};
        let strict = Rules { fail_on_inconclusive: true, fail_on_saturation: true };
        let mild = Rules::default();
        // came to, verdict, saturated, an output lost, stopped late: how it ends mildly, and strictly
        for (came_to, outcome, saturated, lost, stopped, mildly, strictly) in [
            (Passed, Pass, false, false, false, Passed, Passed),
            (Passed, Fail, false, true, false, Failed, Failed),
            (Passed, Outcome::NoData, false, false, false, Failed, Failed),
            (Passed, Inconclusive, false, false, false, Passed, Failed),
            (Passed, Inconclusive, false, true, false, OutputNotWritten, Failed),
            (Passed, Pass, true, false, false, Passed, Saturated),
            (Passed, Fail, true, false, false, Failed, Saturated),
            (Passed, Pass, true, true, false, OutputNotWritten, Saturated),
            (Passed, Fail, false, true, true, Signal, Signal),
            (Failed, Pass, false, false, false, Failed, Failed),
            (Failed, Pass, true, false, false, Failed, Saturated),
            (Aborted, Fail, true, true, true, Aborted, Aborted),
            (Signal, Fail, true, true, true, Signal, Signal),
        ] {
            let mut run = Run::new(RunMeta::default(), Schema::new());
            run.meta.saturation = saturated.then(|| Saturation { evidence: vec!["it was slow".to_owned()] });
            let trouble = lost.then(|| Failure::new(OutputNotWritten, "the disk is full"));
            let trouble = trouble.into_iter().collect();
            let finished = Finished { run, verdicts: vec![verdict(outcome)], came_to, trouble };
            let case = format!("{came_to:?} {outcome:?} {saturated} {lost} {stopped}");
            assert_eq!(finished.ending(mild, stopped), mildly, "{case}");
            assert_eq!(finished.ending(strict, stopped), strictly, "{case}");
        }
    }
}
