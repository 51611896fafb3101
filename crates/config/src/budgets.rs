//! `[[budget]]`: one endpoint or metric, and any number of limits on it.

use std::collections::HashSet;

use loadline_measure::BudgetText;
use loadline_tables::{Source, Table, Text, Wrong, inside};
use loadline_verdict::{Endpoints, Place, Problem, ProjectBudget};
use toml::Spanned;
use toml::de::DeValue;

use crate::calls::{self, CallsBudget};

/// What a budget says of itself beside its limits.
const OWN: [&str; 7] = ["endpoint", "metric", "part", "over", "scripts", "allow_no_data", "dropped"];

/// A budget, and the scripts whose runs it judges.
#[derive(Debug, Clone, PartialEq)]
pub struct ScopedBudget {
    /// The budget.
    pub budget: ProjectBudget,
    /// Patterns of script paths, `loadtests/**`; without any, all.
    pub scripts: Vec<String>,
    /// The line of the project file that its limit stands in, from 1.
    pub line: usize,
}

impl ScopedBudget {
    /// Whether it judges runs of this script, a path as the user wrote it.
    pub fn is_for(&self, script: &str) -> bool {
        is_for(&self.scripts, script)
    }
}

/// Whether patterns of script paths are of this one; without any, all are.
pub(crate) fn is_for(scripts: &[String], script: &str) -> bool {
    let script = script.trim_start_matches("./");
    scripts.is_empty() || scripts.iter().any(|pattern| fast_glob::glob_match(pattern, script))
}

/// Reads all budgets.
pub(crate) fn read(
    source: Source<'_>,
    value: &Spanned<DeValue<'_>>,
    endpoints: &Endpoints,
    wrong: &mut Wrong,
) -> (Vec<ScopedBudget>, Vec<CallsBudget>) {
    let DeValue::Array(budgets) = value.get_ref() else {
        wrong.add(|| source.problem(value.span(), "budgets are a list: write `[[budget]]` above each"));
        return (Vec::new(), Vec::new());
    };
    let mut all: Vec<ScopedBudget> = Vec::new();
    let mut calls: Vec<CallsBudget> = Vec::new();
    let mut known = HashSet::new();
    for budget in budgets {
        let DeValue::Table(entries) = budget.get_ref() else {
            wrong.add(|| source.problem(budget.span(), "a budget is a table: write `[[budget]]` above it"));
            continue;
        };
        let table = Table { source, name: "a budget", entries };
        for read in one(&table, budget, endpoints, &mut calls, wrong) {
            let ProjectBudget { subject, allowed, part, .. } = &read.budget;
            let meaning = (subject.clone(), allowed.to_string(), part.to_string(), read.scripts.clone());
            if known.insert(meaning) {
                all.push(read);
            }
        }
    }
    (all, calls)
}

fn one(
    table: &Table<'_>,
    budget: &Spanned<DeValue<'_>>,
    endpoints: &Endpoints,
    calls: &mut Vec<CallsBudget>,
    wrong: &mut Wrong,
) -> Vec<ScopedBudget> {
    let [endpoint, metric, part, over] =
        ["endpoint", "metric", "part", "over"].map(|key| table.text(key, wrong));
    let allow_no_data = table.switch("allow_no_data", wrong);
    let scripts = table.texts("scripts", wrong);
    let ignore_dropped = match table.text("dropped", wrong) {
        Some(text) if text.text == "ignore" => true,
        Some(text) if text.text != "count" => {
            wrong.add(|| Problem {
                hint: Some(
                    "write `dropped = \"count\"`, which is what happens without it, or `dropped = \"ignore\"`".to_owned(),
                ),
                ..table.source.problem(
                    text.span.clone(),
                    format!("`{}` does not say what to do about requests that were never sent", text.text),
                )
            });
            false
        }
        _ => false,
    };
    let text = |part: &Option<Text>| part.as_ref().map(|part| part.text.clone()).unwrap_or_default();
    let start = |part: &Option<Text>| part.as_ref().map_or(budget.span().start, |part| part.span.start);
    let mut read = Vec::new();
    let (mut subject_told, mut over_told) = (false, false);
    let mut limits = 0;
    for (key, value) in table.entries.iter().filter(|(key, _)| !OWN.contains(&key.get_ref().as_ref())) {
        limits += 1;
        let quantity = key.get_ref().as_ref();
        if quantity == calls::KEY {
            let name = endpoint.as_ref().map_or("", |endpoint| endpoint.text.trim());
            if !endpoints.contains(name) {
                let told = std::mem::replace(&mut subject_told, true);
                if !told {
                    wrong.add(|| {
                        let words =
                            format!("`{quantity}` is of an `endpoint` that has a name in `[endpoints]`");
                        table.source.problem(key.span(), words)
                    });
                }
                continue;
            }
            match calls::read(table.source, value, name, &scripts, allow_no_data) {
                Ok(budget) => calls.push(budget),
                Err(problem) => wrong.add(|| *problem),
            }
            continue;
        }
        let limit = match value.get_ref() {
            DeValue::String(limit) => limit.clone().into_owned(),
            // A count has no unit to write in quotes.
            DeValue::Integer(number) if quantity == "count" => number.as_str().to_owned(),
            _ => {
                wrong.add(|| Problem {
                    hint: Some("limits have units: `p95 = \"500ms\"`, `errors = \"1%\"`".to_owned()),
                    ..table
                        .source
                        .problem(value.span(), format!("the limit of `{quantity}` takes a text in quotes"))
                });
                continue;
            }
        };
        let written = BudgetText {
            endpoint: text(&endpoint),
            metric: text(&metric),
            part: text(&part),
            quantity: quantity.to_owned(),
            limit,
            over: text(&over),
            allow_no_data,
            ignore_dropped,
        };
        let name = written.endpoint.trim();
        if wrong.is_full() && written.metric.is_empty() && !name.is_empty() && !endpoints.contains(name) {
            // There are enough problems to tell: looking for what was meant would take longer than all the rest.
            if !std::mem::replace(&mut subject_told, true) {
                wrong.more += 1;
            }
            continue;
        }
        match ProjectBudget::parse(&written, endpoints) {
            Ok(budget) => {
                let line = table.source.line(key.span().start);
                read.push(ScopedBudget { budget, scripts: scripts.clone(), line });
            }
            Err(wrong_text) => {
                let from = match wrong_text.place {
                    Place::Subject if !written.metric.is_empty() => start(&metric),
                    Place::Subject => start(&endpoint),
                    Place::Quantity => key.span().start,
                    Place::Limit => inside(value).start,
                    Place::Over => start(&over),
                };
                // What is wrong with the endpoint is wrong once, not for each of its limits.
                let told = match wrong_text.place {
                    Place::Subject => std::mem::replace(&mut subject_told, true),
                    Place::Over => std::mem::replace(&mut over_told, true),
                    Place::Quantity | Place::Limit => false,
                };
                if !told {
                    wrong.add(|| table.source.placed(from, &wrong_text.problem));
                }
            }
        }
    }
    if limits == 0 {
        wrong.add(|| Problem {
            hint: Some("add a limit such as `p95 = \"500ms\"`".to_owned()),
            ..table.source.problem(budget.span(), "a budget limits nothing")
        });
    }
    read
}
