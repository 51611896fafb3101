//! What a migration may do to plans and to those who wait.

use std::collections::BTreeMap;

use super::time::{Held, rounded};
use crate::plan::Plan;
use crate::portrait::{Portrait, Relation};

/// What is allowed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Budgets {
    /// No statement may begin to read all of a table of so many rows.
    pub no_new_seq_scan: Option<f64>,
    /// A statement's cost may grow by this share.
    pub max_cost_growth: Option<f64>,
    /// A transaction may keep readers or writers of a table waiting for so many seconds.
    pub max_blocking: Option<f64>,
    /// No plan may be another one.
    pub no_flip: bool,
}

/// A statement with its plans.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// The statement.
    pub text: String,
    /// Its plan before, or why there was none.
    pub before: Result<Plan, String>,
    /// Its plan after, or why there is none.
    pub after: Result<Plan, String>,
}

/// A budget that is broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Which, as it is typed: `--no-new-seq-scan`.
    pub budget: &'static str,
    /// What breaks it: a statement, or a file.
    pub what: String,
    /// In words.
    pub why: String,
}

/// Tables that a plan reads from end to end, and how often.
fn seq_scans(plan: &Plan) -> BTreeMap<&str, usize> {
    let mut tables = BTreeMap::new();
    for node in plan.nodes().into_iter().filter(|node| node.kind == "Seq Scan") {
        *tables.entry(node.relation.as_str()).or_default() += 1;
    }
    tables
}

impl Checked {
    /// Whether there are two plans, and they are not the same.
    pub fn is_flipped(&self) -> bool {
        matches!((&self.before, &self.after), (Ok(before), Ok(after)) if before.fingerprint() != after.fingerprint())
    }

    /// Whether it had a plan and has none any more.
    pub fn is_lost(&self) -> bool {
        self.before.is_ok() && self.after.is_err()
    }

    /// How many times as much it costs, where both are known.
    pub fn growth(&self) -> Option<f64> {
        let (before, after) = (self.before.as_ref().ok()?, self.after.as_ref().ok()?);
        Some(after.root.total_cost / before.root.total_cost.max(0.01))
    }
}

impl Budgets {
    /// The budgets that statements break. That a statement still has a plan is always wanted.
    pub fn of_plans(&self, after: &Portrait, checked: &[Checked]) -> Vec<Broken> {
        checked.iter().flat_map(|one| self.of_plan(after, one)).collect()
    }

    fn of_plan(&self, portrait: &Portrait, checked: &Checked) -> Vec<Broken> {
        let broken = |budget, why| Broken { budget, what: checked.text.clone(), why };
        let mut all = Vec::new();
        if let (Ok(_), Err(why)) = (&checked.before, &checked.after) {
            all.push(broken("a plan", format!("it has no plan any more: {why}")));
        }
        let (Ok(before), Ok(after)) = (&checked.before, &checked.after) else { return all };
        if let Some(fewest) = self.no_new_seq_scan {
            let (then, now) = (seq_scans(before), seq_scans(after));
            for (table, count) in
                now.into_iter().filter(|(table, count)| then.get(table).copied().unwrap_or(0) < *count)
            {
                let named = portrait
                    .relations
                    .iter()
                    .filter(|relation| relation.name == table && relation.index.is_none());
                // Of two of this name the larger one counts; of one that nobody has counted, its pages do.
                let rows = named.map(Relation::rows).fold(0.0, f64::max);
                if rows >= fewest {
                    let times = if count > 1 { format!(" {count} times") } else { String::new() };
                    all.push(broken(
                        "--no-new-seq-scan",
                        format!(
                            "it reads all {} rows of `{table}`{times}",
                            loadline_units::count(rows as u64)
                        ),
                    ));
                }
            }
        }
        if let (Some(most), Some(growth)) = (self.max_cost_growth, checked.growth())
            && growth > 1.0 + most
        {
            let costs = [before, after].map(|plan| loadline_units::plain(plan.root.total_cost));
            all.push(broken("--max-cost-growth", format!("its cost goes from {} to {}", costs[0], costs[1])));
        }
        if self.no_flip && checked.is_flipped() {
            all.push(broken("--no-flip", crate::plan::difference(before, after)));
        }
        all
    }

    /// The budgets that transactions break.
    pub fn of_locks(&self, held: &[Held]) -> Vec<Broken> {
        let Some(most) = self.max_blocking else { return Vec::new() };
        // What is not known does not pass.
        let too_long = held.iter().filter(|held| held.seconds > most || held.is_open);
        too_long
            .map(|held| Broken {
                budget: "--max-blocking",
                what: held.file.clone(),
                why: format!(
                    "{} of `{}.{}` wait {}{}",
                    held.blocks,
                    held.table.0,
                    held.table.1,
                    about(held.seconds),
                    if held.is_open {
                        ", and for changes of rows, for which no time is reckoned"
                    } else {
                        ""
                    }
                ),
            })
            .collect()
    }
}

fn about(seconds: f64) -> String {
    if seconds < 0.001 {
        "a moment".to_owned()
    } else {
        format!("about {}", loadline_units::time(rounded(seconds) * 1e3))
    }
}
