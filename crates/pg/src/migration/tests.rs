//! Files in order, transactions, waiting, budgets.

use super::*;
use crate::plan::Plan;
use crate::portrait::{Portrait, Relation};

fn table(name: &str, bytes: u64, rows: f32) -> Relation {
    Relation {
        schema: "public".to_owned(),
        name: name.to_owned(),
        kind: 'r',
        table: None,
        pages: i32::try_from(bytes / 8192).unwrap(),
        tuples: rows,
        all_visible: 0,
        all_frozen: 0,
        bytes,
        scans: 0,
        writes: 0,
        index: None,
    }
}

fn portrait() -> Portrait {
    Portrait {
        relations: vec![table("large", 8192 * 100_000, 1e7), table("small", 8192, 100.0)],
        ..Portrait::default()
    }
}

fn touched(name: &str, lock: Lock, rewritten: bool, scans: u32) -> Touched {
    Touched { table: ("public".to_owned(), name.to_owned()), lock, rewritten, scans, built: Vec::new() }
}

fn step(transaction: usize, touched: Vec<Touched>) -> Step {
    Step { file: "1.sql".to_owned(), statement: "…".to_owned(), transaction, is_open: false, touched }
}

#[test]
fn a_file_is_a_transaction_unless_it_cannot_be_or_says_otherwise() {
    let transactions = |text: &str| -> Vec<usize> {
        Migration::read("a.sql", text).statements.into_iter().map(|(_, number)| number).collect()
    };
    assert_eq!(transactions("ALTER TABLE a ADD b int; UPDATE a SET b = 1;"), [0, 0]);
    assert_eq!(transactions("CREATE INDEX CONCURRENTLY i ON a (b); ALTER TABLE a ADD c int;"), [0, 1]);
    assert_eq!(transactions("BEGIN; SELECT 1; SELECT 2; COMMIT; SELECT 3"), [1, 1, 2]);
    assert_eq!(transactions("-- nothing"), [0; 0]);
}

#[test]
fn only_the_way_forward_is_read() {
    let text = "-- migrate:up\nALTER TABLE a ADD b int;\n-- migrate:down\nALTER TABLE a DROP b;\n";
    assert_eq!(Migration::read("1.sql", text).statements, [("ALTER TABLE a ADD b int".to_owned(), 0)]);
    let goose = text.replace("migrate:up", "+goose Up").replace("migrate:down", "+goose Down");
    assert_eq!(Migration::read("1.sql", &goose).statements.len(), 1);
    assert_eq!(Migration::read("1.sql", "SELECT '\n-- migrated:up'").statements.len(), 1);
}

#[test]
fn a_lock_is_kept_until_its_transaction_ends() {
    let strong = || touched("small", Lock::AccessExclusive, false, 0);
    let slow = || touched("large", Lock::Share, false, 1);
    let portrait = portrait();
    let seconds = portrait.relations[0].bytes as f64 / 100e6;
    let waits = |steps: &[Step]| -> Vec<(String, f64)> {
        held(steps, &portrait, Rate::default()).into_iter().map(|held| (held.table.1, held.seconds)).collect()
    };
    // The small table waits for what is done to the large one after it, and not for what was done before.
    assert_eq!(
        waits(&[step(0, vec![strong()]), step(0, vec![slow()])]),
        [("large".to_owned(), seconds), ("small".to_owned(), seconds)]
    );
    assert_eq!(
        waits(&[step(0, vec![slow()]), step(0, vec![strong()])]),
        [("large".to_owned(), seconds), ("small".to_owned(), 0.0)]
    );
    assert_eq!(
        waits(&[step(0, vec![strong()]), step(1, vec![slow()])]),
        [("large".to_owned(), seconds), ("small".to_owned(), 0.0)]
    );
    // What keeps nobody waiting is no wait, however long it takes.
    assert_eq!(waits(&[step(0, vec![touched("large", Lock::ShareUpdateExclusive, false, 2)])]), []);
    let rewrite = step(0, vec![touched("large", Lock::AccessExclusive, true, 1)]);
    assert_eq!(waits(&[rewrite])[0].1, 2.0 * seconds);
}

#[test]
fn budgets_break_where_they_say() {
    let plan = |kind: &str, table: &str, cost: f64| {
        Plan::parse(&format!(
            r#"{{"Plan": {{"Node Type": "{kind}", "Relation Name": "{table}", "Total Cost": {cost}}}}}"#
        ))
        .unwrap()
    };
    let checked = |before: Plan, after: Result<Plan, String>| Checked {
        text: "SELECT".to_owned(),
        before: Ok(before),
        after,
    };
    let all = Budgets {
        no_new_seq_scan: Some(10_000.0),
        max_cost_growth: Some(0.2),
        max_blocking: Some(1.0),
        no_flip: true,
    };
    let broken = |checked: Checked| -> Vec<&str> {
        all.of_plans(&portrait(), &[checked]).into_iter().map(|broken| broken.budget).collect()
    };
    let index = || plan("Index Scan", "large", 100.0);
    assert_eq!(
        broken(checked(index(), Ok(plan("Seq Scan", "large", 1e6)))),
        ["--no-new-seq-scan", "--max-cost-growth", "--no-flip"]
    );
    assert_eq!(
        broken(checked(plan("Index Scan", "small", 2.0), Ok(plan("Seq Scan", "small", 2.0)))),
        ["--no-flip"]
    );
    assert_eq!(
        broken(checked(plan("Seq Scan", "large", 100.0), Ok(plan("Seq Scan", "large", 119.9)))),
        [""; 0]
    );
    assert_eq!(broken(checked(index(), Ok(plan("Index Scan", "large", 120.1)))), ["--max-cost-growth"]);
    assert_eq!(broken(checked(index(), Err("column a does not exist".to_owned()))), ["a plan"]);
    assert_eq!(
        Budgets::default().of_plans(&portrait(), &[checked(index(), Ok(plan("Seq Scan", "large", 1e6)))]),
        []
    );
    let steps = [step(0, vec![touched("large", Lock::Share, false, 1)])];
    let held = held(&steps, &portrait(), Rate::default());
    assert_eq!(all.of_locks(&held)[0].why, "writes of `public.large` wait about 8.19s");
    let patient = Budgets { max_blocking: Some(10.0), ..all };
    assert_eq!(patient.of_locks(&held), []);
    // An UPDATE behind the lock takes nobody knows how long; one before it is over by then.
    let update = || Step { is_open: true, ..step(0, Vec::new()) };
    let lock = || step(0, vec![touched("large", Lock::Share, false, 1)]);
    let held_by = |steps: &[Step]| super::held(steps, &portrait(), Rate::default());
    assert_eq!(patient.of_locks(&held_by(&[lock(), update()])).len(), 1);
    assert_eq!(patient.of_locks(&held_by(&[update(), lock()])), []);
}
