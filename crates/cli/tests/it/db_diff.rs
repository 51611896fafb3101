//! `loadline db diff`: plans of a real server that turn for one known reason each, and what grew between two portraits.

use std::path::Path;
use std::process::Command;

use holiday::store::postgres::Throwaway;
use serde_json::{Value, json};

use crate::support::Folder;

const BEFORE: &str = "\
CREATE EXTENSION pg_stat_statements;
CREATE TABLE grown (id int, kind int);
INSERT INTO grown SELECT i, i % 50 FROM generate_series(1, 50) i;
CREATE INDEX grown_kind ON grown (kind);
CREATE TABLE skewed (id int, kind int, filler text);
INSERT INTO skewed SELECT i, i % 5000, repeat('x', 100) FROM generate_series(1, 20000) i;
CREATE INDEX skewed_kind ON skewed (kind);
CREATE TABLE indexed (id int, kind int, filler text);
INSERT INTO indexed SELECT i, i % 5000, repeat('x', 100) FROM generate_series(1, 20000) i;
CREATE INDEX indexed_kind ON indexed (kind);
CREATE TABLE set (id int, kind int);
INSERT INTO set SELECT i, i FROM generate_series(1, 20000) i;
CREATE TABLE kept (id int PRIMARY KEY, unused int);
INSERT INTO kept SELECT i, i FROM generate_series(1, 20000) i;
CREATE INDEX kept_unused ON kept (unused);
ANALYZE";
/// Each once, so that they are counted.
const WORK: [&str; 5] = [
    "SELECT id FROM grown WHERE kind = 7",
    "SELECT id FROM skewed WHERE kind = 7",
    "SELECT id FROM indexed WHERE kind = 7",
    "SELECT a.id FROM set a JOIN set b ON a.kind = b.kind WHERE a.id < b.id",
    "SELECT unused FROM kept WHERE id = 7",
];
const AFTER: &str = "\
INSERT INTO grown SELECT i, i % 50 FROM generate_series(1, 100000) i;
UPDATE skewed SET kind = 7;
DROP INDEX indexed_kind;
CREATE INDEX indexed_id ON indexed (id);
CREATE VIEW seen AS SELECT id FROM kept;
ALTER DATABASE postgres SET enable_hashjoin = off";

fn sql<'a>(folder: &Path, texts: impl IntoIterator<Item = &'a str>) {
    let mut psql = Command::new("psql");
    psql.args([
        "-X",
        "-q",
        "-o",
        "/dev/null",
        "-v",
        "ON_ERROR_STOP=1",
        "-U",
        "holiday",
        "-d",
        "postgres",
        "-h",
    ])
    .arg(folder);
    for text in texts {
        psql.args(["-c", text]);
    }
    assert!(psql.status().unwrap().success());
}

fn flip<'a>(value: &'a Value, table: &str) -> &'a Value {
    let flips = value["flips"].as_array().unwrap();
    let found = flips.iter().find(|flip| flip["query"].as_str().unwrap().contains(table));
    found.unwrap_or_else(|| panic!("no flip of {table} in {value:#}"))
}

