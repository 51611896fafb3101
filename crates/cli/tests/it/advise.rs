//! `loadline db advise`: what is advised for statements whose answer is known, that PostgreSQL takes it, and that there
//! is nothing to advise where there is nothing.

use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use holiday::store::postgres::Throwaway;
use serde_json::Value;

use crate::support::Folder;

const SHOP: &str = "\
CREATE TABLE customers (id int PRIMARY KEY, email text NOT NULL, tags text[] NOT NULL);
INSERT INTO customers SELECT i, 'user' || i || '@example.com', ARRAY['t' || i % 40, 'i' || i % 3000] FROM generate_series(1, 20000) AS i;
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id int NOT NULL REFERENCES customers, status text NOT NULL, placed timestamptz NOT NULL);
INSERT INTO orders SELECT i, 1 + i * 7919 % 20000, CASE WHEN i % 500 = 0 THEN 'failed' ELSE 'done' END, timestamptz '2025-01-01' + i * interval '1 minute' FROM generate_series(1, 120000) AS i;
CREATE TABLE events (at date NOT NULL, \"who is\" int NOT NULL, note text NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE events_a PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2025-02-01');
CREATE TABLE events_b PARTITION OF events FOR VALUES FROM ('2025-02-01') TO ('2025-03-01');
CREATE SCHEMA odd; CREATE TABLE odd.\"events.c\" PARTITION OF events FOR VALUES FROM ('2025-03-01') TO ('2025-04-01') PARTITION BY RANGE (\"who is\");
CREATE TABLE events_d PARTITION OF odd.\"events.c\" FOR VALUES FROM (0) TO (5000);
CREATE TABLE odd.\"T x\" (id int PRIMARY KEY, \"A b\" int);
INSERT INTO odd.\"T x\" SELECT i, i % 7001 FROM generate_series(1, 30000) AS i;
CREATE FUNCTION forever(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(600); RETURN 1; END';
CREATE TABLE notes (id int PRIMARY KEY, a int, b int, c int);
CREATE INDEX notes_a ON notes (a);
CREATE INDEX notes_a_b ON notes (a, b);
CREATE INDEX notes_c ON notes (c);
INSERT INTO notes SELECT i, i % 977, i % 13, i % 1009 FROM generate_series(1, 20000) AS i;
INSERT INTO events SELECT date '2025-01-01' + i % 80, i % 5000, md5(i::text) FROM generate_series(1, 60000) AS i;
VACUUM ANALYZE";

/// A database without an index but for keys, and its portrait.
pub(crate) fn shop() -> &'static (Throwaway, Folder) {
    static SHOP_SERVER: OnceLock<(Throwaway, Folder)> = OnceLock::new();
    SHOP_SERVER.get_or_init(|| {
        let server =
            Throwaway::start_with(&["autovacuum=off", "shared_preload_libraries=pg_stat_statements"])
                .unwrap();
        psql(server.folder(), SHOP);
        let folder = Folder::with(&[]);
        let url = format!("postgres:///postgres?host={}&user=holiday", server.folder().display());
        folder.run(["db", "portrait", &url, "-o", "shop.portrait"].map(str::to_owned)).expect(0);
        (server, folder)
    })
}

pub(crate) fn psql(folder: &Path, text: &str) {
    psql_in("postgres", folder, text);
}

/// Runs statements in a database, and gives what they print.
pub(crate) fn psql_in(database: &str, folder: &Path, text: &str) -> String {
    let mut psql = Command::new("psql");
    psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", "holiday", "-d", database, "-h"])
        .arg(folder);
    for statement in loadline_pg::ghost::statements(text) {
        psql.args(["-c", statement]);
    }
    let output = psql.output().unwrap();
    assert!(output.status.success(), "{text}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

pub(crate) fn words(file: &str, more: &[&str]) -> Vec<String> {
    let words = ["db", "advise", "-p", "shop.portrait", "--statements", file];
    words.iter().chain(more).map(|word| (*word).to_owned()).collect()
}

pub(crate) fn told(name: &str, statements: &str, code: i32) -> Value {
    let (_, folder) = shop();
    std::fs::write(folder.path(name), statements).unwrap();
    let ended = folder.run(words(name, &["--json"])).expect(code);
    serde_json::from_str(&ended.out).unwrap_or_else(|_| panic!("{}\n{}", ended.out, ended.err))
}

pub(crate) fn created(told: &Value) -> Vec<String> {
    let of = |one: &Value| {
        let statement = one["statement"].as_str().unwrap();
        statement.split_once(" ON ").unwrap().1.to_owned()
    };
    told["indexes"].as_array().unwrap().iter().map(of).collect()
}

#[test]
fn each_statement_gets_the_index_that_an_expert_would_build() {
    for (name, statement, expected) in [
        (
            "key.sql",
            "SELECT * FROM orders WHERE customer_id = 7",
            vec!["public.orders USING btree (customer_id)"],
        ),
        (
            "parameter.sql",
            "SELECT * FROM orders WHERE customer_id = $1",
            vec!["public.orders USING btree (customer_id)"],
        ),
        (
            "array.sql",
            "SELECT id FROM customers WHERE tags @> '{i17}'",
            vec!["public.customers USING gin (tags)"],
        ),
        (
            "referred.sql",
            "DELETE FROM customers WHERE id = 7",
            vec!["public.orders USING btree (customer_id)"],
        ),
        ("greatest.sql", "SELECT max(placed) FROM orders", vec!["public.orders USING btree (placed)"]),
        (
            "parts.sql",
            "SELECT * FROM events WHERE \"who is\" = 7",
            vec!["public.events USING btree (\"who is\")"],
        ),
        ("primary.sql", "SELECT * FROM orders WHERE id = 7", vec![]),
        ("all.sql", "SELECT * FROM orders WHERE status = 'done'", vec![]),
        ("write.sql", "INSERT INTO orders VALUES (0, 7, 'done', now())", vec![]),
    ] {
        assert_eq!(created(&told(name, statement, 0)), expected, "{statement}");
    }
}

#[test]
fn what_is_advised_is_built_and_undone() {
    let (server, folder) = shop();
    let statements = "-- calls=100 ms=900\nSELECT * FROM orders WHERE customer_id = 7;\n\
        SELECT id FROM customers WHERE lower(email) = 'user7@example.com';\n\
        SELECT id FROM orders WHERE status = 'failed' ORDER BY placed DESC LIMIT 10;\n\
        SELECT note FROM events WHERE \"who is\" = 7; SELECT * FROM nowhere";
    let found = told("several.sql", statements, 0);
    assert_eq!(found["indexes"].as_array().unwrap().len(), 4, "{found}");
    let before: f64 =
        found["statements"].as_array().unwrap().iter().filter_map(|one| one["costBefore"].as_f64()).sum();
    let after: f64 =
        found["statements"].as_array().unwrap().iter().filter_map(|one| one["costAfter"].as_f64()).sum();
    assert!(after < before / 3.0, "{found}");
    assert!(found["statements"].to_string().contains("nowhere\\\" does not exist"), "{found}");
    let ended = folder.run(words("several.sql", &["--sql"])).expect(0);
    psql(server.folder(), &ended.out);
    // On partitions of partitions too, each attached to what it is a part of.
    let invalid = "SELECT count(*) FROM pg_index WHERE NOT indisvalid";
    let attached = "SELECT max(count) FROM (SELECT count(t.relid) FROM pg_class c, pg_partition_tree(c.oid) t WHERE c.relkind = 'I' GROUP BY c.oid) AS trees";
    for (query, count) in [(invalid, "0"), (attached, "5")] {
        assert_eq!(psql_in("postgres", server.folder(), query).trim(), count, "{}", ended.out);
    }
    for one in found["indexes"].as_array().unwrap() {
        psql(server.folder(), one["rollback"].as_str().unwrap());
    }
    let ended = folder.run(words("several.sql", &[])).expect(0);
    for part in [
        "1. CREATE INDEX",
        "undo     DROP INDEX",
        "1 statement without a plan",
        "4 indexes pay for 4 statements",
        "nothing was built",
    ] {
        assert!(ended.out.contains(part), "{part}: {}", ended.out);
    }
}

fn dropped(told: &Value) -> Vec<(&str, &str)> {
    told["drops"]
        .as_array()
        .unwrap()
        .iter()
        .map(|drop| (drop["name"].as_str().unwrap(), drop["reason"].as_str().unwrap()))
        .collect()
}

#[test]
fn an_index_of_which_another_does_the_work_could_go() {
    let (server, folder) = shop();
    let found = told("drops.sql", "SELECT * FROM notes WHERE c = 7 AND b = 5", 0);
    // Of statements that somebody chose it does not follow that nothing else is used.
    let expected = [("public.notes_a", "covered")];
    let (planned, there): (Vec<_>, Vec<_>) =
        dropped(&found).into_iter().partition(|(name, _)| *name == "public.notes_c");
    assert_eq!(there, expected, "{found}");
    // What is advised may do the work of what is there.
    let is_wider = created(&found).iter().any(|one| one.contains("(c, b)"));
    assert_eq!(planned.len(), usize::from(is_wider), "{found}");
    psql(server.folder(), found["drops"][0]["statement"].as_str().unwrap());
    psql(server.folder(), found["drops"][0]["rollback"].as_str().unwrap());
    let ended = folder.run(words("drops.sql", &[])).expect(0);
    assert!(
        ended.out.contains("indexes that could go") && ended.out.contains("could go; estimates")
            || ended.out.contains("that is there could go"),
        "{}",
        ended.out
    );
    let ended = folder.run(words("drops.sql", &["--sql"])).expect(0);
    assert!(
        ended.out.contains("-- DROP INDEX CONCURRENTLY IF EXISTS \"public\".\"notes_a\";"),
        "{}",
        ended.out
    );
}

#[test]
fn values_are_chosen_by_the_rows_of_an_execution() {
    let text = "-- calls=10 rows=240\nSELECT * FROM orders WHERE status = $1;\n\
        -- calls=10 rows=110000\nSELECT id FROM orders WHERE status = $1;\n\
        -- calls=10\nSELECT * FROM customers WHERE email LIKE $1;\n\
        SELECT * FROM orders WHERE id = $1 + 1";
    let found = told("values.sql", text, 0);
    let bindings = |text: &str| {
        let statements = found["statements"].as_array().unwrap();
        let one = statements.iter().find(|one| one["text"] == text).unwrap();
        one["bindings"].as_array().unwrap().clone()
    };
    let value = |text: &str| bindings(text)[0]["values"][0]["value"].clone();
    assert_eq!(value("SELECT * FROM orders WHERE status = $1"), "failed");
    assert_eq!(value("SELECT id FROM orders WHERE status = $1"), "done");
    assert!(value("SELECT * FROM customers WHERE email LIKE $1").as_str().unwrap().ends_with('%'), "{found}");
    assert_eq!(bindings("SELECT * FROM orders WHERE id = $1 + 1")[0]["kind"], "any");
    // A value that was chosen is no reason for an index of its rows alone.
    assert!(created(&found).iter().all(|one| !one.contains("WHERE")), "{found}");
}

#[test]
fn bytes_are_kept_within() {
    let (_, folder) = shop();
    std::fs::write(
        folder.path("within.sql"),
        "SELECT * FROM orders WHERE customer_id = 7; SELECT * FROM customers WHERE email = 'a'",
    )
    .unwrap();
    let ended = folder.run(words("within.sql", &["--within", "1MB", "--json"])).expect(0);
    let told: Value = serde_json::from_str(&ended.out).unwrap();
    let bytes: f64 = told["indexes"].as_array().unwrap().iter().filter_map(|one| one["bytes"].as_f64()).sum();
    assert!(bytes > 0.0 && bytes <= 1e6, "{told}");
}

#[test]
fn where_there_is_nothing_it_is_said() {
    let (_, folder) = shop();
    std::fs::write(folder.path("nothing.sql"), "BEGIN; SET work_mem = '4MB'").unwrap();
    let ended = folder.run(words("nothing.sql", &[])).expect(1);
    assert!(ended.err.contains("there is no statement to advise on"), "{}", ended.err);
    let ended = folder.run(["db", "advise", "-p", "shop.portrait"].map(str::to_owned)).expect(1);
    assert!(ended.err.contains("--statements FILE"), "{}", ended.err);
    folder.run(words("missing.sql", &[])).expect(2);
    folder.run(words("nothing.sql", &["--within", "1B"])).expect(2);
    assert!(created(&told("refused.sql", "SELECT * FROM nowhere WHERE a = 1", 1)).is_empty());
}
