//! `loadline db advise` of what a server has counted and of what a load test did, and what it says besides indexes:
//! statements that could be written better, statistics that are missing, updates that an index would slow down.

use std::fs::File;
use std::sync::{Arc, OnceLock};

use loadline_measure::{MetricKind, Recorder, Run, RunMeta, Schema, TagSetId, Unit, write_run};
use serde_json::Value;

use crate::advise::{created, psql_in, shop};
use crate::support::Folder;

const VISITS: &str = "\
CREATE EXTENSION pg_stat_statements;
CREATE TABLE visits (id bigint PRIMARY KEY, at timestamptz NOT NULL, city int NOT NULL, zip int NOT NULL, status int NOT NULL, note text)
    WITH (fillfactor = 60);
INSERT INTO visits SELECT i, timestamptz '2025-01-01' + i * interval '5 minutes', i % 1000, i % 1000 * 7, i % 4000, NULL FROM generate_series(1, 100000) AS i;
CREATE TABLE cities (id int PRIMARY KEY, mayor int, name text NOT NULL);
INSERT INTO cities SELECT i, nullif(i, 50), 'city ' || i FROM generate_series(0, 1199) AS i;
CREATE INDEX visits_note ON visits (note);
CREATE INDEX visits_city ON visits (city);
VACUUM ANALYZE visits, cities;
SELECT pg_stat_statements_reset();
SELECT pg_stat_force_next_flush();
SELECT pg_stat_reset()";

/// A database whose statements are counted, with its portrait in a folder.
fn counted() -> &'static Folder {
    static COUNTED: OnceLock<Folder> = OnceLock::new();
    COUNTED.get_or_init(|| {
        let (server, _) = shop();
        psql_in("postgres", server.folder(), "CREATE DATABASE counted");
        psql_in("counted", server.folder(), VISITS);
        for _ in 0..5 {
            psql_in(
                "counted",
                server.folder(),
                "UPDATE visits SET status = 7 WHERE id = 77; UPDATE visits SET status = 8 WHERE id = 78; \
                 SELECT * FROM visits WHERE status = 7; SELECT * FROM visits WHERE city = 5; \
                 SELECT * FROM visits WHERE city = 5 AND zip = 35; SELECT pg_stat_force_next_flush()",
            );
        }
        let folder = Folder::new();
        let url = format!("postgres:///counted?host={}&user=holiday", server.folder().display());
        folder.run(["db", "portrait", &url, "-o", "counted.portrait"]).expect(0);
        folder
    })
}

fn advised(more: &[&str]) -> Value {
    let words = ["db", "advise", "-p", "counted.portrait", "--json"].into_iter().chain(more.iter().copied());
    let ended = counted().run(words).expect(0);
    serde_json::from_str(&ended.out).unwrap()
}

