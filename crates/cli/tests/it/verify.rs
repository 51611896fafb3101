//! `loadline db verify`: what is confirmed, what is withdrawn, what is refused, and that nothing stays.

use std::sync::OnceLock;

use holiday::store::postgres::Throwaway;
use loadline_pg::live::{Address, Session};
use rustix::process::Signal;
use serde_json::Value;

use crate::advise_trouble::{planning, started};
use crate::support::{Ended, Folder, Talking};

/// A table whose rows are found by reading it whole.
const SHOP: &str = "\
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE TABLE customers (id int PRIMARY KEY);
INSERT INTO customers SELECT generate_series(1, 20001);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id int NOT NULL REFERENCES customers, note text NOT NULL);
INSERT INTO orders SELECT i, 1 + i % 20000, md5(i::text) FROM generate_series(1, 120000) AS i;
VACUUM ANALYZE customers, orders;";
pub(crate) const FIND: &str = "SELECT * FROM orders WHERE customer_id = 77";
const PLACE: &str = "INSERT INTO orders SELECT i, 7, md5(i::text) || md5((i + 1)::text) FROM generate_series(500000, 502000) AS i";
pub(crate) const BY_CUSTOMER: &str =
    "CREATE INDEX CONCURRENTLY IF NOT EXISTS by_customer ON public.orders (customer_id)";
/// The same as a driver sends them.
const FIND_ANY: &str = "SELECT * FROM orders WHERE customer_id = $1 AND note >= $2 ORDER BY id LIMIT $3";
const PLACE_ANY: &str = "INSERT INTO orders (id, customer_id, note) VALUES ($1, $2, $3)";
const BY_NOTE: &str = "CREATE INDEX ON orders USING gin (note gin_trgm_ops)";
/// Of ours, whichever run built them.
const OURS: &str = "SELECT count(*) FROM pg_class WHERE relname LIKE 'loadline%'";

fn server() -> &'static Throwaway {
    static SERVER: OnceLock<Throwaway> = OnceLock::new();
    SERVER.get_or_init(|| Throwaway::start_with(&["autovacuum=off"]).unwrap())
}

/// A database of its own for a test, and a folder with the statements.
pub(crate) struct Scene {
    pub(crate) folder: Folder,
    database: &'static str,
}

impl Scene {
    pub(crate) fn new(database: &'static str, statements: &[&str]) -> Self {
        let scene = Self { folder: Folder::with(&[("queries.sql", &statements.join(";\n"))]), database };
        wait(async {
            let session = enter("postgres").await;
            session.batch_execute(&format!("CREATE DATABASE {database}")).await.unwrap();
            let session = enter(database).await;
            for statement in loadline_pg::ghost::statements(SHOP) {
                session.batch_execute(statement).await.unwrap();
            }
        });
        scene
    }

    pub(crate) fn url(&self) -> String {
        format!("postgres:///{}?host={}&user=holiday", self.database, server().folder().display())
    }

    fn words(&self, more: &[&str]) -> Vec<String> {
        let url = self.url();
        let words = ["db", "verify", "--verify", &url, "--statements", "queries.sql"];
        words.iter().chain(more).map(|word| (*word).to_owned()).collect()
    }

    fn verify(&self, more: &[&str]) -> Ended {
        self.folder.run(self.words(more))
    }

    pub(crate) fn json(&self, code: i32, more: &[&str]) -> Value {
        let ended = self.verify(&[more, &["--json"]].concat()).expect(code);
        serde_json::from_str(&ended.out).unwrap_or_else(|_| panic!("{}\n{}", ended.out, ended.err))
    }

    /// Something done in it, in a session of its own.
    pub(crate) fn run(&self, text: &str) -> Result<(), String> {
        wait(async {
            enter(self.database).await.batch_execute(text).await.map_err(|error| error.to_string())
        })
    }

    pub(crate) fn number(&self, query: &str) -> i64 {
        wait(async { enter(self.database).await.query_one(query, &[]).await.unwrap().get(0) })
    }
}

