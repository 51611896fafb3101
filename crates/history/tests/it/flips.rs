//! Values that change behind the history's back: of every row of every table.

use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;

use loadline_history::{Acceptance, Baseline, Filter, History, Location};
use loadline_measure::{Figure, FigureScale};
use proptest::prelude::*;
use rusqlite::Connection;
use rusqlite::types::Value;
use tempfile::TempDir;

use crate::answers::{Answers, ask, assert_right_or_said};
use crate::repair::repair;
use crate::runs::{begun, keep, run};

/// The tables that mean something, and their keys. What else there is: the version, which opening looks at, and what
/// keeps runs of baselines from being removed.
const TABLES: [(&str, &str); 9] = [
    ("loadline_runs", "id"),
    ("loadline_contents", "run"),
    ("loadline_parts", "run, number"),
    ("loadline_names", "id"),
    ("loadline_figures", "name, run"),
    ("loadline_baselines", "name"),
    ("loadline_census", "name"),
    ("loadline_noise", "set_up"),
    ("loadline_acceptances", "id"),
];

/// A history with runs of several kinds and a baseline, in one file.
pub(crate) fn history() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.sqlite");
    let mut history = History::open(&Location::File(path.clone())).unwrap();
    let runs = [1, 2, 3].map(|started| keep(&mut history, started, started as f64 * 1.5)).to_vec();
    let (name, fingerprint) = ("release".to_owned(), "kind".to_owned());
    history.save_baseline(&Baseline { name, fingerprint, saved_unix_ms: 7, runs }).unwrap();
    drop(begun(&history, &run(4)));
    let floor = |quantity: &str, value| Figure {
        subject: "/search".to_owned(),
        quantity: quantity.to_owned(),
        value,
        scale: FigureScale::LATENCY,
        values: 24,
    };
    history.keep_noise("set-up", 5, &[floor("p50", 0.01), floor("p95", 0.1 + 0.2)]).unwrap();
    for run in [2, 3] {
        let (why, who) = ("a new index".to_owned(), "somebody".to_owned());
        let acceptance = Acceptance { run, run_started_unix_ms: run, why, who, ..Acceptance::default() };
        history.accept(&acceptance).unwrap();
    }
    history.vacuum().unwrap();
    (folder, path)
}

struct Case {
    whole: Vec<u8>,
    right: Answers,
}

fn case() -> &'static Case {
    static CASE: OnceLock<Case> = OnceLock::new();
    CASE.get_or_init(|| {
        let (folder, path) = history();
        let (right, told) = ask(&Location::File(path.clone()));
        assert!(!told);
        assert!(right.iter().all(|(_, given)| given.is_ok()), "{right:?}");
        let whole = fs::read(path).unwrap();
        drop(folder);
        Case { whole, right }
    })
}

/// Does something to a copy, and looks whether it is noticed; then whether a repair mends it, or says that it does not.
fn damaged(what: &str, is_mended: bool, damage: impl FnOnce(&Connection)) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.sqlite");
    fs::write(&path, &case().whole).unwrap();
    let database = Connection::open(&path).unwrap();
    database.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    damage(&database);
    drop(database);
    let location = Location::File(path);
    assert_right_or_said(&case().right, &location, what);
    repair(&location);
    assert_right_or_said(&case().right, &location, &format!("{what}, repaired"));
    if is_mended {
        assert_eq!(ask(&location), (case().right.clone(), false), "{what}");
    }
}

/// Whether all is said again of a row that is damaged: by its run's file, or by all other rows.
fn is_mended(table: &str, row: i64) -> bool {
    match table {
        // The last of them has not ended.
        "loadline_runs" => row < 3,
        "loadline_names" | "loadline_figures" | "loadline_census" => true,
        _ => false,
    }
}

fn flipped(value: Value, bit: usize) -> Option<Value> {
    let flip = |mut bytes: Vec<u8>| {
        let bit = bit % (bytes.len() * 8).max(1);
        *bytes.get_mut(bit / 8)? ^= 1 << (bit % 8);
        Some(bytes)
    };
    Some(match value {
        Value::Integer(int) => Value::Integer(int ^ 1 << (bit % 64)),
        Value::Real(real) => Value::Real(f64::from_bits(real.to_bits() ^ 1 << (bit % 64))),
        Value::Text(text) => Value::Text(String::from_utf8(flip(text.into_bytes())?).ok()?),
        Value::Blob(bytes) => Value::Blob(flip(bytes)?),
        Value::Null => return None,
    })
}

