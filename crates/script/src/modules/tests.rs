//! The modules, run as scripts run them: compiled, in realms with several users, against a server on loopback.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::{Future, pending};
use std::rc::Rc;
use std::sync::{Arc, Mutex};

use loadline_client::ClientConfig;
use loadline_measure::{Recorder, Schema, Sink, TagSetId, Window};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;

mod calls;
mod checks;
mod console;
mod http;
mod isolation;
mod web;

use crate::compile::{Builtins, Memory, Settings, compile};
use crate::vm::{CallError, Realm, RealmSettings, Sharing, Vu, from_json};

#[derive(Default)]
struct Lines(Mutex<Vec<String>>);

impl Log for Lines {
    fn log(&self, level: Level, source: Source, message: &str) {
        self.0.lock().unwrap().push(format!("{level:?} {source:?}: {message}"));
    }
}

struct NamedScenario;

impl ScenarioView for NamedScenario {
    fn name(&self) -> &'static str {
        "main"
    }
    fn executor(&self) -> &'static str {
        "constant-vus"
    }
    fn start_unix_ms(&self) -> f64 {
        1000.7
    }
    fn progress(&self) -> f64 {
        0.25
    }
}

/// A worker with one realm.
struct Bench {
    worker: Rc<WorkerState>,
    realm: Realm,
    text: Arc<crate::vm::ScriptText>,
    lines: Arc<Lines>,
}

impl Bench {
    fn new(script: &str, change: impl FnOnce(&mut Process)) -> Bench {
        let builtins = exports().fold(Builtins::new(), |list, (name, exports)| list.with(name, &exports));
        let files = Memory::new().with("/work/test.ts", script);
        let bundle = compile("test.ts".as_ref(), &Settings::new(files, "/work", builtins));
        let bundle = Arc::new(bundle.unwrap_or_else(|error| panic!("{error}")));
        let lines = Arc::new(Lines::default());
        let environment = BTreeMap::from([("HOST".to_owned(), "example.org".to_owned())]);
        let client = loadline_client::Shared::new(ClientConfig::default()).unwrap();
        let mut process =
            Process::new(Schema::new(), environment, client, Arc::clone(&lines) as Arc<dyn Log>).unwrap();
        change(&mut process);
        let recorder = Rc::new(RefCell::new(Recorder::new(Arc::clone(&process.schema))));
        let worker = WorkerState::new(Arc::new(process), recorder, None);
        worker.keeps_texts.set(true);
        let text = crate::script_text(&bundle);
        let shared = RealmSettings { sharing: Sharing::Shared, ..RealmSettings::default() };
        let realm = Realm::new(Arc::clone(&text), &shared, install).unwrap();
        Bench { worker, realm, text, lines }
    }

    /// Users number 1 and 2, in one realm or with a realm each.
    fn two_users(&self, shared: bool) -> (Vu, Vu) {
        let first = self.user(1).unwrap();
        if shared {
            return (first, self.user(2).unwrap());
        }
        (first, self.user_alone(2))
    }

    /// A user in a realm of its own.
    fn user_alone(&self, id: u64) -> Vu {
        let realm = Realm::new(Arc::clone(&self.text), &RealmSettings::default(), install).unwrap();
        realm.instantiate(id, VuState::new(Rc::clone(&self.worker), id)).unwrap()
    }

    fn user(&self, id: u64) -> Result<Vu, CallError> {
        let state = VuState::new(Rc::clone(&self.worker), id);
        self.realm.instantiate(id, state)
    }

    fn window(&self) -> Window {
        self.worker.recorder.borrow_mut().take_window()
    }

    /// Every series of these metrics as `name{tags} count sum-or-passes`, sorted; for metrics whose values are certain.
    fn series(&self, metrics: &[&str]) -> Vec<String> {
        let schema = &self.worker.process.schema;
        let window = self.window();
        let mut lines: Vec<String> = window
            .iter()
            .filter_map(|(series, sink)| {
                let name = schema.metric(series.metric).name;
                let tags: Vec<String> = schema
                    .tag_set(series.tags)
                    .iter()
                    .filter(|(_, value)| !value.is_empty())
                    .map(|(key, value)| format!("{key}={value}"))
                    .collect();
                let value = match sink {
                    Sink::Counter(counter) => format!("{}", counter.sum),
                    Sink::Rate(rate) => format!("{}/{}", rate.passes, rate.total),
                    other => format!("×{}", other.count()),
                };
                metrics.contains(&name.as_str()).then(|| format!("{name}{{{}}} {value}", tags.join(",")))
            })
            .collect();
        lines.sort();
        lines
    }