async fn enter(database: &str) -> Session {
    let address = Address::in_folder(server().folder(), "holiday", database);
    Session::open_with(&address, "SELECT 1").await.unwrap()
}

fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

fn fates(told: &Value) -> Vec<&str> {
    told["indexes"].as_array().unwrap().iter().map(|one| one["fate"].as_str().unwrap()).collect()
}

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

#[test]
fn productions_own_server_is_refused() {
    let scene = Scene::new("production", &[FIND]);
    let url = scene.url();
    scene.folder.run(["db", "portrait", &url, "-o", "shop.portrait"]).expect(0);
    let refused = scene.verify(&[BY_CUSTOMER, "-p", "shop.portrait"]).expect(3);
    assert!(refused.err.contains("is production's own server"), "{}", refused.err);
    assert!(refused.err.contains("--verify-production"), "{}", refused.err);
    scene.verify(&[BY_CUSTOMER, "-p", "shop.portrait", "--verify-production"]).expect(0);
    // Another database of the same server is as much production's.
    let project = |url: &str| scene.folder.write("loadline.toml", &format!("[database]\nurl = \"{url}\"\n"));
    for url in [url.clone(), url.replace("/production?", "/postgres?")] {
        project(&url);
        let refused = scene.verify(&[BY_CUSTOMER]).expect(3);
        assert!(refused.err.contains("is production's own server"), "{}", refused.err);
        assert!(refused.err.contains("--verify-production"), "{}", refused.err);
    }
    for writes in ["skip", "copy"] {
        let refused = scene.verify(&["--writes", writes]).expect(3);
        assert!(refused.err.contains("is production's own server"), "{}", refused.err);
    }
    scene.verify(&[BY_CUSTOMER, "--verify-production"]).expect(0);
    // Whoever may not be told which server it is may be on production's.
    scene.run("CREATE ROLE nobody LOGIN; ALTER TABLE orders OWNER TO nobody; GRANT CREATE ON SCHEMA public TO nobody; REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC").unwrap();
    let as_nobody = url.replace("user=holiday", "user=nobody");
    let words = ["db", "verify", "--statements", "queries.sql", BY_CUSTOMER, "--verify", &as_nobody];
    let refused = scene.folder.run(words).expect(3);
    assert!(refused.err.contains("cannot tell whether"), "{}", refused.err);
    // One that does not answer is said not to have.
    project("postgres:///none?host=/nowhere");
    let said = scene.verify(&[BY_CUSTOMER]).expect(0);
    assert!(
        said.err.contains("whether this is the database of the project file is not known"),
        "{}",
        said.err
    );
    assert_eq!(scene.number(OURS), 0);
}

#[test]
fn what_is_typed_wrong_is_told_before_anything_is_built() {
    let scene = Scene::new("typed", &[FIND]);
    for index in
        ["DROP TABLE orders", "CREATE INDEX ON orders (id); DROP TABLE orders", "CREATE INDEX ON orders (id"]
    {
        let ended = scene.verify(&[index]);
        assert!(matches!(ended.code, Some(1 | 2)), "{index}: {}", ended.err);
    }
    assert!(scene.verify(&["DROP TABLE orders"]).expect(2).err.contains("is no `CREATE INDEX"));
    // Of a file, it is said which one and where.
    scene.folder.write("advice.sql", "CREATE INDEX ON orders (id);\nDROP TABLE orders;\n");
    let ended = scene.verify(&["--indexes", "advice.sql"]).expect(2);
    assert!(ended.err.contains("--> advice.sql: statement 2"), "{}", ended.err);
    let ended = scene.verify(&["--indexes", "none.sql"]).expect(2);
    assert!(ended.err.contains("cannot read `none.sql`"), "{}", ended.err);
    for more in [["--slower", "0"], ["--rounds", "1"], ["--lock-wait", "0s"]] {
        scene.verify(&[BY_CUSTOMER, more[0], more[1]]).expect(2);
    }
    scene.folder.write("queries.sql", "-- nothing\n");
    assert!(scene.verify(&[BY_CUSTOMER]).expect(2).err.contains("no statement in `queries.sql`"));
    scene.verify(&[BY_CUSTOMER, "--again", "11"]).expect(2);
    scene.verify(&[BY_CUSTOMER, "--set", "jit"]).expect(2);
    assert_eq!(scene.number("SELECT count(*) FROM orders"), 120_000);
}

