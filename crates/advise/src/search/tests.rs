//! Whole searches, on a planner of ours that is simple enough to know what is right.
//!
//! A statement is written as `SELECT reads FROM table WHERE columns = ORDER BY columns`; the planner looks for the
//! index that skips most rows, sorts what is not in order, and goes to the table for what the index has not.

use std::collections::{BTreeMap, BTreeSet};

use loadline_pg::plan::Plan;
use loadline_pg::portrait::Portrait;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::combine::does_work_of;
use super::{Aim, Goal, advise};
use crate::advice::{Advice, Why};
use crate::catalogue::{Catalogue, Column, Existing, Table};
use crate::index::{Index, Method};
use crate::oracle::{Number, Oracle, OracleError};
use crate::verify::Lesson;
use crate::workload::{Asked, Workload};
use loadline_pg::size::Size;

const ROWS: f64 = 100_000.0;
/// Of each column every so many rows have the same value.
const SHARE: f64 = 0.01;
const COLUMNS: [&str; 5] = ["a", "b", "c", "d", "e"];

#[derive(Default)]
struct Planner {
    made: Vec<Index>,
    shown: BTreeSet<Number>,
    existing: Vec<Existing>,
    plans: usize,
}

impl Planner {
    /// What an index takes to find rows, and whether it has them in order and all that is read.
    fn with(index: &Index, asked: &Words) -> Option<f64> {
        let keys: Vec<&str> = index.keys.iter().map(|key| key.text.as_str()).collect();
        let equal = keys.iter().take_while(|key| asked.equal.contains(**key)).count();
        let ordered = {
            let rest = &keys[equal..];
            let wanted: Vec<&str> =
                asked.order.iter().map(String::as_str).filter(|key| !asked.equal.contains(*key)).collect();
            rest.starts_with(&wanted)
        };
        if equal == 0 && (asked.order.is_empty() || !ordered) || index.method != Method::Btree {
            return None;
        }
        let rows = ROWS * SHARE.powi(equal as i32);
        let has = |column: &String| keys.contains(&column.as_str()) || index.include.contains(column);
        let fetch = if asked.reads.iter().chain(&asked.equal).all(has) { 0.01 } else { 1.0 };
        let sort = if asked.order.is_empty() || ordered { 0.0 } else { 0.5 * rows };
        let width = (index.keys.len() + index.include.len()) as f64;
        Some(4.0 + rows * (0.005 * width + fetch) + sort)
    }
}

struct Words {
    table: String,
    reads: BTreeSet<String>,
    equal: BTreeSet<String>,
    order: Vec<String>,
}

fn words(statement: &str) -> Words {
    let part = |from: &str, to: &[&str]| {
        let rest = statement.split_once(from).map_or("", |(_, rest)| rest);
        to.iter().fold(rest, |rest, to| rest.split(to).next().unwrap_or_default()).trim().to_owned()
    };
    let list = |text: String| -> Vec<String> {
        text.split(", ").filter(|word| !word.is_empty()).map(str::to_owned).collect()
    };
    Words {
        table: part("FROM ", &[" WHERE", " ORDER"]),
        reads: list(part("SELECT ", &[" FROM"])).into_iter().collect(),
        equal: list(part("WHERE ", &[" ORDER"]).replace(" = 7", "").replace(" AND ", ", "))
            .into_iter()
            .collect(),
        order: list(part("ORDER BY ", &[])),
    }
}

impl Oracle for Planner {
    fn catalogue(&mut self) -> Result<Catalogue, OracleError> {
        let column = |name: &&str| Column {
            name: (*name).to_owned(),
            of: "integer".to_owned(),
            kind: 'b',
            width: 4.0,
            distinct: 100.0,
            ..Column::default()
        };
        let table = |name: &str| Table {
            schema: "public".to_owned(),
            name: name.to_owned(),
            kind: 'r',
            rows: ROWS,
            bytes: ROWS * 100.0,
            columns: COLUMNS.iter().map(column).collect(),
            indexes: if name == "t" { self.existing.clone() } else { Vec::new() },
            ..Table::default()
        };
        Ok(Catalogue { tables: vec![table("t"), table("u")], ..Catalogue::default() })
    }

