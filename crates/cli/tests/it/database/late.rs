//! What sessions report late is waited for where something is judged by it, and only there.

use super::figures::{figure, run_of};
use super::scene::Scene;
use crate::support::Folder;

/// The last request spills, right after others: its session has reported a moment before, and keeps it to itself.
const SCRIPT: &str = r"
import http from 'k6/http';
export const options = { vus: 1, iterations: 80 };
export default function () { http.get(__ENV.SERVICE + (__ITER === 79 ? '/spill' : '/two')); }
";

#[test]
fn a_temporary_file_that_is_reported_late_breaks_a_budget_of_none() {
    let scene = Scene::new(&[]);
    let budget = "[[budget]]\nmetric = \"db_temp_files\"\ncount = 0\n";
    let folder = Folder::with(&[("a.js", SCRIPT), ("loadline.toml", budget)]);
    let database = scene.database();
    let words = ["run", "--database", &database, "-e", &scene.variable(), "--out", "run=a.run", "a.js"];
    let ended = folder.run(words).expect(99);
    assert_eq!(figure(&run_of(&folder), "db_temp_files", &[]), Some(1.0), "{}", ended.err);
    let err = ended.err.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(err.contains("waiting up to 12s until its sessions have reported it"), "{err}");
    assert!(!err.contains("had not been reported"), "{err}");
    // Nothing is judged by it: nobody waits.
    folder.write("loadline.toml", "");
    let ended = folder.run(words).expect(0);
    assert!(!ended.err.contains("waiting up to"), "{}", ended.err);
}
