//! Where parameters stand in a plan: which column each is compared with, and how.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use crate::catalogue::Catalogue;
use crate::predicate::{Condition, Operand};

/// What a parameter is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The table, by its place in the catalogue: the topmost one of partitions.
    pub table: usize,
    /// The column.
    pub column: String,
    /// The operator, with the column on its left.
    pub operator: String,
    /// Whether the parameter is a list of values of which one has to be met.
    pub is_list: bool,
}

/// The places of parameters, of each the first one.
pub fn places(plan: &Value, catalogue: &Catalogue) -> BTreeMap<u32, Place> {
    let mut tables = HashMap::new();
    aliases(plan, catalogue, &mut tables);
    let mut found = BTreeMap::new();
    conditions(plan, &mut |condition| look(&condition, &tables, &mut found));
    found
}

fn below(node: &Value) -> impl Iterator<Item = &Value> {
    node.get("Plans").and_then(Value::as_array).into_iter().flatten()
}

fn aliases(node: &Value, catalogue: &Catalogue, tables: &mut HashMap<String, usize>) {
    let text = |key: &str| node.get(key).and_then(Value::as_str).unwrap_or_default();
    if let Some(table) = catalogue.table(text("Schema"), text("Relation Name")) {
        tables.insert(text("Alias").to_owned(), catalogue.root(table));
    }
    below(node).for_each(|node| aliases(node, catalogue, tables));
}

/// All conditions of a plan.
fn conditions(node: &Value, take: &mut impl FnMut(Condition)) {
    for key in
        ["Filter", "Index Cond", "Recheck Cond", "Hash Cond", "Merge Cond", "Join Filter", "One-Time Filter"]
    {
        if let Some(text) = node.get(key).and_then(Value::as_str) {
            take(Condition::parse(text));
        }
    }
    for node in below(node) {
        conditions(node, take);
    }
}

fn look(condition: &Condition, tables: &HashMap<String, usize>, found: &mut BTreeMap<u32, Place>) {
    match condition {
        Condition::All(all) | Condition::Any(all) => all.iter().for_each(|one| look(one, tables, found)),
        Condition::Not(one) => look(one, tables, found),
        Condition::Compare(left, operator, right, list) if *list != Some(false) => {
            compared(left, operator, right, list.is_some(), tables, found);
            if list.is_none()
                && let Some(turned) = turned(operator)
            {
                compared(right, turned, left, false, tables, found);
            }
        }
        _ => {}
    }
}

fn compared(
    column: &Operand,
    operator: &str,
    value: &Operand,
    is_list: bool,
    tables: &HashMap<String, usize>,
    found: &mut BTreeMap<u32, Place>,
) {
    if let (Some((alias, name, _)), Some(parameter)) = (&column.column, value.parameter)
        && let Some(table) = tables.get(alias)
    {
        let place = Place { table: *table, column: name.clone(), operator: operator.to_owned(), is_list };
        found.entry(parameter).or_insert(place);
    }
}

/// The operator with its sides changed.
fn turned(operator: &str) -> Option<&'static str> {
    Some(match operator {
        "=" => "=",
        "<" => ">",
        ">" => "<",
        "<=" => ">=",
        ">=" => "<=",
        "&&" => "&&",
        "<@" => "@>",
        _ => return None,
    })
}
