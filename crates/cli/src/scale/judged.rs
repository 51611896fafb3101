//! A policy over a scenario: simulated, recorded, judged.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use anyhow::Result;
use loadline_measure::{BudgetText, Run};
use loadline_scale::simulation::{About, Ledger, Recorded, Scenario, simulate};
use loadline_verdict::{Budgets, TargetBudget, Verdict, judge};

use super::arguments::JudgingArguments;
use super::day::{Minute, minutes};
use super::policy::Tried;

/// What came of it.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) run: Run,
    pub(super) ledger: Ledger,
    pub(super) verdicts: Vec<Verdict>,
    minutes: OnceCell<Vec<Minute>>,
}

impl Judged {
    /// What it was like from minute to minute.
    pub(super) fn minutes(&self) -> &[Minute] {
        self.minutes.get_or_init(|| minutes(&self.run))
    }

    /// Whether a budget is broken.
    pub(super) fn fails(&self) -> bool {
        self.verdicts.iter().any(|verdict| verdict.fails)
    }
}

/// What is required where nobody says: the story's own.
const DEFAULTS: [&str; 2] = ["p95=500ms", "errors=1%"];

/// The budgets, as a project would write them.
fn budgets(arguments: &JudgingArguments) -> Vec<TargetBudget> {
    if arguments.budgets.is_empty() {
        DEFAULTS.iter().filter_map(|text| text.parse().ok()).collect()
    } else {
        arguments.budgets.clone()
    }
}

fn text(budget: &TargetBudget, over: &str) -> BudgetText {
    let (name, limit) = budget.text.split_at(budget.text.find(['=', '<', '>']).unwrap_or(budget.text.len()));
    let limit = limit.trim_start_matches(['=', '<', '>']).trim();
    let (quantity, limit) = match name.trim() {
        "errors" => ("share", format!("<= {limit}")),
        "avg" => ("mean", limit.to_owned()),
        "med" => ("p50", limit.to_owned()),
        other => (other, limit.to_owned()),
    };
    BudgetText {
        metric: budget.selector.to_owned(),
        quantity: quantity.to_owned(),
        limit,
        over: over.to_owned(),
        ..BudgetText::default()
    }
}

/// Whether what is typed can be judged by.
pub(super) fn check(arguments: &JudgingArguments) -> Result<()> {
    let about = About { budgets: texts(arguments), ..About::default() };
    Budgets::of_run(Recorded::new(&about)?.run())?;
    Ok(())
}

pub(super) fn texts(arguments: &JudgingArguments) -> Vec<BudgetText> {
    let over = loadline_units::duration_text(arguments.over);
    budgets(arguments).iter().map(|budget| text(budget, &over)).collect()
}

/// Lets a policy have its way, and judges what comes of it.
pub(super) fn judged(tried: &Tried, scenario: &Scenario, arguments: &JudgingArguments) -> Result<Judged> {
    judged_in_steps(tried, scenario, arguments, 1)
}

/// The same by windows of so many seconds: stretches between them are not looked at, so that what is kept by them may
/// be broken second by second, and not the other way round.
pub(super) fn judged_in_steps(
    tried: &Tried,
    scenario: &Scenario,
    arguments: &JudgingArguments,
    step_s: u64,
) -> Result<Judged> {
    let about = About {
        name: tried.what.clone(),
        started_unix_ms: scenario.traffic.started_unix_ms,
        identity: format!(
            "{} s, {:.0} requests, {:.1} ms, {} workers, seed {}",
            scenario.traffic.seconds(),
            scenario.traffic.requests(),
            scenario.service.time.mean_s() * 1000.0,
            scenario.service.concurrency,
            scenario.seed
        ),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        has_nodes: scenario.nodes.is_some(),
        budgets: texts(arguments),
        annotations: BTreeMap::from([("policy".to_owned(), tried.what.clone())]),
    };
    let mut recorded = Recorded::new(&about)?.in_steps_of(step_s);
    let budgets = Budgets::of_run(recorded.run())?;
    budgets.register(recorded.run().schema());
    let ledger = simulate(scenario, &mut *tried.autoscaler(scenario)?, &mut recorded)?;
    let run = recorded.into_run();
    let verdicts = judge(&run, &budgets);
    Ok(Judged { run, ledger, verdicts, minutes: OnceCell::new() })
}
