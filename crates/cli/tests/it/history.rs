//! The history: what every run leaves, also one that was killed, and what is asked of it.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use crate::support::{Folder, nginx};

const SCRIPT: &str = r"
import http from 'k6/http';
export const options = { vus: 1, iterations: 30 };
export default function () { http.get(`${__ENV.BASE_URL}/`); }
";

const ENDLESS: &str = r"
import { sleep } from 'k6';
export const options = { vus: 2, duration: '10m' };
export default function () { console.log('iteration'); sleep(0.05); }
";

#[test]
fn runs_are_listed_shown_exported_and_pruned() {
    let (nginx, folder) = (nginx(), Folder::with(&[("script.js", SCRIPT)]));
    let base = format!("BASE_URL={}", nginx.url);
    for version in ["1.0", "1.1", "1.2"] {
        folder.run(["run", "-q", "-e", &base, "--target-version", version, "script.js"]).expect(0);
    }
    let listed = folder.run(["history", "--json"]).expect(0);
    let listed: serde_json::Value = serde_json::from_str(&listed.out).unwrap();
    let versions: Vec<&str> = listed["runs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|run| run["target_version"].as_str().unwrap())
        .collect();
    assert_eq!(versions, ["1.2", "1.1", "1.0"]);
    assert_eq!(listed["runs"][0]["fingerprint"], listed["runs"][2]["fingerprint"]);
    let trend = folder.run(["history", "trend", "all requests", "p95"]).expect(0);
    assert!(
        trend.out.contains("all requests p95, 3 runs") && trend.out.contains("no change point"),
        "{}",
        trend.out
    );
    let ended = folder.run(["history", "trend", "all requests", "p42"]).expect(3);
    assert!(ended.err.contains("there are `all requests`"), "{}", ended.err);

    folder.run(["history", "export", "-2", "second.run"]).expect(0);
    let again = folder.run(["history", "import", "second.run"]).expect(0);
    assert!(again.out.contains("was there already, as run 2"), "{}", again.out);
    let elsewhere = folder.run(["history", "--history", "other.sqlite", "import", "second.run"]).expect(0);
    assert!(elsewhere.out.contains("second.run is run 1"), "{}", elsewhere.out);

    folder.run(["history", "prune"]).expect(2);
    let dry = folder.run(["history", "prune", "--keep", "1", "--dry-run"]).expect(0);
    assert!(dry.out.contains("2 runs would go"), "{}", dry.out);
    folder.run(["baseline", "save", "kept", "--like", "1", "--runs", "3"]).expect(0);
    let pruned = folder.run(["history", "prune", "--keep", "1"]).expect(0);
    assert!(pruned.out.contains("nothing to remove"), "runs of a baseline stay: {}", pruned.out);
}

#[test]
fn results_of_other_tools_are_taken_in() {
    let line = |second: u64, latency: u64| {
        format!(
            r#"{{"code":200,"timestamp":"2026-11-26T10:00:{second:02}Z","latency":{latency}000000,"bytes_in":9,"bytes_out":0,"error":"","method":"GET","url":"http://shop.test/cart"}}"#
        )
    };
    let vegeta: Vec<String> = (0..40).map(|second| line(second, 10 + second)).collect();
    let folder = Folder::with(&[
        ("vegeta.json", &(vegeta.join("\n") + "\n")),
        (
            "summary.json",
            r#"{"metrics":{"http_req_duration":{"med":25,"p(95)":70},"http_reqs":{"rate":10.5}}}"#,
        ),
        ("photo.png", "PNG, no result"),
        (
            "loadline.toml",
            "[endpoints]\ncart = \"GET /cart\"\n[[budget]]\nendpoint = \"cart\"\nmax = \"40ms\"\n",
        ),
    ]);
    let taken = folder.run(["history", "import", "vegeta.json", "summary.json"]).expect(0);
    assert!(
        taken.out.contains("vegeta.json is run 1") && taken.out.contains("no distribution"),
        "{}",
        taken.out
    );
    let trend = folder.run(["history", "trend", "all requests", "p95", "--all"]).expect(0);
    assert!(trend.out.contains("2 runs"), "{}", trend.out);
    let judged = folder.run(["budget", "check", "1"]).expect(1);
    assert!(judged.out.contains("cart max") && judged.out.contains("49ms"), "{}", judged.out);
    let refused = folder.run(["history", "import", "photo.png"]).expect(3);
    assert!(refused.err.contains("the format of `photo.png` is not recognised"), "{}", refused.err);
}

#[test]
fn a_killed_run_is_there_up_to_its_last_second() {
    let folder = Folder::with(&[("script.js", ENDLESS)]);
    let mut child =
        folder.loadline(["run", "script.js"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    // Two users at twenty iterations a second need over two seconds for these; the first is kept then.
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    assert_eq!(lines.filter(|line| line.as_ref().unwrap() == "iteration").take(100).count(), 100);
    child.kill().unwrap();
    child.wait().unwrap();
    let listed = folder.run(["history"]).expect(0);
    assert!(listed.out.contains("(crashed)"), "{}", listed.out);
    folder.run(["history", "export", "latest", "cut.run"]).expect(0);
    let (run, _) = loadline_measure::read_run(std::fs::File::open(folder.path("cut.run")).unwrap()).unwrap();
    let iterations = run.select::<&str, &str>(run.schema().find("iterations").unwrap(), &[]).unwrap();
    assert!(iterations.count() > 0);
}

#[test]
fn a_run_is_held_against_the_runs_before_it() {
    let (nginx, folder) = (nginx(), Folder::with(&[("script.js", SCRIPT)]));
    let base = format!("BASE_URL={}", nginx.url);
    for _ in 0..3 {
        folder.run(["run", "-q", "-e", &base, "script.js"]).expect(0);
    }
    let few = folder.run(["baseline", "check"]).expect(0);
    assert!(few.out.contains("8 more comparable runs are wanted (10 in all)"), "{}", few.out);
    folder.run(["baseline", "check", "--on-inconclusive", "fail"]).expect(1);
    let saved = folder.run(["baseline", "save", "first"]).expect(0);
    assert!(
        saved.out.contains("baseline `first`: 3 runs of `script.js`; below 10 it advises only"),
        "{}",
        saved.out
    );
    let ended = folder.run(["baseline", "check", "--against", "frist"]).expect(3);
    assert!(ended.err.contains("frist"), "{}", ended.err);
    folder.run(["report", "baselines"]).expect(0);
    let page = folder.read("docs/baselines.md");
    assert!(
        page.contains("## script.js") && page.contains("| all requests |") && page.contains("runs: 3"),
        "{page}"
    );
    // What failed tells nothing of how it should be, whoever asks for a baseline.
    let budget = "[endpoints]\nhome = \"GET /\"\n[[budget]]\nendpoint = \"home\"\nmax = \"1us\"\n";
    folder.write("loadline.toml", budget);
    folder.run(["run", "-q", "-e", &base, "script.js"]).expect(99);
    let saved = folder.run(["baseline", "save", "second"]).expect(0);
    assert!(saved.out.contains("baseline `second`: 3 runs"), "{}", saved.out);
    let left_out = "left out: failed by its budgets or thresholds: run 4";
    assert!(saved.err.contains(left_out), "{}", saved.err);
}
