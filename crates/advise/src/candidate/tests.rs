//! Which candidates there are, and what is said of those that are not tried.

use serde_json::{Value, json};

use super::{Candidates, Cut, MOST_CANDIDATES, candidates};
use crate::catalogue::{Catalogue, Column, Table};
use crate::index::{Index, Method};
use crate::oracle::{Number, Oracle, OracleError};
use crate::predicate::{Clause, Need, Order, Test};
use loadline_pg::size::Size;

const ROWS: f64 = 10_000.0;

/// Every condition leaves a fifth, whatever it is.
struct Fifths;

impl Oracle for Fifths {
    fn catalogue(&mut self) -> Result<Catalogue, OracleError> {
        Ok(Catalogue::default())
    }

    fn plan(&mut self, statement: &str) -> Result<Value, OracleError> {
        let conditions = 1 + statement.matches(" AND ").count() as i32;
        Ok(json!({"Node Type": "Seq Scan", "Plan Rows": ROWS * 0.2_f64.powi(conditions)}))
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

fn clause(key: &str, test: Test, literal: Option<&str>) -> Clause {
    Clause {
        key: key.to_owned(),
        is_expression: false,
        test,
        literal: literal.map(str::to_owned),
        is_join: false,
        is_alternative: false,
        parameter: None,
    }
}

fn found(columns: Vec<Column>, need: Need) -> Candidates {
    let table = Table {
        schema: "public".to_owned(),
        name: "t".to_owned(),
        rows: ROWS,
        bytes: ROWS * 1000.0,
        leaves: 1,
        columns,
        ..Table::default()
    };
    candidates(&[need], &Catalogue { tables: vec![table], ..Catalogue::default() }, &mut Fifths).unwrap()
}

fn column(name: &str, width: f64, distinct: f64) -> Column {
    Column { name: name.to_owned(), of: "text".to_owned(), kind: 'b', width, distinct, ..Column::default() }
}

#[test]
fn two_conditions_limit_an_index_together() {
    let columns = vec![column("paid", 8.0, ROWS), column("sent", 8.0, ROWS), column("placed", 8.0, ROWS)];
    let order =
        Order { key: "placed".to_owned(), is_expression: false, descending: false, nulls_first: false };
    let need = Need {
        clauses: vec![
            clause("paid", Test::Null(false), Some("(paid IS NOT NULL)")),
            clause("sent", Test::Null(true), Some("(sent IS NULL)")),
        ],
        orders: vec![vec![order]],
        ..Need::default()
    };
    let found = found(columns, need);
    let both = "public.t USING btree (placed) WHERE ((paid IS NOT NULL) AND (sent IS NULL))";
    let both = found.tried.iter().find(|one| one.index.body() == both).expect("one of both conditions");
    assert!((both.share - 0.04).abs() < 1e-9, "{}", both.share);
    assert!(found.tried.iter().any(|one| one.index.predicate.as_deref() == Some("(sent IS NULL)")));
    assert!(found.cut.is_nothing());
}

#[test]
fn a_pair_of_values_is_no_kind_of_rows() {
    let columns = vec![column("channel", 8.0, 5.0), column("currency", 8.0, 5.0)];
    let clauses = vec![
        clause("channel", Test::Equal, Some("(channel = 'phone'::text)")),
        clause("currency", Test::Equal, Some("(currency = 'CHF'::text)")),
    ];
    let found = found(columns, Need { clauses, ..Need::default() });
    let predicates = found.tried.iter().filter_map(|one| one.index.predicate.as_deref());
    assert!(predicates.clone().count() > 0 && predicates.clone().all(|one| !one.contains(" AND ")));
}

#[test]
fn wide_values_that_differ_are_hashed() {
    let hashed = |width, distinct| {
        let need = Need { clauses: vec![clause("token", Test::Equal, None)], ..Need::default() };
        let found = found(vec![column("token", width, distinct)], need);
        found.tried.iter().any(|one| one.index.method == Method::Hash)
    };
    assert!(hashed(60.0, ROWS));
    assert!(!hashed(4.0, ROWS) && !hashed(60.0, 20.0));
}

#[test]
fn what_is_not_tried_is_counted() {
    let names: Vec<String> = (0..12).map(|number| format!("c{number:02}")).collect();
    let columns = names.iter().map(|name| column(name, 4.0, 100.0)).collect();
    let mut clauses: Vec<Clause> = names.iter().map(|name| clause(name, Test::Equal, None)).collect();
    clauses.extend(names.iter().map(|name| clause(name, Test::Range, None)));
    let found = found(columns, Need { clauses, ..Need::default() });
    assert_eq!(found.tried.len(), MOST_CANDIDATES);
    assert!(found.cut.candidates > 0, "{:?}", found.cut);
    // Of twelve keys six are in candidates.
    assert_eq!(found.cut.keys, 6);
    let mut twice = found.cut;
    twice.add(found.cut);
    assert_eq!(twice, Cut { candidates: 2 * found.cut.candidates, keys: 12 });
}

#[test]
fn one_value_of_most_rows_follows_no_place() {
    let summarised = |common| {
        let moved = Column { correlation: 0.99, common, ..column("balance", 4.0, 5000.0) };
        let need = Need { clauses: vec![clause("balance", Test::Range, None)], ..Need::default() };
        found(vec![moved], need).tried.iter().any(|one| one.index.method == Method::Brin)
    };
    assert!(summarised(0.001) && !summarised(0.98));
}