#[test]
fn a_lock_that_is_not_given_is_not_waited_for() {
    let scene = Scene::new("locked", &[FIND]);
    let held = Held::of(&scene, "BEGIN; UPDATE orders SET note = note WHERE id = 1");
    let told = scene.json(1, &[BY_CUSTOMER, "--lock-wait", "200ms"]);
    held.end();
    assert_eq!(fates(&told), ["notBuilt"], "{told}");
    assert!(told["statements"][0]["notMeasured"].is_string(), "{told}");
    assert!(told["indexes"][0]["because"]["why"].as_str().unwrap().contains("lock"), "{told}");
    assert_eq!(scene.number(OURS), 0);
}

#[test]
fn what_others_left_invalid_is_said_and_stays() {
    let scene = Scene::new("others", &[FIND]);
    scene.run("CREATE UNIQUE INDEX CONCURRENTLY somebodys ON orders (customer_id)").unwrap_err();
    let told = scene.json(0, &[BY_CUSTOMER]);
    assert_eq!(told["invalid"], serde_json::json!(["somebodys"]), "{told}");
    let ended = scene.verify(&[BY_CUSTOMER]).expect(0);
    assert!(ended.err.contains("`somebodys` is invalid: its building was broken off"), "{}", ended.err);
    let theirs = "SELECT count(*) FROM pg_class WHERE relname = 'somebodys'";
    assert_eq!((scene.number(theirs), scene.number(OURS)), (1, 0));
}

/// A table of two partitions, and of one that has a partition itself.
const EVENTS: &str = "\
CREATE TABLE events (at int NOT NULL, who int NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE events_a PARTITION OF events FOR VALUES FROM (0) TO (10);
CREATE TABLE events_b PARTITION OF events FOR VALUES FROM (10) TO (20);
CREATE TABLE deep PARTITION OF events FOR VALUES FROM (20) TO (30) PARTITION BY RANGE (who);
CREATE TABLE deep_a PARTITION OF deep FOR VALUES FROM (0) TO (100000);
INSERT INTO events SELECT i % 30, i FROM generate_series(1, 60000) AS i; ANALYZE events";

#[test]
fn partitions_are_built_one_by_one() {
    let scene = Scene::new("parted", &["SELECT * FROM events WHERE who = 77"]);
    scene.run(EVENTS).unwrap();
    let by_who = "CREATE INDEX ON events (who)";
    let told = scene.json(0, &[by_who]);
    assert_eq!((fates(&told), scene.number(OURS)), (vec!["confirmed"], 0), "{told}");
    // In the middle of them.
    let held = Held::of(&scene, LOOKS);
    for signal in [Signal::INT, Signal::KILL] {
        let mut talking =
            Talking::start(&mut scene.folder.loadline(scene.words(&[by_who, "--lock-wait", "10m"])));
        talking.until("building 1 of 1");
        while scene.number(OURS) == 0 {
            std::thread::yield_now();
        }
        talking.signal(signal);
        let ended = talking.end();
        if signal == Signal::INT {
            assert_eq!((ended.code, scene.number(OURS)), (Some(105), 0), "{}", ended.err);
        }
    }
    held.end();
    let told = scene.json(0, &[by_who]);
    assert_eq!(told["swept"].as_array().unwrap().len(), 1, "{told}");
    assert_eq!(scene.number(OURS), 0);
    // Another server's part has no index, and what is beside others' work would never be whole.
    scene
        .run(
            "CREATE FOREIGN DATA WRAPPER nothing; CREATE SERVER other FOREIGN DATA WRAPPER nothing;
             CREATE FOREIGN TABLE far PARTITION OF events FOR VALUES FROM (30) TO (40) SERVER other",
        )
        .unwrap();
    scene.folder.write("queries.sql", "SELECT * FROM events WHERE who = 77 AND at < 30");
    let told = scene.json(0, &[by_who]);
    assert_eq!((fates(&told), scene.number(OURS)), (vec!["confirmed"], 0), "{told}");
}