#[test]
fn each_plan_that_turned_says_what_turned_it() {
    let server =
        Throwaway::start_with(&["shared_preload_libraries=pg_stat_statements", "autovacuum=off"]).unwrap();
    let url = format!("postgres:///postgres?host={}&user=holiday", server.folder().display());
    let folder = Folder::new();
    sql(server.folder(), [BEFORE]);
    sql(server.folder(), WORK);
    folder.run(["db", "portrait", &url, "-o", "before.portrait"]).expect(0);
    sql(server.folder(), [AFTER, "VACUUM FULL skewed", "ANALYZE skewed"]);
    sql(server.folder(), WORK);
    sql(server.folder(), ["SELECT count(*) FROM seen"]);

    // The second one is the database itself.
    let ended = folder.run(["db", "diff", "before.portrait", &url, "--json", "--fail-on", "flip"]).expect(1);
    let value: Value = serde_json::from_str(&ended.out).unwrap();
    for (table, kind, of) in [
        ("grown", "size", "public.grown"),
        ("skewed", "statistics", "public.skewed"),
        ("indexed", "indexes", "public.indexed"),
        ("set a", "settings", "enable_hashjoin"),
    ] {
        let cause = &flip(&value, table)["cause"];
        assert_eq!(
            *cause,
            json!({"how": "alone", "parts": [{"kind": kind, "of": of}]}),
            "{table}: {value:#}"
        );
    }
    assert_eq!(value["flips"].as_array().unwrap().len(), 4, "{value:#}");
    let unplanned = value["unplanned"].as_array().unwrap();
    let one_sided: Vec<&Value> =
        unplanned.iter().filter(|of| of["before"].is_null() != of["after"].is_null()).collect();
    assert!(one_sided.len() == 1 && one_sided[0]["query"].as_str().unwrap().contains("seen"), "{value:#}");
    let named = |key: &str| -> Vec<&str> {
        value[key].as_array().unwrap().iter().map(|of| of["name"].as_str().unwrap()).collect()
    };
    assert_eq!(named("indexes"), ["public.indexed_id", "public.indexed_kind"]);
    assert!(
        named("unused").contains(&"public.kept_unused") && !named("unused").contains(&"public.kept_pkey"),
        "{value:#}"
    );
    assert_eq!(named("growth")[0], "public.grown");
    assert_eq!((named("settings"), named("schema")), (vec!["enable_hashjoin"], vec!["public.seen"]));

    folder.run(["db", "portrait", &url, "-o", "after.portrait"]).expect(0);
    let page = folder.run(["db", "diff", "--no-plans", "before.portrait", "after.portrait"]).expect(0).out;
    assert!(page.contains("gone: CREATE INDEX indexed_kind ON public.indexed"), "{page}");
    assert!(page.lines().last().unwrap().contains("more of data and indexes"), "{page}");
    // Nothing is different from itself, and no server is wanted to say so.
    let same = folder
        .run(["db", "diff", "--no-plans", "--pg-bin", "/missing", "after.portrait", "after.portrait"])
        .expect(0);
    assert_eq!(same.out.lines().last(), Some("the two are the same"));
    let without =
        folder.run(["db", "diff", "--pg-bin", "/missing", "before.portrait", "after.portrait"]).expect(3);
    assert!(without.err.contains("hint: `--no-plans`"), "{}", without.err);
    folder.run(["db", "diff", "--fail-on", "flip", "after.portrait", "after.portrait"]).expect(0);
    let missing = folder.run(["db", "diff", "before.portrait", "missing.portrait"]).expect(2);
    assert!(missing.err.contains("cannot read `missing.portrait`"), "{}", missing.err);

    // The statements between the two, and none from before.
    let slow = folder
        .run(["db", "slow", "--portrait", "before.portrait", "--portrait", "after.portrait", "--json"])
        .expect(0);
    let slow: Value = serde_json::from_str(&slow.out).unwrap();
    let calls: Vec<(&str, u64)> = slow["statements"]
        .as_array()
        .unwrap()
        .iter()
        .map(|of| (of["query"].as_str().unwrap(), of["calls"].as_u64().unwrap()))
        .filter(|(text, _)| text.contains(" FROM kept") || text.contains("FROM seen"))
        .collect();
    assert!(calls.len() == 2 && calls.iter().all(|(_, calls)| *calls == 1), "{slow:#}");
    let one = folder.run(["db", "slow", "--portrait", "before.portrait"]).expect(2);
    assert!(one.err.contains("two portraits"), "{}", one.err);
    sql(server.folder(), ["SELECT pg_stat_statements_reset()", "SELECT 1"]);
    folder.run(["db", "portrait", &url, "-o", "reset.portrait"]).expect(0);
    let void =
        folder.run(["db", "slow", "--portrait", "before.portrait", "--portrait", "reset.portrait"]).expect(1);
    assert!(void.err.contains("began anew"), "{}", void.err);
}
