use loadline_measure::FigureScale;
use loadline_verdict::{Comparison, Outcome};

use super::*;
use crate::text::{Theme, render};

fn one(subject: &str, quantity: &str, scale: FigureScale, figures: [f64; 5], outcome: Outcome) -> Comparison {
    let [base, head, change, low, high] = figures;
    Comparison {
        subject: subject.to_owned(),
        quantity: quantity.to_owned(),
        scale,
        base,
        head,
        change,
        low,
        high,
        confidence: 0.99,
        p: 0.001,
        rounds: 12,
        outcome,
    }
}

fn comparisons() -> Vec<Comparison> {
    vec![
        one(
            "search.findPrograms",
            "p95",
            FigureScale::LATENCY,
            [11.2, 12.5, 1.12, 1.08, 1.16],
            Outcome::Fail,
        ),
        one(
            "search.findPrograms",
            "p50",
            FigureScale::LATENCY,
            [4.1, 4.11, 1.002, 0.98, 1.02],
            Outcome::Pass,
        ),
        one("auth.login", "p99", FigureScale::LATENCY, [52.0, 54.0, 1.04, 0.7, 1.4], Outcome::Inconclusive),
        one("all requests", "rate", FigureScale::THROUGHPUT, [151.0, 150.2, 0.995, 0.99, 1.0], Outcome::Pass),
        one("all requests", "errors", FigureScale::ERRORS, [0.0, 0.0004, 0.0004, 0.0, 0.001], Outcome::Pass),
        one("a|b<i>", "p95", FigureScale::LATENCY, [f64::NAN; 5], Outcome::NoData),
    ]
}

fn report(comparisons: &[Comparison]) -> ComparisonReport<'_> {
    ComparisonReport {
        name: "regression",
        base: "http://127.0.0.1:8001",
        head: "http://127.0.0.1:8002",
        comparisons,
        delta: 0.05,
        rounds: 12,
        advisory: None,
        deciles: &comparisons[..1],
        ledger: &[],
        course: None,
    }
}

#[test]
fn tables() {
    let all = comparisons();
    for width in [60, 80, 120] {
        let text = render(&comparison_table(&report(&all), width), &Theme::plain());
        assert!(text.lines().all(|line| line.chars().count() <= width), "{text}");
        insta::assert_snapshot!(format!("table_{width}"), text);
    }
}

#[test]
fn comment() {
    let all = comparisons();
    insta::assert_snapshot!("comment", comparison_markdown(&report(&all)));
    let calm = ComparisonReport { advisory: Some("no history"), deciles: &[], ..report(&all[1..2]) };
    assert!(
        comparison_markdown(&calm)
            .contains("✅ Nothing is worse by more than 5%\n\nAdvice only: no history\n")
    );
}

#[test]
fn json() {
    let all = comparisons();
    insta::assert_snapshot!(
        "json",
        serde_json::to_string_pretty(&comparison_json(&report(&all[..1]))).unwrap()
    );
}
