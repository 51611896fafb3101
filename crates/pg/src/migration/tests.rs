//! Files in order, transactions, waiting, budgets.

use super::*;
use crate::plan::Plan;
use crate::portrait::{Index, Portrait, Relation};

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
    Touched {
        table: ("public".to_owned(), name.to_owned()),
        lock,
        rewritten,
        scans,
        built: Vec::new(),
        checks: Vec::new(),
    }
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
    // Ten million rows, which a processor takes longer over than a disk over their bytes.
    let seconds = 3.0;
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
    let written = portrait.relations[0].bytes as f64 / 300e6 * 9.0;
    assert!((waits(&[rewrite])[0].1 - seconds - written).abs() < 1e-9);
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
    assert_eq!(all.of_locks(&held)[0].why, "writes of `public.large` wait about 3s");
    let patient = Budgets { max_blocking: Some(10.0), ..all };
    assert_eq!(patient.of_locks(&held), []);
    // An UPDATE behind the lock takes nobody knows how long; one before it is over by then.
    let update = || Step { is_open: true, ..step(0, Vec::new()) };
    let lock = || step(0, vec![touched("large", Lock::Share, false, 1)]);
    let held_by = |steps: &[Step]| super::held(steps, &portrait(), Rate::default());
    assert_eq!(patient.of_locks(&held_by(&[lock(), update()])).len(), 1);
    assert_eq!(patient.of_locks(&held_by(&[update(), lock()])), []);
}

/// A table of ten million rows with two indexes, one that it refers to, and one of five million.
fn measured() -> Portrait {
    let index = |name: &str, of: u32, bytes, rows, definition: &str| Relation {
        kind: 'i',
        table: Some(of),
        index: Some(Index {
            method: "btree".to_owned(),
            definition: definition.to_owned(),
            height: 2,
            height_is_known: true,
            pages_per_range: 0,
            is_needed: true,
        }),
        ..table(name, bytes, rows)
    };
    Portrait {
        relations: vec![
            table("part", 181_239_808, 5e6),
            index("part_day", 0, 34_000_000, 5e6, "CREATE INDEX part_day ON public.part USING btree (day)"),
            table("t", 1_092_616_192, 1e7),
            index("t_k", 2, 224_641_024, 1e7, "CREATE INDEX t_k ON public.t USING btree (k)"),
            index("t_pkey", 2, 224_641_024, 1e7, "CREATE UNIQUE INDEX t_pkey ON public.t USING btree (id)"),
            table("u", 362_479_616, 1e7),
        ],
        ..Portrait::default()
    }
}

/// Seconds that a real server took (`bench/results/migrations.txt`).
#[test]
fn what_was_measured_is_said_within_a_factor_of_two() {
    let all = Lock::AccessExclusive;
    let built = |method: &str, rows: f64, has_texts| Built {
        name: "i".to_owned(),
        method: method.to_owned(),
        bytes: 224_641_024,
        rows,
        has_texts,
    };
    let with = |index, lock, scans| Touched { built: vec![index], ..touched("t", lock, false, scans) };
    let key = |lock, is_ordered| Touched {
        checks: vec![Check { referred: ("public".to_owned(), "u".to_owned()), is_ordered }],
        ..touched("t", lock, false, 1)
    };
    let beside = Lock::ShareUpdateExclusive;
    for (what, touched, seconds) in [
        ("a column with a default of each row", touched("t", all, true, 1), 97.04),
        ("a generated column", touched("t", all, true, 1), 53.97),
        ("another type", touched("t", all, true, 1), 33.03),
        ("SET UNLOGGED", touched("part", all, true, 1), 9.33),
        ("CLUSTER", touched("part", all, true, 1), 12.74),
        ("SET NOT NULL", touched("t", all, false, 1), 3.28),
        ("ATTACH PARTITION", touched("part", all, false, 1), 1.46),
        ("a foreign key in order", key(Lock::ShareRowExclusive, true), 12.30),
        ("a foreign key validated", key(beside, false), 70.72),
        ("an index", with(built("btree", 1e7, false), Lock::Share, 1), 13.27),
        ("a unique index", with(built("btree", 1e7, false), Lock::Share, 1), 8.20),
        ("an index of texts", with(built("btree", 1e7, true), Lock::Share, 1), 29.69),
        ("BRIN", with(built("brin", 78.0, false), Lock::Share, 1), 6.01),
        ("an index of few rows", with(built("btree", 1000.0, false), Lock::Share, 1), 1.80),
        ("an index beside others' work", with(built("btree", 1e7, false), beside, 2), 21.79),
        ("an index built anew beside others' work", with(built("btree", 1e7, false), beside, 2), 16.28),
    ] {
        let said = touched.seconds(&measured(), Rate::default());
        assert!((0.5..=2.0).contains(&(seconds / said)), "{what}: {said} is said, {seconds} measured");
    }
}
