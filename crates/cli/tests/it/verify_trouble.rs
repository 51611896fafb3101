//! `loadline db verify` in trouble: what is refused, what is not waited for, and that nothing stays.

use rustix::process::Signal;

use crate::advise_trouble::{planning, started};
use crate::support::Talking;
use crate::verify_scene::{BY_CUSTOMER, FIND, Held, LOOKS, OURS, Scene, fates};

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
