//! From a plan to what is asked of each table.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use loadline_pg::ghost::quoted;
use loadline_pg::shape::{Kind, Token, Tokens};
use serde_json::Value;

use super::condition::{Condition, Operand, listed};
use super::need::{Clause, Need, Order, Test};
use super::phrase::{SPATIAL, direction, has_place, is_prefix, turned};
use crate::catalogue::Catalogue;

/// What a statement asks of each table that its plan reads, by alias.
pub fn needs(plan: &Value, catalogue: &Catalogue) -> Vec<Need> {
    let mut reader = Reader { catalogue, tables: HashMap::new(), needs: BTreeMap::new() };
    reader.aliases(plan);
    reader.node(plan, true);
    let mut needs: Vec<Need> = reader.needs.into_values().collect();
    for need in &mut needs {
        need.clauses.sort();
        need.clauses.dedup();
        need.orders.sort();
        need.orders.dedup();
        need.nearest.sort();
        need.nearest.dedup();
        need.columns.sort();
        need.columns.dedup();
    }
    needs
}

struct Reader<'c> {
    catalogue: &'c Catalogue,
    /// By alias: the table, and the alias of the partitioned table it is a part of.
    tables: HashMap<String, (usize, String)>,
    needs: BTreeMap<String, Need>,
}

fn text<'v>(node: &'v Value, key: &str) -> &'v str {
    node.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn texts<'v>(node: &'v Value, key: &str) -> impl Iterator<Item = &'v str> {
    node.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

fn below(node: &Value) -> impl Iterator<Item = &Value> {
    node.get("Plans").and_then(Value::as_array).into_iter().flatten()
}

