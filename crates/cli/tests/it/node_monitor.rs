//! The monitor for services of Node.js: what it says is read as a Rust service's is, by Loadline and by a Prometheus.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;

use crate::prometheus::Prometheus;
use crate::support::{Folder, ended, repository};
use crate::watching::Running;

/// Where its program is, compiled once.
static PROGRAM: LazyLock<String> = LazyLock::new(|| {
    let package = repository("examples/node-monitor");
    let install = ended(Command::new(repository("scripts/install-web")).arg("examples/node-monitor"));
    assert_eq!(install.code, Some(0), "{}{}", install.out, install.err);
    let compiled = ended(Command::new("npx").arg("tsc").current_dir(&package));
    assert_eq!(compiled.code, Some(0), "{}{}", compiled.out, compiled.err);
    package.join("dist/server.js").to_str().unwrap().to_owned()
});

/// A service, and where it and its metrics are: `HOST:PORT`.
struct Service {
    _process: Running,
    public: String,
    private: String,
}

impl Service {
    fn start(command: &mut Command) -> Self {
        let mut process: Child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut address = || {
            let line = lines.next().unwrap().unwrap();
            let address = line.split("http://").nth(1).unwrap();
            address.split('/').next().unwrap().to_owned()
        };
        let (public, private) = (address(), address());
        Self { _process: Running(process), public, private }
    }

    fn node(delay_ms: &str) -> Self {
        let words = [PROGRAM.as_str(), "127.0.0.1:0", "127.0.0.1:0"];
        Self::start(Command::new("node").args(words).env("SEARCH_DELAY_MS", delay_ms))
    }

    fn holiday(folder: &Folder, more: &[&str]) -> Self {
        let words =
            ["holiday", "serve", "--listen", "127.0.0.1:0", "--programs", "500", "--exit-with-parent"];
        Self::start(&mut folder.loadline(words.iter().chain(more)))
    }

    /// The status of an answer, 0 where there is none in time.
    fn ask(&self, words: &[&str], path: &str) -> String {
        let mut command = Command::new("curl");
        command.args(["-s", "-o", "/dev/null", "-w", "%{http_code}"]).args(words);
        ended(command.arg(format!("http://{}{path}", self.public))).out
    }

    fn metrics(&self) -> String {
        ended(Command::new("curl").args(["-sf", &format!("http://{}/metrics", self.private)])).out
    }
}