    fn plan(&mut self, statement: &str) -> Result<Value, OracleError> {
        self.plans += 1;
        if statement.starts_with("INSERT") {
            return Ok(
                json!({"Node Type": "ModifyTable", "Operation": "Insert", "Schema": "public", "Relation Name": "t",
                "Alias": "t", "Total Cost": 1.0, "Plans": [{"Node Type": "Result", "Plan Rows": 1}]}),
            );
        }
        let asked = words(statement);
        let condition: Vec<String> = asked.equal.iter().map(|column| format!("(x.{column} = 7)")).collect();
        let found = ROWS * SHARE.powi(asked.equal.len() as i32);
        let sort = if asked.order.is_empty() { 0.0 } else { 0.5 * found };
        let (mut cost, mut name) = (ROWS + sort, None);
        for number in &self.shown {
            let index = &self.made[*number as usize];
            if let Some(with) = Self::with(index, &asked).filter(|_| index.table == asked.table)
                && with < cost
            {
                let keys = index.keys.iter().take_while(|key| asked.equal.contains(&key.text));
                let keys: Vec<String> = keys.map(|key| format!("(x.{} = 7)", key.text)).collect();
                (cost, name) = (with, Some((index.name(), format!("({})", keys.join(" AND ")))));
            }
        }
        let mut plan = json!({"Node Type": "Scan", "Relation Name": asked.table, "Schema": "public", "Alias": "x",
            "Filter": format!("({})", condition.join(" AND ")), "Total Cost": cost, "Plan Rows": found,
            "Output": asked.reads.iter().map(|column| format!("x.{column}")).collect::<Vec<_>>()});
        if condition.is_empty() {
            plan.as_object_mut().unwrap().remove("Filter");
        }
        if let Some((name, looked_up)) = name {
            plan["Index Name"] = json!(name);
            plan["Index Cond"] = json!(looked_up);
        }
        if !asked.order.is_empty() {
            let keys: Vec<String> = asked.order.iter().map(|column| format!("x.{column}")).collect();
            plan = json!({"Node Type": "Sort", "Sort Key": keys, "Total Cost": cost, "Output": plan["Output"], "Plans": [plan]});
        }
        Ok(plan)
    }

    fn types(&mut self, _: &str, expressions: &[String]) -> Result<Vec<String>, OracleError> {
        Ok(expressions.iter().map(|_| "integer".to_owned()).collect())
    }

    fn make(&mut self, index: &Index, _: Size) -> Result<Number, OracleError> {
        if let Some(at) = self.made.iter().position(|made| made == index) {
            return Ok(at as Number);
        }
        self.made.push(index.clone());
        Ok((self.made.len() - 1) as Number)
    }

    fn show(&mut self, wanted: &[Number]) -> Result<(), OracleError> {
        self.shown = wanted.iter().copied().collect();
        Ok(())
    }

    fn whose(&self, name: &str) -> Option<Number> {
        self.made.iter().position(|index| index.name() == name).map(|at| at as Number)
    }
}

fn portrait() -> Portrait {
    Portrait::default()
}

fn advised(statements: &[(String, f64)], goal: Goal, existing: &[&[&str]]) -> (Advice, usize) {
    let asked = statements.iter().map(|(text, calls)| Asked {
        text: text.clone(),
        calls: *calls,
        ..Asked::default()
    });
    let index = |keys: &&[&str]| Existing {
        name: format!("there_{}", keys.join("_")),
        method: "btree".to_owned(),
        keys: keys.iter().map(|key| (*key).to_owned()).collect(),
        is_plain: true,
        is_valid: true,
        ..Existing::default()
    };
    let mut planner = Planner { existing: existing.iter().map(index).collect(), ..Planner::default() };
    let advice = advise(&portrait(), &Workload::of(asked), goal, &mut planner).unwrap();
    (advice, planner.plans)
}

