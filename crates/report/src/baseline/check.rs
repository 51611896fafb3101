//! A run against the runs before it.

use loadline_verdict::{Checked, FEWEST_RUNS, Outcome, worst_figure};
use serde_json::{Value, json};

use crate::data::{number, outcome_name};
use crate::figure_text::figure_text;
use crate::text::{Line, Role, column, widest};

/// With fewer runs than this no bound is shown: of two or three it is a number without meaning.
const FEWEST_SHOWN: usize = 5;

/// What a run was held against.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Past {
    /// Runs it may be held against.
    pub comparable: usize,
    /// Those it may not, by the reason, in words that follow `1 run is`.
    pub others: Vec<(String, Vec<i64>)>,
    /// What became of the run itself when it is not whole, and so is held against nothing.
    pub incomplete: Option<String>,
}

/// Runs that are named one by one.
const NAMED: usize = 5;

/// One row a figure, then the verdict on the run of that number, and where nothing could be told, why.
pub fn baseline_table(run: i64, checked: &[Checked], past: &Past) -> Vec<Line> {
    let mut lines = vec![Line::new()];
    if !checked.is_empty() {
        let names: Vec<String> =
            checked.iter().map(|one| format!("{} {}", one.figure.subject, one.figure.quantity)).collect();
        let width = widest(names.iter().map(String::as_str));
        let title = format!(
            "{:width$}  {:>10}  {:>10}  {:>10}  {:>5}  outcome",
            "", "this run", "typical", "allowed", "runs"
        );
        lines.push(Line::indented(2).with(Role::Dim, &title));
        lines.extend(checked.iter().zip(&names).map(|(one, name)| row(one, &column(name, width))));
        lines.push(Line::new());
    }
    let fails = checked.iter().filter(|one| one.prediction.outcome == Outcome::Fail).count();
    let worst = worst_figure(checked);
    let (role, text) = match worst {
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
        Outcome::Pass => (Role::Good, format!("✓ run {run} is as its past says")),
        Outcome::NoData => (Role::Bad, format!("– no data: {}", why_nothing(run, checked, past))),
    };
    lines.push(Line::indented(2).with(role, &text));
    if matches!(worst, Outcome::NoData | Outcome::Inconclusive) && past.incomplete.is_none() {
        lines.extend(
            past.others
                .iter()
                .map(|(why, runs)| Line::indented(4).with(Role::Dim, &format!("{}: {why}", named(runs)))),
        );
    }
    lines
}

fn why_nothing(run: i64, checked: &[Checked], past: &Past) -> String {
    if let Some(what) = &past.incomplete {
        return format!("run {run} is not a whole run: it {what}");
    }
    if checked.is_empty() {
        return format!("run {run} has no figures");
    }
    if past.comparable > 0 {
        return format!("run {run} has no figure in common with the {} before it", counted(past.comparable));
    }
    format!(
        "no run before run {run} is comparable to it; a check wants {FEWEST_RUNS} of the same script, plan and machine, and \
         advises with fewer"
    )
}

fn counted(runs: usize) -> String {
    if runs == 1 { "run".to_owned() } else { format!("{runs} runs") }
}

/// `run 4`, `runs 4, 5 and 6`, `12 runs, the newest 40`.
fn named(runs: &[i64]) -> String {
    match runs {
        [] => "no run".to_owned(),
        [one] => format!("run {one}"),
        [.., newest] if runs.len() > NAMED => format!("{} runs, the newest {newest}", runs.len()),
        [first @ .., last] => {
            let first: Vec<String> = first.iter().map(ToString::to_string).collect();
            format!("runs {} and {last}", first.join(", "))
        }
    }
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
///   "value": 11.2, "typical": 11.0, "bound": 13.4, "runs": 11, "outcome": "pass" }], "outcome": "pass", "complete": true,
///   "comparable": 11, "wanted": 10, "not_comparable": [{ "runs": [3], "because": "of another plan" }] }
/// ```
/// `passed` is false where there is no data, because nothing was there to hold the run against, or it is not whole; it
/// is true where too few runs leave it open.
pub fn baseline_json(run: i64, checked: &[Checked], past: &Past) -> Value {
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
    let worst = worst_figure(checked);
    let others: Vec<Value> =
        past.others.iter().map(|(why, runs)| json!({ "runs": runs, "because": why })).collect();
    let mut value = json!({
        "version": 1,
        "run": run,
        "passed": !matches!(worst, Outcome::Fail | Outcome::NoData),
        "outcome": outcome_name(worst),
        "figures": list,
        "complete": past.incomplete.is_none(),
        "comparable": past.comparable,
        "wanted": FEWEST_RUNS,
        "not_comparable": others,
    });
    if let Some(what) = &past.incomplete {
        value["incomplete_because"] = format!("it {what}").into();
    }
    value
}
