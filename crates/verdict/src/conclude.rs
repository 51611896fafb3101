//! A run's verdicts in one word and a line, for histories: what is kept beside the run.

use loadline_measure::{Conclusion, Judgement, Run};

use crate::endpoint::Endpoints;
use crate::figures::figures;
use crate::verdict::{Outcome, Verdict};

/// What is kept of a run: how it was judged, and its figures. Of one that is not whole, what held of it is no pass,
/// and it has no figures: those would be of a part.
pub fn conclude(run: &Run, verdicts: &[Verdict], endpoints: &Endpoints) -> Conclusion {
    if let Some(what) = run.incomplete() {
        return part(&what, verdicts);
    }
    let all = verdicts.len();
    let number = |outcome| verdicts.iter().filter(|verdict| verdict.outcome == outcome).count();
    let (failed, open) = (failures(verdicts), number(Outcome::Inconclusive));
    let (outcome, words) = if verdicts.is_empty() {
        (Judgement::Unknown, run.meta.answer().unwrap_or("nothing was judged").to_owned())
    } else if failed > 0 {
        (Judgement::Failed, format!("{failed} of {all} failed"))
    } else if open > 0 {
        (Judgement::Inconclusive, format!("{open} of {all} inconclusive"))
    } else {
        (Judgement::Passed, format!("{} of {all} passed", number(Outcome::Pass)))
    };
    Conclusion { outcome, words, figures: figures(run, endpoints) }
}

fn part(what: &str, verdicts: &[Verdict]) -> Conclusion {
    // The run's own is said in words.
    let verdicts: Vec<&Verdict> = verdicts.iter().filter(|verdict| !verdict.is_of_ending()).collect();
    let failed = verdicts.iter().filter(|verdict| verdict.fails).count();
    let (outcome, words) = match (verdicts.len(), failed) {
        (0, _) => (Judgement::Unknown, "nothing was judged".to_owned()),
        (all, 0) => (Judgement::Inconclusive, format!("{all} of {all} had held")),
        (all, failed) => (Judgement::Failed, format!("{failed} of {all} had failed")),
    };
    Conclusion { outcome, words: format!("it {what}; {words}"), figures: Vec::new() }
}

fn failures(verdicts: &[Verdict]) -> usize {
    verdicts.iter().filter(|verdict| verdict.fails).count()
}

#[cfg(test)]
mod tests {
    use loadline_measure::{Builtin, Completeness, Recorder, RunMeta, Schema, TagSetId, ThresholdText};

    use super::*;
    use crate::budgets::Budgets;
    use crate::judge::judge;
    use crate::part::{Incomplete, judge_whole};

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
        let part = |expressions: &[&str]| {
            let mut run = run(expressions);
            let why = "by a signal".to_owned();
            run.set_completeness(Completeness::Interrupted { why });
            let verdicts = judge_whole(&run, &Budgets::of_run(&run).unwrap(), Incomplete::default());
            let conclusion = conclude(&run, &verdicts, &Endpoints::default());
            assert!(conclusion.figures.is_empty(), "they are not those of a whole run");
            (conclusion.outcome, conclusion.words)
        };
        let said = |words: &str| format!("it was interrupted by a signal after 1s; {words}");
        assert_eq!(part(&["count<2"]), (Judgement::Inconclusive, said("1 of 1 had held")));
        assert_eq!(part(&["count>2"]), (Judgement::Failed, said("1 of 1 had failed")));
        assert_eq!(part(&[]), (Judgement::Unknown, said("nothing was judged")));
    }
}
