//! What a run leaves behind: samples, the Run, the summary.

use crate::support::{Folder, nginx};

const SCRIPT: &str = r"
import http from 'k6/http';
export const options = { vus: 2, iterations: 20 };
export default function () { http.get(`${__ENV.BASE_URL}/`); }
";

#[test]
fn samples_as_json_lines_and_csv_the_run_and_the_summary() {
    let nginx = nginx();
    let folder = Folder::with(&[("script.js", SCRIPT)]);
    folder
        .run([
            "run",
            "-e",
            &format!("BASE_URL={}", nginx.url),
            "--out",
            "json=samples.json",
            "--out",
            "csv=samples.csv",
            "--out",
            "run=today.run",
            "--summary-export",
            "summary.json",
            "script.js",
        ])
        .expect(0);

    let lines: Vec<serde_json::Value> =
        folder.read("samples.json").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let points = |metric: &str| {
        lines.iter().filter(|line| line["type"] == "Point" && line["metric"] == metric).count()
    };
    assert_eq!(points("http_reqs"), 20);
    assert_eq!(points("iterations"), 20);

    let csv = folder.read("samples.csv");
    assert!(csv.starts_with("metric_name,timestamp,metric_value,"), "{csv}");
    assert_eq!(csv.lines().filter(|line| line.starts_with("http_reqs,")).count(), 20);

    let summary: serde_json::Value = serde_json::from_str(&folder.read("summary.json")).unwrap();
    assert_eq!(summary["metrics"]["http_reqs"]["count"], 20);

    let (run, _) =
        loadline_measure::read_run(std::fs::File::open(folder.path("today.run")).unwrap()).unwrap();
    let requests = run.schema().find("http_reqs").unwrap();
    let total = run.select(requests, &[("status", "200")]).unwrap();
    assert!(matches!(total, loadline_measure::Sink::Counter(counter) if counter.count == 20), "{total:?}");
}

#[test]
fn a_run_is_kept_even_if_nobody_asked() {
    let nginx = nginx();
    let folder = Folder::with(&[("script.js", SCRIPT)]);
    folder.run(["run", "-e", &format!("BASE_URL={}", nginx.url), "script.js"]).expect(0);
    let shown = folder.run(["history", "show", "latest"]).expect(0);
    assert!(shown.out.contains("script.js") && shown.out.contains("all requests  p95"), "{}", shown.out);
    assert_eq!(folder.read(".loadline/.gitignore"), "*\n");
}

#[test]
fn a_history_that_cannot_be_written_loses_no_run() {
    let nginx = nginx();
    let folder = Folder::with(&[
        ("script.js", SCRIPT),
        (".loadline/history.sqlite", "this is no database, and long enough to be read as one"),
    ]);
    let ended = folder.run(["run", "-e", &format!("BASE_URL={}", nginx.url), "script.js"]).expect(0);
    assert!(ended.err.contains("the run is not kept in the history"), "{}", ended.err);
    assert_eq!(std::fs::read_dir(folder.path(".loadline/runs")).unwrap().count(), 1);
}

#[test]
fn samples_carry_the_time_they_were_taken_and_come_from_every_phase() {
    let folder = Folder::with(&[(
        "script.js",
        "import { sleep } from 'k6';\nimport { Counter } from 'k6/metrics';\nconst seen = new Counter('seen');\n\
         export function setup() { seen.add(1); }\nexport function teardown() { seen.add(1); }\n\
         export default () => { seen.add(1); sleep(0.3); seen.add(1); };",
    )]);
    folder.run(["run", "--out", "json=samples.json", "script.js"]).expect(0);
    let lines: Vec<serde_json::Value> =
        folder.read("samples.json").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let times = |metric: &str| -> Vec<jiff::Timestamp> {
        let points = lines.iter().filter(|line| line["type"] == "Point" && line["metric"] == metric);
        points.map(|line| line["data"]["time"].as_str().unwrap().parse().unwrap()).collect()
    };
    let seen = times("seen");
    assert_eq!(seen.len(), 4);
    assert!(seen[2].duration_since(seen[1]).as_millis() >= 290, "{seen:?}");
    assert!(!times("vus").is_empty() && !times("vus_max").is_empty());
}

#[test]
fn an_output_that_is_lost_ends_in_a_code_of_its_own_unless_the_verdict_is_worse() {
    const PASSES: &str = "export const options = { vus: 1, iterations: 5 }; export default function () {}";
    const FAILS: &str =
        "export const options = { vus: 1, iterations: 5, thresholds: { iterations: ['count>5'] } };
        export default function () {}";
    const THROWS: &str =
        "export default function () {} export function handleSummary() { throw new Error('no'); }";
    let nginx = nginx();
    let folder = Folder::with(&[("passes.js", PASSES), ("fails.js", FAILS), ("throws.js", THROWS)]);
    // The device takes nothing, as a full disk does.
    let lost = ["--no-history", "--out", "json=/dev/full"];
    let ended = |words: &[&str]| folder.run(words.iter().copied().chain(lost));
    for told in [
        ended(&["run", "passes.js"]).expect(112),
        ended(&["run", "fails.js"]).expect(99),
        ended(&["hit", "-n", "5", "-c", "1", &nginx.url]).expect(4),
        ended(&["hit", "-n", "5", "-c", "1", "--budget", "max=1us", &nginx.url]).expect(1),
    ] {
        assert!(told.err.contains("cannot write to `/dev/full`"), "{}", told.err);
    }
    folder.run(["run", "--no-history", "throws.js"]).expect(112);
    // What cannot even be created is known before anything is sent.
    let absent = ["--out", "json=absent/samples.json"];
    folder.run(["run", "passes.js"].into_iter().chain(absent)).expect(104);
    folder.run(["hit", "-n", "5", &nginx.url].into_iter().chain(absent)).expect(2);
    folder.run(["run", "--out", "run=kept.run", "passes.js"]).expect(0);
}
