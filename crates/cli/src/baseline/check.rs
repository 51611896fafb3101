//! `baseline check`: a run against the runs before it.

use std::io::IsTerminal;

use anyhow::Result;
use loadline_history::{Filter, History, Pick};
use loadline_report::{Line, Role, column, outcome_name, render, widest};
use loadline_runner::{Ending, Ends, Failure};
use loadline_verdict::{Better, FEWEST_RUNS, Outcome, Prediction, predict};
use serde_json::json;

use super::arguments::{BaselineArguments, CheckArguments};
use crate::history::{comparable, open_to_read, shown};
use crate::inconclusive::OnInconclusive;
use crate::project::Found;
use crate::run::print;
use crate::screen;

/// The chance that an unchanged run fails by any of its figures.
const LEVEL: f64 = 0.01;

/// With fewer runs than this no bound is shown.
const FEWEST_SHOWN: usize = 5;

/// A figure and what its past says of it.
struct Checked {
    subject: String,
    quantity: String,
    unit: String,
    value: f64,
    prediction: Prediction,
}

/// Judges a run by the last runs of its kind.
pub(super) fn check(
    arguments: &BaselineArguments,
    check: &CheckArguments,
    found: &Found,
) -> Result<Ending, Failure> {
    let (run, checked) = checked(arguments, check, found).ends(Ending::CouldNotRun)?;
    let number = |outcome| checked.iter().filter(|one| one.prediction.outcome == outcome).count();
    let text = if arguments.json {
        let list: Vec<_> = checked
            .iter()
            .map(|one| {
                json!({
                    "subject": one.subject, "quantity": one.quantity, "unit": one.unit, "value": one.value,
                    "typical": one.prediction.typical, "bound": one.prediction.bound, "runs": one.prediction.runs,
                    "outcome": outcome_name(one.prediction.outcome),
                })
            })
            .collect();
        let value =
            json!({ "version": 1, "run": run, "passed": number(Outcome::Fail) == 0, "figures": list });
        serde_json::to_string_pretty(&value).ends(Ending::CouldNotRun)? + "\n"
    } else {
        render(&lines(run, &checked), &screen::theme(arguments.no_color, std::io::stdout().is_terminal()))
    };
    print(text.as_bytes()).ends(Ending::CouldNotRun)?;
    let open =
        number(Outcome::Inconclusive) > 0 && check.inconclusive.on_inconclusive == OnInconclusive::Fail;
    Ok(if number(Outcome::Fail) > 0 || open { Ending::Failed } else { Ending::Passed })
}

fn checked(
    arguments: &BaselineArguments,
    check: &CheckArguments,
    found: &Found,
) -> Result<(i64, Vec<Checked>)> {
    let mut history = open_to_read(&arguments.place, found)?;
    let run = history.resolve(&check.run.parse::<Pick>()?, &Filter::default())?;
    let past = past(&mut history, check, run)?;
    let figures = history.figures(run)?;
    let all: Vec<_> = past.iter().map(|run| history.figures(*run)).collect::<Result<_, _>>()?;
    // Each may fail by chance with its part of the level (Bonferroni).
    let level = LEVEL / figures.len().max(1) as f64;
    let checked = figures.into_iter().map(|figure| {
        let earlier: Vec<f64> = all
            .iter()
            .flat_map(|run| {
                run.iter()
                    .filter(|other| (&other.subject, &other.quantity) == (&figure.subject, &figure.quantity))
            })
            .map(|other| other.value)
            .collect();
        let better = match figure.unit.as_str() {
            "/s" => Better::Higher,
            "share" => Better::LowerShare,
            _ => Better::Lower,
        };
        Checked {
            prediction: predict(&earlier, figure.value, better, level),
            subject: figure.subject,
            quantity: figure.quantity,
            unit: figure.unit,
            value: figure.value,
        }
    });
    Ok((run, checked.collect()))
}

/// The runs that the run is held against.
fn past(history: &mut History, check: &CheckArguments, run: i64) -> Result<Vec<i64>> {
    let record = history.record(run)?;
    if record.fingerprint.is_empty() {
        anyhow::bail!(
            "run {run} does not say what it is of, so nothing is comparable to it\nhint: runs of other tools can be shown, not compared"
        );
    }
    if let Some(name) = &check.against {
        let baseline = history.baseline(name)?;
        if baseline.fingerprint != record.fingerprint {
            anyhow::bail!(
                "run {run} cannot be held against `{name}`: its script, plan or machine is another one\n  run:      {}\n  baseline: {}\nhint: save a baseline of this kind with `loadline baseline save NAME --like {run}`",
                record.fingerprint,
                baseline.fingerprint
            );
        }
        return Ok(baseline.runs.into_iter().filter(|other| *other != run).collect());
    }
    let records = comparable(history, &record.fingerprint, Some(run))?;
    let earlier = records.iter().filter(|other| other.started_unix_ms <= record.started_unix_ms);
    let earlier: Vec<i64> = earlier.map(|record| record.id).collect();
    Ok(earlier.into_iter().rev().take(check.runs as usize).rev().collect())
}

fn lines(run: i64, checked: &[Checked]) -> Vec<Line> {
    let names: Vec<String> = checked.iter().map(|one| format!("{} {}", one.subject, one.quantity)).collect();
    let width = widest(names.iter().map(String::as_str));
    let title = format!(
        "{:width$}  {:>10}  {:>10}  {:>10}  {:>5}  outcome",
        "", "this run", "typical", "allowed", "runs"
    );
    let mut lines = vec![Line::new(), Line::indented(2).with(Role::Dim, &title)];
    for (one, name) in checked.iter().zip(&names) {
        // Of two or three runs the bound is a number without meaning.
        let bound = if one.prediction.bound.is_finite() && one.prediction.runs >= FEWEST_SHOWN {
            shown(one.prediction.bound, &one.unit)
        } else {
            "–".to_owned()
        };
        let typical = if one.prediction.typical.is_finite() {
            shown(one.prediction.typical, &one.unit)
        } else {
            "–".to_owned()
        };
        let (sign, role, words) = match one.prediction.outcome {
            Outcome::Pass => ("✓", Role::Good, "pass"),
            Outcome::Fail => ("✗", Role::Bad, "beyond its past"),
            Outcome::NoData => ("–", Role::Warning, "no data"),
            Outcome::Inconclusive => ("?", Role::Warning, "too few runs"),
        };
        let figures = format!(
            "{:>10}  {typical:>10}  {bound:>10}  {:>5}  ",
            shown(one.value, &one.unit),
            one.prediction.runs
        );
        lines.push(
            Line::indented(2)
                .with(Role::Text, &format!("{}  ", column(name, width)))
                .with(Role::Value, &figures)
                .with(role, &format!("{sign} {words}")),
        );
    }
    lines.push(Line::new());
    let fails = checked.iter().filter(|one| one.prediction.outcome == Outcome::Fail).count();
    let few = checked.iter().any(|one| one.prediction.outcome == Outcome::Inconclusive);
    let (role, text) = if fails > 0 {
        (
            Role::Bad,
            format!("✗ {fails} of {} figures of run {run} are beyond what its past allows", checked.len()),
        )
    } else if few {
        (
            Role::Warning,
            format!(
                "? fewer than {FEWEST_RUNS} comparable runs before run {run}: this advises, and fails nothing"
            ),
        )
    } else {
        (Role::Good, format!("✓ run {run} is as its past says"))
    };
    lines.push(Line::indented(2).with(role, &text));
    lines
}
