//! `loadline db apply`: what it shows, what it builds, and that whatever ends it leaves nothing invalid.

use rustix::process::Signal;
use serde_json::Value;

use crate::support::{Ended, Talking};
use crate::verify::{BY_CUSTOMER, FIND, Held, LOOKS, Scene};

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

#[test]
fn partitions_are_built_one_by_one_and_attached() {
    let scene = Scene::new("partitioned", &[FIND]);
    scene
        .run(
            "CREATE TABLE events (at int NOT NULL, who int NOT NULL) PARTITION BY RANGE (at);
             CREATE TABLE events_a PARTITION OF events FOR VALUES FROM (0) TO (10);
             CREATE TABLE events_b PARTITION OF events FOR VALUES FROM (10) TO (20);
             INSERT INTO events SELECT i % 20, i FROM generate_series(1, 1000) AS i",
        )
        .unwrap();
    let told = json(&scene, 0, &["CREATE INDEX by_who ON public.events (who)", "--build"]);
    assert_eq!(told["indexes"][0]["statements"].as_array().unwrap().len(), 5, "{told}");
    assert_eq!(scene.number(INVALID), 0);
    assert_eq!(scene.number("SELECT count(*) FROM pg_partition_tree('by_who') WHERE isleaf"), 2);
    scene.run(told["indexes"][0]["rollback"].as_str().unwrap()).unwrap();
    scene
        .run("CREATE TABLE deep PARTITION OF events FOR VALUES FROM (20) TO (30) PARTITION BY RANGE (who)")
        .unwrap();
    let deep = apply(&scene, 1, &["CREATE INDEX by_who ON public.events (who)", "--build"]);
    assert!(deep.out.contains("partitions of its table have partitions"), "{}", deep.out);
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
    let mine = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'loadline_apply%'";
    while scene.number(mine) > 0 {
        std::thread::yield_now();
    }
    apply(&scene, 0, &[BY_CUSTOMER, "--build"]);
    assert_eq!((scene.number(THERE), scene.number(INVALID)), (1, 0));
}
