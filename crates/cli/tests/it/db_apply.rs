//! `loadline db apply`: what it shows, what it builds, and that whatever ends it leaves nothing invalid.

use rustix::process::Signal;
use serde_json::Value;

use crate::support::{Ended, Talking};
use crate::verify_scene::{BY_CUSTOMER, FIND, Held, LOOKS, Scene};

/// Of this name, valid or not.
const THERE: &str = "SELECT count(*) FROM pg_class WHERE relname = 'by_customer'";
const INVALID: &str = "SELECT count(*) FROM pg_index WHERE NOT indisvalid";

fn words(scene: &Scene, more: &[&str]) -> Vec<String> {
    let url = scene.url();
    ["db", "apply", "--database", &url].iter().chain(more).map(|word| (*word).to_owned()).collect()
}

fn apply(scene: &Scene, code: i32, more: &[&str]) -> Ended {
    scene.folder.run(words(scene, more)).expect(code)
}

fn json(scene: &Scene, code: i32, more: &[&str]) -> Value {
    let ended = apply(scene, code, &[more, &["--json"]].concat());
    serde_json::from_str(&ended.out).unwrap_or_else(|_| panic!("{}\n{}", ended.out, ended.err))
}

#[test]
fn nothing_is_built_before_it_is_asked_for() {
    let scene = Scene::new("applied", &[FIND]);
    let shown = apply(&scene, 0, &[BY_CUSTOMER]);
    for part in [
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS by_customer ON public.orders (customer_id);",
        "undo: DROP INDEX CONCURRENTLY IF EXISTS public.by_customer;",
        "at the most",
        "1 index to build, nothing was changed",
        "are free",
    ] {
        assert!(shown.out.contains(part), "{part}: {}", shown.out);
    }
    assert_eq!(scene.number(THERE), 0);
    let told = json(&scene, 0, &[BY_CUSTOMER, "--build"]);
    let index = &told["indexes"][0];
    let (most, bytes) = (index["mostBytes"].as_f64().unwrap(), index["built"]["bytes"].as_f64().unwrap());
    assert!(bytes > 0.0 && bytes < most * 1.5, "{told}");
    assert_eq!((scene.number(THERE), scene.number(INVALID)), (1, 0));
    // Another time there is nothing to do, under whatever name; and the name is taken.
    let again = apply(&scene, 0, &["CREATE INDEX ON orders USING btree (customer_id)", "--build"]);
    assert!(again.out.contains("is there already, as `by_customer`"), "{}", again.out);
    let taken = apply(&scene, 1, &["CREATE INDEX by_customer ON orders (note)"]);
    assert!(taken.out.contains("another index has the name"), "{}", taken.out);
    let missing = apply(&scene, 1, &["CREATE INDEX ON nowhere (id)", "--build"]);
    assert!(missing.out.contains("there is no such table"), "{}", missing.out);
    apply(&scene, 2, &["DROP TABLE orders"]);
    apply(&scene, 2, &[BY_CUSTOMER, "--lock-wait", "0s"]);
    apply(&scene, 2, &[]);
    scene.folder.run(["db", "apply", "--database", "postgres:///none?host=/nowhere", BY_CUSTOMER]).expect(3);
}

/// A table of two partitions, and of one that has a partition itself.
const EVENTS: &str = "\
CREATE TABLE events (at int NOT NULL, who int NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE events_a PARTITION OF events FOR VALUES FROM (0) TO (10);
CREATE TABLE events_b PARTITION OF events FOR VALUES FROM (10) TO (20);
CREATE TABLE deep PARTITION OF events FOR VALUES FROM (20) TO (30) PARTITION BY RANGE (who);
CREATE TABLE deep_a PARTITION OF deep FOR VALUES FROM (0) TO (10000);
INSERT INTO events SELECT i % 30, i FROM generate_series(1, 1000) AS i";
const BY_WHO: &str = "CREATE INDEX by_who ON public.events (who)";
/// Its index, those of its parts too.
const OF_WHO: &str = "SELECT count(*) FROM pg_class WHERE relname LIKE 'by_who%'";

