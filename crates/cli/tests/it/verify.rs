//! `loadline db verify`: what is confirmed and what is withdrawn.

use serde_json::Value;

use crate::verify_scene::{BY_CUSTOMER, FIND, OURS, Scene, enter, fates, wait};

const PLACE: &str = "INSERT INTO orders SELECT i, 7, md5(i::text) || md5((i + 1)::text) FROM generate_series(500000, 502000) AS i";
/// The same as a driver sends them.
const FIND_ANY: &str = "SELECT * FROM orders WHERE customer_id = $1 AND note >= $2 ORDER BY id LIMIT $3";
const PLACE_ANY: &str = "INSERT INTO orders (id, customer_id, note) VALUES ($1, $2, $3)";
const BY_NOTE: &str = "CREATE INDEX ON orders USING gin (note gin_trgm_ops)";

#[test]
fn what_helps_is_confirmed_and_what_harms_is_withdrawn() {
    let scene = Scene::new("harm", &[FIND, PLACE, "SELECT nothing", "VACUUM orders"]);
    let told = scene.json(
        1,
        &[BY_CUSTOMER, BY_NOTE, "CREATE INDEX ON nowhere (id)", "--slower-writes", "100%", "--again", "0"],
    );
    assert_eq!(fates(&told), ["confirmed", "withdrawn", "notBuilt"], "{told}");
    let (find, place) = (&told["statements"][0], &told["statements"][1]);
    assert_eq!((&find["change"]["course"], &find["uses"][0]), (&"faster".into(), &0.into()), "{told}");
    assert!(find["change"]["withoutMs"].as_f64() > find["change"]["withMs"].as_f64());
    // Its cost said so; what a write pays for an index no cost says.
    assert!(find["cost"]["without"].as_f64() > find["cost"]["with"].as_f64(), "{told}");
    assert_eq!((&find["asCostSaid"], &place["asCostSaid"]), (&true.into(), &Value::Null), "{told}");
    assert_eq!(
        (&told["asCostSaid"]["asSaid"], &told["asCostSaid"]["share"]),
        (&1.into(), &1.0.into()),
        "{told}"
    );
    assert_eq!(told["indexes"][1]["because"]["statement"], 1, "{told}");
    assert_eq!(place["keepsUp"], serde_json::json!([0]), "{told}");
    assert!(told["statements"][2]["notMeasured"].as_str().unwrap().contains("does not exist"));
    assert!(told["statements"][3]["notMeasured"].as_str().unwrap().contains("no"));
    assert_eq!(scene.number(OURS), 0);
    assert_eq!(scene.number("SELECT count(*) FROM orders"), 120_000, "what was written is rolled back");
    assert!(scene.json(0, &[BY_CUSTOMER, "--writes", "skip"])["statements"][1]["notMeasured"].is_string());
}

#[test]
fn parameters_are_given_values_that_the_test_database_knows() {
    let scene = Scene::new("parameters", &[FIND_ANY, PLACE_ANY, "SELECT ST_Nothing($1)"]);
    let told = scene.json(0, &[BY_CUSTOMER, "--slower-writes", "400%"]);
    assert_eq!(fates(&told), ["confirmed"], "{told}");
    let [find, place, nothing] = [0, 1, 2].map(|at| &told["statements"][at]);
    assert_eq!(find["change"]["course"], "faster", "{told}");
    // Typical ones, and common and rare ones.
    assert_eq!(find["values"]["from"], "statistics", "{told}");
    assert!((2..=3).contains(&find["values"]["sets"].as_u64().unwrap()), "{told}");
    // A key that is new each time, and a customer that there is.
    assert_eq!((&place["values"]["from"], &place["keepsUp"][0]), (&"statistics".into(), &0.into()), "{told}");
    assert!(nothing["notMeasured"].as_str().unwrap().contains("st_nothing"), "{told}");
    assert_eq!(scene.number("SELECT count(*) FROM orders"), 120_000);
    let ended = scene.verify(&[BY_CUSTOMER, "--slower-writes", "400%"]).expect(0);
    assert!(ended.out.contains("sets of values chosen from the statistics there"), "{}", ended.out);
}

#[test]
fn a_log_has_the_values_that_executions_had() {
    let scene = Scene::new("logged", &[]);
    let entry = |id: u32| {
        format!(
            "2026-11-29 01:48:13.957 UTC [7] LOG:  duration: 9.0 ms  execute s1: {FIND_ANY}\n\
             2026-11-29 01:48:13.957 UTC [7] DETAIL:  parameters: $1 = '{id}', $2 = '0''', $3 = '10'\n"
        )
    };
    scene.folder.write("server.log", &(1..=9).map(entry).collect::<String>());
    let words = ["db", "verify", "--verify", &scene.url(), "--log", "server.log", "--json", BY_CUSTOMER];
    let ended = scene.folder.run(words).expect(0);
    let told: Value = serde_json::from_str(&ended.out).unwrap();
    let find = &told["statements"][0];
    assert_eq!(find["values"], serde_json::json!({"from": "executions", "sets": 4}), "{told}");
    assert_eq!(find["change"]["course"], "faster", "{told}");
    // As sessions that plan for any values do it.
    let set = ["--set", "plan_cache_mode=force_generic_plan", "--set", "jit=off"];
    let words = ["db", "verify", "--verify", &scene.url(), "--log", "server.log", "--json", BY_CUSTOMER];
    let ended = scene.folder.run(words.iter().chain(&set)).expect(0);
    assert!(ended.out.contains("\"faster\""), "{}", ended.out);
    let ended = scene.folder.run(words.iter().chain(&["--set", "jit=perhaps"])).expect(3);
    assert!(ended.err.contains("cannot set what the application sets"), "{}", ended.err);
    scene.folder.write("cat.log", "a picture of a cat\n");
    let words = ["db", "verify", "--verify", &scene.url(), "--log", "cat.log", BY_CUSTOMER];
    let ended = scene.folder.run(words).expect(3);
    assert!(ended.err.contains("none of the logs that are read"), "{}", ended.err);
}

