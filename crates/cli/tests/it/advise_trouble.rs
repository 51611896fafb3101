//! `loadline db advise` in trouble: statements that are none, that are strange or huge, and a copy of the database that
//! goes away. Words, an exit code, and nothing left behind.

use std::path::Path;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::advise::{created, shop, told, words};
use crate::support::{Folder, Talking, ended};
use crate::verify_scene::{Held, Scene};

fn errors(found: &Value) -> Vec<&str> {
    found["statements"].as_array().unwrap().iter().filter_map(|one| one["error"].as_str()).collect()
}

#[test]
fn what_cannot_be_prepared_is_said_and_the_rest_is_looked_at() {
    let found = told(
        "strange.sql",
        "SELECT $1 + $2; SELECT * FROM nowhere.t; SELECT * FROM orders WHERE; \
         SELECT * FROM orders WHERE customer_id = 7; SELECT * FROM odd.\"T x\" WHERE \"A b\" = $1",
        0,
    );
    assert_eq!(errors(&found).len(), 3, "{found}");
    let expected = ["public.orders USING btree (customer_id)", "odd.\"T x\" USING btree (\"A b\")"];
    let mut made = created(&found);
    made.sort_by_key(|one| expected.iter().position(|other| other == one));
    assert_eq!(made, expected, "{found}");
}

#[test]
fn many_parameters_and_long_texts_are_statements() {
    let parameters: Vec<String> = (1..=200).map(|number| format!("${number}")).collect();
    let numbers: Vec<String> = (100_000..250_000).map(|number| number.to_string()).collect();
    let text = format!(
        "SELECT * FROM orders WHERE customer_id IN ({});\nSELECT * FROM orders WHERE id IN ({})",
        parameters.join(", "),
        numbers.join(",")
    );
    assert!(text.len() > 1_000_000);
    let found = told("long.sql", &text, 0);
    assert_eq!(errors(&found), Vec::<&str>::new());
    assert!(
        created(&found).contains(&"public.orders USING btree (customer_id)".to_owned()),
        "{}",
        found["indexes"]
    );
}

#[test]
fn writes_alone_want_no_index_but_to_find_their_rows() {
    let found = told(
        "writes.sql",
        "INSERT INTO orders VALUES ($1, $2, 'done', now()); UPDATE orders SET status = $1 WHERE id = $2",
        0,
    );
    assert!(created(&found).is_empty(), "{found}");
    let (_, folder) = shop();
    let ended = folder.run(words("writes.sql", &[])).expect(0);
    assert!(ended.out.contains("no index pays for 2 statements"), "{}", ended.out);
    let refused = told("refused.sql", "SELECT * FROM nowhere", 1);
    assert_eq!(errors(&refused).len(), 1);
}

/// An advice that takes for ever, because planning one of its statements does; and the place of its copy.
fn endless(place: &Folder) -> Talking {
    let (_, folder) = shop();
    std::fs::write(folder.path("endless.sql"), "SELECT * FROM orders WHERE customer_id = forever(1)")
        .unwrap();
    std::fs::create_dir_all(place.path("tmp")).unwrap();
    let mut command = folder.loadline(words("endless.sql", &[]));
    Talking::start(command.env("TMPDIR", place.path("tmp")))
}

/// Processes whose command line or environment has this in it, with their parents.
fn processes(fragment: &str) -> Vec<(i32, i32)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        let read = |name: &str| std::fs::read_to_string(entry.path().join(name)).unwrap_or_default();
        let stat = read("stat");
        let parent = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(1)?.parse().ok());
        if read("cmdline").contains(fragment) || read("environ").contains(fragment) {
            found.push((id, parent.unwrap_or_default()));
        }
    }
    found
}

/// All that was started for a copy: the server, and whoever ends it.
pub(crate) fn started(place: &Path) -> Vec<i32> {
    processes(&place.display().to_string()).into_iter().map(|(id, _)| id).collect()
}

/// Waits for the server process that plans; it and the one that started it.
pub(crate) fn planning(place: &Path) -> (i32, i32) {
    loop {
        let started = started(place);
        let found = processes("EXPLAIN").into_iter().find(|(_, parent)| started.contains(parent));
        if let Some(both) = found {
            return both;
        }
        std::thread::yield_now();
    }
}

fn kill(id: i32) {
    kill_process(Pid::from_raw(id).unwrap(), Signal::KILL).unwrap();
}

#[test]
fn a_copy_that_goes_away_is_said_and_nothing_is_left() {
    let place = Folder::new();
    let tmp = place.path("tmp");
    for whole in [false, true] {
        let advice = endless(&place);
        let (planning, postmaster) = planning(&tmp);
        if whole {
            kill(postmaster);
        } else {
            kill(planning);
        }
        let ended = advice.end();
        assert_eq!(ended.code, Some(3), "{}", ended.err);
        assert!(ended.err.contains("the empty copy of the database went away"), "{}", ended.err);
        assert_eq!(std::fs::read_dir(&tmp).unwrap().count(), 0, "{whole}");
    }
}

#[test]
fn nothing_is_left_of_an_advice_whatever_ends_it() {
    let place = Folder::new();
    let tmp = place.path("tmp");
    let interrupted = endless(&place);
    planning(&tmp);
    interrupted.signal(Signal::INT);
    assert_eq!(interrupted.end().code, Some(105));
    assert_eq!((started(&tmp).len(), std::fs::read_dir(&tmp).unwrap().count()), (0, 0));
    let killed = endless(&place);
    planning(&tmp);
    killed.signal(Signal::KILL);
    killed.end();
    while !started(&tmp).is_empty() {
        std::thread::yield_now();
    }
    let (_, folder) = shop();
    std::fs::write(folder.path("after.sql"), "SELECT 1 FROM orders WHERE customer_id = 7").unwrap();
    ended(folder.loadline(words("after.sql", &[])).env("TMPDIR", &tmp)).expect(0);
    assert_eq!((started(&tmp).len(), std::fs::read_dir(&tmp).unwrap().count()), (0, 0));
}

#[test]
fn a_signal_ends_the_taking_of_a_portrait() {
    let place = Folder::new();
    std::fs::create_dir_all(place.path("tmp")).unwrap();
    let tmp = place.path("tmp");
    // Somebody keeps a table for himself.
    let scene = Scene::new("portrayed", &["SELECT * FROM orders WHERE customer_id = 7"]);
    let held = Held::of(&scene, "BEGIN; LOCK TABLE orders IN ACCESS EXCLUSIVE MODE");
    let words = ["db", "advise", "--database", &scene.url(), "--statements", "queries.sql"];
    let waiting = Talking::start(scene.folder.loadline(words).env("TMPDIR", &tmp));
    let waits = "SELECT count(*) FROM pg_locks WHERE relation = 'orders'::regclass AND NOT granted";
    while scene.number(waits) == 0 {
        std::thread::yield_now();
    }
    waiting.signal(Signal::TERM);
    let ended = waiting.end();
    assert_eq!((ended.code, started(&tmp).len()), (Some(105), 0), "{}", ended.err);
    assert_eq!(std::fs::read_dir(&tmp).unwrap().count(), 0);
    held.end();
}