    fn log(&self) -> Vec<String> {
        std::mem::take(&mut *self.lines.0.lock().unwrap())
    }
}

async fn iterate(vu: &mut Vu, argument: Option<&str>) -> Result<String, CallError> {
    let state = vu.slot().state::<VuState>().unwrap();
    let base =
        state.worker.recorder.borrow_mut().tags(TagSetId::EMPTY, &[("group", ""), ("scenario", "main")]);
    state.begin(Rc::new(NamedScenario), IterationNumbers { in_vu: 7, ..IterationNumbers::default() }, base);
    let export = vu.export("default")?.unwrap();
    let argument = argument.map(str::to_owned);
    vu.call(
        &export,
        move |ctx| Ok(vec![from_json(ctx, argument.as_deref())?]),
        |ctx, value| {
            Ok(ctx.json_stringify(value)?.map_or("undefined".to_owned(), |json| json.to_string().unwrap()))
        },
        pending(),
        None,
    )
    .await
}

fn run<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, future)
}

/// Runs a script's default function once, with others in its realm and alone, compares its result, and gives the bench
/// of the lonely run with what was recorded.
fn check(script: &str, expected: &str) -> Bench {
    check_with(script, expected, 2);
    check_with(script, expected, 0)
}

/// With `company`, that many other users of its realm have run their init code and are between two iterations.
fn check_with(script: &str, expected: &str, company: u64) -> Bench {
    run(async {
        let bench = Bench::new(script, |_| ());
        let mut others: Vec<Vu> = (0..company).map(|id| bench.user(10 + id).unwrap()).collect();
        for other in &mut others {
            let _ = iterate(other, None).await;
        }
        let mut vu = bench.user(3).unwrap();
        let result = iterate(&mut vu, None).await.unwrap_or_else(|error| error.to_string());
        assert_eq!(result, expected, "with {company} others in its realm");
        bench
    })
}

/// A server that answers by path; returns its base URL.
async fn server() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::task::spawn_local(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::task::spawn_local(async move {
                let mut kept = Vec::new();
                while let Some((head, body)) = request(&mut stream, &mut kept).await {
                    // It sends no more, and closes or waits.
                    let half = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf";
                    if head.starts_with("GET /cut ") {
                        let _ = stream.write_all(half).await;
                        break;
                    }
                    if head.starts_with("GET /half ") {
                        let _ = stream.write_all(half).await;
                        continue;
                    }
                    if stream.write_all(&answer(&head, &body)).await.is_err() {
                        break;
                    }
                }
            });
        }
    });
    format!("http://{address}")
}

async fn request(stream: &mut tokio::net::TcpStream, kept: &mut Vec<u8>) -> Option<(String, Vec<u8>)> {
    loop {
        if let Some(end) = kept.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&kept[..end]).into_owned();
            let length = head
                .lines()
                .find_map(|line| {
                    line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok()
                })
                .unwrap_or(0);
            if kept.len() >= end + 4 + length {
                let body = kept[end + 4..end + 4 + length].to_vec();
                kept.drain(..end + 4 + length);
                return Some((head, body));
            }
        }
        let mut buffer = [0; 4096];
        match stream.read(&mut buffer).await {
            Ok(read) if read > 0 => kept.extend_from_slice(&buffer[..read]),
            _ => return None,
        }
    }
}