#[test]
fn partitions_are_built_one_by_one_and_attached() {
    let scene = Scene::new("partitioned", &[FIND]);
    scene.run(EVENTS).unwrap();
    let shown = apply(&scene, 0, &[BY_WHO]);
    let told = json(&scene, 0, &[BY_WHO, "--build"]);
    assert_eq!(scene.number(INVALID), 0, "{told}");
    assert_eq!(scene.number("SELECT count(*) FROM pg_partition_tree('by_who') WHERE isleaf"), 3, "{told}");
    scene.run(told["indexes"][0]["rollback"].as_str().unwrap()).unwrap();
    assert_eq!(scene.number(OF_WHO), 0);
    // What was shown is a script that builds the same one index.
    let script: Vec<&str> = shown.out.lines().take_while(|line| !line.starts_with(' ')).collect();
    scene.folder.write("script.sql", &script.join("\n"));
    let told = json(&scene, 0, &["--indexes", "script.sql", "--build"]);
    assert_eq!(told["indexes"].as_array().unwrap().len(), 1, "{told}");
    assert_eq!(scene.number("SELECT count(*) FROM pg_partition_tree('by_who') WHERE isleaf"), 3, "{told}");
    scene
        .run(
            "CREATE FOREIGN DATA WRAPPER nothing; CREATE SERVER other FOREIGN DATA WRAPPER nothing;
             CREATE FOREIGN TABLE far PARTITION OF events FOR VALUES FROM (30) TO (40) SERVER other",
        )
        .unwrap();
    let far = apply(&scene, 1, &["CREATE INDEX by_at ON public.events (at)", "--build"]);
    assert!(far.out.contains("partition `far` is another server's table"), "{}", far.out);
}

#[test]
fn partitions_that_are_not_all_built_leave_nothing() {
    let scene = Scene::new("parts", &[FIND]);
    scene.run(EVENTS).unwrap();
    // The first part can be built, and the second one cannot be begun.
    let lock = "BEGIN; LOCK TABLE events_b IN SHARE UPDATE EXCLUSIVE MODE";
    let waits = "SELECT count(*) FROM pg_locks WHERE relation = 'events_b'::regclass AND NOT granted";
    let built = "SELECT count(*) FROM pg_index WHERE indisvalid AND indexrelid = to_regclass('by_who_2')";
    let held = Held::of(&scene, lock);
    let told = json(&scene, 1, &[BY_WHO, "--build", "--lock-wait", "200ms"]);
    let why = told["indexes"][0]["built"]["error"].as_str().unwrap();
    assert!(why.contains("a lock was not given in time"), "{told}");
    assert_eq!(scene.number(OF_WHO), 0, "{told}");
    let until = |question: &str, signal| {
        let mut talking = Talking::start(
            &mut scene.folder.loadline(words(&scene, &[BY_WHO, "--build", "--lock-wait", "10m"])),
        );
        talking.until("building 1 of 1");
        while scene.number(question) == 0 {
            std::thread::yield_now();
        }
        talking.signal(signal);
        let ended = talking.end();
        gone(&scene);
        ended
    };
    let ended = until(waits, Signal::INT);
    assert_eq!((ended.code, scene.number(OF_WHO)), (Some(105), 0), "{}", ended.err);
    until(waits, Signal::KILL);
    assert_eq!((scene.number(OF_WHO), scene.number(built)), (1, 1));
    // What was there before stays, whatever becomes of the rest.
    until(waits, Signal::INT);
    assert_eq!((scene.number(OF_WHO), scene.number(built)), (1, 1));
    held.end();
    let held = Held::of(&scene, LOOKS);
    until(INVALID, Signal::KILL);
    held.end();
    let shown = apply(&scene, 0, &[BY_WHO]);
    assert!(shown.out.contains("`\"public\".\"by_who_3\"` is there and invalid"), "{}", shown.out);
    json(&scene, 0, &[BY_WHO, "--build"]);
    assert_eq!((scene.number(INVALID), scene.number(OF_WHO)), (0, 5));
}

