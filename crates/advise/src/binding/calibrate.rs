//! The choice of values: those with which the plan expects as many rows as there were.
//!
//! Whoever explains statements is asked through a closure, so that the choice is the same over a ghost and over a
//! session of a live database.

use std::collections::BTreeMap;

use serde_json::Value;

use super::known::Choice;

/// Values that are tried of all parameters together, from rare to common.
const STEPS: usize = 5;
/// Plans that are asked for one statement, at the most.
const MOST_PLANS: usize = 24;
/// Row counts whose ratio is below this are the same: estimates are no better.
const SAME: f64 = 1.1;
/// From so many times the cost on it matters which value it is.
const SKEWED: f64 = 5.0;
/// What a value has to be of the whole cost to be looked at.
const WORTH: f64 = 0.01;

/// Which values they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// None: the plan is that of any value, or there is nothing to choose.
    Any,
    /// Those that fit the rows of an execution best.
    Typical,
    /// Common ones, which leave many rows.
    Common,
    /// Rare ones, which leave few.
    Rare,
}

/// A statement with values, and how much of the executions it stands for.
#[derive(Clone, Debug, PartialEq)]
pub struct Binding {
    /// Which values.
    pub kind: Kind,
    /// The statement as it is explained.
    pub text: String,
    /// The share of the executions.
    pub share: f64,
    /// Parameters that have values, by number; limits have numbers besides.
    pub values: BTreeMap<u32, String>,
    /// Rows that its plan expects.
    pub rows: f64,
}

/// What values are chosen for.
#[derive(Clone, Debug)]
pub struct Subject<'s> {
    /// Values of each parameter that has some, those that leave fewest rows first, and whether one has to be met
    /// exactly: then it matters how common it is.
    pub choices: &'s BTreeMap<u32, (Vec<Choice>, bool)>,
    /// Rows that an execution was counted to have.
    pub rows: Option<f64>,
    /// The plan of any values.
    pub any: &'s Tried,
    /// Whether the statement is run with them: then values are wanted even where the plan of any values is nearer to
    /// the rows, and common and rare ones even where they cost as much.
    pub must: bool,
}

/// A try.
#[derive(Clone, Debug)]
pub struct Tried {
    values: BTreeMap<u32, String>,
    text: String,
    /// Rows that the plan expects.
    pub rows: f64,
    scanned: f64,
    cost: f64,
}

/// Chooses: one set of values, and beside it common and rare ones where those cost something else; none where there is
/// nothing to choose, or nothing is nearer to the rows than the plan of any values. The shares are one together. `ask`
/// explains the statement with some values, and says nothing of those that the server does not take.
///
/// # Errors
/// Those of `ask`.
pub async fn calibrate<E>(
    subject: &Subject<'_>,
    ask: impl AsyncFnMut(&BTreeMap<u32, String>) -> Result<Option<Tried>, E>,
) -> Result<Vec<Binding>, E> {
    let mut trial = Trial { ask, left: MOST_PLANS };
    let Subject { choices, any, .. } = *subject;
    let steps = if choices.is_empty() { Vec::new() } else { trial.steps(choices).await? };
    let tells = steps.iter().any(|one| !is_same(one.rows, any.rows));
    // Where rows are known, values have to be at least as near to them as none. An aggregate has one row whatever is
    // asked; then those values are wanted that are most like an average one.
    let known = subject.rows.filter(|_| tells);
    let target = subject.rows.unwrap_or(any.rows);
    let takes_first = subject.must || subject.rows.is_none();
    let mut best = any.clone();
    for one in &steps {
        if takes_first && best.values.is_empty() || is_nearer(one, &best, target, any) {
            best = one.clone();
        }
    }
    for (number, (choices, _)) in choices {
        for choice in choices {
            // Two plans are kept for common and rare values.
            if trial.left <= 2 {
                break;
            }
            if best.values.get(number) == Some(&choice.value) || best.values.is_empty() {
                continue;
            }
            let mut values = best.values.clone();
            values.insert(*number, choice.value.clone());
            if let Some(one) = trial.ask(values).await?
                && is_nearer(&one, &best, target, any)
            {
                best = one;
            }
        }
    }
    if best.values.is_empty() {
        return Ok(Vec::new());
    }
    let equal: BTreeMap<u32, &Vec<Choice>> = choices
        .iter()
        .filter(|(_, (choices, is_equality))| *is_equality && choices.len() > 1)
        .map(|(number, (choices, _))| (*number, choices))
        .collect();
    if equal.is_empty() {
        return Ok(vec![best.binding(Kind::Typical, 1.0)]);
    }
    let with = |which: fn(&[Choice]) -> Option<&Choice>| {
        let mut values = best.values.clone();
        values.extend(equal.iter().filter_map(|(number, all)| Some((*number, which(all)?.value.clone()))));
        values
    };
    let common = trial.ask(with(<[Choice]>::last)).await?;
    let rare = trial.ask(with(<[Choice]>::first)).await?;
    Ok(match (common, rare) {
        (Some(common), Some(rare)) => {
            let often = share(&common, &equal);
            spread(best, &common, &rare, known, often, subject.must)
        }
        _ => vec![best.binding(Kind::Typical, 1.0)],
    })
}

struct Trial<A> {
    ask: A,
    left: usize,
}

