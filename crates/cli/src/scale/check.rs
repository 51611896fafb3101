//! `loadline scale check`: a policy before and after a change, over the same traffic.

use std::path::PathBuf;

use anyhow::{Context, Result};
use loadline_report::{Content, check_file, plain, replace_file};
use loadline_runner::{Ending, Ends, Failure};
use loadline_scale::manifests::Deployed;
use loadline_scale::simulation::Scenario;
use loadline_units as units;
use serde_json::json;

use super::arguments::{CheckArguments, PolicyArguments};
use super::judged::Judged;
use super::policy::Tried;
use super::{contradictions, foreseen, judged, policy, scenario, words};
use crate::common::{json_text, print, told, without_secrets};

/// One side of the comparison.
struct Side {
    what: String,
    scenario: Scenario,
    judged: Judged,
}

/// Checks a change.
pub(super) fn check(arguments: &CheckArguments) -> Result<Ending, Failure> {
    arguments.ci.check().ends(Ending::OutputNotWritten)?;
    judged::check(&arguments.judging).ends(Ending::Configuration)?;
    if let Some(path) = &arguments.markdown {
        check_file(path, Content::Markdown)
            .with_context(|| format!("cannot write `{}`", path.display()))
            .ends(Ending::OutputNotWritten)?;
    }
    // Whatever is wrong with either is said before one of them takes time, and what comes is asked for once.
    let before = declared(arguments, &arguments.before)?;
    let after = declared(arguments, &arguments.after)?;
    let (service, traffic) = scenario::asked(&arguments.scenario)?;
    let described = |(_, deployed): &(Tried, Option<Deployed>)| {
        let (service, traffic) = (service.clone(), traffic.clone());
        scenario::described(&arguments.scenario, deployed.as_ref(), service, traffic)
            .ends(Ending::Configuration)
    };
    let scenarios = (described(&before)?, described(&after)?);
    after.0.autoscaler(&scenarios.1).ends(Ending::Configuration)?;
    let before = side(arguments, before, scenarios.0)?;
    let after = side(arguments, after, scenarios.1)?;
    let markdown = markdown(&before, &after, arguments);
    let answer = answer(&before, &after, arguments);
    let text = if arguments.json {
        json_text(&json!({
            "answer": answer,
            "passes": !after.judged.fails(),
            "before": words::json(&before.judged, &before.scenario, &arguments.judging, &before.what),
            "after": words::json(&after.judged, &after.scenario, &arguments.judging, &after.what),
        }))
        .ends(Ending::CouldNotRun)?
    } else {
        plain(&format!("\n{}\n{answer}\n", table(&before, &after, arguments)))
    };
    let written = match &arguments.markdown {
        Some(path) => replace_file(path, Content::Markdown, &without_secrets(markdown.as_bytes()))
            .with_context(|| format!("cannot write `{}`", path.display())),
        None => Ok(()),
    };
    let ending = if after.judged.fails() { Ending::Failed } else { Ending::Passed };
    let reported = arguments.ci.report(&after.judged.run, &after.judged.verdicts, None);
    Ok(told(written.and(reported), told(print(text.as_bytes()), ending)))
}

/// What the manifests of one side say.
fn declared(arguments: &CheckArguments, files: &[PathBuf]) -> Result<(Tried, Option<Deployed>), Failure> {
    let files: Vec<PathBuf> = files.iter().chain(&arguments.with).cloned().collect();
    let own = PolicyArguments { cluster: arguments.policy.clone(), ..PolicyArguments::default() };
    let (tried, deployed) = policy::declared(&files, &own).ends(Ending::Configuration)?;
    contradictions::check(&tried, deployed.as_ref(), arguments.scenario.cpu_request)
        .ends(Ending::Configuration)?;
    Ok((tried, deployed))
}

/// What comes of one side.
fn side(
    arguments: &CheckArguments,
    (tried, deployed): (Tried, Option<Deployed>),
    mut scenario: Scenario,
) -> Result<Side, Failure> {
    tried.autoscaler(&scenario).ends(Ending::Configuration)?;
    scenario.initial =
        arguments.scenario.initial.unwrap_or_else(|| tried.initial(&scenario, deployed.as_ref()));
    foreseen::caution(&tried, &scenario);
    let judged = judged::judged(&tried, &scenario, &arguments.judging).ends(Ending::CouldNotRun)?;
    Ok(Side { what: tried.what, scenario, judged })
}

/// What is held against each other: name, before, after.
fn rows(before: &Side, after: &Side, arguments: &CheckArguments) -> Vec<[String; 3]> {
    let both = |name: &str, of: &dyn Fn(&Side) -> String| [name.to_owned(), of(before), of(after)];
    vec![
        both("replica-hours", &|side| units::decimals(side.judged.ledger.replica_hours(), 1)),
        both("cost", &|side| words::cost(&side.judged, &side.scenario, &arguments.judging)),
        both("most replicas", &|side| side.judged.ledger.most.to_string()),
        both("worst minute's p95", &|side| units::time(worst_p95(&side.judged))),
        both("requests lost", &|side| units::count(side.judged.ledger.all_lost())),
        both("changes of replicas", &|side| units::count(side.judged.ledger.changes.len() as u64)),
        both("flaps", &|side| units::count(side.judged.ledger.flaps() as u64)),
        both("budgets", &|side| if side.judged.fails() { "broken".to_owned() } else { "kept".to_owned() }),
    ]
}

fn worst_p95(judged: &Judged) -> f64 {
    judged.minutes().iter().filter_map(|minute| minute.times.quantile(0.95)).fold(0.0, f64::max)
}

fn table(before: &Side, after: &Side, arguments: &CheckArguments) -> String {
    let mut rows = rows(before, after, arguments);
    rows.insert(0, [String::new(), "before".to_owned(), "after".to_owned()]);
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let (first, second) = (width(0), width(1));
    let mut text = String::new();
    for [name, before, after] in &rows {
        text += &format!("  {name:<first$}  {before:<second$}  {after}\n");
    }
    text
}

fn markdown(before: &Side, after: &Side, arguments: &CheckArguments) -> String {
    let mut text =
        format!("### Scaling: {}\n\n| | before | after |\n|---|---|---|\n", answer(before, after, arguments));
    for [name, before, after] in rows(before, after, arguments) {
        text += &format!("| {name} | {before} | {after} |\n");
    }
    text
}

/// The change in a sentence: `saves 18 % and breaks p95 from 09:05`.
fn answer(before: &Side, after: &Side, arguments: &CheckArguments) -> String {
    let cost = |side: &Side| {
        words::price(&side.judged, &arguments.judging).unwrap_or_else(|| side.judged.ledger.replica_hours())
    };
    let (old, new) = (cost(before), cost(after));
    let change = if old > 0.0 { (new - old) / old } else { 0.0 };
    let money = if change.abs() < 0.005 {
        "costs the same".to_owned()
    } else if change < 0.0 {
        format!("saves {}", units::whole_percent(-change))
    } else {
        format!("costs {} more", units::whole_percent(change))
    };
    let kept = words::answer(&after.judged, &after.scenario, &arguments.judging);
    let also = if before.judged.fails() { "; the policy before broke them too" } else { "" };
    format!("the change {money}: {kept}{also}")
}
