//! The choice of values: those with which the plan expects as many rows as there were.

use std::collections::BTreeMap;

use loadline_pg::ghost::parameters;
use serde_json::Value;

use super::choices::{Choice, Columns};
use super::place::{Place, places};
use super::text::{limited, numbers, with_values};
use crate::catalogue::Catalogue;
use crate::oracle::{Oracle, OracleError};
use crate::workload::Asked;

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

/// A statement ready to be explained.
#[derive(Clone, Debug, PartialEq)]
pub struct Bound {
    /// The plan of any value, which says what is asked of tables without the values that were chosen.
    pub plan: Value,
    /// At least one; their shares are one together.
    pub bindings: Vec<Binding>,
    /// Rows that the plan of any value expects.
    pub any_rows: f64,
}

/// A try.
#[derive(Clone, Debug)]
struct Tried {
    values: BTreeMap<u32, String>,
    text: String,
    rows: f64,
    scanned: f64,
    cost: f64,
}

/// Chooses values for a statement's parameters, and asks `plans` plans for it.
///
/// # Errors
/// When the statement has no plan, or the oracle is gone.
pub fn bind(
    asked: &Asked,
    columns: &Columns<'_>,
    catalogue: &Catalogue,
    oracle: &mut impl Oracle,
    plans: &mut usize,
) -> Result<Bound, OracleError> {
    let text = limited(&asked.text, asked.rows);
    *plans += 1;
    let any_text = with_values(&text, &BTreeMap::new());
    let plan = oracle.plan(&any_text)?;
    let any = Tried::of(any_text, BTreeMap::new(), &plan);
    let any_rows = any.rows;
    let alone = |plan, any: Tried| Bound { plan, bindings: vec![any.binding(Kind::Any, 1.0)], any_rows };
    if parameters(&text) == 0 {
        return Ok(alone(plan, any));
    }
    let numbers = numbers(&text);
    let own = |number: u32| numbers.get(number.checked_sub(1)? as usize).copied();
    let places: BTreeMap<u32, Place> = places(&plan, catalogue)
        .into_iter()
        .filter_map(|(number, place)| Some((own(number)?, place)))
        .collect();
    let choices: BTreeMap<u32, Vec<Choice>> = places
        .iter()
        .map(|(number, place)| (*number, columns.choices(place, is_between(place, &places), catalogue)))
        .filter(|(_, choices)| !choices.is_empty())
        .collect();
    if choices.is_empty() {
        return Ok(alone(plan, any));
    }
    let mut trial = Trial { text: &text, oracle, plans, left: MOST_PLANS };
    let steps = trial.steps(&choices)?;
    let tells = steps.iter().any(|one| !is_same(one.rows, any_rows));
    // Where rows are known, values have to be at least as near to them as none. An aggregate has one row whatever is
    // asked; then those values are wanted that are most like an average one.
    let known = asked.rows.filter(|_| tells);
    let target = asked.rows.unwrap_or(any_rows);
    let mut best = any.clone();
    for one in &steps {
        if asked.rows.is_none() && best.values.is_empty() || is_nearer(one, &best, target, &any) {
            best = one.clone();
        }
    }
    for (number, choices) in &choices {
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
            if let Some(one) = trial.ask(values)?
                && is_nearer(&one, &best, target, &any)
            {
                best = one;
            }
        }
    }
    if best.values.is_empty() {
        return Ok(alone(plan, best));
    }
    let equal: BTreeMap<u32, &Vec<Choice>> = choices
        .iter()
        .filter(|(number, choices)| places[*number].is_equality() && choices.len() > 1)
        .map(|(number, choices)| (*number, choices))
        .collect();
    let mut vary = |which: fn(&[Choice]) -> Option<&Choice>| {
        let mut values = best.values.clone();
        values.extend(equal.iter().filter_map(|(number, all)| Some((*number, which(all)?.value.clone()))));
        trial.ask(values)
    };
    let ends =
        if equal.is_empty() { (None, None) } else { (vary(<[Choice]>::last)?, vary(<[Choice]>::first)?) };
    let bindings = match ends {
        (Some(common), Some(rare)) => spread(best, &common, &rare, known, share(&common, &equal)),
        _ => vec![best.binding(Kind::Typical, 1.0)],
    };
    Ok(Bound { plan, bindings, any_rows })
}

/// Whether another parameter bounds the same column on the other side.
fn is_between(place: &Place, places: &BTreeMap<u32, Place>) -> bool {
    let side = |place: &Place| place.operator.chars().next().filter(|sign| "<>".contains(*sign));
    let of = |place: &Place| (place.table, place.column.clone());
    side(place).is_some()
        && places
            .values()
            .any(|other| of(other) == of(place) && side(other).is_some() && side(other) != side(place))
}

struct Trial<'t, O> {
    text: &'t str,
    oracle: &'t mut O,
    plans: &'t mut usize,
    left: usize,
}

impl<O: Oracle> Trial<'_, O> {
    /// The plan with these values; nothing if the server does not take them, or enough was asked.
    fn ask(&mut self, values: BTreeMap<u32, String>) -> Result<Option<Tried>, OracleError> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        *self.plans += 1;
        let text = with_values(self.text, &values);
        match self.oracle.plan(&text) {
            Ok(plan) => Ok(Some(Tried::of(text, values, &plan))),
            Err(OracleError::Refused(_)) => Ok(None),
            Err(gone) => Err(gone),
        }
    }

    /// All parameters from rare to common together.
    fn steps(&mut self, choices: &BTreeMap<u32, Vec<Choice>>) -> Result<Vec<Tried>, OracleError> {
        let longest = choices.values().map(Vec::len).max().unwrap_or(1).min(STEPS);
        let mut tried = Vec::new();
        for step in 0..longest {
            let values = choices.iter().map(|(number, choices)| {
                let at = if longest < 2 { 0 } else { step * (choices.len() - 1) / (longest - 1) };
                (*number, choices[at].value.clone())
            });
            tried.extend(self.ask(values.collect())?);
        }
        Ok(tried)
    }
}

impl Tried {
    fn of(text: String, values: BTreeMap<u32, String>, plan: &Value) -> Self {
        let number = |node: &Value, key: &str| node.get(key).and_then(Value::as_f64).unwrap_or_default();
        let first = |node: &Value| node.get("Plans").and_then(|plans| plans.get(0)).cloned();
        let is_write = plan.get("Node Type").and_then(Value::as_str) == Some("ModifyTable");
        let rows = match first(plan).filter(|_| is_write) {
            Some(below) => number(&below, "Plan Rows"),
            None => number(plan, "Plan Rows"),
        };
        Self { text, values, rows, scanned: scanned(plan), cost: number(plan, "Total Cost") }
    }

    fn binding(self, kind: Kind, share: f64) -> Binding {
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
fn spread(typical: Tried, common: &Tried, rare: &Tried, rows: Option<f64>, often: f64) -> Vec<Binding> {
    let costs = [typical.cost, common.cost, rare.cost];
    let (least, most) =
        (costs.into_iter().fold(f64::INFINITY, f64::min), costs.into_iter().fold(0.0, f64::max));
    let matters = most > SKEWED * least;
    let part = match rows {
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
