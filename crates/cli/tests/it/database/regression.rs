//! A statement that became slower is found by everything that compares runs: two of them, a baseline, a trend.

use serde_json::Value;

use super::scene::{Scene, sql};
use crate::support::{Ended, Folder};

const SCRIPT: &str = r"
import http from 'k6/http';
import { sleep } from 'k6';
export const options = { vus: 1, iterations: 40 };
export default function () { http.get(__ENV.SERVICE + '/two'); sleep(0.01); }
";
const SLOWER: &str = "SELECT count(*) FROM items WHERE kind = $1";

/// Runs before the statement became slower.
const BEFORE: usize = 3;

fn json(ended: &Ended) -> Value {
    serde_json::from_str(&ended.out).unwrap_or_else(|_| panic!("{}\n{}", ended.out, ended.err))
}

/// What is said of a figure: the one of this statement.
#[track_caller]
fn of<'a>(comparisons: &'a Value, subject: &str) -> &'a Value {
    let all = comparisons.as_array().unwrap_or_else(|| panic!("{comparisons:#}"));
    let found = all.iter().find(|one| one.to_string().contains(&format!("{subject:?}")));
    found.unwrap_or_else(|| panic!("no `{subject}` in {comparisons:#}"))
}

#[test]
fn a_statement_that_became_slower_is_found_by_all_that_compares_runs() {
    let scene = Scene::new(&[]);
    let folder = Folder::with(&[("a.js", SCRIPT)]);
    let database = scene.database();
    let run = |file: &str| {
        let out = format!("run={file}");
        folder
            .run(["run", "-q", "--database", &database, "-e", &scene.variable(), "--out", &out, "a.js"])
            .expect(0)
    };
    for before in 1..=BEFORE {
        run(&format!("{before}.run"));
    }
    // A hundred times the rows, and no index.
    let grow = "INSERT INTO items SELECT i, i % 10, repeat(md5(i::text), 3) FROM generate_series(4001, 400000) AS i; ANALYZE items";
    sql(&scene.server, scene.port, grow);
    run("after.run");

    let compared = json(&folder.run(["compare", "--json", "2.run", "after.run"]).expect(1));
    let slower = of(&compared["comparisons"], SLOWER);
    assert_eq!(slower["outcome"], "fail", "{slower:#}");
    assert!(slower["change"].as_f64().unwrap() > 5.0, "{slower:#}");

    // On a machine that is busy with other things runs may be kept out of baselines; of those in it this one is far
    // off.
    let checked = folder.run(["baseline", "check", "--json"]);
    let figure = of(&json(&checked)["figures"], SLOWER).clone();
    assert_ne!(figure["outcome"], "pass", "{figure:#}");
    if let Some(typical) = figure["typical"].as_f64() {
        assert!(figure["value"].as_f64().unwrap() > 5.0 * typical, "{figure:#}");
    }

    let trend = json(&folder.run(["history", "trend", "--all", "--json", SLOWER, "mean time"]).expect(0));
    let values: Vec<f64> = trend["points"]
        .as_array()
        .unwrap_or_else(|| panic!("{trend:#}"))
        .iter()
        .map(|point| point["value"].as_f64().unwrap())
        .collect();
    assert_eq!(values.len(), BEFORE + 1, "{trend:#}");
    assert!(values[..BEFORE].iter().all(|before| *before * 5.0 < values[BEFORE]), "{values:?}");
}
