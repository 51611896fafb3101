//! Statements that a query builder of others makes, with its own comments, are its requests'.

use super::figures::{close, figure, run_of};
use super::scene::Scene;
use crate::support::Folder;

/// A service on knex, which comments before the statement and not behind it; each request has a trace of its own.
const SERVICE: &str = include_str!("mapper.mjs");

#[test]
fn comments_of_a_query_builder_tell_endpoints() {
    let scene = Scene::running(SERVICE, &["pg@8", "knex@3"]);
    // Always one after the other: nothing but comments could tell them apart.
    let script = r"
import http from 'k6/http';
export const options = { vus: 4, duration: '8s' };
export default function () {
  http.get(__ENV.SERVICE + '/programs');
  http.get(__ENV.SERVICE + '/providers/7');
}";
    let project = "[endpoints]\nprograms = \"GET /programs\"\nprovider = \"GET /providers/:id\"\n";
    let folder = Folder::with(&[("a.js", script), ("loadline.toml", project)]);
    let ended = folder
        .run(["run", "--database", &scene.database(), "-e", &scene.variable(), "--out", "run=a.run", "a.js"])
        .expect(0);
    let run = run_of(&folder);
    let counts = scene.counts();
    assert_eq!(counts.len(), 1, "{counts:?}");
    // One statement of both, whatever stands in its comments: three of four executions are the second's.
    let (text, made) = counts.first_key_value().unwrap();
    assert_eq!(figure(&run, "db_calls", &[("query", text)]), Some(*made), "{}", ended.out);
    for (endpoint, statements) in [("programs", 1.0), ("provider", 3.0)] {
        close(figure(&run, "db_calls_per_request", &[("endpoint", endpoint)]), statements, 0.35);
    }
    assert!(!ended.out.contains("is inferred"), "{}", ended.out);
}
