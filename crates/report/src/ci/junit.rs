//! `JUnit` XML, which every CI system shows: a suite for the run, a test case for each verdict.

use loadline_measure::Run;
use loadline_verdict::{Outcome, Verdict};
use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};

use super::words::{reason, rule, title};

/// The report. What fails the run is a failure; what is inconclusive, or may be without data, is skipped, with its
/// words.
///
/// # Errors
/// When the XML cannot be written, which a run's texts do not bring about.
pub fn junit(run: &Run, verdicts: &[Verdict]) -> Result<String, quick_junit::SerializeError> {
    let mut suite = TestSuite::new(run.meta.name.clone());
    suite.set_time(run.duration);
    let origin = &run.meta.origin;
    let facts = [
        ("commit", &origin.commit),
        ("branch", &origin.branch),
        ("target", &origin.target),
        ("target_version", &origin.target_version),
        ("plan", &origin.plan),
        ("machine", &run.meta.host.name),
        ("loadline", &run.meta.version),
    ];
    for (name, value) in facts.into_iter().filter(|(_, value)| !value.is_empty()) {
        suite.add_property(Property::new(name, value.as_str()));
    }
    for verdict in verdicts {
        let (kind, words) = match verdict.outcome {
            _ if verdict.fails => (Some(NonSuccessKind::Failure), reason(verdict, run)),
            Outcome::Pass => (None, String::new()),
            Outcome::Fail | Outcome::NoData => (None, verdict.evidence.clone()),
            Outcome::Inconclusive => (None, format!("inconclusive: {}", verdict.evidence)),
        };
        let mut status = match kind {
            Some(kind) => TestCaseStatus::non_success(kind),
            None if verdict.outcome == Outcome::Pass => TestCaseStatus::success(),
            None => TestCaseStatus::skipped(),
        };
        if !words.is_empty() {
            status.set_message(words);
        }
        let mut case = TestCase::new(title(verdict), status);
        case.set_classname(format!("{}.{}", rule(verdict), verdict.metric));
        if verdict.outcome == Outcome::Pass {
            case.set_system_out(reason(verdict, run));
        }
        suite.add_test_case(case);
    }
    let mut report = Report::new("loadline");
    report.add_test_suite(suite);
    report.to_string()
}