fn bodies(statements: &[&str]) -> Vec<String> {
    let statements: Vec<(String, f64)> = statements.iter().map(|text| ((*text).to_owned(), 1.0)).collect();
    let (advice, _) = advised(&statements, Goal::default(), &[]);
    advice.pieces.iter().map(|piece| piece.index.body()).collect()
}

#[test]
fn one_index_takes_the_place_of_several() {
    for (statements, expected) in [
        (
            vec![
                "SELECT a, b, c, d, e FROM t WHERE a = 7",
                "SELECT a, b, c, d, e FROM t WHERE a = 7 AND b = 7",
            ],
            "(a, b)",
        ),
        (
            vec![
                "SELECT a, b, c, d, e FROM t WHERE a = 7 AND b = 7",
                "SELECT e, d, c, b, a FROM t WHERE b = 7 AND a = 7",
            ],
            "(a, b)",
        ),
        // Nearly as well is well enough: the order is made of few rows.
        (
            vec![
                "SELECT a, b, c, d, e FROM t WHERE a = 7 AND b = 7 ORDER BY c",
                "SELECT e, d, c, b, a FROM t WHERE a = 7 AND b = 7",
            ],
            "(a, b)",
        ),
        (vec!["SELECT c FROM t WHERE a = 7", "SELECT d FROM t WHERE a = 7"], "(a) INCLUDE (c, d)"),
    ] {
        assert_eq!(bodies(&statements), [format!("public.t USING btree {expected}")], "{statements:?}");
    }
    // Keys that have nothing in common stay two.
    assert_eq!(
        bodies(&["SELECT e FROM t WHERE a = 7 AND c = 7", "SELECT e FROM u WHERE b = 7 AND c = 7"]).len(),
        2
    );
}

#[test]
fn what_was_measured_and_slower_is_not_planned_again() {
    let texts =
        ["SELECT a, b, c, d, e FROM t WHERE a = 7", "SELECT e, d, c, b, a FROM t WHERE a = 7 AND b = 7"];
    let asked = texts.map(|text| Asked { text: text.to_owned(), calls: 1.0, ..Asked::default() });
    let bodies = |lessons: Vec<Lesson>| -> Vec<String> {
        let workload = Workload { lessons, ..Workload::of(asked.clone()) };
        let advice = advise(&portrait(), &workload, Goal::default(), &mut Planner::default()).unwrap();
        advice.pieces.iter().map(|piece| piece.index.body()).collect()
    };
    assert_eq!(bodies(Vec::new()), ["public.t USING btree (a, b)"]);
    let plan = json!([{"Plan": {"Node Type": "Scan", "Index Name": "one", "Index Cond": "((x.a = 7))"}}]);
    let lesson = Lesson::of(texts[0], &[Plan::of_json(&plan).unwrap()], |name| name == "one").unwrap();
    // The other statement still has its index, and one that the first cannot read in that way.
    assert_eq!(bodies(vec![lesson]), ["public.t USING btree (b)"]);
}

#[test]
fn nothing_pays_for_nothing() {
    assert!(bodies(&["SELECT a, b, c, d, e FROM t"]).is_empty());
    let (advice, _) = advised(&[("INSERT INTO t VALUES (1)".to_owned(), 9.0)], Goal::default(), &[]);
    assert!(advice.pieces.is_empty() && advice.rejected.is_empty());
}

#[test]
fn what_costs_writes_more_than_it_saves_is_rejected_for_it() {
    let select = ("SELECT a, b, c, d, e FROM t WHERE a = 7".to_owned(), 1.0);
    let (advice, _) =
        advised(&[select.clone(), ("INSERT INTO t VALUES (1)".to_owned(), 1e9)], Goal::default(), &[]);
    assert!(advice.pieces.is_empty());
    assert!(advice.rejected.iter().any(|one| one.why == Why::Writes), "{:?}", advice.rejected);
    let (advice, _) = advised(&[select, ("INSERT INTO t VALUES (1)".to_owned(), 1e3)], Goal::default(), &[]);
    assert_eq!(advice.pieces.len(), 1);
}

