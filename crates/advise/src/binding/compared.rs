//! What a plan compares its parameters with.

use std::collections::{BTreeMap, HashMap};

use loadline_pg::shape::{Kind, Tokens};
use serde_json::Value as Json;

use super::role::Compared;
use super::text::number;
use crate::catalogue::Catalogue;
use crate::predicate::{Condition, Operand};

/// How much a comparison says of a parameter's values: the lower, the more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Says {
    /// A column is compared with the parameter.
    Value,
    /// An expression is, or it is done by a function, or for an order.
    Likeness,
    /// What is compared is made of the parameter.
    Part,
}

/// Reads one plan.
pub(super) struct Reader<'c> {
    catalogue: &'c Catalogue,
    tables: HashMap<String, usize>,
    /// The table that is written.
    pub(super) written: Option<usize>,
    /// Of each parameter, as the plan calls it, the comparison that says most, and of several the first one.
    pub(super) found: BTreeMap<u32, (Says, Compared)>,
}

const CONDITIONS: [&str; 7] =
    ["Filter", "Index Cond", "Recheck Cond", "Hash Cond", "Merge Cond", "Join Filter", "One-Time Filter"];

fn word<'v>(node: &'v Json, key: &str) -> &'v str {
    node.get(key).and_then(Json::as_str).unwrap_or_default()
}

fn below(node: &Json) -> impl Iterator<Item = &Json> {
    node.get("Plans").and_then(Json::as_array).into_iter().flatten()
}

impl<'c> Reader<'c> {
    pub(super) fn new(catalogue: &'c Catalogue) -> Self {
        Self { catalogue, tables: HashMap::new(), written: None, found: BTreeMap::new() }
    }

    pub(super) fn read(&mut self, plan: &Json) {
        self.aliases(plan);
        self.node(plan);
    }

    fn aliases(&mut self, node: &Json) {
        if let Some(table) = self.catalogue.table(word(node, "Schema"), word(node, "Relation Name")) {
            let table = self.catalogue.root(table);
            if word(node, "Node Type") == "ModifyTable" {
                self.written.get_or_insert(table);
            }
            self.tables.insert(word(node, "Alias").to_owned(), table);
        }
        below(node).for_each(|node| self.aliases(node));
    }

    fn node(&mut self, node: &Json) {
        for text in CONDITIONS.iter().map(|key| word(node, key)).filter(|text| text.contains('$')) {
            self.condition(&Condition::parse(text), Says::Value);
        }
        let sorted = node.get("Sort Key").and_then(Json::as_array).into_iter().flatten();
        let orders = sorted.filter_map(Json::as_str).chain([word(node, "Order By")]);
        for text in orders.filter(|text| text.contains('$')) {
            self.condition(&Condition::parse(text), Says::Likeness);
        }
        below(node).for_each(|node| self.node(node));
    }

    fn condition(&mut self, condition: &Condition, says: Says) {
        match condition {
            Condition::All(all) | Condition::Any(all) => {
                for one in all {
                    self.condition(one, says);
                }
            }
            Condition::Not(one) => self.condition(one, says),
            Condition::Null(..) => {}
            Condition::Holds(operand) => {
                let Some((_, arguments)) = &operand.call else { return };
                let arguments: Vec<Operand> = arguments.iter().map(|text| Operand::parse(text)).collect();
                let key = arguments.iter().find(|argument| argument.alias().is_some());
                for argument in &arguments {
                    if let Some(key) = key {
                        self.compared(key, "&&", argument, false, Says::Likeness);
                    }
                }
            }
            Condition::Compare(left, operator, right, list) => {
                let of_all = if *list == Some(false) { Says::Likeness } else { says };
                self.compared(left, operator, right, list.is_some(), of_all);
                let (turned, is_sure) = turned(operator);
                let says = if is_sure && list.is_none() { says } else { Says::Likeness };
                self.compared(right, turned, left, false, says);
            }
        }
    }

    fn compared(&mut self, key: &Operand, operator: &str, other: &Operand, is_list: bool, says: Says) {
        if let (Some((_, keys)), Some((_, values))) = (&key.call, &other.call)
            && key.whole.starts_with("ROW(")
            && keys.len() == values.len()
        {
            // What is behind the first key hardly matters, but has to have a value.
            for (key, value) in keys.iter().zip(values) {
                self.compared(&Operand::parse(key), operator, &Operand::parse(value), false, says);
            }
            return;
        }
        let Some(table) = key.alias().and_then(|alias| self.tables.get(alias)).copied() else { return };
        if key.whole.contains('$') {
            return;
        }
        let column = key.column.as_ref().map(|(_, column, _)| column.clone());
        let says = if column.is_some() { says } else { says.max(Says::Likeness) };
        let compared = Compared {
            table,
            key: column.unwrap_or_else(|| key.text.clone()),
            operator: operator.to_owned(),
            is_list,
            nth: (0, 1),
            is_direct: says == Says::Value,
        };
        if let Some(parameter) = other.parameter {
            self.put(parameter, says, compared);
            return;
        }
        let all = if is_list { listed(&other.whole) } else { Vec::new() };
        for (nth, one) in all.iter().enumerate() {
            let compared = Compared { is_list: false, nth: (nth, all.len()), ..compared.clone() };
            self.put(*one, says, compared);
        }
        for token in Tokens::of(&other.whole).filter(|token| token.kind == Kind::Parameter) {
            if let Some(parameter) = number(&other.whole[token.range]) {
                let compared = Compared { is_direct: false, is_list: false, ..compared.clone() };
                self.put(parameter, Says::Part, compared);
            }
        }
    }

    fn put(&mut self, parameter: u32, says: Says, compared: Compared) {
        if self.found.get(&parameter).is_none_or(|(other, _)| says < *other) {
            self.found.insert(parameter, (says, compared));
        }
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

/// The operator with its sides changed, and whether it is one of which that is known.
fn turned(operator: &str) -> (&str, bool) {
    match operator {
        "=" | "&&" => (operator, true),
        "<" => (">", true),
        ">" => ("<", true),
        "<=" => (">=", true),
        ">=" => ("<=", true),
        "<@" => ("@>", true),
        "@>" => ("<@", false),
        other => (other, false),
    }
}
