//! What a run leaves behind: samples, the Run, the summary.

use rustix::process::Signal;

use crate::support::{Folder, Talking, nginx};

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

#[test]
fn nothing_that_is_something_else_is_overwritten() {
    const PASSES: &str = "export const options = { vus: 1, iterations: 5 }; export default function () {}";
    let folder = Folder::with(&[("passes.js", PASSES), ("package.json", "{\"name\": \"shop\"}")]);
    folder.run(["run", "passes.js"]).expect(0);
    let history = std::fs::read(folder.path(".loadline/history.sqlite")).unwrap();
    for (flag, file) in [
        ("--out=json=passes.js", "passes.js"),
        ("--out=csv=package.json", "package.json"),
        ("--out=run=.loadline/history.sqlite", "history.sqlite"),
        ("--junit=passes.js", "passes.js"),
        ("--summary-export=package.json", "package.json"),
        ("--console-output=passes.js", "passes.js"),
    ] {
        let ended = folder.run(["run", "--no-history", flag, "passes.js"]).expect(104);
        assert!(
            ended.err.contains("it is there already") && ended.err.contains(file),
            "{flag}: {}",
            ended.err
        );
    }
    let ended = folder.run(["history", "export", "1", ".loadline/history.sqlite"]).expect(4);
    assert!(ended.err.contains("a SQLite database, perhaps a history"), "{}", ended.err);
    assert_eq!(std::fs::read(folder.path(".loadline/history.sqlite")).unwrap(), history);
    assert_eq!(
        (folder.read("passes.js"), folder.read("package.json")),
        (PASSES.to_owned(), "{\"name\": \"shop\"}".to_owned())
    );
    // The same twice is what people do.
    let all = [
        "--out=json=a.json",
        "--out=csv=a.csv",
        "--out=run=a.run",
        "--junit=a.xml",
        "--summary-export=s.json",
    ];
    for _ in 0..2 {
        folder.run(["run", "--no-history"].into_iter().chain(all).chain(["passes.js"])).expect(0);
    }
    // One file for two outputs is neither.
    let both = ["--out=json=a.json", "--out=csv=a.json"];
    folder.run(["run", "--no-history"].into_iter().chain(both).chain(["passes.js"])).expect(104);
}

#[test]
fn what_a_script_prints_goes_behind_what_was_printed() {
    const SAYS: &str = "export default function () { console.log('said'); }";
    let folder = Folder::with(&[("says.js", SAYS), ("console.log", "notes of mine\n")]);
    for _ in 0..2 {
        folder
            .run(["run", "-q", "--no-summary", "--no-history", "--console-output=console.log", "says.js"])
            .expect(0);
    }
    let text = folder.read("console.log");
    assert!(text.starts_with("notes of mine\n") && text.matches("msg=said").count() == 2, "{text}");
}

#[test]
fn what_is_written_at_the_end_has_its_folder_or_is_refused_before_any_load() {
    const PASSES: &str =
        "export const options = { thresholds: { iterations: ['count>0'] } }; export default function () {}";
    let folder = Folder::with(&[("passes.js", PASSES), ("notes.txt", "mine")]);
    let run = ["run", "-q", "--no-summary", "--no-history"];
    let words = ["--junit=reports/today/j.xml", "--summary-export=reports/s.json", "passes.js"];
    folder.run(run.into_iter().chain(words)).expect(0);
    assert!(folder.path("reports/today/j.xml").exists() && folder.path("reports/s.json").exists());
    let said = folder.run(run.into_iter().chain(["--junit=notes.txt/j.xml", "passes.js"])).expect(104);
    assert!(said.err.contains("cannot write `notes.txt/j.xml`"), "{}", said.err);
    // Nobody answers there, and nobody is asked.
    let address = "http://127.0.0.1:9";
    for command in [&["aa", "--a", address][..], &["compare", "--a", address, "--b", address]] {
        let ended = folder.run([command, &["--markdown", "notes.txt"]].concat()).expect(2);
        assert!(ended.err.contains("is something else, no Markdown"), "{}", ended.err);
    }
    assert_eq!(folder.read("notes.txt"), "mine");
}

#[test]
fn one_run_at_a_time_writes_to_a_file() {
    const LONG: &str = "import { sleep } from 'k6'; export const options = { vus: 1, duration: '10m' };
        export default function () { console.log('runs'); sleep(0.1); }";
    let folder = Folder::with(&[("long.js", LONG)]);
    let words = ["run", "--no-history", "--out=run=a.run", "long.js"];
    let mut first = Talking::start(&mut folder.loadline(words));
    first.until("runs");
    let second = folder.run(words).expect(104);
    assert!(second.err.contains("another run or another output writes to it"), "{}", second.err);
    // What vanishes is said, although nothing that is written to an open file fails.
    std::fs::remove_file(folder.path("a.run")).unwrap();
    first.signal(Signal::INT);
    let first = first.end().expect(105);
    assert!(first.err.contains("somebody removed or replaced it"), "{}", first.err);
}

#[test]
fn a_file_that_may_not_grow_is_a_lost_output() {
    const MANY: &str = "export const options = { vus: 1, iterations: 3000 }; export default function () {}";
    const FAILS: &str =
        "export const options = { vus: 1, iterations: 3000, thresholds: { iterations: ['count<1'] } };
        export default function () {}";
    let folder = Folder::with(&[("many.js", MANY), ("fails.js", FAILS)]);
    for (script, out, code) in
        [("many.js", "json=a.json", 112), ("many.js", "csv=a.csv", 112), ("fails.js", "csv=b.csv", 99)]
    {
        // In blocks of 512 bytes or of a kilobyte, as the shell has it.
        let line = format!(
            "ulimit -f 64; exec {} run --no-history --out {out} {script}",
            env!("CARGO_BIN_EXE_loadline")
        );
        let mut command = std::process::Command::new("sh");
        let ended = crate::support::ended(command.args(["-c", &line]).current_dir(folder.path("")));
        let ended = ended.expect(code);
        assert!(ended.err.contains("cannot write to"), "{}", ended.err);
    }
}

#[test]
fn samples_without_a_file_have_standard_output_to_themselves() {
    let nginx = nginx();
    let script = "import http from 'k6/http';\nexport const options = { iterations: 3 };\n\
                  export default function () { http.get(__ENV.URL); }";
    let folder = Folder::with(&[("script.js", script)]);
    let url = format!("URL={}", nginx.url);
    let run = folder.run(["run", "-q", "--out", "json", "-e", &url, "script.js"]).expect(0);
    let samples: Vec<serde_json::Value> =
        run.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let sent = |sample: &&serde_json::Value| sample["type"] == "Point" && sample["metric"] == "http_reqs";
    assert_eq!(samples.iter().filter(sent).count(), 3);
    assert!(run.err.contains("http_reqs"), "the summary is on standard error: {}", run.err);
    let hit = folder.run(["hit", "-q", "-n", "3", "--out", "csv", &nginx.url]).expect(0);
    assert!(hit.out.starts_with("metric_name,"), "{}", hit.out);
    assert!(hit.err.contains("requests"), "{}", hit.err);
}