/// The columns of a table, and how many rows it has.
fn size(database: &Connection, table: &str) -> (Vec<String>, i64) {
    let statement = database.prepare(&format!("SELECT * FROM {table}")).unwrap();
    let columns = statement.column_names().map(str::to_owned).collect();
    let count = database.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap();
    (columns, count)
}

/// How many rows a table has that is whole.
fn rows(table: &str) -> i64 {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.sqlite");
    fs::write(&path, &case().whole).unwrap();
    size(&Connection::open(&path).unwrap(), table).1
}

/// A condition that holds for the row of this number.
fn of_row(keys: &str, table: &str, row: i64) -> String {
    format!("({keys}) = (SELECT {keys} FROM {table} ORDER BY {keys} LIMIT 1 OFFSET {row})")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_bit_of_any_value_is_noticed(
        table in 0..TABLES.len(),
        row in any::<proptest::sample::Index>(),
        column in any::<proptest::sample::Index>(),
        bit in any::<usize>(),
    ) {
        let (table, keys) = TABLES[table];
        let rows = rows(table);
        let row = row.index(rows as usize) as i64;
        damaged(&format!("{table} {row} {column:?} {bit}"), is_mended(table, row), |database| {
            let columns = size(database, table).0;
            let column = &columns[column.index(columns.len())];
            let row = of_row(keys, table, row);
            let read = format!("SELECT {column} FROM {table} WHERE {row}");
            let value: Value = database.query_row(&read, [], |row| row.get(0)).unwrap();
            let Some(value) = flipped(value, bit) else { return };
            // One that may not be there twice is refused.
            let _ = database.execute(&format!("UPDATE {table} SET {column} = ?1 WHERE {row}"), [value]);
        });
    }
}

#[test]
fn any_row_that_is_missing_is_noticed() {
    // A noise floor that is gone is one that was never measured.
    for (table, keys) in TABLES.into_iter().filter(|(table, _)| *table != "loadline_noise") {
        let mut rows = 1;
        let mut row = 0;
        while row < rows {
            damaged(&format!("row {row} of {table} is missing"), is_mended(table, row), |database| {
                rows = size(database, table).1;
                let gone = format!("DELETE FROM {table} WHERE {}", of_row(keys, table, row));
                assert_eq!(database.execute(&gone, []).unwrap(), 1);
            });
            row += 1;
        }
    }
}

#[test]
fn the_rest_of_a_damaged_history_can_be_read_and_the_damage_has_a_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.sqlite");
    fs::write(&path, &case().whole).unwrap();
    Connection::open(&path)
        .unwrap()
        .execute_batch(
            "UPDATE loadline_runs SET branch = 'other' WHERE id = 2;
             UPDATE loadline_figures SET value = 7 WHERE run = 1 AND value > 100;",
        )
        .unwrap();
    let mut history = History::open(&Location::File(path)).unwrap();
    let listed: Vec<i64> = history.list(&Filter::default()).unwrap().iter().map(|run| run.id).collect();
    assert_eq!(listed, [4, 3, 1]);
    let points = history.series(&Filter::default(), "/search", "rate").unwrap();
    assert_eq!(points.iter().map(|point| point.run).collect::<Vec<_>>(), [3]);
    let told: Vec<String> = history.damaged().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "run 1 is damaged: its rate of `/search` is not what was written",
            "run 2 is damaged: what is kept of it is not what was written",
        ]
    );
    // It is the latest by its number, whatever is damaged before it.
    assert_eq!(history.resolve(&"latest".parse().unwrap(), &Filter::default()).unwrap(), 4);
    let error = history.resolve(&"-3".parse().unwrap(), &Filter::default()).unwrap_err().to_string();
    assert!(error.contains("run 2 is, so that it cannot be told which run is `-3`"), "{error}");
    // New runs are kept.
    assert_eq!(keep(&mut history, 9, 2.0), 5);
}