#[test]
fn what_a_server_has_counted_says_what_is_used_and_what_updates_would_lose() {
    let found = advised(&[]);
    assert_eq!(found["origin"]["kind"], "server");
    let drops: Vec<(&str, &str)> = found["drops"]
        .as_array()
        .unwrap()
        .iter()
        .map(|drop| (drop["name"].as_str().unwrap(), drop["reason"].as_str().unwrap()))
        .collect();
    // The other one is used; what is advised does its work as well.
    assert_eq!(drops, [("public.visits_city", "covered"), ("public.visits_note", "unused")], "{found}");
    assert!(found["drops"][1]["cautions"].to_string().contains("days only"), "{found}");
    let index = found["indexes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["statement"].to_string().contains("(status"));
    let index = index.unwrap_or_else(|| panic!("{found}"));
    // Every update changes it, and until now all were done in place.
    assert!(index["endsHot"].as_f64().unwrap() > 0.9, "{index}");
    assert!(index["writeCost"].as_f64().unwrap() > 0.0, "{index}");
    assert_eq!(index["storyRule"]["holds"], true, "{index}");
    let page = counted().run(["db", "advise", "-p", "counted.portrait", "--full"]).expect(0).out;
    for words in
        ["ends HOT for", "story rule: yes", "likely to be missing (inferred)", "how parameters were taken"]
    {
        assert!(page.contains(words), "{words}: {page}");
    }
}

#[test]
fn columns_that_go_together_are_told_and_the_statistics_help() {
    let found = advised(&[]);
    let statistics = found["statistics"].as_array().unwrap();
    assert_eq!(statistics.len(), 1, "{found}");
    let one = &statistics[0];
    assert_eq!(one["columns"], serde_json::json!(["city", "zip"]));
    assert!(one["rowsCounted"].as_f64().unwrap() >= 10.0 * one["rowsExpected"].as_f64().unwrap(), "{one}");
    let (server, _) = shop();
    let expected = || {
        let plan = psql_in(
            "counted",
            server.folder(),
            "EXPLAIN (FORMAT JSON) SELECT * FROM visits WHERE city = 5 AND zip = 35",
        );
        serde_json::from_str::<Value>(&plan).unwrap()[0]["Plan"]["Plan Rows"].as_f64().unwrap()
    };
    assert!(expected() < 10.0);
    psql_in("counted", server.folder(), &format!("{}; ANALYZE visits", one["statement"].as_str().unwrap()));
    assert!((50.0..200.0).contains(&expected()), "{}", expected());
    psql_in("counted", server.folder(), one["rollback"].as_str().unwrap());
}

#[test]
fn statements_that_could_be_written_better_give_the_same_rows() {
    let statements = [
        "SELECT id FROM visits WHERE date(at) = '2025-03-05'",
        "SELECT id FROM visits WHERE at::date BETWEEN '2025-03-05' AND '2025-03-06'",
        "SELECT id FROM visits WHERE id::text = '77'",
        "SELECT id FROM visits WHERE id = 78.0",
        "SELECT v.id FROM visits v JOIN cities c ON c.id = v.city WHERE v.id = 500 OR c.name = 'city 17'",
        "SELECT c.id FROM cities c WHERE (SELECT count(*) FROM visits v WHERE v.city = c.id) > 0",
        "SELECT c.id FROM cities c WHERE c.id NOT IN (SELECT v.city FROM visits v)",
    ];
    counted().write("better.sql", &statements.join(";\n"));
    let found = advised(&["--statements", "better.sql"]);
    let rewrites = found["rewrites"]["found"].as_array().unwrap();
    let (server, _) = shop();
    let rows = |text: &str| {
        psql_in(
            "counted",
            server.folder(),
            &format!("SELECT md5(string_agg(id::text, ',' ORDER BY id)) FROM ({text}) AS x"),
        )
    };
    let mut changes: Vec<&str> = Vec::new();
    for one in rewrites {
        let text = found["statements"][one["statement"].as_u64().unwrap() as usize]["text"].as_str().unwrap();
        assert_eq!(rows(text), rows(one["text"].as_str().unwrap()), "{one}");
        assert!(one["costAfter"].as_f64().unwrap() <= 0.6 * one["costBefore"].as_f64().unwrap(), "{one}");
        changes.push(one["change"].as_str().unwrap());
    }
    changes.sort_unstable();
    changes.dedup();
    for change in ["cast", "count", "day", "or"] {
        assert!(changes.contains(&change), "{change}: {changes:?} {found}");
    }
    // What is there already serves the column as it is.
    let cast = rewrites.iter().find(|one| one["change"] == "cast").unwrap();
    assert_eq!(cast["needs"], serde_json::json!([]), "{cast}");
    let page =
        counted().run(["db", "advise", "-p", "counted.portrait", "--statements", "better.sql"]).expect(0).out;
    assert!(
        page.contains("statements that could be written better") && page.contains("could be written better;"),
        "{page}"
    );
}

/// A run whose load made these statements.
fn run() -> Run {
    let schema = Schema::new();
    let counter = |name: &str| schema.define(name, MetricKind::Counter, Unit::Plain).unwrap();
    let (calls, time, rows) = (counter("db_calls"), counter("db_time"), counter("db_rows"));
    let parts = schema.define("db_statement_calls_per_request", MetricKind::Trend, Unit::Plain).unwrap();
    let mut recorder = Recorder::new(Arc::clone(&schema));
    let long = format!("SELECT {} FROM visits WHERE status = $1", ["id"; 40].join(", "));
    let long = loadline_pg::cost::StatementName::of(&long, 0).as_str().to_owned();
    for (query, ms) in
        [("SELECT * FROM visits WHERE status = $1", 900.0), (long.as_str(), 50.0), ("other statements", 50.0)]
    {
        let tags = recorder.tags(TagSetId::EMPTY, &[("query", query)]);
        recorder.record(calls, 30.0, tags);
        recorder.record(time, ms, tags);
        recorder.record(rows, 750.0, tags);
    }
    for (endpoint, times) in [("GET /visits", 20), ("GET /status", 10)] {
        let tags = recorder.tags(
            TagSetId::EMPTY,
            &[("query", "SELECT * FROM visits WHERE status = $1"), ("endpoint", endpoint)],
        );
        for _ in 0..times {
            recorder.record(parts, 1.0, tags);
        }
    }
    let mut run = Run::new(RunMeta::default(), schema);
    run.push(0, recorder.take_window());
    run
}

#[test]
fn a_load_test_says_which_endpoints_an_index_serves() {
    write_run(&run(), File::create(counted().path("load.run")).unwrap()).unwrap();
    let found = advised(&["--run", "load.run"]);
    assert_eq!(created(&found), ["public.visits USING btree (status)"], "{found}");
    let index = &found["indexes"][0];
    assert_eq!(index["endpoints"], serde_json::json!(["GET /visits", "GET /status"]), "{index}");
    assert_eq!(found["statements"][0]["rowsPerCall"], 25.0);
    // Of a run it does not follow that nothing else uses an index.
    assert!(found["drops"].as_array().unwrap().is_empty(), "{found}");
    let left: Vec<&str> =
        found["leftOut"].as_array().unwrap().iter().map(|one| one["what"].as_str().unwrap()).collect();
    assert_eq!(left, ["no text", "counted together"]);
    // The same statements in a pull request.
    counted().write("by_status.sql", "CREATE INDEX by_status ON visits (status)");
    let words = [
        "db",
        "check",
        "-p",
        "counted.portrait",
        "--migration",
        "by_status.sql",
        "--run",
        "load.run",
        "--json",
    ];
    let checked: serde_json::Value = serde_json::from_str(&counted().run(words).expect(0).out).unwrap();
    assert_eq!(checked["statements"].as_array().unwrap().len(), 1, "{checked:#}");
    assert!(
        checked["notes"].to_string().contains("`load.run`: 1 statement has a shortened name"),
        "{checked:#}"
    );
    counted().write("empty.run", "");
    let refused = counted().run(["db", "advise", "-p", "counted.portrait", "--run", "empty.run"]);
    assert_eq!(refused.code, Some(3), "{}", refused.err);
    write_run(
        &Run::new(RunMeta::default(), Schema::new()),
        File::create(counted().path("none.run")).unwrap(),
    )
    .unwrap();
    let none = counted().run(["db", "advise", "-p", "counted.portrait", "--run", "none.run"]).expect(1);
    assert!(none.err.contains("it followed no database"), "{}", none.err);
}