/// How often each series of this name was counted.
fn counted(text: &str, name: &str) -> BTreeMap<String, f64> {
    let samples = loadline_prometheus::samples(text).map(Result::unwrap);
    let counted = samples.filter(|sample| sample.name == name);
    let key = |labels: &[(&str, std::borrow::Cow<'_, str>)]| {
        labels.iter().map(|(_, value)| value.as_ref()).collect::<Vec<_>>().join(" ")
    };
    counted.map(|sample| (key(&sample.labels), sample.value)).collect()
}

#[test]
fn requests_of_node_are_counted_once_however_they_end() {
    let node = Service::node("0");
    let asked: &[(&[&str], &str, &str)] = &[
        (&["-XPOST"], "/api/trpc/search.findPrograms", "200"),
        (&["-XPOST", "-H", "X-Load-Test: true"], "/api/trpc/search.findPrograms", "200"),
        (&["-XPOST"], "/api/trpc/search.findPrograms,payment.createSubscription", "200"),
        (&["-XPOST"], "/api/trpc/search.findPrograms%2Cmade.up", "404"),
        (&[], "/api/trpc/%zz", "404"),
        (&["-XPURGE"], "/coffee", "404"),
        (&[], "/throws", "500"),
        (&["-m", "0.2"], "/hangs", "000"),
        (&[], "/api/programs/7", "200"),
        (&["-H", "If-None-Match: \"7\""], "/api/programs/7", "304"),
        (&[], "/api/programs/moved", "307"),
    ];
    for (words, path, status) in asked {
        assert_eq!(node.ask(words, path), *status, "{path}");
    }
    let expected = [
        ("POST search.findPrograms 200", 2.0),
        ("POST search.findPrograms 200 claimed", 1.0),
        ("POST payment.createSubscription 200", 1.0),
        ("POST (unmatched) 404", 1.0),
        ("GET (unmatched) 404", 1.0),
        ("_OTHER (unmatched) 404", 1.0),
        ("GET /throws 500", 1.0),
        ("GET /hangs 499", 1.0),
        ("GET /api/programs/[id] 200", 1.0),
        ("GET /api/programs/[id] 304", 1.0),
        ("GET /api/programs/[id] 307", 1.0),
    ];
    let expected: BTreeMap<String, f64> =
        expected.into_iter().map(|(series, count)| (series.to_owned(), count)).collect();
    // The service hears a moment later that a client has gone.
    let text = loop {
        let text = node.metrics();
        if text.contains("status=\"499\"") {
            break text;
        }
    };
    assert_eq!(counted(&text, "api_request_duration_ms_count"), expected);
    assert_eq!(counted(&text, "db_query_duration_ms_count")["select programs"], 4.0);
    assert_eq!(counted(&text, "cache_hit_rate")["/api/programs/[id]"], 0.5);
    let answers = counted(&text, "cache_answers_total");
    assert_eq!((answers["/api/programs/[id] hit"], answers["/api/programs/[id] miss"]), (1.0, 1.0));
}

/// Of each of the story's metrics: names of labels, and the bounds of buckets.
fn form(text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut form: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for sample in loadline_prometheus::samples(text).map(Result::unwrap) {
        let story =
            ["api_request_duration_ms", "db_query_duration_ms", "cache_hit_rate", "cache_answers_total"];
        if story.iter().any(|name| sample.name.starts_with(name)) {
            let of = form.entry(sample.name.to_owned()).or_default();
            of.extend(sample.labels.iter().map(|(name, value)| match *name {
                "le" => format!("le {value}"),
                name => name.to_owned(),
            }));
        }
    }
    form
}

/// What is said of two budgets, one that is kept and one that is not, once there is enough to tell: figures are left
/// out.
fn verdicts(folder: &Folder, prometheus: &Prometheus, service: &Service) -> Vec<String> {
    let budget = "[[budget]]\nendpoint = \"search.findPrograms\"\n";
    folder.write(
        "loadline.toml",
        &format!(
            "[endpoints]\n\"search.findPrograms\" = \"POST /api/trpc/search.findPrograms\"\n\
             {budget}p95 = \"500ms\"\n{budget}p95 = \"5s\"\n\
             [watch]\nprometheus = \"{}\"\nlabels = {{ instance = \"{}\" }}\n\
             step = \"4s\"\nwindows = [{{ long = \"8s\", short = \"4s\", burn = 2 }}]\n",
            prometheus.url, service.private
        ),
    );
    loop {
        let said = folder.run(["watch", "--once"]);
        assert!(said.code == Some(0) || said.code == Some(1), "{}", said.err);
        // How sure it is goes by how many requests there were, and is broken off; so are lines that explain.
        let words = said.out.lines().filter(|line| {
            let line = line.trim();
            line.starts_with(['✓', '✗']) || line.contains("took longer") || line.starts_with("burns")
        });
        let words = words.map(|line| line.split(';').next().unwrap());
        let words: Vec<String> = words
            .map(|line| line.replace(|letter: char| letter.is_ascii_digit() || letter == ',', ""))
            .collect();
        let told = words.iter().filter(|line| line.contains("took longer")).count();
        if told == 2 && said.out.contains("burns too fast") {
            return words;
        }
    }
}

#[test]
fn a_budget_says_the_same_of_node_and_of_rust() {
    let folder = Folder::new();
    let (node, rust) = (Service::node("600"), Service::holiday(&folder, &["--search-delay", "600ms"]));
    let prometheus = Prometheus::scraping(&folder, &[&node.private, &rust.private]);
    let traffic = [&node, &rust].map(|service| visitors(&folder, service));
    let said = [&node, &rust].map(|service| verdicts(&folder, &prometheus, service));
    assert!(said[0][0].starts_with("✗ search.findPrograms  p<=ms  page"), "{said:?}");
    assert!(said[0].iter().any(|line| line.starts_with("✓ search.findPrograms  p<=s")), "{said:?}");
    assert_eq!(said[0], said[1]);
    drop(traffic);

    let program = "/api/trpc/public.getPrograms?input=%7B%22json%22%3A%7B%7D%7D";
    assert_eq!((rust.ask(&[], program), node.ask(&[], "/api/programs/7")), ("200".into(), "200".into()));
    assert_eq!(form(&node.metrics()), form(&rust.metrics()));
}

/// Searches until the test is over.
fn visitors(folder: &Folder, service: &Service) -> Running {
    let words = ["hit", "--rate", "20", "-d", "10m", "--quiet", "--project", "none", "--no-history"];
    let body = r#"{"json":{"location":"2000","ageGroup":"5-7","radius":10}}"#;
    let mut command = folder.loadline(words);
    command.args(["-H", "content-type: application/json", "--body", body]);
    command.arg(format!("http://{}/api/trpc/search.findPrograms", service.public));
    Running(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
}

/// The lines of `Server-Timing` of an answer.
fn timing(service: &Service, words: &[&str], path: &str) -> Vec<String> {
    let mut command = Command::new("curl");
    command.args(["-s", "-o", "/dev/null", "-D", "-"]).args(words);
    let head = ended(command.arg(format!("http://{}{path}", service.public))).out;
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    let lines = lines.filter(|(name, _)| name.eq_ignore_ascii_case("server-timing"));
    lines.map(|(_, value)| value.trim().to_owned()).collect()
}

#[test]
fn a_load_test_of_node_is_told_where_its_time_goes() {
    let node = Service::node("20");
    let mark = ["-H", "X-Load-Test: true"];
    let search = "/api/trpc/search.findPrograms";
    let lines = timing(&node, &[&mark[..], &["-XPOST"]].concat(), search);
    let metrics: Vec<(&str, f64)> = lines[0]
        .split(", ")
        .map(|metric| metric.split_once(";dur=").map(|(name, time)| (name, time.parse().unwrap())).unwrap())
        .collect();
    assert_eq!(
        metrics.iter().map(|(name, _)| *name).collect::<Vec<_>>(),
        ["total", "db.select-programs", "render"]
    );
    let sum: f64 = metrics[1..].iter().map(|(_, time)| time).sum();
    assert!(lines.len() == 1 && metrics[0].1 >= 19.0 && sum <= metrics[0].1, "{lines:?}");
    let program = timing(&node, &mark, "/api/programs/7");
    assert!(
        program[0].starts_with("total;dur=") && program[0].contains(", db.select-programs;dur="),
        "{program:?}"
    );
    for (words, path) in
        [(&["-XPOST"][..], search), (&[], "/api/programs/7"), (&["-H", "X-Load-Test: no"], "/")]
    {
        assert_eq!(timing(&node, words, path), Vec::<String>::new(), "{path}");
    }
}

/// Many requests at once, each with parts of its own, by every way in which a head can be written.
const AT_ONCE: &str = "
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
const { PerformanceMonitor } = await import(process.argv[1]);
const monitor = new PerformanceMonitor();
monitor.tellTiming(() => true);
const fail = (words) => { console.error(words); process.exit(1); };
const timing = (answer) => answer.headers.get('server-timing');

async function work(id) {
  await sleep(Math.random() * 20);
  monitor.recordPart(`p${id}`, id);
  await Promise.all([0, 1].map(() => monitor.part(`q${id}`, () => sleep(Math.random() * 10))));
  monitor.part('same', () => monitor.recordPart('sum', 1));
  await monitor.query('select', `m${id}`, async () => monitor.recordPart('sum', id));
}
function check(id, told) {
  const expected = `p${id} sum same q${id} db.select-m${id}`.split(' ').sort().join(' ');
  const metrics = Object.fromEntries(told.split(', ').map((metric) => metric.split(';dur=')));
  const { total, ...parts } = metrics;
  if (Object.keys(parts).sort().join(' ') !== expected || !(Number(total) > 0)) fail(`${id}: ${told}`);
  if (metrics[`p${id}`] !== `${id}.000` || metrics.sum !== `${id + 1}.000`) fail(`${id}: ${told}`);
}

const route = monitor.route('/x', async (request) => {
  await work(Number(new URL(request.url).pathname.slice(1)));
  return Response.redirect('http://elsewhere.test/', 302);
});
const heads = [
  (response) => response,
  (response) => response.writeHead(200, { 'Server-Timing': 'own;dur=1', A: 'b' }),
  (response) => response.writeHead(200, ['Set-Cookie', ['a=1', 'b=2'], 'server-timing', 'own;dur=1', 'A', 'b']),
  (response) => response.setHeader('Server-Timing', 'own;dur=1').writeHead(200, 'Fine'),
];
const server = createServer(monitor.http(() => '/y', async (request, response) => {
  const id = Number(request.url.slice(1));
  await work(id);
  heads[id % 4](response).end('x');
}));
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
const { port } = server.address();
const ids = [...Array(200).keys()];
await Promise.all(ids.map(async (id) => check(id, timing(await route(new Request(`http://a.test/${id}`))))));
await Promise.all(ids.map(async (id) => {
  const answer = await fetch(`http://127.0.0.1:${port}/${id}`);
  const told = timing(answer);
  const own = 'own;dur=1, ';
  if (id % 4 > 0 && !told.startsWith(own)) fail(`${id}: ${told}`);
  if (id % 4 === 2 && answer.headers.getSetCookie().join() !== 'a=1,b=2') fail(answer.headers.getSetCookie());
  if ((id % 4 === 1 || id % 4 === 2) && answer.headers.get('a') !== 'b') fail(`${id}: its other headers are gone`);
  check(id, told.replace(own, ''));
}));
// No more than so many names, and no more than so many bytes.
const large = monitor.route('/z', () => {
  for (let number = 0; number < 40; number += 1) monitor.recordPart(`${number}-${'x'.repeat(80)} ü`, 1);
  return new Response('');
});
const told = timing(await large(new Request('http://a.test/')));
if (told.length > 1000 || !/, other;dur=\\d+\\.000$/.test(told)) fail(`${told.length}: ${told}`);
server.close();
";

#[test]
fn parts_of_requests_of_node_never_mix() {
    let monitor = repository("examples/node-monitor/dist/monitor.js");
    assert!(PROGRAM.ends_with("server.js"));
    let mut node = Command::new("node");
    let ended = ended(node.args(["--input-type=module", "-e", AT_ONCE]).arg(monitor));
    assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);
}
