//! The rules: read by promtool, and doing what their tests say.

use crate::projects::{NASTY, OPENTELEMETRY, OWN, SMALL};
use crate::support::{Written, holiday, source};

const RULES: &str = "prometheus/loadline.rules.yaml";
const TESTS: &str = "prometheus/loadline.rules.test.yaml";

fn hold(project: &str) -> Written {
    let written = Written::of(project);
    written.takes("promtool", &["check", "rules", RULES]);
    written.takes("promtool", &["test", "rules", TESTS]);
    written
}

#[test]
fn the_reference_systems_rules_hold() {
    let written = hold(&holiday());
    let rules = written.read(RULES);
    assert_eq!(rules.matches("alert: BudgetBurns").count(), 4, "{rules}");
    // Whatever number of budgets there is: three series for each budget and window.
    let tests = written.read(TESTS);
    assert!(tests.contains("search.findPrograms p95<=500ms is broken, and kept again"), "{tests}");
}

#[test]
fn names_are_taken_as_they_are() {
    hold(NASTY);
}

#[test]
fn routes_are_found_and_limits_between_bounds_estimated() {
    let written = hold(OPENTELEMETRY);
    let rules = written.read(RULES);
    assert!(rules.contains("http_route=~") && rules.contains(r#"http_route=\"/login\""#), "{rules}");
    let remarks = source(OPENTELEMETRY).left.remarks;
    assert_eq!(remarks.len(), 2, "{remarks:?}");
    assert!(
        remarks[0].contains("programs.byId p99<=2s is estimated") && remarks[0].contains("1 and 2.5"),
        "{remarks:?}"
    );
}

#[test]
fn windows_patience_and_generous_budgets_are_the_projects_own() {
    let written = hold(OWN);
    let rules = written.read(RULES);
    assert!(rules.contains("interval: \"30s\"") || rules.contains("interval: 30s"), "{rules}");
    assert!(rules.contains("never by search p50<=250ms"), "{rules}");
    assert!(source(OWN).left.remarks[0].contains("needs a bucket that ends at 0.25"));
}

#[test]
fn native_histograms_have_rules_and_no_tests() {
    let native = OWN.replace("status = \"code\" }", "status = \"code\", native = true }");
    let written = Written::of(&native);
    written.takes("promtool", &["check", "rules", RULES]);
    assert!(written.read(RULES).contains("histogram_fraction(-Inf, 0.25, "));
    assert!(!written.path(TESTS).exists());
}

/// Rules that are wrong in one place: the tests beside them find it.
#[test]
fn the_tests_find_what_is_wrong() {
    let written = Written::of(SMALL);
    let rules = written.read(RULES);
    written.takes("promtool", &["test", "rules", TESTS]);
    for (what, right, wrong) in [
        ("a factor", "> 14.4 and", "> 10 and"),
        ("a factor of the short window", "burn_rate:5m > 14.4", "burn_rate:5m > 21"),
        ("a long window", "burn_rate:1h > 14.4", "burn_rate:30m > 14.4"),
        ("a short window", "burn_rate:5m > 14.4", "burn_rate:30m > 14.4"),
        ("the fewest bad requests", "increase1h) >= 5", "increase1h) >= 1"),
        ("a share that is permitted", "vector(0.05)", "vector(0.01)"),
        ("a limit", r#"le=~\"500("#, r#"le=~\"1000("#),
        ("failures", r#"status=~\"5..\""#, r#"status=~\"4..\""#),
        ("patience", "keep_firing_for: \"15m\"", "keep_firing_for: \"1m\""),
        ("an endpoint", r#"endpoint=\"auth.login\""#, r#"endpoint=\"auth.logout\""#),
        ("a severity", "severity: page", "severity: ticket"),
        ("what is missing", "unless on (endpoint, budget)", "and on (endpoint, budget)"),
        ("an absence", "expr: \"absent(", "expr: \"count("),
    ] {
        assert!(rules.contains(right), "{what}: {right}\n{rules}");
        written.write(RULES, &rules.replace(right, wrong));
        written.takes("promtool", &["check", "rules", RULES]);
        let (content, said) = written.asks("promtool", &["test", "rules", TESTS]);
        assert!(!content, "{what} is not found: {said}");
    }
}
