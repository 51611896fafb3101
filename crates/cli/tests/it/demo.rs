//! `loadline demo`, small: the same path as the real one.

use crate::support::{Folder, holiday};

#[test]
fn the_requirements_are_judged_and_the_run_is_kept() {
    let folder = Folder::new();
    let ended =
        folder.run(["demo", "--users", "20", "--duration", "12s", "--json", "--run", "demo.run"]).expect(0);
    let verdicts: serde_json::Value = serde_json::from_str(&ended.out).unwrap();
    let verdicts = verdicts["verdicts"].as_array().unwrap();
    assert!(verdicts.len() >= 6, "{verdicts:?}");
    assert!(verdicts.iter().all(|verdict| verdict["outcome"] == "pass"), "{verdicts:#?}");
    assert!(folder.path("demo.run").exists());
}

#[test]
fn a_slow_search_fails_the_requirement() {
    let folder = Folder::new();
    let ended =
        folder.run(["demo", "--users", "10", "--duration", "12s", "--search-delay", "600ms"]).expect(99);
    assert!(ended.out.contains('✗'), "{}", ended.out);
}

#[test]
fn the_reference_system_keeps_its_data_in_a_private_postgres() {
    let folder = Folder::new();
    let ended =
        folder.run(["demo", "--users", "20", "--duration", "12s", "--json", "--database", "postgres"]);
    ended.expect(0);
    let ended = folder.run(["demo", "--database", "mysql://host/db"]).expect(2);
    assert!(ended.err.contains("must be `sqlite`, `postgres` or a `postgres://` URL"), "{}", ended.err);
}

#[test]
fn the_reference_system_reports_a_port_in_use() {
    let first = holiday(&[]);
    let address = first.url.strip_prefix("http://").unwrap();
    let folder = Folder::new();
    let ended = folder.run(["holiday", "serve", "--listen", address]);
    assert_ne!(ended.code, Some(0));
    assert!(ended.err.contains(address), "{}", ended.err);
}