/// Whoever builds an index waits for all who look at the rows of before, at whatever table.
pub(crate) const LOOKS: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1 FROM customers";

/// A transaction of ours that goes on.
pub(crate) struct Held {
    runtime: tokio::runtime::Runtime,
    session: Session,
}

impl Held {
    pub(crate) fn of(scene: &Scene, first: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let session = runtime.block_on(async {
            let session = enter(scene.database).await;
            session.batch_execute(first).await.unwrap();
            session
        });
        Self { runtime, session }
    }

    pub(crate) fn end(self) {
        self.runtime.block_on(self.session.batch_execute("ROLLBACK")).unwrap();
    }
}

/// A run that is building an index, which is there and not yet valid.
fn building(scene: &Scene) -> Talking {
    let mut talking =
        Talking::start(&mut scene.folder.loadline(scene.words(&[BY_CUSTOMER, "--lock-wait", "10m"])));
    talking.until("building 1 of 1");
    while scene.number(OURS) == 0 {
        std::thread::yield_now();
    }
    talking
}

#[test]
fn a_signal_takes_down_what_was_built() {
    let scene = Scene::new("signalled", &[FIND]);
    let held = Held::of(&scene, LOOKS);
    let talking = building(&scene);
    talking.signal(Signal::INT);
    let ended = talking.end();
    assert_eq!((ended.code, scene.number(OURS)), (Some(105), 0), "{}", ended.err);
    held.end();
}

/// One that takes for ever, while it is measured and while it is planned.
const FOREVER: &str = "CREATE FUNCTION forever() RETURNS int IMMUTABLE LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(600); RETURN 1; END'";

#[test]
fn a_signal_ends_what_is_measured_and_what_is_searched() {
    let scene = Scene::new("ended", &["SELECT pg_sleep(600) FROM orders WHERE customer_id = 77"]);
    let runs = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'EXPLAIN%pg_sleep(600)%'";
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let words = scene.words(&[BY_CUSTOMER, "--longest", "20m"]);
        let talking = Talking::start(&mut scene.folder.loadline(words));
        while scene.number(runs) == 0 {
            std::thread::yield_now();
        }
        talking.signal(signal);
        let ended = talking.end();
        assert_eq!((ended.code, scene.number(OURS), scene.number(runs)), (Some(105), 0, 0), "{}", ended.err);
        assert!(ended.err.contains("stopped by a signal"), "{}", ended.err);
    }
    scene.run(FOREVER).unwrap();
    scene.folder.write("queries.sql", "SELECT * FROM orders WHERE customer_id = forever()");
    std::fs::create_dir_all(scene.folder.path("tmp")).unwrap();
    let tmp = scene.folder.path("tmp");
    let talking = Talking::start(scene.folder.loadline(scene.words(&[])).env("TMPDIR", &tmp));
    planning(&tmp);
    talking.signal(Signal::TERM);
    let ended = talking.end();
    assert_eq!(ended.code, Some(105), "{}", ended.err);
    assert_eq!((started(&tmp).len(), std::fs::read_dir(&tmp).unwrap().count()), (0, 0));
}

#[test]
fn what_a_killed_run_left_goes_with_the_next() {
    let scene = Scene::new("killed", &[FIND]);
    let held = Held::of(&scene, LOOKS);
    let talking = building(&scene);
    talking.signal(Signal::KILL);
    talking.end();
    held.end();
    let told = scene.json(0, &[BY_CUSTOMER]);
    assert_eq!(fates(&told), ["confirmed"], "{told}");
    assert_eq!(told["swept"].as_array().unwrap().len(), 1, "{told}");
    assert_eq!(scene.number(OURS), 0);
}