impl Reader<'_> {
    fn aliases(&mut self, node: &Value) {
        let alias = text(node, "Alias");
        if !alias.is_empty()
            && let Some(table) = self.catalogue.table(text(node, "Schema"), text(node, "Relation Name"))
        {
            let root = self.catalogue.root(table);
            let mut base = alias;
            if root != table
                && let Some((before, number)) = alias.rsplit_once('_')
                && number.bytes().all(|byte| byte.is_ascii_digit())
            {
                base = before;
            }
            self.tables.insert(alias.to_owned(), (root, base.to_owned()));
            self.tables.insert(base.to_owned(), (root, base.to_owned()));
            let need = Need { table: root, alias: base.to_owned(), ..Need::default() };
            self.needs.entry(base.to_owned()).or_insert(need);
        }
        below(node).for_each(|node| self.aliases(node));
    }

    fn need(&mut self, alias: &str) -> Option<&mut Need> {
        let (_, base) = self.tables.get(alias)?;
        self.needs.get_mut(base)
    }

    fn node(&mut self, node: &Value, is_top: bool) {
        for key in [
            "Filter",
            "Index Cond",
            "Recheck Cond",
            "Hash Cond",
            "Merge Cond",
            "Join Filter",
            "One-Time Filter",
        ] {
            let condition = text(node, key);
            if !condition.is_empty() {
                for one in Condition::parse(condition).conjuncts() {
                    self.columns_of(&one);
                    self.condition(&one, false);
                }
            }
        }
        for key in ["Sort Key", "Group Key", "Order By"] {
            let mut keys: Vec<&str> = texts(node, key).collect();
            let order_by = text(node, key);
            if keys.is_empty() && !order_by.is_empty() {
                keys.push(order_by);
            }
            self.order(&keys);
        }
        self.output(node, is_top);
        below(node).for_each(|node| self.node(node, false));
    }

    fn output(&mut self, node: &Value, is_top: bool) {
        let outputs: Vec<String> = texts(node, "Output").map(|output| self.qualified(output)).collect();
        let own = text(node, "Alias");
        // A scan hands on whole rows where nobody minds.
        let whole = self
            .tables
            .get(own)
            .is_some_and(|(table, _)| outputs.len() >= self.catalogue.tables[*table].columns.len());
        let is_scan = !text(node, "Relation Name").is_empty();
        if !(whole && is_scan && !is_top) {
            for output in &outputs {
                self.read(&Operand::parse(output).columns);
            }
        }
        if text(node, "Node Type") != "Aggregate" {
            return;
        }
        // The end of an index answers for the greatest only where nothing else is wanted of the rows.
        let is_end = |output: &String| {
            let call = Operand::parse(output).call;
            call.is_some_and(|(function, _)| matches!(function.as_str(), "max" | "min"))
        };
        let are_ends = texts(node, "Group Key").next().is_none() && outputs.iter().all(is_end);
        for output in &outputs {
            let Some((function, arguments)) = Operand::parse(output).call else { continue };
            let [argument] = &arguments[..] else { continue };
            let argument = match (function.as_str(), argument.strip_prefix("DISTINCT ")) {
                ("max" | "min", None) if are_ends => argument,
                (_, Some(argument)) => argument,
                _ => continue,
            };
            self.order(&[argument]);
        }
    }

    /// Where there is but one table, PostgreSQL leaves aliases out of what a node hands on.
    fn qualified(&self, output: &str) -> String {
        let mut needs = self.needs.values();
        let (Some(need), None) = (needs.next(), needs.next()) else { return output.to_owned() };
        if !Operand::parse(output).columns.is_empty() {
            return output.to_owned();
        }
        let table = &self.catalogue.tables[need.table];
        let tokens: Vec<Token> = Tokens::of(output).collect();
        let word = |at: usize| tokens.get(at).map_or("", |token| &output[token.range.clone()]);
        let mut text = String::new();
        for (at, token) in tokens.iter().enumerate() {
            let is_column = matches!(token.kind, Kind::Word | Kind::QuotedName)
                && table.column(word(at).trim_matches('"')).is_some()
                && !matches!(word(at + 1), "(" | ".")
                && (at == 0 || !matches!(word(at - 1), "::" | "."));
            if is_column {
                text += &format!("{}.", quoted(&need.alias));
            }
            text += word(at);
        }
        text
    }

    fn read(&mut self, columns: &[(String, String)]) {
        for (alias, column) in columns {
            if let Some(need) = self.need(alias) {
                need.columns.push(column.clone());
            }
        }
    }

    fn columns_of(&mut self, condition: &Condition) {
        match condition {
            Condition::All(all) | Condition::Any(all) => all.iter().for_each(|one| self.columns_of(one)),
            Condition::Not(one) => self.columns_of(one),
            Condition::Null(operand, _) | Condition::Holds(operand) => self.read(&operand.columns.clone()),
            Condition::Compare(left, _, right, _) => {
                self.read(&left.columns.clone());
                self.read(&right.columns.clone());
            }
        }
    }

    /// The key that an operand is, if an index can have it.
    fn key(&self, operand: &Operand) -> Option<(String, String, bool)> {
        let alias = operand.alias()?;
        let (table, _) = self.tables.get(alias)?;
        if let Some((_, column, cast)) = &operand.column {
            let of = &self.catalogue.tables[*table].column(column)?.of;
            let same = match cast {
                None => true,
                Some(cast) => {
                    cast == of
                        || cast == "text" && of == "character varying"
                        || cast == "inet" && of == "cidr"
                }
            };
            if same {
                return Some((alias.to_owned(), column.clone(), false));
            }
        }
        // A parameter or a subplan is none of an index.
        let is_own = !operand.whole.contains('$')
            && !operand.whole.contains("SubPlan")
            && !operand.whole.contains("InitPlan")
            && !has_place(&operand.text);
        is_own.then(|| (alias.to_owned(), operand.text.clone(), true))
    }

    fn push(&mut self, alias: &str, clause: Clause) {
        if let Some(need) = self.need(alias) {
            need.clauses.push(clause);
        }
    }

    fn condition(&mut self, condition: &Condition, is_alternative: bool) {
        match condition {
            Condition::All(all) => all.iter().for_each(|one| self.condition(one, is_alternative)),
            Condition::Any(all) => {
                for one in all {
                    self.condition(one, true);
                }
            }
            Condition::Null(operand, is_null) => {
                self.test(operand, Test::Null(*is_null), None, is_alternative);
            }
            Condition::Holds(operand) => self.holds(operand, true, is_alternative),
            Condition::Not(inner) => {
                if let Condition::Holds(operand) = &**inner {
                    self.holds(operand, false, is_alternative);
                }
            }
            Condition::Compare(left, operator, right, list) => {
                // All of a list is no search.
                if *list != Some(false) {
                    self.compare(left, operator, right, list.is_some(), is_alternative);
                    if list.is_none()
                        && let Some(turned) = turned(operator)
                    {
                        self.compare(right, turned, left, false, is_alternative);
                    }
                }
            }
        }
    }

    fn holds(&mut self, operand: &Operand, is_true: bool, is_alternative: bool) {
        if operand.column.is_some() {
            self.test(operand, Test::Truth(is_true), None, is_alternative);
        } else if let Some((function, arguments)) = &operand.call
            && is_true
            && SPATIAL.contains(&function.trim_start_matches('_'))
        {
            for (mine, other) in [(0, 1), (1, 0)] {
                let (Some(mine), Some(other)) = (arguments.get(mine), arguments.get(other)) else { continue };
                self.compare(&Operand::parse(mine), "&&", &Operand::parse(other), false, is_alternative);
            }
        }
    }

    fn test(&mut self, operand: &Operand, test: Test, literal: Option<String>, is_alternative: bool) {
        let Some((alias, key, is_expression)) = self.key(operand) else { return };
        let literal = literal.or_else(|| match test {
            Test::Null(is_null) => {
                let not = if is_null { "" } else { " NOT" };
                Some(format!("({} IS{not} NULL)", operand.text))
            }
            Test::Truth(is_true) => {
                Some(if is_true { operand.text.clone() } else { format!("(NOT {})", operand.text) })
            }
            _ => None,
        });
        let clause =
            Clause { key, is_expression, test, literal, is_join: false, is_alternative, parameter: None };
        self.push(&alias, clause);
    }

    fn compare(
        &mut self,
        left: &Operand,
        operator: &str,
        right: &Operand,
        is_list: bool,
        is_alternative: bool,
    ) {
        if let (Some((_, keys)), Some((_, others))) = (&left.call, &right.call)
            && left.whole.starts_with("ROW(")
            && keys.len() == others.len()
            && let (Some(key), Some(other)) = (keys.first(), others.first())
        {
            self.order(&keys.iter().map(String::as_str).collect::<Vec<_>>());
            return self.compare(
                &Operand::parse(key),
                operator,
                &Operand::parse(other),
                false,
                is_alternative,
            );
        }
        let Some((alias, key, is_expression)) = self.key(left) else { return };
        let is_own = right.columns.iter().any(|(other, _)| {
            self.tables.get(other).map(|(_, base)| base) == self.tables.get(&alias).map(|(_, base)| base)
        });
        if is_own {
            return;
        }
        let test = match operator {
            "=" if is_list => Test::Listed,
            "=" => Test::Equal,
            "<" | "<=" | ">" | ">=" => Test::Range,
            "<>" => return,
            "~~" if is_prefix(right) => Test::Prefix,
            other => Test::Other(other.to_owned()),
        };
        let list = if is_list { format!("ANY ({})", right.text) } else { right.text.clone() };
        let literal = right.is_literal.then(|| format!("({} {operator} {list})", left.text));
        let is_join = right.columns.iter().any(|(other, _)| self.tables.contains_key(other));
        let clause =
            Clause { key, is_expression, test, literal, is_join, is_alternative, parameter: right.parameter };
        self.push(&alias, clause);
    }

    fn order(&mut self, keys: &[&str]) {
        let mut of: Option<String> = None;
        let mut order = Vec::new();
        let mut seen = BTreeSet::new();
        for key in keys.iter().flat_map(|key| listed(key)) {
            let (rest, descending, nulls_first) = direction(&key);
            if let Condition::Compare(left, operator, right, None) = Condition::parse(rest)
                && order.is_empty()
                && (operator.contains("->") || operator.contains("<-") || operator.contains("<#"))
                && right.columns.is_empty()
                && let Some((alias, key, is_expression)) = self.key(&left)
                && operator != "->"
                && operator != "->>"
            {
                if let Some(need) = self.need(&alias) {
                    need.nearest.push((key, is_expression, operator));
                }
                return;
            }
            let operand = Operand::parse(rest);
            let Some((alias, key, is_expression)) = self.key(&operand) else { break };
            if of.as_ref().is_some_and(|of| *of != alias) {
                break;
            }
            of = Some(alias);
            if seen.insert(key.clone()) {
                order.push(Order { key, is_expression, descending, nulls_first });
            }
        }
        if let Some(need) = of.and_then(|alias| self.need(&alias)) {
            need.orders.push(order);
        }
    }
}