fn answer(head: &str, body: &[u8]) -> Vec<u8> {
    let mut words = head.split(' ');
    let (method, path) = (words.next().unwrap(), words.next().unwrap());
    let reply = |status: &str, headers: &str, body: &str| {
        let length = body.len();
        format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{headers}\r\n{body}").into_bytes()
    };
    match path.split('?').next().unwrap() {
        "/json" => reply("200 OK", "Content-Type: application/json\r\n", r#"{"a":{"b":[{"n":1},{"n":2}]}}"#),
        "/echo" => {
            let plain =
                head.lines().skip(1).filter(|line| !line.to_ascii_lowercase().starts_with("user-agent"));
            let shown = plain.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("|");
            reply("200 OK", "", &format!("{method} {shown} [{}]", String::from_utf8_lossy(body)))
        }
        "/hop" => reply("302 Found", "Location: /cookie\r\nSet-Cookie: seen=yes\r\n", ""),
        "/cookie" => {
            reply("200 OK", "Set-Cookie: token=abc; Path=/; HttpOnly\r\nX-One: 1\r\nx-one: 2\r\n", "cookies")
        }
        "/none" => b"HTTP/1.1 204 No Content\r\n\r\n".to_vec(),
        "/unchanged" => b"HTTP/1.1 304 Not Modified\r\n\r\n".to_vec(),
        "/empty" => reply("200 OK", "", ""),
        "/missing" => reply("404 Not Found", "", "no"),
        _ => reply("200 OK", "", "hello"),
    }
}

#[test]
fn groups_nest_and_end_with_their_function() {
    let bench = check(
        "import { check, group } from 'k6';
         export default () => {
           const result = group('outer', () => { group('inner', () => check(1, { one: true })); return 'made'; });
           try { group('bad', () => { throw 1; }); } catch {}
           check(1, { after: true });
           return result;
         };",
        "\"made\"",
    );
    assert_eq!(
        bench.series(&["checks", "group_duration"]),
        [
            "checks{check=after,scenario=main} 1/1",
            "checks{check=one,group=::outer::inner,scenario=main} 1/1",
            "group_duration{group=::bad,scenario=main} ×1",
            "group_duration{group=::outer,scenario=main} ×1",
            "group_duration{group=::outer::inner,scenario=main} ×1",
        ]
    );
}

#[test]
fn metrics_of_the_script() {
    let bench = check(
        "import { Counter, Rate, Trend, Gauge } from 'k6/metrics';
         const c = new Counter('my_counter'), r = new Rate('my_rate'), t = new Trend('my_trend', true), g = new Gauge('my_gauge');
         export default () => { c.add(2); c.add(3, { kind: 'x' }); r.add(true); r.add(false); t.add(1.5); g.add(7);
           let refused = ''; try { new Counter('late_one'); } catch (e) { refused = e.message; }
           return [c.add('nonsense'), c.name, refused.slice(0, 28)]; };",
        r#"[false,"my_counter","metrics must be made in init"]"#,
    );
    assert_eq!(
        bench.series(&["my_counter", "my_rate", "my_trend", "my_gauge"]),
        [
            "my_counter{kind=x,scenario=main} 3",
            "my_counter{scenario=main} 2",
            "my_gauge{scenario=main} ×1",
            "my_rate{scenario=main} 1/2",
            "my_trend{scenario=main} ×1",
        ]
    );
    assert_eq!(bench.log(), ["Warn Engine: metric `my_counter` was given `nonsense`, which is not a number"]);
}

#[test]
fn a_metric_with_a_bad_name_says_so() {
    run(async {
        let bench = Bench::new(
            "import { Trend } from 'k6/metrics';\nnew Trend('a b');\nexport default () => 1;",
            |_| (),
        );
        let error = bench.user(1).err().unwrap().to_string();
        assert!(error.starts_with("Error: metric name `a b` is not allowed"), "{error}");
        assert!(error.ends_with("at <anonymous> (test.ts:2:5)"), "{error}");
    });
}

#[test]
fn execution_and_globals() {
    check(
        "import exec from 'k6/execution';
         export default () => { exec.vu.metrics.tags.team = 'blue'; __ENV.NEW = 'x';
           return [__VU, __ITER, __ENV.HOST, __ENV.NEW, exec.vu.idInTest, exec.vu.iterationInInstance, exec.scenario.name,
             exec.scenario.executor, exec.scenario.progress, exec.vu.tags.team, Object.keys(exec.vu.metrics.tags), exec.test.options]; };",
        r#"[3,7,"example.org","x",3,7,"main","constant-vus",0.25,"blue",["group","scenario","team"],{}]"#,
    );
    check(
        "import exec from 'k6/execution';
         export default () => { try { exec.test.abort('enough'); } catch { return 'caught'; } finally { return 'finally'; } };",
        "test aborted: enough",
    );
}

#[test]
fn a_shared_array_is_made_once_and_cannot_be_changed() {
    run(async {
        let bench = Bench::new(
            "import { SharedArray } from 'k6/data';
             const users = new SharedArray('users', () => { console.log('made'); return [{ n: 1 }, { n: 2 }, { n: 3 }]; });
             export default () => { let refused = 0; try { users[0].n = 5; } catch { refused++; } try { users.push(1); } catch { refused++; }
               let sum = 0; for (const user of users) sum += user.n;
               return [users.length, users[1].n, sum, users.map((u) => u.n), users.filter((u) => u.n > 1).length, refused, users.at(-1).n, Array.isArray(users)]; };",
            |_| (),
        );
        for id in 1..4 {
            let mut vu = bench.user(id).unwrap();
            assert_eq!(iterate(&mut vu, None).await.unwrap(), "[3,2,6,[1,2,3],2,2,3,true]");
        }
        assert_eq!(bench.log(), ["Info Console: made"]);
    });
}

#[test]
fn base64_in_its_four_alphabets() {
    check(
        "import encoding, { b64encode, b64decode } from 'k6/encoding';
         export default () => [b64encode('hi?>'), b64encode('hi?>', 'url'), b64encode(new Uint8Array([255, 254]).buffer, 'rawstd'),
           b64decode('aGk/Pg==', 'std', 's'), new Uint8Array(b64decode('__4', 'rawurl'))[0], typeof encoding.b64encode,
           b64decode('aGk/\\r\\nPg==\\n', null, 's'), b64encode('hi?>', null), b64encode('hi?>', ''), b64decode('aGl=', 'std', 's'), b64decode(undefined, 'std', 's'), b64decode(null, 'std', 's')];",
        r#"["aGk/Pg==","aGk_Pg==","//4","hi?>",255,"function","hi?>","aGk/Pg==","aGk/Pg==","hi","",""]"#,
    );
    let bench = check(
        "import { b64encode, b64decode } from 'k6/encoding';
         export default () => { let said; try { b64decode('a'); } catch (e) { said = e.message.slice(0, 24); } return [b64encode('hi?>', 'base64'), said]; };",
        r#"["aGk/Pg==","not valid base64 (`std`)"]"#,
    );
    assert_eq!(bench.log().len(), 1);
}

#[test]
fn seeded_randomness_is_the_same_again_and_a_users_own() {
    run(async {
        let bench = Bench::new(
            "import { randomSeed } from 'k6'; export default (seed) => { if (seed) randomSeed(seed); return Math.random(); };",
            |_| (),
        );
        let (mut a, mut b) = (bench.user(1).unwrap(), bench.user(2).unwrap());
        let first = iterate(&mut a, Some("42")).await.unwrap();
        assert_eq!(iterate(&mut b, Some("42")).await.unwrap(), first);
        let second = iterate(&mut a, Some("0")).await.unwrap();
        assert_ne!(second, first);
        assert_eq!(iterate(&mut b, Some("0")).await.unwrap(), second);
    });
}

#[test]
fn clearing_what_is_no_timer_is_harmless() {
    let script = "export default async () => {
           let ran = 0;
           const kept = setTimeout(() => ran++, 1);
           for (const id of [-1, 0, NaN, Infinity, 1.5, 2 ** 32, 2 ** 32 + kept, 1e300, undefined, null, '', 'x', '1e3', {}, [], true, 5n, Symbol()]) {
             clearTimeout(id); clearInterval(id);
           }
           clearTimeout();
           await new Promise((resolve) => setTimeout(resolve, 20));
           const gone = setTimeout(() => ran++, 1);
           clearTimeout(String(gone)); clearTimeout(gone);
           await new Promise((resolve) => setTimeout(resolve, 20));
           return ran; };";
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let bench = Bench::new(script, |_| ());
        assert_eq!(iterate(&mut bench.user(1).unwrap(), None).await.unwrap(), "1");
    });
}

