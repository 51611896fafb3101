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
    /// Which one of how many parameters of one list it is, from 0: they are different values.
    pub nth: (usize, usize),
}

impl Place {
    /// Whether one value has to be met, so that it matters how many rows have that one.
    pub fn is_equality(&self) -> bool {
        self.operator == "=" && !self.is_list
    }
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
    if let (Some((_, keys)), Some((_, values))) = (&column.call, &value.call)
        && column.whole.starts_with("ROW(")
        && keys.len() == values.len()
    {
        // What is behind the first key hardly matters, but has to have a value.
        for (key, value) in keys.iter().zip(values) {
            compared(&Operand::parse(key), operator, &Operand::parse(value), false, tables, found);
        }
        return;
    }
    let Some((alias, name, _)) = &column.column else { return };
    let Some(table) = tables.get(alias) else { return };
    let mut put = |parameter, is_list, nth| {
        let (column, operator) = (name.clone(), operator.to_owned());
        let place = Place { table: *table, column, operator, is_list, nth };
        found.entry(parameter).or_insert(place);
    };
    match value.parameter {
        Some(parameter) => put(parameter, is_list, (0, 1)),
        None if is_list => {
            let all = listed(&value.whole);
            all.iter().enumerate().for_each(|(nth, one)| put(*one, false, (nth, all.len())));
        }
        None => {}
    }
}

/// The parameters of `ARRAY[$1, $2]`; none if anything else is in it.
fn listed(text: &str) -> Vec<u32> {
    let Some(inner) = text.trim_start_matches('(').strip_prefix("ARRAY[") else { return Vec::new() };
    let inner = inner.split(']').next().unwrap_or_default();
    let numbers: Option<Vec<u32>> =
        inner.split(',').map(|one| Operand::parse(one.trim()).parameter).collect();
    numbers.unwrap_or_default()
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