/// Waits until no session of a build is left.
fn gone(scene: &Scene) {
    let mine = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'loadline_apply%'";
    while scene.number(mine) > 0 {
        std::thread::yield_now();
    }
}

#[test]
fn what_was_left_invalid_is_said_and_built_anew() {
    let scene = Scene::new("invalid", &[FIND]);
    // Somebody else's attempt: values that are not unique.
    scene.run("CREATE UNIQUE INDEX CONCURRENTLY by_customer ON orders (customer_id)").unwrap_err();
    assert_eq!(scene.number(INVALID), 1);
    let shown = apply(&scene, 0, &[BY_CUSTOMER]);
    assert!(shown.out.contains("`by_customer` is there and invalid"), "{}", shown.out);
    let built = apply(&scene, 0, &[BY_CUSTOMER, "--build"]);
    assert!(built.err.contains("dropping `by_customer`, which is invalid"), "{}", built.err);
    assert_eq!((scene.number(THERE), scene.number(INVALID)), (1, 0));
    // The same attempt by this command leaves nothing.
    let failed = apply(&scene, 1, &["CREATE UNIQUE INDEX just_one ON orders (customer_id)", "--build"]);
    assert!(failed.out.contains("not built: could not create unique index"), "{}", failed.out);
    assert_eq!(scene.number(INVALID), 0);
}

#[test]
fn a_lock_that_is_not_given_is_not_waited_for_and_the_next_is_built() {
    let scene = Scene::new("apply_locked", &[FIND]);
    let held = Held::of(&scene, "BEGIN; LOCK TABLE orders IN SHARE UPDATE EXCLUSIVE MODE");
    let next = "CREATE INDEX by_id ON public.customers (id, (id + 1))";
    let shown = apply(&scene, 0, &[BY_CUSTOMER]);
    assert!(shown.out.contains("has locked the table"), "{}", shown.out);
    let told = json(&scene, 1, &[BY_CUSTOMER, next, "--build", "--lock-wait", "200ms"]);
    held.end();
    assert!(
        told["indexes"][0]["built"]["error"].as_str().unwrap().contains("a lock was not given"),
        "{told}"
    );
    assert!(told["indexes"][1]["built"]["bytes"].as_u64().unwrap() > 0, "{told}");
    assert_eq!(scene.number(INVALID), 0);
}

/// A build that is under way, and waits for somebody who looks at the rows of before.
fn building(scene: &Scene) -> Talking {
    let mut talking = Talking::start(
        &mut scene.folder.loadline(words(scene, &[BY_CUSTOMER, "--build", "--lock-wait", "10m"])),
    );
    talking.until("building 1 of 1");
    while scene.number(INVALID) == 0 {
        std::thread::yield_now();
    }
    talking
}

#[test]
fn a_signal_leaves_nothing_invalid() {
    let scene = Scene::new("apply_signalled", &[FIND]);
    let held = Held::of(&scene, LOOKS);
    let talking = building(&scene);
    talking.signal(Signal::INT);
    let ended = talking.end();
    assert_eq!((ended.code, scene.number(THERE)), (Some(105), 0), "{}", ended.err);
    assert!(ended.err.contains("dropped what was half built: public.by_customer"), "{}", ended.err);
    held.end();
}

#[test]
fn what_a_killed_build_left_goes_with_the_next() {
    let scene = Scene::new("apply_killed", &[FIND]);
    let held = Held::of(&scene, LOOKS);
    let talking = building(&scene);
    talking.signal(Signal::KILL);
    talking.end();
    held.end();
    gone(&scene);
    apply(&scene, 0, &[BY_CUSTOMER, "--build"]);
    assert_eq!((scene.number(THERE), scene.number(INVALID)), (1, 0));
}
