//! Estimators of comparisons against scipy and statsmodels: `tests/reference/comparison.py` made the figures.

use loadline_measure::FigureScale;
use loadline_verdict::{Gate, Outcome, Paired, Rounds, Spending, compare_rounds, holm};
use serde_json::Value;

fn reference() -> Value {
    serde_json::from_str(include_str!("../reference/comparison.json")).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|one| one.as_f64().unwrap()).collect()
}

fn close(ours: f64, theirs: &Value, what: &str) {
    let theirs = theirs.as_f64().unwrap();
    assert!((ours - theirs).abs() <= 1e-9 + 1e-6 * theirs.abs(), "{what}: {ours} against {theirs}");
}

#[test]
fn paired_differences_are_as_scipy_has_them() {
    for case in reference()["paired"].as_array().unwrap() {
        let (base, head) = (numbers(&case["base"]), numbers(&case["head"]));
        let logs: Vec<f64> = base.iter().zip(&head).map(|(base, head)| (head / base).ln()).collect();
        let (paired, margin) = (Paired::of(&logs).unwrap(), 0.05_f64.ln_1p());
        close(paired.p_above(margin), &case["p_above"], "p above");
        close(paired.p_below(margin), &case["p_below"], "p below");
        let (low, high) = paired.interval(0.99);
        close(low, &case["low"], "low");
        close(high, &case["high"], "high");
        close(paired.typical, &case["hodges_lehmann"], "Hodges and Lehmann");
        // The gate says of one figure what scipy's p says.
        let figure = Rounds { base, head, ..Rounds::new("search", "p95", &FigureScale::LATENCY) };
        let compared = compare_rounds(&[figure], &Gate::default()).remove(0);
        let p = |key: &str| case[key].as_f64().unwrap();
        let expected = match (p("p_above") <= 0.005, p("p_below") <= 0.005) {
            (true, _) => Outcome::Fail,
            (_, true) => Outcome::Pass,
            _ => Outcome::Inconclusive,
        };
        assert_eq!(compared.outcome, expected);
        close(compared.change.ln(), &case["hodges_lehmann"], "the change");
    }
}

#[test]
fn many_questions_are_corrected_as_statsmodels_does() {
    for case in reference()["holm"].as_array().unwrap() {
        for (ours, theirs) in holm(&numbers(&case["p"])).into_iter().zip(case["adjusted"].as_array().unwrap())
        {
            close(ours, theirs, "Holm");
        }
    }
}

#[test]
fn looks_spend_what_an_integral_of_the_rate_comes_to() {
    for case in reference()["spending"].as_array().unwrap() {
        let number = |key: &str| usize::try_from(case[key].as_u64().unwrap()).unwrap();
        let plan = Spending::new(number("first"), number("most"));
        let looks: Vec<u64> = plan.looks().iter().map(|rounds| *rounds as u64).collect();
        assert_eq!(Value::from(looks), case["looks"]);
        for (look, share) in case["shares"].as_array().unwrap().iter().enumerate() {
            close(plan.share(look, 0.005), share, "spent");
        }
    }
}
