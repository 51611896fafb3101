//! Comments in statements tell endpoints apart that nothing else could: those that are always asked together.

use super::figures::close;
use super::figures::figure;
use super::figures::run_of;
use super::scene::Scene;
use crate::support::Folder;

/// Each user asks for these, one after the other.
fn script(paths: &[&str]) -> String {
    let asks: Vec<_> = paths.iter().map(|path| format!("  http.get(__ENV.SERVICE + '{path}');\n")).collect();
    let asks = asks.concat();
    format!(
        "import http from 'k6/http';
export const options = {{ vus: 4, duration: '10s' }};
export default function () {{\n{asks}}}"
    )
}

#[test]
fn comments_in_statements_tell_endpoints_that_always_move_together() {
    let scene = Scene::new(&[]);
    let folder = Folder::with(&[("a.js", &script(&["/tagged/a", "/tagged/b"]))]);
    let ended = folder
        .run(["run", "--database", &scene.database(), "-e", &scene.variable(), "--out", "run=a.run", "a.js"])
        .expect(0);
    let run = run_of(&folder);
    for (endpoint, statements) in [("/tagged/a", 1.0), ("/tagged/b", 3.0)] {
        close(figure(&run, "db_calls_per_request", &[("endpoint", endpoint)]), statements, 0.01);
    }
    assert!(!ended.out.contains("is inferred"), "{}", ended.out);
}

/// Nearly no look finds one of these at work. A text of which the server keeps the front alone says it there.
#[test]
fn statements_that_no_look_finds_at_work_are_heard_from_idle_sessions() {
    let scene = Scene::new(&[]);
    let project = "[[budget]]\nendpoint = \"a\"\ncalls_per_request = 2\n[[budget]]\nendpoint = \"b\"\ncalls_per_request = 2\n\
                   [endpoints]\na = \"GET /quick/a\"\nb = \"GET /quick/b\"\n";
    let folder =
        Folder::with(&[("a.js", &script(&["/quick/a", "/quick/b", "/quick/b"])), ("loadline.toml", project)]);
    let ended = folder
        .run(["run", "--database", &scene.database(), "-e", &scene.variable(), "--out", "run=a.run", "a.js"])
        .expect(99);
    let run = run_of(&folder);
    for (endpoint, statements) in [("a", 2.0), ("b", 3.0)] {
        close(figure(&run, "db_calls_per_request", &[("endpoint", endpoint)]), statements, 0.01);
    }
    let shared = [("query", "SELECT v FROM items WHERE id = $1")];
    let of = |endpoint| figure(&run, "db_statement_calls_per_request", &[("endpoint", endpoint), shared[0]]);
    close(of("a"), 1.0, 0.01);
    close(of("b"), 2.0, 0.01);
    let out = ended.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        out.contains("a: 2 statements per request") && out.contains("b: 3 statements per request"),
        "{out}"
    );
    assert!(out.contains("is told by comments in them") && !out.contains("is inferred"), "{out}");
    // Two hold what is allowed, three do not.
    assert!(ended.err.contains("1 of 2 requirements are not met"), "{} {}", ended.err, ended.out);
}
