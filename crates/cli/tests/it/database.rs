//! What a load costs a PostgreSQL: a service of known behaviour under load, and every figure against what it counted.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use holiday::store::postgres::{Restart, Throwaway};
use loadline_measure::{Run, Sink, read_run};
use tempfile::TempDir;

use crate::support::{Folder, Talking, free_port};

/// A service written in another language, with a driver that nobody here wrote.
const SERVICE: &str = include_str!("database/service.mjs");

const TABLES: &str = "CREATE EXTENSION pg_stat_statements;
    CREATE TABLE items (id int PRIMARY KEY, kind int, v text);
    INSERT INTO items SELECT i, i % 10, repeat(md5(i::text), 3) FROM generate_series(1, 4000) AS i;
    CREATE TABLE kinds (id int PRIMARY KEY, name text);
    INSERT INTO kinds SELECT i, 'kind' FROM generate_series(1, 10) AS i;
    CREATE TABLE counters (id int PRIMARY KEY, n int);
    INSERT INTO counters VALUES (1, 0);
    CREATE TABLE growing (id int, kind int, note text);
    CREATE INDEX growing_kind ON growing (kind);
    INSERT INTO growing SELECT i, i, 'note' FROM generate_series(1, 20) AS i;
    ANALYZE;";

const PROJECT: &str = r#"
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

/// Each user asks for one of these as chance has it.
const SCRIPT: &str = r"
import http from 'k6/http';
export const options = { vus: 6, duration: '14s' };
const paths = ['/two', '/two', '/list', '/spill', '/lock', '/plan'];
export default function () {
  if (__VU === 1 && __ITER === 60) http.get(`${__ENV.SERVICE}/grow`, { tags: { name: 'grow' } });
  http.get(__ENV.SERVICE + paths[Math.floor(Math.random() * paths.length)]);
}
";

/// A private server, and the service in front of it.
struct Scene {
    server: Throwaway,
    port: u16,
    service: Child,
    url: String,
    _packages: TempDir,
}

