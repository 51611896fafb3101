//! The page for CI systems: a suite of statements and one of transactions.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::report::CheckReport;
use super::words::{duration, table};

/// `JUnit` XML: each statement a case that a broken budget fails, and each transaction that keeps somebody waiting.
///
/// # Errors
/// When the XML cannot be written.
pub fn check_junit(report: &CheckReport) -> Result<String, quick_junit::SerializeError> {
    let mut plans = TestSuite::new("plans");
    for checked in &report.checked {
        let mut status = match (&checked.before, &checked.after) {
            (Err(_), Err(_)) => TestCaseStatus::skipped(),
            _ => TestCaseStatus::success(),
        };
        if let (Err(why), Err(_)) = (&checked.before, &checked.after) {
            status.set_message(why.as_str());
        }
        plans.add_test_case(case(report, &checked.text, &checked.text, status));
    }
    let mut locks = TestSuite::new("locks");
    for held in report.held() {
        let name = format!(
            "{}: {} of {} wait {}",
            held.file,
            held.blocks,
            table(&held.table),
            duration(held.seconds)
        );
        let is_its = |why: &str| why.contains(&format!("`{}`", table(&held.table)));
        let broken = report.broken.iter().find(|broken| broken.what == held.file && is_its(&broken.why));
        let mut status = TestCaseStatus::success();
        if let Some(broken) = broken {
            status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_message(format!("{}: {}", broken.budget, broken.why));
        }
        locks.add_test_case(TestCase::new(name, status));
    }
    let mut all = Report::new("loadline db check");
    all.add_test_suite(plans);
    all.add_test_suite(locks);
    all.to_string()
}

fn case(report: &CheckReport, name: &str, what: &str, status: TestCaseStatus) -> TestCase {
    let broken: Vec<String> = report
        .broken
        .iter()
        .filter(|broken| broken.what == what)
        .map(|broken| format!("{}: {}", broken.budget, broken.why))
        .collect();
    if broken.is_empty() {
        return TestCase::new(name, status);
    }
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_message(broken.join("; "));
    TestCase::new(name, status)
}
