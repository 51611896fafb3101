//! A run against the runs before it.

use loadline_verdict::{Checked, FEWEST_RUNS, Outcome, worst_figure};
use serde_json::{Value, json};

use crate::data::{number, outcome_name};
use crate::figure_text::figure_text;
use crate::text::{Line, Role, column, widest};

/// With fewer runs than this no bound is shown: of two or three it is a number without meaning.
const FEWEST_SHOWN: usize = 5;

/// One row a figure, then the verdict on the run of that number.
pub fn baseline_table(run: i64, checked: &[Checked]) -> Vec<Line> {
    let names: Vec<String> =
        checked.iter().map(|one| format!("{} {}", one.figure.subject, one.figure.quantity)).collect();
    let width = widest(names.iter().map(String::as_str));
    let title = format!(
        "{:width$}  {:>10}  {:>10}  {:>10}  {:>5}  outcome",
        "", "this run", "typical", "allowed", "runs"
    );
    let mut lines = vec![Line::new(), Line::indented(2).with(Role::Dim, &title)];
    lines.extend(checked.iter().zip(&names).map(|(one, name)| row(one, &column(name, width))));
    lines.push(Line::new());
    let fails = checked.iter().filter(|one| one.prediction.outcome == Outcome::Fail).count();
    let (role, text) = match worst_figure(checked) {
        Outcome::Fail => (
            Role::Bad,
            format!("✗ {fails} of {} figures of run {run} are beyond what its past allows", checked.len()),
        ),
        Outcome::Inconclusive => (
            Role::Warning,
            format!(
                "? fewer than {FEWEST_RUNS} comparable runs before run {run}: this advises, and fails nothing"
            ),
        ),
        Outcome::Pass | Outcome::NoData => (Role::Good, format!("✓ run {run} is as its past says")),
    };
    lines.push(Line::indented(2).with(role, &text));
    lines
}

fn row(one: &Checked, name: &str) -> Line {
    let (scale, prediction) = (&one.figure.scale, &one.prediction);
    let bound = if prediction.runs >= FEWEST_SHOWN { prediction.bound } else { f64::NAN };
    let (sign, role, words) = match prediction.outcome {
        Outcome::Pass => ("✓", Role::Good, "pass"),
        Outcome::Fail => ("✗", Role::Bad, "beyond its past"),
        Outcome::NoData => ("–", Role::Warning, "no data"),
        Outcome::Inconclusive => ("?", Role::Warning, "too few runs"),
    };
    let figures = format!(
        "{:>10}  {:>10}  {:>10}  {:>5}  ",
        figure_text(one.figure.value, scale),
        figure_text(prediction.typical, scale),
        figure_text(bound, scale),
        prediction.runs
    );
    Line::indented(2)
        .with(Role::Text, &format!("{name}  "))
        .with(Role::Value, &figures)
        .with(role, &format!("{sign} {words}"))
}

/// The check for machines.
///
/// ```json
/// { "version": 1, "run": 12, "passed": true, "figures": [{ "subject": "all requests", "quantity": "p95", "unit": "ms",
///   "value": 11.2, "typical": 11.0, "bound": 13.4, "runs": 11, "outcome": "pass" }] }
/// ```
pub fn baseline_json(run: i64, checked: &[Checked]) -> Value {
    let list: Vec<Value> = checked
        .iter()
        .map(|Checked { figure, prediction }| {
            json!({
                "subject": figure.subject,
                "quantity": figure.quantity,
                "unit": figure.scale.unit.word(),
                "value": figure.value,
                "typical": number(prediction.typical),
                "bound": number(prediction.bound),
                "runs": prediction.runs,
                "outcome": outcome_name(prediction.outcome),
            })
        })
        .collect();
    let passed = worst_figure(checked) != Outcome::Fail;
    json!({ "version": 1, "run": run, "passed": passed, "figures": list })
}
