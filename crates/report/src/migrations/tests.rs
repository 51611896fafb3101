//! Pictures of the page, and what others read of it.

use loadline_pg::migration::{Broken, Built, Checked, Lock, Rate, Step, Touched};
use loadline_pg::plan::Plan;
use loadline_pg::portrait::{Portrait, Relation};

use super::{CheckReport, check_answer, check_json, check_junit, check_markdown, check_text};
use crate::text::{Line, Theme, render};

const ORDERS: &str =
    "SELECT id FROM orders WHERE customer_id = $1 AND status = $2 ORDER BY created_at DESC LIMIT $3";

fn report() -> CheckReport {
    let table = |name: &str, bytes: u64| Relation {
        schema: "public".to_owned(),
        name: name.to_owned(),
        kind: 'r',
        table: None,
        pages: 0,
        tuples: 1e7,
        all_visible: 0,
        all_frozen: 0,
        bytes,
        scans: 0,
        writes: 0,
        index: None,
    };
    let index = |name: &str, bytes| Built {
        name: name.to_owned(),
        method: "btree".to_owned(),
        bytes,
        rows: 1e7,
        has_texts: false,
    };
    let touched = |name: &str, lock, rewritten, built: &[(&str, u64)]| Touched {
        table: ("public".to_owned(), name.to_owned()),
        lock,
        rewritten,
        scans: 1,
        built: built.iter().map(|(name, bytes)| index(name, *bytes)).collect(),
        checks: Vec::new(),
    };
    let step = |file: &str, statement: &str, transaction, touched| Step {
        file: file.to_owned(),
        statement: statement.to_owned(),
        transaction,
        is_open: false,
        touched,
    };
    let plan = |text: &str| Plan::parse(text).unwrap();
    CheckReport {
        of: "`shop`, PostgreSQL 15.18 of 2026-11-29 08:00 UTC".to_owned(),
        before: Portrait { relations: vec![table("orders", 12_000_000_000)], ..Portrait::default() },
        steps: vec![
            step(
                "0007_totals.sql",
                "ALTER TABLE orders\n  ALTER total TYPE numeric(12, 2)",
                0,
                vec![touched("orders", Lock::AccessExclusive, true, &[])],
            ),
            step(
                "0008_index.sql",
                "CREATE INDEX orders_status ON orders (status)",
                0,
                vec![touched("orders", Lock::Share, false, &[("orders_status", 90_000_000)])],
            ),
            step(
                "0009_quiet.sql",
                "CREATE INDEX CONCURRENTLY orders_day ON orders (day)",
                0,
                vec![touched("orders", Lock::ShareUpdateExclusive, false, &[])],
            ),
        ],
        checked: vec![
            Checked {
                text: ORDERS.to_owned(),
                before: Ok(plan(
                    r#"{"Plan": {"Node Type": "Index Scan", "Relation Name": "orders", "Index Name": "orders_customer", "Total Cost": 12.5}}"#,
                )),
                after: Ok(plan(
                    r#"{"Plan": {"Node Type": "Seq Scan", "Relation Name": "orders", "Total Cost": 260149.5}}"#,
                )),
            },
            Checked {
                text: "SELECT note FROM orders".to_owned(),
                before: Ok(plan(r#"{"Plan": {"Node Type": "Seq Scan", "Relation Name": "orders"}}"#)),
                after: Err("column \"note\" does not exist".to_owned()),
            },
            Checked {
                text: "SELECT $1 + $2".to_owned(),
                before: Err("ambiguous".to_owned()),
                after: Err("ambiguous".to_owned()),
            },
        ],
        rate: Rate::default(),
        broken: vec![
            Broken {
                budget: "--no-new-seq-scan",
                what: ORDERS.to_owned(),
                why: "it reads all 10,000,000 rows of `orders`".to_owned(),
            },
            Broken {
                budget: "--max-blocking",
                what: "0007_totals.sql".to_owned(),
                why: "reads and writes of `public.orders` wait about 240s".to_owned(),
            },
        ],
        notes: vec!["durations are estimates: 100 MB are read or written each second".to_owned()],
        most: 20,
    }
}

fn picture(lines: &[Line]) -> String {
    render(lines, &Theme::default())
}

#[test]
fn pages() {
    for width in [60, 80, 120] {
        let lines = check_text(&report(), width);
        assert!(lines.iter().all(|line| line.width() <= width), "{}", picture(&lines));
        insta::assert_snapshot!(format!("check_{width}"), picture(&lines));
    }
    insta::assert_snapshot!("check_markdown", check_markdown(&report()));
    insta::assert_snapshot!("check_junit", check_junit(&report()).unwrap());
}

#[test]
fn the_answer_is_one_line() {
    assert_eq!(
        check_answer(&report()),
        "budgets are broken in 2 places; 2 of 2 plans are others; reads and writes of `orders` wait longest, about 6m40s"
    );
    let quiet = CheckReport {
        steps: report().steps.split_off(2),
        checked: Vec::new(),
        broken: Vec::new(),
        ..report()
    };
    assert_eq!(check_answer(&quiet), "no statement has a plan; nobody is kept waiting");
}

#[test]
fn machines_get_everything() {
    let value = check_json(&report());
    assert_eq!(value["steps"][1]["touched"][0]["blocks"], "writes");
    assert_eq!(value["steps"][1]["touched"][0]["built"][0]["bytes"], 90_000_000);
    assert_eq!(value["statements"][1]["after"]["error"], "column \"note\" does not exist");
    assert_eq!(value["held"].as_array().map(Vec::len), Some(2));
    // A table's cell cannot be broken out of.
    let mut hostile = report();
    hostile.checked[0].text = "SELECT '|' || \"`x`\" \n <b>".to_owned();
    let markdown = check_markdown(&hostile);
    assert!(
        markdown
            .lines()
            .filter(|line| line.contains("Index Scan"))
            .all(|line| line.matches(" | ").count() == 2),
        "{markdown}"
    );
}
