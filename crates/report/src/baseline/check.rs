//! A run against the runs before it.

use std::collections::BTreeMap;

use loadline_verdict::{Checked, FEWEST_RUNS, LeftBehind, Outcome, worst_figure};
use serde_json::{Value, json};

use crate::data::{number, outcome_name};
use crate::figure_text::figure_text;
use crate::history::short_commit;
use crate::text::{Line, Role, column, widest};

/// What a run was held against.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Past {
    /// Runs it may be held against.
    pub comparable: usize,
    /// Those it may not, by the reason, in words that follow `1 run is`.
    pub others: Vec<(String, Vec<i64>)>,
    /// What became of the run itself when it is not whole, and so is held against nothing.
    pub incomplete: Option<String>,
    /// The commits of runs between which figures got worse.
    pub commits: BTreeMap<i64, String>,
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
        Outcome::Inconclusive => {
            (Role::Warning, format!("? {} before anything can fail: this advises only", wanted(checked)))
        }
        Outcome::Pass => (Role::Good, format!("✓ run {run} is as its past says")),
        Outcome::NoData => (Role::Bad, format!("– no data: {}", why_nothing(run, checked, past))),
    };
    lines.push(Line::indented(2).with(role, &text));
    lines.extend(changes(checked, past));
    if past.incomplete.is_none() && (worst != Outcome::Pass || past.comparable < FEWEST_RUNS) {
        lines.extend(
            past.others
                .iter()
                .map(|(why, runs)| Line::indented(4).with(Role::Dim, &format!("{}: {why}", named(runs)))),
        );
    }
    lines
}

/// How many more runs are wanted, by the figure that wants the fewest.
fn wanted(checked: &[Checked]) -> String {
    let open = checked.iter().filter(|one| one.prediction.outcome == Outcome::Inconclusive);
    match open.map(|one| one.prediction.wanted()).min().unwrap_or(FEWEST_RUNS) {
        1 => format!("1 more comparable run is wanted ({FEWEST_RUNS} in all)"),
        more => format!("{more} more comparable runs are wanted ({FEWEST_RUNS} in all)"),
    }
}

/// Since when figures are worse, and what to do about it.
fn changes(checked: &[Checked], past: &Past) -> Vec<Line> {
    let mut changes: Vec<(LeftBehind, Vec<String>)> = Vec::new();
    for one in checked {
        let Some(left) = one.left else { continue };
        let name = format!("{} {}", one.figure.subject, one.figure.quantity);
        match changes.iter_mut().find(|(other, _)| {
            (other.run, other.certain, other.drift) == (left.run, left.certain, left.drift)
        }) {
            Some((_, names)) => names.push(name),
            None => changes.push((left, vec![name])),
        }
    }
    let mut lines = Vec::new();
    for (left, names) in &changes {
        let sure = if left.certain { "worse" } else { "suspected to be worse" };
        let how = if left.drift { ", little by little," } else { "" };
        let commit = |run: i64| past.commits.get(&run).map_or("", |commit| short_commit(commit));
        let between = match (left.before_run.map_or("", commit), commit(left.run)) {
            ("", _) | (_, "") => String::new(),
            (one, other) if one == other => format!(", on the same commit {one}"),
            (one, other) => format!(", between commits {one} and {other}"),
        };
        let (first, more) = (
            names.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", "),
            names.len().saturating_sub(NAMED),
        );
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let text = format!("{sure}{how} since run {}{between}: {first}{more}", left.run);
        lines.push(Line::indented(4).with(Role::Warning, &text));
    }
    if changes.iter().any(|(left, _)| left.certain) {
        let hint = "if it is meant to be so: `loadline baseline accept --why TEXT`";
        lines.push(Line::indented(4).with(Role::Dim, hint));
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
    let (sign, role, words) = match prediction.outcome {
        Outcome::Pass => ("✓", Role::Good, "pass"),
        Outcome::Fail if one.is_beyond() => ("✗", Role::Bad, "beyond its past"),
        Outcome::Fail => ("✗", Role::Bad, "worse for certain"),
        Outcome::NoData => ("–", Role::Warning, "no data"),
        Outcome::Inconclusive => ("?", Role::Warning, "too few runs"),
    };
    let figures = format!(
        "{:>10}  {:>10}  {:>10}  {:>5}  ",
        figure_text(one.figure.value, scale),
        figure_text(prediction.typical, scale),
        figure_text(prediction.bound, scale),
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
///   "value": 11.2, "typical": 11.0, "bound": 13.4, "runs": 11, "outcome": "pass", "wanted": 0, "worse_since": null }],
///   "outcome": "pass", "complete": true, "comparable": 11, "wanted": 10,
///   "not_comparable": [{ "runs": [3], "because": "of another plan" }] }
/// ```
/// `passed` is false where there is no data, because nothing was there to hold the run against, or it is not whole; it
/// is true where too few runs leave it open.
pub fn baseline_json(run: i64, checked: &[Checked], past: &Past) -> Value {
    let list: Vec<Value> = checked
        .iter()
        .map(|Checked { figure, prediction, left }| {
            json!({
                "subject": figure.subject,
                "quantity": figure.quantity,
                "unit": figure.scale.unit.word(),
                "value": figure.value,
                "typical": number(prediction.typical),
                "bound": number(prediction.bound),
                "runs": prediction.runs,
                "outcome": outcome_name(prediction.outcome),
                "wanted": prediction.wanted(),
                "worse_since": left.map(|left| json!({
                    "run": left.run,
                    "certain": left.certain,
                    "drift": left.drift,
                    "before": number(left.before),
                    "after": number(left.after),
                })),
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
