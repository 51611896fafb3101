//! `[[budget]]`: one endpoint or metric, and any number of limits on it.

use loadline_measure::BudgetText;
use loadline_verdict::{Endpoints, Place, ProjectBudget};
use toml::Spanned;
use toml::de::DeValue;

use crate::project::placed;
use crate::source::Source;
use crate::table::{Table, Text, Wrong, inside};

/// What a budget says of itself beside its limits.
const OWN: [&str; 5] = ["endpoint", "metric", "over", "scripts", "allow_no_data"];

/// A budget, and the scripts whose runs it judges.
#[derive(Debug, Clone, PartialEq)]
pub struct ScopedBudget {
    /// The budget.
    pub budget: ProjectBudget,
    /// Patterns of script paths, `loadtests/**`; without any, all.
    pub scripts: Vec<String>,
}

impl ScopedBudget {
    /// Whether it judges runs of this script, a path as the user wrote it.
    pub fn is_for(&self, script: &str) -> bool {
        let script = script.trim_start_matches("./");
        self.scripts.is_empty() || self.scripts.iter().any(|pattern| fast_glob::glob_match(pattern, script))
    }
}

/// Reads all budgets.
pub(crate) fn read(
    source: Source<'_>,
    value: &Spanned<DeValue<'_>>,
    endpoints: &Endpoints,
    wrong: &mut Wrong,
) -> Vec<ScopedBudget> {
    let DeValue::Array(budgets) = value.get_ref() else {
        wrong.push(source.problem(value.span(), "budgets are a list: write `[[budget]]` above each"));
        return Vec::new();
    };
    let mut all: Vec<ScopedBudget> = Vec::new();
    for budget in budgets {
        let DeValue::Table(entries) = budget.get_ref() else {
            wrong.push(source.problem(budget.span(), "a budget is a table: write `[[budget]]` above it"));
            continue;
        };
        let table = Table { source, name: "a budget", entries };
        for read in one(&table, budget, endpoints, wrong) {
            let twice = all.iter().any(|known| {
                let (left, right) = (&known.budget, &read.budget);
                (&left.subject, &left.allowed, left.part) == (&right.subject, &right.allowed, right.part)
                    && known.scripts == read.scripts
            });
            if !twice {
                all.push(read);
            }
        }
    }
    all
}

fn one(
    table: &Table<'_>,
    budget: &Spanned<DeValue<'_>>,
    endpoints: &Endpoints,
    wrong: &mut Wrong,
) -> Vec<ScopedBudget> {
    let [endpoint, metric, over] = ["endpoint", "metric", "over"].map(|key| table.text(key, wrong));
    let allow_no_data = table.switch("allow_no_data", wrong);
    let scripts = table.texts("scripts", wrong);
    let text = |part: &Option<Text>| part.as_ref().map(|part| part.text.clone()).unwrap_or_default();
    let start = |part: &Option<Text>| part.as_ref().map_or(budget.span().start, |part| part.span.start);
    let mut read = Vec::new();
    let mut told = Vec::new();
    let mut limits = 0;
    for (key, value) in table.entries.iter().filter(|(key, _)| !OWN.contains(&key.get_ref().as_ref())) {
        limits += 1;
        let quantity = key.get_ref().as_ref();
        let limit = match value.get_ref() {
            DeValue::String(limit) => limit.clone().into_owned(),
            // A count has no unit to write in quotes.
            DeValue::Integer(number) if quantity == "count" => number.as_str().to_owned(),
            _ => {
                let mut problem = table
                    .source
                    .problem(value.span(), format!("the limit of `{quantity}` takes a text in quotes"));
                problem.hint = Some("limits have units: `p95 = \"500ms\"`, `errors = \"1%\"`".to_owned());
                wrong.push(problem);
                continue;
            }
        };
        let written = BudgetText {
            endpoint: text(&endpoint),
            metric: text(&metric),
            quantity: quantity.to_owned(),
            limit,
            over: text(&over),
            allow_no_data,
        };
        match ProjectBudget::parse(&written, endpoints) {
            Ok(budget) => read.push(ScopedBudget { budget, scripts: scripts.clone() }),
            Err(wrong_text) => {
                let from = match wrong_text.place {
                    Place::Subject if !written.metric.is_empty() => start(&metric),
                    Place::Subject => start(&endpoint),
                    Place::Quantity => key.span().start,
                    Place::Limit => inside(value).start,
                    Place::Over => start(&over),
                };
                // What is wrong with the endpoint is wrong once, not for each of its limits.
                let problem = placed(table.source, from, &wrong_text.problem);
                if !told.contains(&problem) {
                    told.push(problem);
                }
            }
        }
    }
    if limits == 0 {
        let mut problem = table.source.problem(budget.span(), "a budget limits nothing");
        problem.hint = Some("add a limit such as `p95 = \"500ms\"`".to_owned());
        wrong.push(problem);
    }
    wrong.extend(told);
    read
}
