//! How a run ends: its verdicts, what they leave open, what the generator says of itself, and what went wrong, put
//! together.

use loadline_load::{EngineError, Why};
use loadline_measure::Run;
use loadline_pg::cost::DatabaseCost;
use loadline_units as units;
use loadline_verdict::{Outcome, Verdict, brief, first_of};

use crate::ending::Ending;
use crate::failure::Failure;
use crate::trust::doubt;
use crate::voice::{Answer, Tone};

/// What else fails a run, beside verdicts that fail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// A pass that may be chance fails it, and what too little evidence leaves open.
    pub fail_on_unproven: bool,
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
    /// What the load cost the database, where one was followed.
    pub database: Option<DatabaseCost>,
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
                    || (rules.fail_on_unproven && is_unproven(&self.verdicts))
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

/// Whether a verdict is a pass that may be chance, or was left open for want of evidence.
pub fn is_unproven(verdicts: &[Verdict]) -> bool {
    verdicts.iter().any(Verdict::is_unproven)
}

/// So many thresholds are named in one line.
const NAMED: usize = 10;

impl Finished {
    /// What the run came to, to be said last.
    pub fn answer(&self, ending: Ending) -> Answer {
        let asked: Vec<Verdict> =
            self.verdicts.iter().filter(|verdict| !verdict.is_of_ending()).cloned().collect();
        let judged = counted(&asked);
        let (tone, text) = match ending {
            Ending::Passed if asked.is_empty() => (
                Tone::Note,
                "ended: nothing was judged, because there is no threshold and no budget".to_owned(),
            ),
            Ending::Passed => (Tone::Note, format!("passed: {judged}")),
            Ending::Failed => (Tone::Error, format!("failed: {judged}{}", reasons(&asked))),
            Ending::Signal | Ending::StoppedByApi => {
                let by = if ending == Ending::Signal { "interrupted" } else { "stopped by hand" };
                let until = units::time_of(self.run.duration);
                let text = if asked.is_empty() {
                    by.to_owned()
                } else {
                    let judged = so_far(&asked);
                    format!("{by}, so this is not a pass: {judged} in the {until} until then")
                };
                (Tone::Error, text)
            }
            Ending::Saturated => (Tone::Error, format!("{judged}{}", reasons(&asked))),
            Ending::OutputNotWritten => {
                (Tone::Error, format!("an output is not there; beside that, {judged}"))
            }
            Ending::SetupTimeout => (Tone::Error, "ended: setup() took too long".to_owned()),
            Ending::TeardownTimeout => (Tone::Error, "ended: teardown() took too long".to_owned()),
            Ending::ScriptException => (Tone::Error, "ended: the script threw an exception".to_owned()),
            Ending::Aborted => (Tone::Error, format!("aborted by the script: {} until then", so_far(&asked))),
            Ending::MarkedFailed => (Tone::Error, format!("failed, because the script said so: {judged}")),
            Ending::Configuration | Ending::CouldNotRun => {
                (Tone::Error, "it could not be run as asked".to_owned())
            }
        };
        Answer { tone, text: format!("{text}{}", doubt(&self.run)) }
    }
}

/// How many of the requirements were met.
fn counted(verdicts: &[Verdict]) -> String {
    let (all, failed) = (verdicts.len(), verdicts.iter().filter(|verdict| verdict.fails).count());
    let of = |outcome| verdicts.iter().filter(|verdict| verdict.outcome == outcome && !verdict.fails).count();
    let chance =
        verdicts.iter().filter(|verdict| verdict.outcome == Outcome::Pass && verdict.is_unproven()).count();
    let mut text = match (all, failed) {
        (0, _) => return "nothing was judged".to_owned(),
        (1, 0) => "the requirement is met".to_owned(),
        (1, _) => "the requirement is not met".to_owned(),
        (_, 0) if of(Outcome::Pass) == all => {
            format!("all {} requirements are met", units::count(all as u64))
        }
        (_, 0) => format!("{} of {} requirements are met", of(Outcome::Pass), units::count(all as u64)),
        _ => format!("{failed} of {} requirements are not met", units::count(all as u64)),
    };
    for (number, words) in [
        (of(Outcome::Inconclusive), "open"),
        (of(Outcome::NoData), "without data, as allowed"),
        (chance, "perhaps by chance"),
    ] {
        if number > 0 {
            text += &format!(", {number} {words}");
        }
    }
    text
}

/// How many of the requirements had held when it was ended.
fn so_far(verdicts: &[Verdict]) -> String {
    match verdicts.iter().filter(|verdict| verdict.fails).count() {
        0 if verdicts.len() == 1 => "the requirement had held".to_owned(),
        0 => format!("all {} requirements had held", units::count(verdicts.len() as u64)),
        _ => counted(verdicts),
    }
}

/// Which failed, and why: the only one, or the first of those that nothing was measured for.
fn reasons(verdicts: &[Verdict]) -> String {
    let failed: Vec<&Verdict> = verdicts.iter().filter(|verdict| verdict.fails).collect();
    let name = |verdict: &&Verdict| {
        let no_data = if verdict.outcome == Outcome::NoData { " (no data)" } else { "" };
        brief(&format!("`{}` on `{}`{no_data}", verdict.expression, verdict.selector))
    };
    match failed.as_slice() {
        [] => String::new(),
        [one] => format!(": {}: {}", name(one), brief(&one.evidence)),
        _ => {
            let names = first_of(&failed.iter().map(name).collect::<Vec<_>>(), NAMED, ", ");
            // Where nothing was measured, why not is the answer.
            let unmeasured = failed.iter().find(|verdict| verdict.outcome == Outcome::NoData);
            let why = unmeasured.map(|verdict| format!(": {}", brief(&verdict.evidence))).unwrap_or_default();
            format!(": {names}{why}")
        }
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
            certainty: None,
            more_s: None,
            trustworthy: true,
            fails: matches!(outcome, Outcome::Fail | Outcome::NoData),
            abort: false,
        }
    }

    #[test]
    fn the_worst_comes_first() {
        use Ending::{Aborted, Failed, OutputNotWritten, Passed, Saturated, Signal};
        use Outcome::{Fail, Inconclusive, Pass};
        let strict = Rules { fail_on_unproven: true, fail_on_saturation: true };
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
            let finished =
                Finished { run, verdicts: vec![verdict(outcome)], came_to, trouble, database: None };
            let case = format!("{came_to:?} {outcome:?} {saturated} {lost} {stopped}");
            assert_eq!(finished.ending(mild, stopped), mildly, "{case}");
            assert_eq!(finished.ending(strict, stopped), strictly, "{case}");
        }
    }

    #[test]
    fn where_nothing_was_measured_the_last_line_says_why() {
        let refused = Verdict {
            evidence: "9 of 9 requests were never answered: connection refused".to_owned(),
            ..verdict(Outcome::NoData)
        };
        let text = reasons(&[verdict(Outcome::Pass), verdict(Outcome::Fail), refused]);
        assert!(
            text.ends_with("(no data): 9 of 9 requests were never answered: connection refused"),
            "{text}"
        );
    }
}