impl<E, A: AsyncFnMut(&BTreeMap<u32, String>) -> Result<Option<Tried>, E>> Trial<A> {
    /// The plan with these values; nothing if the server does not take them, or enough was asked.
    async fn ask(&mut self, values: BTreeMap<u32, String>) -> Result<Option<Tried>, E> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        (self.ask)(&values).await
    }

    /// All parameters from rare to common together.
    async fn steps(&mut self, choices: &BTreeMap<u32, (Vec<Choice>, bool)>) -> Result<Vec<Tried>, E> {
        let longest = choices.values().map(|(all, _)| all.len()).max().unwrap_or(1).min(STEPS);
        let mut tried = Vec::new();
        for step in 0..longest {
            let values = choices.iter().map(|(number, (choices, _))| {
                let at = if longest < 2 { 0 } else { step * (choices.len() - 1) / (longest - 1) };
                (*number, choices[at].value.clone())
            });
            tried.extend(self.ask(values.collect()).await?);
        }
        Ok(tried)
    }
}

impl Tried {
    /// What a plan, by its topmost node, says of a statement with these values.
    pub fn of(text: String, values: BTreeMap<u32, String>, plan: &Value) -> Self {
        let number = |node: &Value, key: &str| node.get(key).and_then(Value::as_f64).unwrap_or_default();
        let first = |node: &Value| node.get("Plans").and_then(|plans| plans.get(0)).cloned();
        let is_write = plan.get("Node Type").and_then(Value::as_str) == Some("ModifyTable");
        let rows = match first(plan).filter(|_| is_write) {
            Some(below) => number(&below, "Plan Rows"),
            None => number(plan, "Plan Rows"),
        };
        Self { text, values, rows, scanned: scanned(plan), cost: number(plan, "Total Cost") }
    }

    /// The whole of a statement that has these values, or part of it.
    pub(super) fn binding(self, kind: Kind, share: f64) -> Binding {
        Binding { kind, text: self.text, share, values: self.values, rows: self.rows }
    }
}

/// Rows that the plan takes out of tables, as a logarithm.
fn scanned(node: &Value) -> f64 {
    let own = match node.get("Relation Name").and(node.get("Plan Rows")).and_then(Value::as_f64) {
        Some(rows) => rows.max(1.0).ln(),
        None => 0.0,
    };
    own + node.get("Plans").and_then(Value::as_array).into_iter().flatten().map(scanned).sum::<f64>()
}

fn apart(a: f64, b: f64) -> f64 {
    (a.max(1.0) / b.max(1.0)).ln().abs()
}

fn is_same(a: f64, b: f64) -> bool {
    apart(a, b) <= SAME.ln()
}

/// Whether one try is nearer to the rows than another; where both are as near, which is more like an average value. A
/// planner that knows values is believed rather than one that does not.
fn is_nearer(one: &Tried, other: &Tried, target: f64, any: &Tried) -> bool {
    let (mine, theirs) = (apart(one.rows, target), apart(other.rows, target));
    if mine > theirs {
        return false;
    }
    other.values.is_empty() || theirs - mine > SAME.ln() || apart_ln(one, any) < apart_ln(other, any)
}

fn apart_ln(one: &Tried, any: &Tried) -> f64 {
    (one.scanned - any.scanned).abs()
}

/// The typical values, and beside them common and rare ones where it matters: half of the executions are typical, the
/// other half is common or rare such that the rows stay the same on average. Where rows tell nothing, a common value is
/// asked for as `often` as rows have it.
fn spread(
    typical: Tried,
    common: &Tried,
    rare: &Tried,
    rows: Option<f64>,
    often: f64,
    must: bool,
) -> Vec<Binding> {
    let costs = [typical.cost, common.cost, rare.cost];
    let (least, most) =
        (costs.into_iter().fold(f64::INFINITY, f64::min), costs.into_iter().fold(0.0, f64::max));
    let matters = must || most > SKEWED * least;
    let part = match rows {
        // One is as good as another.
        _ if must && is_same(common.rows, rare.rows) => 0.5,
        Some(rows) if common.rows > rare.rows => {
            ((rows - rare.rows) / (common.rows - rare.rows)).clamp(0.0, 1.0)
        }
        Some(_) => 0.0,
        None => often,
    };
    let others = [(Kind::Common, common, part / 2.0), (Kind::Rare, rare, (1.0 - part) / 2.0)];
    let whole = typical.cost / 2.0 + others.iter().map(|(_, tried, share)| tried.cost * share).sum::<f64>();
    let mut bindings = Vec::new();
    for (kind, tried, share) in others {
        if matters && tried.values != typical.values && tried.cost * share >= WORTH * whole {
            bindings.push(tried.clone().binding(kind, share));
        }
    }
    let rest = 1.0 - bindings.iter().map(|one| one.share).sum::<f64>();
    bindings.insert(0, typical.binding(Kind::Typical, rest));
    bindings
}

/// The share of the rows that have all these values, if those are independent of each other.
fn share(tried: &Tried, choices: &BTreeMap<u32, &Vec<Choice>>) -> f64 {
    let of = |(number, choices): (&u32, &&Vec<Choice>)| {
        let value = tried.values.get(number)?;
        choices.iter().find(|choice| choice.value == *value).map(|choice| choice.share)
    };
    choices.iter().filter_map(of).product::<f64>().clamp(0.0, 1.0)
}
