//! A run's verdicts in one word and a line, for histories: what is kept beside the run.

use loadline_measure::{Conclusion, Judgement, Run};

use crate::budgets::Budgets;
use crate::endpoint::Endpoints;
use crate::figures::figures;
use crate::judge::{Outcome, Verdict, judge};

/// What is kept of a run that is over: how it was judged, and its figures.
pub fn conclude(run: &Run, verdicts: &[Verdict], endpoints: &Endpoints) -> Conclusion {
    let all = verdicts.len();
    let number = |outcome| verdicts.iter().filter(|verdict| verdict.outcome == outcome).count();
    let (failed, open) = (failures(verdicts), number(Outcome::Inconclusive));
    let (outcome, words) = if verdicts.is_empty() {
        (Judgement::Unknown, "nothing was judged".to_owned())
    } else if failed > 0 {
        (Judgement::Failed, format!("{failed} of {all} failed"))
    } else if open > 0 {
        (Judgement::Inconclusive, format!("{open} of {all} inconclusive"))
    } else {
        (Judgement::Passed, format!("{} of {all} passed", number(Outcome::Pass)))
    };
    Conclusion { outcome, words, figures: figures(run, endpoints) }
}

/// What is kept of a run without an ending, judged by what it left; `until` says how long that is. What held of a part
/// of a run is no pass, what did not hold is a fail, and a part has no figures.
pub fn conclude_part(run: &Run, until: &str) -> Conclusion {
    let verdicts = Budgets::of_run(run).map(|budgets| judge(run, &budgets)).unwrap_or_default();
    let (outcome, words) = match (verdicts.len(), failures(&verdicts)) {
        (0, _) => (Judgement::Unknown, format!("nothing was judged of its {until}")),
        (all, 0) => (Judgement::Inconclusive, format!("{all} of {all} held in the {until} until then")),
        (all, failed) => {
            (Judgement::Failed, format!("{failed} of {all} had failed in the {until} until then"))
        }
    };
    Conclusion { outcome, words, figures: Vec::new() }
}

fn failures(verdicts: &[Verdict]) -> usize {
    verdicts.iter().filter(|verdict| verdict.fails).count()
}

#[cfg(test)]
mod tests {
    use loadline_measure::{Builtin, Recorder, RunMeta, Schema, TagSetId, ThresholdText};

    use super::*;

    fn run(expressions: &[&str]) -> Run {
        let schema = Schema::new();
        let builtin = Builtin::define(&schema).unwrap();
        let mut recorder = Recorder::new(schema.clone());
        recorder.record(builtin.http_reqs, 1.0, TagSetId::EMPTY);
        recorder.record(builtin.response_time, 10.0, TagSetId::EMPTY);
        let thresholds = expressions.iter().map(|expression| ThresholdText {
            selector: "http_reqs".to_owned(),
            expression: (*expression).to_owned(),
            ..ThresholdText::default()
        });
        let meta = RunMeta { thresholds: thresholds.collect(), ..RunMeta::default() };
        let mut run = Run::new(meta, schema);
        run.push(0, recorder.take_window());
        run
    }

    fn whole(expressions: &[&str]) -> (Judgement, String) {
        let run = run(expressions);
        let verdicts = judge(&run, &Budgets::of_run(&run).unwrap());
        let conclusion = conclude(&run, &verdicts, &Endpoints::default());
        assert_eq!(conclusion.figures.len(), 4);
        (conclusion.outcome, conclusion.words)
    }

    #[test]
    fn the_worst_counts() {
        assert_eq!(whole(&[]), (Judgement::Unknown, "nothing was judged".to_owned()));
        assert_eq!(whole(&["count<2"]), (Judgement::Passed, "1 of 1 passed".to_owned()));
        assert_eq!(whole(&["count<2", "count>2"]), (Judgement::Failed, "1 of 2 failed".to_owned()));
    }

    #[test]
    fn a_part_passes_nothing() {
        let part = |expressions: &[&str]| conclude_part(&run(expressions), "1s");
        assert_eq!(part(&["count<2"]).outcome, Judgement::Inconclusive);
        assert_eq!(part(&["count<2"]).words, "1 of 1 held in the 1s until then");
        assert_eq!(part(&["count>2"]).outcome, Judgement::Failed);
        assert_eq!(part(&[]).outcome, Judgement::Unknown);
    }
}