#[test]
fn timers_and_async_functions() {
    let script = "import { setTimeout as after } from 'k6/timers';
         export default async () => {
           const order = [];
           setTimeout((x) => order.push(x), 20, 'b'); const gone = setTimeout(() => order.push('never'), 5); clearTimeout(gone);
           let n = 0; const every = setInterval(() => { order.push(n); if (++n === 2) clearInterval(every); }, 1);
           await new Promise((resolve) => after(resolve, 30));
           setTimeout(() => console.log('after the end'), 1);
           return order; };";
    // On a clock that stands still while there is work, so that the order is that of the delays.
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let bench = Bench::new(script, |_| ());
        let mut vu = bench.user(1).unwrap();
        assert_eq!(iterate(&mut vu, None).await.unwrap(), r#"[0,1,"b"]"#);
        assert_eq!(bench.log(), ["Info Console: after the end"]);
    });
}

#[test]
fn metadata_is_kept_for_the_script_and_said_to_go_nowhere() {
    let bench = check(
        "import exec from 'k6/execution'; import { randomSeed } from 'k6';
         export default () => { const { metadata } = exec.vu.metrics; metadata.trace = 'a1'; metadata.n = 5; delete metadata.n; randomSeed('x'); randomSeed(null);
           return [metadata.trace, metadata.n, Object.keys(metadata), 'trace' in metadata, `${metadata}`]; };",
        r#"["a1",null,["trace"],true,"[object Object]"]"#,
    );
    assert!(bench.log()[0].contains("is in no output"));
}