/// Statements of two tables with weights.
fn statements() -> impl Strategy<Value = Vec<(String, f64)>> {
    let columns = |most| proptest::sample::subsequence(COLUMNS.to_vec(), 0..=most);
    let one = (any::<bool>(), columns(5), columns(3), columns(2).prop_shuffle(), 1_u32..1000);
    let text = one.prop_map(|(is_t, reads, equal, order, calls)| {
        let reads = if reads.is_empty() { vec!["a"] } else { reads };
        let mut text = format!("SELECT {} FROM {}", reads.join(", "), if is_t { "t" } else { "u" });
        let equal: Vec<String> = equal.iter().map(|column| format!("{column} = 7")).collect();
        if !equal.is_empty() {
            text += &format!(" WHERE {}", equal.join(" AND "));
        }
        if !order.is_empty() {
            text += &format!(" ORDER BY {}", order.join(", "));
        }
        (text, f64::from(calls))
    });
    proptest::collection::vec(text, 1..7)
}

fn total(costs: &[Option<f64>], statements: &[(String, f64)]) -> f64 {
    let mut calls: BTreeMap<&str, f64> = BTreeMap::new();
    for (text, often) in statements {
        *calls.entry(text).or_default() += often;
    }
    // A workload has its statements in the order of their texts.
    costs.iter().zip(calls.into_values()).filter_map(|(cost, calls)| Some((*cost)? * calls)).sum()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn advice_has_nothing_needless(statements in statements(), within in proptest::option::of(1e6..2e7), inserts in 0_u32..100_000) {
        let goal = Goal { aim: Aim::Cost, within };
        let mut all = statements.clone();
        all.push(("INSERT INTO t VALUES (1)".to_owned(), f64::from(inserts)));
        let (advice, _) = advised(&all, goal, &[&["a"], &["b", "c"]]);
        let writes: f64 = advice.pieces.iter().map(|piece| piece.writes).sum();
        prop_assert!(total(&advice.after, &all) + writes <= total(&advice.before, &all));
        for piece in &advice.pieces {
            // Each pays, none is there already, and no two do each other's work.
            prop_assert!(piece.before - piece.after > piece.writes, "{:?}", piece);
            prop_assert!(!piece.serves.is_empty(), "{:?}", piece);
            let keys: Vec<&str> = piece.index.keys.iter().map(|key| key.text.as_str()).collect();
            let is_there = piece.index.table == "t" && piece.index.include.is_empty()
                && [&["a"][..], &["b"], &["b", "c"]].contains(&&keys[..]);
            prop_assert!(!is_there, "{}", piece.index.body());
            let others = advice.pieces.iter().filter(|other| other.index != piece.index);
            let doubles: Vec<_> = others.filter(|other| does_work_of(&other.index, &piece.index)).collect();
            prop_assert!(doubles.is_empty(), "{} and {:?}", piece.index.body(), doubles);
        }
        if let Some(within) = within {
            prop_assert!(advice.pieces.iter().map(|piece| piece.bytes).sum::<f64>() <= within);
        }
        // Whatever was looked at is advised or has a reason.
        prop_assert_eq!(advice.candidates, advice.pieces.len() + advice.rejected.len());
    }

    #[test]
    fn the_order_of_statements_changes_nothing(statements in statements()) {
        let (first, plans) = advised(&statements, Goal::default(), &[]);
        let mut turned = statements;
        turned.reverse();
        let (second, again) = advised(&turned, Goal::default(), &[]);
        prop_assert_eq!(first, second);
        prop_assert_eq!(plans, again);
    }

    #[test]
    fn more_room_costs_no_more(statements in statements()) {
        let cost = |within| {
            let (advice, _) = advised(&statements, Goal { aim: Aim::Cost, within: Some(within) }, &[]);
            total(&advice.after, &statements)
        };
        // What is in the smaller room fits in the larger one; what is given back for fewer indexes is little.
        let (small, large) = (cost(4e6), cost(64e6));
        let (advice, _) = advised(&statements, Goal::default(), &[]);
        let before = total(&advice.before, &statements);
        prop_assert!(large <= small + 0.02 * before, "{large} {small} {before}");
    }
}