impl Scene {
    fn new(settings: &[&str]) -> Self {
        let (server, port) = server(settings);
        sql(&server, port, TABLES);
        let packages = tempfile::tempdir().unwrap();
        let install = Command::new("npm")
            .args(["install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "pg@8"])
            .current_dir(packages.path())
            .status();
        assert!(install.is_ok_and(|status| status.success()), "this test needs npm and its registry");
        std::fs::write(packages.path().join("service.mjs"), SERVICE).unwrap();
        let mut service = Command::new("node")
            .arg("service.mjs")
            .args([server.folder().as_os_str(), port.to_string().as_ref()])
            .current_dir(packages.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(service.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let url = format!("http://127.0.0.1:{}", line.trim().strip_prefix("listening on ").unwrap());
        Self { server, port, service, url, _packages: packages }
    }

    fn database(&self) -> String {
        url(&self.server, self.port, "holiday")
    }

    /// What a script is told of it.
    fn variable(&self) -> String {
        format!("SERVICE={}", self.url)
    }

    /// How often the service has made each statement.
    fn counts(&self) -> BTreeMap<String, f64> {
        let mut connection = TcpStream::connect(self.url.strip_prefix("http://").unwrap()).unwrap();
        write!(connection, "GET /counts HTTP/1.1\r\nHost: service\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        let (from, to) = (answer.find('{').unwrap(), answer.rfind('}').unwrap());
        serde_json::from_str(&answer[from..=to]).unwrap()
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        let _ = self.service.kill();
        let _ = self.service.wait();
    }
}

/// A private server that counts statements, on a port that was free.
fn server(settings: &[&str]) -> (Throwaway, u16) {
    let port = free_port();
    let own = [
        "shared_preload_libraries=pg_stat_statements".to_owned(),
        "listen_addresses=127.0.0.1".to_owned(),
        format!("port={port}"),
    ];
    let all: Vec<&str> = own.iter().map(String::as_str).chain(settings.iter().copied()).collect();
    (Throwaway::start_with(&all).unwrap(), port)
}

fn url(server: &Throwaway, port: u16, user: &str) -> String {
    let folder: &Path = server.folder();
    format!("postgres:///postgres?host={}&port={port}&user={user}", folder.display())
}

fn sql(server: &Throwaway, port: u16, text: &str) -> String {
    let mut command = Command::new("psql");
    command.args(["-h", &server.folder().display().to_string(), "-p", &port.to_string()]);
    let output = command
        .args(["-U", "holiday", "-d", "postgres", "-qAt", "-v", "ON_ERROR_STOP=1", "-c", text])
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn run_of(folder: &Folder) -> Run {
    read_run(std::fs::read(folder.path("a.run")).unwrap().as_slice()).unwrap().0
}

/// The sum of a counter, the mean of a trend, the share of a rate.
fn figure(run: &Run, metric: &str, tags: &[(&str, &str)]) -> Option<f64> {
    match run.select(run.schema().find(metric)?, tags)? {
        Sink::Counter(counter) => Some(counter.sum),
        Sink::Trend(trend) => trend.avg(),
        Sink::Rate(rate) => rate.share(),
        Sink::Gauge(gauge) => Some(gauge.last),
    }
}

#[track_caller]
fn close(found: Option<f64>, truth: f64, tolerance: f64) {
    let found = found.unwrap();
    assert!((found - truth).abs() <= tolerance * truth, "{found} is not {truth}");
}

#[test]
fn each_figure_is_what_the_service_counted() {
    let scene = Scene::new(&[]);
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

    // What requests make, inferred.
    for (endpoint, statements) in [("two", 2.0), ("list", 6.0), ("spill", 1.0), ("lock", 4.0), ("plan", 1.0)]
    {
        close(figure(&run, "db_calls_per_request", &[("endpoint", endpoint)]), statements, 0.03);
    }
    let line = |name: &str| {
        let found = ended.out.lines().find(|line| line.trim_start().starts_with(&format!("{name}: ")));
        found.unwrap_or_else(|| panic!("{name} is missing in:\n{}", ended.out)).to_owned()
    };
    assert!(line("two").contains("2 statements per request"), "{}", line("two"));
    assert!(line("plan").contains("1 statement per request"), "{}", line("plan"));

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
    assert!(ended.err.contains("3 of 5 requirements are not met"), "{}", ended.err);
}

/// Asks for two statements again and again; after `at` requests of each user something happens.
fn script_with(path: &str) -> String {
    format!(
        r"
import http from 'k6/http';
import {{ sleep }} from 'k6';
export const options = {{ vus: 3, duration: '9s' }};
export default function () {{
  if (__VU === 1 && __ITER % 150 === 100) http.get(`${{__ENV.SERVICE}}{path}`, {{ tags: {{ name: 'event' }} }});
  http.get(__ENV.SERVICE + '/two');
  sleep(Math.random() / 50);
}}"
    )
}

#[test]
fn statistics_that_are_reset_or_crowded_are_said_and_cost_no_wrong_figure() {
    // The least that there can be.
    let scene = Scene::new(&["pg_stat_statements.max=100"]);
    for (path, said, is_told) in [
        ("/reset", "the statistics of statements were reset at second", true),
        ("/crowd", "statements were evicted from the statistics", false),
    ] {
        let before = scene.counts();
        let script = script_with(path);
        let folder = Folder::with(&[("a.js", &script), ("loadline.toml", PROJECT)]);
        let ended = folder
            .run([
                "run",
                "--database",
                &scene.database(),
                "-e",
                &scene.variable(),
                "--no-thresholds",
                "--out",
                "run=a.run",
                "a.js",
            ])
            .expect(0);
        let err = ended.err.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(err.contains(said), "{path}: {}", ended.err);
        let run = run_of(&folder);
        let text = "SELECT name FROM kinds WHERE id = $1";
        let made = scene.counts()[text] - before.get(text).copied().unwrap_or_default();
        let found = figure(&run, "db_calls", &[("query", text)]).unwrap();
        // What is not known is missing; nothing is made up for it.
        assert!(found <= made && found > made / 2.0, "{path}: {found} of {made}");
        let per_request = figure(&run, "db_calls_per_request", &[("endpoint", "two")]);
        if is_told {
            assert_eq!(per_request, Some(2.0), "{path}: {}", ended.out);
            assert!(figure(&run, "db_unobserved", &[]).unwrap() > 0.0);
        } else {
            assert_eq!(per_request, None, "{path}: {}", ended.out);
        }
        assert!(run.meta.annotations["database"].contains(said), "{:?}", run.meta.annotations);
    }
}

#[test]
fn a_server_that_is_started_again_leaves_a_gap_and_the_load_goes_on() {
    let scene = Scene::new(&[]);
    let script = r"
import http from 'k6/http';
import { sleep } from 'k6';
export const options = { vus: 3, duration: '12s' };
export default function () {
  if (__VU === 1 && __ITER === 150) console.log('half way');
  http.get(__ENV.SERVICE + '/two');
  sleep(0.01 + Math.random() / 50);
}";
    let folder = Folder::with(&[("a.js", script), ("loadline.toml", PROJECT)]);
    let mut command = folder.loadline([
        "run",
        "--quiet",
        "--database",
        &scene.database(),
        "-e",
        &scene.variable(),
        "--no-thresholds",
        "--out",
        "run=a.run",
        "a.js",
    ]);
    let mut talking = Talking::start(&mut command);
    talking.until("half way");
    scene.server.restart(Restart::Fast).unwrap();
    let ended = talking.end().expect(0);
    for said in ["the database tells nothing any more", "PostgreSQL was started again at second"] {
        assert!(ended.err.contains(said), "{}", ended.err);
    }
    let run = run_of(&folder);
    assert!(run.duration.as_secs() >= 12, "{:?}", run.duration);
    assert_eq!(figure(&run, "db_calls_per_request", &[("endpoint", "two")]), Some(2.0), "{}", ended.out);
    let unobserved = figure(&run, "db_unobserved", &[]).unwrap();
    assert!(unobserved > 0.0 && unobserved < 8.0, "{unobserved}");
    let text = "SELECT name FROM kinds WHERE id = $1";
    assert!(figure(&run, "db_calls", &[("query", text)]).unwrap() <= scene.counts()[text]);
}

#[test]
fn comments_in_statements_tell_endpoints_that_always_move_together() {
    let scene = Scene::new(&[]);
    let script = r"
import http from 'k6/http';
export const options = { vus: 4, duration: '6s' };
export default function () {
  http.get(__ENV.SERVICE + '/tagged/a');
  http.get(__ENV.SERVICE + '/tagged/b');
}";
    let folder = Folder::with(&[("a.js", script)]);
    let ended = folder
        .run(["run", "--database", &scene.database(), "-e", &scene.variable(), "--out", "run=a.run", "a.js"])
        .expect(0);
    let run = run_of(&folder);
    // As many looks find each at work as it takes time: one statement in four is of the first.
    for (endpoint, statements) in [("/tagged/a", 1.0), ("/tagged/b", 3.0)] {
        let found = figure(&run, "db_calls_per_request", &[("endpoint", endpoint)]);
        close(found, statements, 0.35);
    }
    assert!(!ended.out.contains("is inferred"), "{}", ended.out);
}

/// `loadline hit` against nothing but the service's cheapest answer, with this database.
fn hit(folder: &Folder, scene: &Scene, database: &str) -> (Option<i32>, String) {
    let address = format!("{}/two", scene.url);
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
    // All is well.
    said(&scene.database(), 0, &["the database executed 400 statements"]);
}
