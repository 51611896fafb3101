//! Values are at least as near to what was counted as no values.

use loadline_pg::portrait::{Column, Figures, Portrait, Relation, Slot, Statistics, Values};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Bound, Columns, Kind, bind};
use crate::catalogue::{self, Catalogue, Table};
use crate::index::Index;
use crate::oracle::{Number, Oracle, OracleError};
use crate::workload::Asked;
use loadline_pg::size::Size;

/// A planner that expects rows by a rule.
struct Planner<F>(F);

impl<F: FnMut(&str) -> Option<f64>> Oracle for Planner<F> {
    fn catalogue(&mut self) -> Result<Catalogue, OracleError> {
        Ok(Catalogue::default())
    }

    fn plan(&mut self, statement: &str) -> Result<Value, OracleError> {
        let rows = (self.0)(statement).ok_or_else(|| OracleError::Refused("no".to_owned()))?;
        let condition = statement.split_once("WHERE ").map_or("", |(_, condition)| condition);
        let condition: Vec<String> = condition
            .split(" AND ")
            .map(|one| format!("(t.{})", one.split(" LIMIT").next().unwrap()))
            .collect();
        Ok(json!({"Node Type": "Seq Scan", "Relation Name": "t", "Schema": "public", "Alias": "t",
            "Filter": format!("({})", condition.join(" AND ")), "Plan Rows": rows, "Total Cost": 10.0 + rows}))
    }

    fn types(&mut self, _: &str, _: &[String]) -> Result<Vec<String>, OracleError> {
        Ok(Vec::new())
    }

    fn make(&mut self, _: &Index, _: Size) -> Result<Number, OracleError> {
        Ok(0)
    }

    fn show(&mut self, _: &[Number]) -> Result<(), OracleError> {
        Ok(())
    }

    fn whose(&self, _: &str) -> Option<Number> {
        None
    }
}

fn portrait() -> Portrait {
    let slot = |kind, values: &str, numbers: Option<Vec<f32>>| Slot {
        kind,
        operator: String::new(),
        collation: String::new(),
        numbers,
        values: Some(Values { of: "text".to_owned(), text: values.to_owned() }),
        ends: None,
    };
    let column = |name: &str, distinct, slots| Statistics {
        relation: 0,
        column: Column::Name(name.to_owned()),
        inherited: false,
        figures: Figures { nulls: 0.0, width: 8, distinct, slots },
    };
    let bounds: Vec<String> = (0..100).map(|n| n.to_string()).collect();
    Portrait {
        relations: vec![Relation {
            schema: "public".to_owned(),
            name: "t".to_owned(),
            kind: 'r',
            table: None,
            pages: 100,
            tuples: 10_000.0,
            all_visible: 0,
            all_frozen: 0,
            bytes: 819_200,
            scans: 0,
            writes: 0,
            index: None,
        }],
        statistics: vec![
            column(
                "a",
                40.0,
                vec![slot(1, "{done,open,failed}", Some(vec![0.9, 0.05, 0.01])), slot(2, "{a1,b2,c3}", None)],
            ),
            column("b", -1.0, vec![slot(2, &format!("{{{}}}", bounds.join(",")), None)]),
        ],
        ..Portrait::default()
    }
}

fn catalogue() -> Catalogue {
    let column = |name: &str| catalogue::Column { name: name.to_owned(), ..catalogue::Column::default() };
    let table = Table {
        schema: "public".to_owned(),
        name: "t".to_owned(),
        rows: 10_000.0,
        columns: vec![column("a"), column("b")],
        ..Table::default()
    };
    Catalogue { tables: vec![table], ..Catalogue::default() }
}

fn bound(text: &str, rows: Option<f64>, planner: impl FnMut(&str) -> Option<f64>) -> Bound {
    let portrait = portrait();
    let asked = Asked { text: text.to_owned(), calls: 1.0, rows, ..Asked::default() };
    let mut plans = 0;
    let bound =
        bind(&asked, &Columns::of(&portrait), &catalogue(), &mut Planner(planner), &mut plans).unwrap();
    assert!(plans <= 25, "{plans}");
    bound
}

/// What a planner with these statistics expects of `a`.
fn skewed(text: &str) -> f64 {
    if text.contains("'done'") {
        9_000.0
    } else if text.contains("'open'") {
        500.0
    } else if text.contains("'failed'") {
        100.0
    } else if text.contains('$') {
        250.0
    } else {
        11.0
    }
}

#[test]
fn the_value_is_one_that_leaves_as_many_rows_as_came() {
    for (rows, value) in [(95.0, "failed"), (12.0, "b2"), (600.0, "open"), (8_000.0, "done")] {
        let bound = bound("SELECT * FROM t WHERE a = $1", Some(rows), |text| Some(skewed(text)));
        assert_eq!(bound.bindings[0].values[&1], value, "{rows}");
        assert!((bound.bindings.iter().map(|one| one.share).sum::<f64>() - 1.0).abs() < 1e-9);
    }
}

