use loadline_verdict::{Outcome, Rule, Verdict};

use super::*;
use crate::{judged, made_up};

fn verdicts() -> (loadline_measure::Run, Vec<Verdict>) {
    let run = made_up::run();
    let mut verdicts = judged::verdicts(&run);
    let mut budget = verdicts[0].clone();
    budget.rule = Rule::Budget;
    budget.selector = "a,b:c%|<x>".to_owned();
    budget.outcome = Outcome::Inconclusive;
    budget.fails = false;
    verdicts.push(budget);
    (run, verdicts)
}

#[test]
fn junit_has_a_case_for_each_verdict() {
    let (run, verdicts) = verdicts();
    let xml = junit(&run, &verdicts).unwrap();
    insta::assert_snapshot!("junit", xml);
    let read = quick_junit::Report::deserialize_from_str(&xml).unwrap();
    assert_eq!(read.tests, verdicts.len());
    assert_eq!(read.failures, verdicts.iter().filter(|verdict| verdict.fails).count());
}

#[test]
fn github_is_told_what_did_not_pass() {
    let (run, verdicts) = verdicts();
    let annotations = github_annotations(&run, &verdicts, &|_| None);
    assert!(
        annotations
            .lines()
            .all(|line| line.starts_with("::error title=") || line.starts_with("::warning title="))
    );
    assert!(annotations.contains("::warning title=a%2Cb%3Ac%25|<x>%3A"), "{annotations}");
    insta::assert_snapshot!("annotations", annotations);
    let place = |_: &Verdict| Some(SourcePlace { path: "a,b.toml".to_owned(), line: Some(7) });
    let placed = github_annotations(&run, &verdicts, &place);
    assert!(placed.starts_with("::error file=a%2Cb.toml,line=7,title="), "{placed}");
    insta::assert_snapshot!("summary", github_summary(&run, &verdicts));
}
