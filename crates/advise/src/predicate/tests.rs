//! Conditions as PostgreSQL writes them, and what is made of them.

use serde_json::json;

use super::*;
use crate::catalogue::{Catalogue, Column, Table};

fn column(name: &str, of: &str) -> Column {
    Column { name: name.to_owned(), of: of.to_owned(), kind: 'b', ..Column::default() }
}

fn catalogue() -> Catalogue {
    let columns = vec![
        column("id", "bigint"),
        column("status", "text"),
        column("Customer", "bigint"),
        column("phone", "character varying"),
    ];
    let orders = Table {
        schema: "public".to_owned(),
        name: "orders".to_owned(),
        columns,
        rows: 1000.0,
        ..Table::default()
    };
    let customers =
        Table { name: "customers".to_owned(), columns: vec![column("id", "bigint")], ..orders.clone() };
    Catalogue { tables: vec![orders, customers], ..Catalogue::default() }
}

fn scan(filter: &str) -> serde_json::Value {
    json!({"Node Type": "Seq Scan", "Relation Name": "orders", "Schema": "public", "Alias": "o", "Filter": filter, "Output": ["o.id"]})
}

fn clauses(filter: &str) -> Vec<(String, Test)> {
    let needs = needs(&scan(filter), &catalogue());
    needs[0].clauses.iter().map(|clause| (clause.key.clone(), clause.test.clone())).collect()
}

#[test]
fn conditions_are_taken_apart() {
    let of = |key: &str, test| vec![(key.to_owned(), test)];
    assert_eq!(clauses("(o.id = 7)"), of("id", Test::Equal));
    assert_eq!(clauses("(7 > o.id)"), of("id", Test::Range));
    assert_eq!(clauses("((o.phone)::text ~~ '+150%'::text)"), of("phone", Test::Prefix));
    assert_eq!(clauses("((o.phone)::text ~~ '%150'::text)"), of("phone", Test::Other("~~".to_owned())));
    assert_eq!(clauses("(o.\"Customer\" = ANY ('{1,2}'::bigint[]))"), of("Customer", Test::Listed));
    assert_eq!(clauses("(o.status IS NOT NULL)"), of("status", Test::Null(false)));
    assert_eq!(clauses("(lower(o.status) = $1)"), of("lower(status)", Test::Equal));
    assert_eq!(clauses("(o.id OPERATOR(pg_catalog.=) 7)"), of("id", Test::Equal));
    let both = [("id".to_owned(), Test::Range), ("status".to_owned(), Test::Equal)];
    assert_eq!(clauses("((o.id >= 1) AND (o.id < 9) AND (o.status = 'a AND b'::text))")[1..], both);
    assert!(clauses("(o.id <> 7)").is_empty());
    assert!(clauses("(o.id = o.\"Customer\")").is_empty());
}

#[test]
fn what_is_written_out_can_limit_an_index() {
    let needs = needs(&scan("((o.status = 'open'::text) AND (o.\"Customer\" = $1))"), &catalogue());
    let literal = |key: &str| {
        let clause = needs[0].clauses.iter().find(|clause| clause.key == key).unwrap();
        clause.literal.clone()
    };
    assert_eq!(literal("status").as_deref(), Some("(status = 'open'::text)"));
    assert_eq!(literal("Customer"), None);
}

#[test]
fn joins_are_of_both_tables() {
    let plan = json!({"Node Type": "Hash Join", "Hash Cond": "(o.\"Customer\" = c.id)", "Plans": [
        {"Node Type": "Seq Scan", "Relation Name": "orders", "Schema": "public", "Alias": "o"},
        {"Node Type": "Seq Scan", "Relation Name": "customers", "Schema": "public", "Alias": "c"}]});
    let needs = needs(&plan, &catalogue());
    let joins: Vec<&str> = needs
        .iter()
        .flat_map(|need| &need.clauses)
        .filter(|clause| clause.is_join)
        .map(|clause| clause.key.as_str())
        .collect();
    assert_eq!(joins, ["id", "Customer"]);
}

#[test]
fn orders_have_directions() {
    let mut plan = json!({"Node Type": "Sort", "Sort Key": ["o.status DESC NULLS LAST", "o.id"], "Plans": [scan("(o.id > 1)")]});
    let order = |plan: &serde_json::Value| needs(plan, &catalogue())[0].orders.clone();
    let found = order(&plan);
    assert_eq!(
        (found[0][0].key.as_str(), found[0][0].descending, found[0][0].nulls_first),
        ("status", true, false)
    );
    assert_eq!(found[0].len(), 2);
    plan["Sort Key"] = json!(["(count(*)) DESC"]);
    assert!(order(&plan).is_empty());
}
