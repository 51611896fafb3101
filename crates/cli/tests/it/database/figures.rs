//! Every figure against what the service itself counted.

use loadline_measure::{Run, Sink, read_run};

use super::scene::{Scene, newer, sql};
use crate::support::Folder;

pub(crate) const PROJECT: &str = r#"
[endpoints]
two = "GET /two"
list = "GET /list"
spill = "GET /spill"
lock = "GET /lock"
plan = "GET /plan"

[[budget]]
endpoint = "two"
calls_per_request = 2

[[budget]]
endpoint = "list"
calls_per_request = 2

[[budget]]
metric = "db_temp_bytes"
spill = "0B"

[[budget]]
metric = "db_mean_time{query:'SELECT name FROM kinds WHERE id = $1'}"
mean = "50ms"

[[budget]]
metric = "db_lock_waits"
share = "<= 0.1%"
"#;

/// Each user asks for one of these as chance has it. The table grows when its plan has long been looked at.
const SCRIPT: &str = r"
import http from 'k6/http';
import exec from 'k6/execution';
export const options = { vus: 6, duration: '14s' };
const paths = ['/two', '/two', '/list', '/spill', '/lock', '/plan'];
let grown = false;
export default function () {
  if (__VU === 1 && !grown && (grown = exec.instance.currentTestRunDuration > 9000)) http.get(`${__ENV.SERVICE}/grow`, { tags: { name: 'grow' } });
  http.get(__ENV.SERVICE + paths[Math.floor(Math.random() * paths.length)]);
}
";

pub(crate) fn run_of(folder: &Folder) -> Run {
    read_run(std::fs::read(folder.path("a.run")).unwrap().as_slice()).unwrap().0
}

/// The sum of a counter, the mean of a trend, the share of a rate.
pub(crate) fn figure(run: &Run, metric: &str, tags: &[(&str, &str)]) -> Option<f64> {
    match run.select(run.schema().find(metric)?, tags)? {
        Sink::Counter(counter) => Some(counter.sum),
        Sink::Trend(trend) => trend.avg(),
        Sink::Rate(rate) => rate.share(),
        Sink::Gauge(gauge) => Some(gauge.last),
    }
}

#[track_caller]
pub(crate) fn close(found: Option<f64>, truth: f64, tolerance: f64) {
    let found = found.unwrap();
    assert!((found - truth).abs() <= tolerance * truth, "{found} is not {truth}");
}

#[test]
fn each_figure_is_what_the_service_counted() {
    each_figure(&Scene::new(&[]));
}

/// Its statistics have other names, plans are asked for in another way, and each entry says since when it counts.
#[test]
fn each_figure_is_what_the_service_counted_with_postgresql_18_too() {
    if let Some(programs) = newer() {
        each_figure(&Scene::of(Some(&programs), &[]));
    }
}

fn each_figure(scene: &Scene) {
    let folder = Folder::with(&[("a.js", SCRIPT), ("loadline.toml", PROJECT)]);
    let ended = folder
        .run(["run", "--database", &scene.database(), "-e", &scene.variable(), "--out", "run=a.run", "a.js"])
        .expect(99);
    let run = run_of(&folder);

    // Every statement as often as the service made it; constants are parameters there.
    let counts = scene.counts();
    assert_eq!(counts.len(), 10, "{counts:?}");
    for (text, times) in &counts {
        assert_eq!(figure(&run, "db_calls", &[("query", text)]), Some(*times), "{text}\n{}", ended.out);
    }
    assert_eq!(
        figure(&run, "db_rows", &[("query", "SELECT v FROM items WHERE id = $1")]),
        Some(counts["SELECT v FROM items WHERE id = $1"])
    );

    // What requests make, inferred: the truth, or not known on a machine that is busy with something else, where
    // requests are counted so much later than their statements that nothing tells them apart. That is said then.
    let words = ended.out.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut told = Vec::new();
    for (endpoint, statements) in [("two", 2.0), ("list", 6.0), ("spill", 1.0), ("lock", 4.0), ("plan", 1.0)]
    {
        let Some(made) = figure(&run, "db_calls_per_request", &[("endpoint", endpoint)]) else {
            let unknown =
                words.split("which statements ").nth(1).and_then(|rest| rest.split("is not known").next());
            let unknown = unknown.unwrap_or_default();
            assert!(unknown.contains(endpoint) || unknown.contains("endpoints"), "{endpoint}: {}", ended.out);
            continue;
        };
        // What is told with a range may be off by a tenth.
        close(Some(made), statements, 0.1);
        assert!(words.contains(&format!("{endpoint}: ")), "{endpoint}: {}", ended.out);
        told.push(endpoint);
    }
    assert!(told.contains(&"two") || told.len() >= 3, "{told:?}: {}", ended.out);

    // One spills, one waits, one has another plan.
    let spills = "SELECT count(*) FROM (SELECT v FROM items ORDER BY v) AS sorted";
    let spilt = figure(&run, "db_temp_bytes", &[("query", spills)]).unwrap();
    let explained = sql(
        &scene.server,
        scene.port,
        &format!("SET work_mem = '64kB'; EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {spills}"),
    );
    let explained: serde_json::Value = serde_json::from_str(&explained).unwrap();
    let blocks = explained[0]["Plan"]["Temp Written Blocks"].as_f64().unwrap();
    close(Some(spilt / counts[spills]), blocks * 8_192.0, 0.01);
    let spares = [("query", "SELECT name FROM kinds WHERE id = $1")];
    assert_eq!(figure(&run, "db_temp_bytes", &spares), Some(0.0));
    let update = "UPDATE counters SET n = n + $1 WHERE id = $2";
    let waits = figure(&run, "db_lock_waits", &[("query", update)]).unwrap();
    assert!(waits > 0.5, "{waits}");
    assert_eq!(figure(&run, "db_plan_flips", &[]), Some(1.0), "{}", ended.out);
    let out = ended.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        out.contains(
            "the plan of `SELECT note FROM growing WHERE kind = $1` changed: `Seq Scan` of `growing` became"
        ),
        "{out}"
    );
    assert!(out.contains("waited for"), "{out}");
    assert_eq!(figure(&run, "db_unobserved", &[]), Some(0.0));

    // Two hold, three do not.
    assert!(ended.err.contains("3 of 5 requirements are not met"), "{} {}", ended.err, ended.out);
}