#[test]
fn another_set_is_searched_without_what_was_withdrawn() {
    let scene = Scene::new("again", &[FIND, PLACE]);
    let told = scene.json(0, &[BY_NOTE, "--slower-writes", "100%"]);
    let earlier = told["earlier"].as_array().unwrap();
    assert_eq!((earlier.len(), fates(&earlier[0])), (1, vec!["withdrawn"]), "{told}");
    assert_eq!(fates(&told), ["confirmed"], "{told}");
    assert!(told["indexes"][0]["statement"].as_str().unwrap().contains("(customer_id)"), "{told}");
    // Without any to begin with, they are searched.
    scene.folder.write("queries.sql", FIND);
    let ended = scene.verify(&[]).expect(0);
    assert!(ended.err.contains("searching indexes"), "{}", ended.err);
    assert!(ended.out.contains("confirmed  CREATE INDEX"), "{}", ended.out);
    scene.folder.write("queries.sql", "SELECT * FROM orders WHERE id = 7");
    let ended = scene.verify(&[]).expect(1);
    assert!(ended.err.contains("no index pays for these statements"), "{}", ended.err);
    assert_eq!(scene.number(OURS), 0);
}

#[test]
fn a_set_is_searched_for_a_goal_and_within_a_room() {
    let scene = Scene::new("room", &[FIND, "SELECT id, note FROM orders WHERE note = 'a' ORDER BY id"]);
    let told = scene.json(0, &["--goal", "cost"]);
    assert_eq!(fates(&told), ["confirmed", "confirmed"], "{told}");
    // The one by notes is the larger one.
    let told = scene.json(0, &["--goal", "few", "--within", "4MB"]);
    assert_eq!(fates(&told), ["confirmed"], "{told}");
    assert!(told["confirmedBytes"].as_f64().unwrap() < 4e6, "{told}");
    let ended = scene.verify(&["--within", "4MB"]).expect(0);
    assert!(ended.out.contains(" of the 4 MB that indexes may have"), "{}", ended.out);
    let ended = scene.verify(&["--within", "16KB"]).expect(1);
    assert!(ended.err.contains("no index pays for these statements within 16"), "{}", ended.err);
    // What is given is measured, and has to have that room too.
    let ended = scene.verify(&[BY_CUSTOMER, "--within", "100KB"]).expect(1);
    assert!(ended.out.contains(", more than the 100"), "{}", ended.out);
    scene.verify(&["--within", "1B"]).expect(2);
    assert_eq!(scene.number(OURS), 0);
}

#[test]
fn keys_that_refer_to_a_row_are_looked_for_by_triggers() {
    let scene = Scene::new("referring", &["DELETE FROM customers WHERE id = 20001"]);
    let told = scene.json(1, &[BY_CUSTOMER, "CREATE INDEX ON orders (note)"]);
    assert_eq!(fates(&told), ["confirmed", "idle"], "{told}");
}

#[test]
fn the_answer_is_in_words() {
    let scene = Scene::new("words", &[FIND]);
    let ended = scene.verify(&[BY_CUSTOMER]).expect(0);
    for part in [
        "confirmed  CREATE INDEX",
        "1 statement is faster with it",
        "times faster (at least",
        "the index is confirmed: 1 statement: 1 faster",
        "1 of 1 statement went the way that the planner's costs said (100.00%)",
        "where nothing stayed",
    ] {
        assert!(ended.out.contains(part), "{part}: {}", ended.out);
    }
    assert!(ended.err.contains("building 1 of 1"), "{}", ended.err);
    let ended = scene.verify(&["CREATE INDEX ON orders (note)"]).expect(1);
    assert!(ended.out.contains("of no use"), "{}", ended.out);
}

#[test]
fn a_copy_takes_the_place_of_the_original() {
    let scene = Scene::new("original", &[FIND, PLACE]);
    let told = scene.json(0, &[BY_CUSTOMER, "--writes", "copy", "--slower-writes", "400%"]);
    assert_eq!(fates(&told), ["confirmed"], "{told}");
    let copies = "SELECT count(*) FROM pg_database WHERE datname LIKE 'loadline%'";
    assert_eq!((scene.number(OURS), scene.number(copies)), (0, 0));
    // What a killed run has left, by its name, goes with the next.
    wait(async {
        let session = enter("postgres").await;
        session.batch_execute("CREATE DATABASE loadline_verify_0123abcd").await.unwrap();
    });
    let told = scene.json(0, &[BY_CUSTOMER, "--writes", "copy", "--slower-writes", "400%"]);
    assert_eq!(told["swept"], serde_json::json!(["loadline_verify_0123abcd"]));
    assert_eq!(scene.number(copies), 0);
    // Nobody may be in what is copied.
    let held = wait(async {
        let runtime = enter("original").await;
        runtime.query_one("SELECT 1", &[]).await.unwrap();
        let url = scene.words(&[BY_CUSTOMER, "--writes", "copy"]);
        scene.folder.run(url)
    });
    let held = held.expect(3);
    assert!(held.err.contains("cannot copy `original`"), "{}", held.err);
    assert_eq!(scene.number(copies), 0);
}