#[test]
fn where_it_matters_common_and_rare_values_are_looked_at_too() {
    let of = bound("SELECT * FROM t WHERE a = $1", Some(95.0), |text| Some(skewed(text))).bindings;
    let kinds: Vec<Kind> = of.iter().map(|one| one.kind).collect();
    assert_eq!(kinds, [Kind::Typical, Kind::Common, Kind::Rare]);
    // Half is typical; the rest has 95 rows on average as well.
    let rest: f64 = of[1..].iter().map(|one| one.share).sum();
    let mean: f64 = of[1..].iter().map(|one| one.share * one.rows).sum::<f64>() / rest;
    assert!((rest - 0.5).abs() < 1e-9 && (mean - 95.0).abs() < 1e-6, "{of:?}");
    let even = bound("SELECT * FROM t WHERE a = $1", Some(95.0), |_| Some(100.0)).bindings;
    assert_eq!(even.len(), 1);
}

#[test]
fn what_has_no_values_is_explained_for_any() {
    for text in [
        "SELECT * FROM t WHERE c = $1",
        "SELECT * FROM t WHERE a = 'open'",
        "SELECT * FROM t WHERE a = a || $1",
    ] {
        let bound = bound(text, Some(7.0), |text| Some(skewed(text)));
        assert_eq!((bound.bindings.len(), bound.bindings[0].kind), (1, Kind::Any), "{text}");
        assert_eq!(bound.bindings[0].text, text);
    }
    // A server that refuses all values leaves the plan that it has.
    let bound = bound("SELECT * FROM t WHERE a = $1", None, |text| text.contains('$').then_some(3.0));
    assert_eq!(bound.bindings[0].kind, Kind::Any);
}

#[test]
fn parameters_keep_their_numbers_whatever_is_left_out() {
    let bound = bound("SELECT * FROM t WHERE a = $3 LIMIT $2", Some(9_000.0), |text| {
        assert!(!text.contains("$2") && !text.contains("$3"), "{text}");
        Some(skewed(text))
    });
    assert_eq!(bound.bindings[0].values, [(3, "done".to_owned())].into());
}

#[test]
fn parameters_of_a_list_and_of_a_row_have_values() {
    let asked = |text: &str| bound(text, Some(9_000.0), |text| Some(skewed(text))).bindings[0].values.clone();
    let found = asked("SELECT * FROM t WHERE a = ANY (ARRAY[$1, $2])");
    assert!(found.len() == 2 && found[&1] != found[&2], "{found:?}");
    assert!(asked("SELECT * FROM t WHERE a = ANY (ARRAY[$1, x])").is_empty());
}

#[test]
fn two_bounds_of_one_column_leave_what_is_between() {
    let bound = bound("SELECT * FROM t WHERE b >= $1 AND b < $2", Some(30.0), |text| {
        let numbers: Vec<f64> = text.split('\'').filter_map(|part| part.parse().ok()).collect();
        Some(if let [from, to] = numbers[..] { (to - from).max(0.0) * 100.0 } else { 5000.0 })
    });
    let value = |number| bound.bindings[0].values[&number].parse::<f64>().unwrap();
    assert!(value(1) <= value(2) && bound.bindings[0].rows <= 300.0, "{bound:?}");
}

proptest! {
    /// For any planner, and any number of rows.
    #[test]
    fn chosen_values_are_at_least_as_near_as_none(seed: u64, rows in proptest::option::of(0.0..1e6_f64), which in 0..4_usize) {
        let text = [
            "SELECT * FROM t WHERE a = $1", "SELECT * FROM t WHERE b > $1",
            "SELECT * FROM t WHERE a = $2 AND b < $1", "SELECT * FROM t WHERE a = $1 AND b > $2 AND b < $3 LIMIT $4",
        ][which];
        let planner = |text: &str| {
            let hash = text.bytes().fold(seed, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
            (hash % 7 != 0 || text.contains("$1")).then(|| 10_f64.powf((hash >> 8) as f64 % 600.0 / 100.0).round())
        };
        let bound = bound(text, rows, planner);
        if let Some(target) = rows {
            let apart = |rows: f64| (rows.max(1.0) / target.max(1.0)).ln().abs();
            prop_assert!(apart(bound.bindings[0].rows) <= apart(bound.any_rows) + 1e-9, "{bound:?}");
        }
        prop_assert!((bound.bindings.iter().map(|one| one.share).sum::<f64>() - 1.0).abs() < 1e-9);
    }
}
