//! What cannot be known of a database is said in words.

use super::scene::{Scene, sql, url};
use crate::support::Folder;

/// `loadline hit` against nothing but the service's cheapest answer, with this database.
fn hit(folder: &Folder, scene: &Scene, database: &str) -> (Option<i32>, String) {
    hit_at(folder, scene, database, "/two")
}

fn hit_at(folder: &Folder, scene: &Scene, database: &str, path: &str) -> (Option<i32>, String) {
    let address = format!("{}{path}", scene.url);
    let ended = folder.run(["hit", "-q", "-n", "200", "-c", "2", "--database", database, &address]);
    (ended.code, format!("{}{}", ended.out, ended.err).split_whitespace().collect::<Vec<_>>().join(" "))
}

#[test]
fn what_cannot_be_known_is_said_in_words() {
    let scene = Scene::new(&["track_activity_query_size=100"]);
    let folder = Folder::new();
    let said = |database: &str, code: i32, words: &[&str]| {
        let (ended, text) = hit(&folder, &scene, database);
        assert_eq!(ended, Some(code), "{text}");
        for word in words {
            assert!(text.contains(word), "`{word}` is missing in:\n{text}");
        }
    };
    let sql = |text: &str| sql(&scene.server, scene.port, text);
    // Nothing there, another thing there, a text that is no address.
    said(
        "postgres:///postgres?host=/nowhere&user=holiday",
        3,
        &["cannot connect to `holiday@/nowhere/postgres`"],
    );
    let address = scene.url.strip_prefix("http://").unwrap();
    said(&format!("postgres://me:hunter22@{address}/shop"), 3, &["me@127.0.0.1"]);
    said("shop", 2, &["the database's URL is no PostgreSQL URL"]);
    let (_, text) = hit(&folder, &scene, &format!("postgres://me:hunter22@{address}/shop"));
    assert!(!text.contains("hunter22"), "{text}");
    // A role that may see nothing, a database without the extension.
    sql("CREATE ROLE nobody LOGIN");
    sql("CREATE DATABASE bare");
    said(
        &url(&scene.server, scene.port, "nobody"),
        0,
        &["this role sees its own statements alone", "GRANT pg_read_all_stats", "are hidden from this role"],
    );
    let bare = scene.database().replace("/postgres?", "/bare?");
    said(&bare, 0, &["this database has no `pg_stat_statements`", "CREATE EXTENSION pg_stat_statements"]);
    // A text whose comment was cut off.
    let (_, text) = hit_at(&folder, &scene, &scene.database(), "/long");
    assert!(text.contains("texts of statements were cut by the server"), "{text}");
    // All is well.
    said(&scene.database(), 0, &["the database executed 400 statements"]);
}

#[test]
fn thresholds_on_a_database_that_nobody_follows_have_no_data() {
    let script = "
export const options = { iterations: 1, thresholds: { db_deadlocks: ['count==0'] } };
export default function () {}";
    let folder = Folder::with(&[("a.js", script)]);
    let ended = folder.run(["run", "-q", "a.js"]).expect(99);
    assert!(ended.err.contains("`db_deadlocks` has no values"), "{}", ended.err);
    let ended = folder.run(["run", "-q", "--database", "shop", "a.js"]).expect(104);
    assert!(ended.err.contains("write it like `postgres://host/database?user=me`"), "{}", ended.err);
}

#[test]
fn a_statement_on_a_table_that_is_gone_has_no_plan_any_more() {
    let scene = Scene::new(&[]);
    sql(&scene.server, scene.port, "CREATE TABLE gone (id int)");
    let script = r"
import http from 'k6/http';
import { sleep } from 'k6';
export const options = { vus: 1, iterations: 40 };
export default function () {
  http.get(__ENV.SERVICE + (__ITER < 30 ? '/gone' : __ITER === 30 ? '/drop' : '/two'));
  sleep(0.1);
}";
    let folder = Folder::with(&[("a.js", script)]);
    let ended =
        folder.run(["run", "-q", "--database", &scene.database(), "-e", &scene.variable(), "a.js"]).expect(0);
    let err = ended.err.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(err.contains("the plan of `SELECT count(*) FROM gone` is not known"), "{}", ended.err);
    assert!(err.contains("relation \"gone\" does not exist"), "{}", ended.err);
}
