//! `loadline capacity` against servers: what it finds, what it says, and how it ends.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, SystemTime};

use loadline_measure::{read_run, unix_time};
use serde_json::Value;

use crate::support::{Ended, Folder, free_port, holiday, nginx};

/// A server that answers so many requests per second with 200 and the others with 429.
pub(crate) fn limited(per_s: f64) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let tokens = Arc::new(Mutex::new((1.0, SystemTime::now())));
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let tokens = Arc::clone(&tokens);
            thread::spawn(move || serve(&connection, &tokens, per_s));
        }
    });
    url
}

fn serve(mut connection: &TcpStream, tokens: &Mutex<(f64, SystemTime)>, per_s: f64) {
    let mut lines = BufReader::new(connection).lines();
    // A request ends with an empty line.
    while let Some(Ok(line)) = lines.next() {
        if !line.is_empty() {
            continue;
        }
        let mut left = tokens.lock().unwrap();
        let now = SystemTime::now();
        let passed = now.duration_since(left.1).unwrap_or_default().as_secs_f64();
        *left = ((left.0 + passed * per_s).min(per_s / 4.0), now);
        let status = if left.0 >= 1.0 { "200 OK" } else { "429 Too Many Requests" };
        if left.0 >= 1.0 {
            left.0 -= 1.0;
        }
        drop(left);
        if write!(connection, "HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n").is_err() {
            return;
        }
    }
}

fn capacity(folder: &Folder, words: &str, url: &str) -> Ended {
    folder.run(["capacity", "-q"].into_iter().chain(words.split_whitespace()).chain([url]))
}

#[test]
fn a_limit_by_rate_is_found_named_and_kept() {
    let (url, folder) = (limited(60.0), Folder::new());
    let before = unix_time();
    let ended =
        capacity(&folder, "--json --start 20 --at-most 40s --budget p95=5s -o run=kept.run", &url).expect(0);
    let json: Value = serde_json::from_str(&ended.out).unwrap();
    let found = json["capacity"].as_f64().unwrap();
    // How near it comes is a matter of the machine, and of bench/capacity-real; that the limit is in its range is not.
    assert!((20.0..80.0).contains(&found), "{json}");
    assert!(json["low"].as_f64().unwrap() <= 72.0 && json["high"].as_f64().unwrap() >= 48.0, "{json}");
    assert_eq!((&json["unit"], &json["breaks_first"]["budget"]), (&"requests/s".into(), &"errors".into()));
    assert!(json["answer"].as_str().unwrap().starts_with("carries"), "{json}");
    // Where this machine is used up, that is what limits.
    let limit = json["limited_by"].as_str().unwrap();
    assert!(["429", "CPU", "core"].iter().any(|word| limit.contains(word)), "{json}");
    assert!(!json["steps"].as_array().unwrap().is_empty());

    // Its Run is one like all others.
    let shown = folder.run(["history", "show", "latest", "--json"]).expect(0);
    let shown: Value = serde_json::from_str(&shown.out).unwrap();
    assert_eq!(shown["figures"][0]["quantity"], "capacity");
    assert!((shown["figures"][0]["value"].as_f64().unwrap() - found).abs() < 1e-6, "{shown}");
    let (run, _) = read_run(std::fs::read(folder.path("kept.run")).unwrap().as_slice()).unwrap();
    // It began when the search did: it was over before now.
    let began = Duration::from_millis(run.meta.started_unix_ms.try_into().unwrap());
    assert!(began >= before && began + run.duration <= unix_time(), "{before:?} {began:?}");
    let answer = json["answer"].as_str().unwrap();
    assert_eq!(run.meta.answer(), Some(answer));
    assert_eq!(shown["words"], answer, "{shown:#}");
    folder.run(["report", "kept.run", "-o", "kept.html"]).expect(0);
    // So are its steps, to models.
    let fitted = folder.run(["scale", "fit", "--json", "kept.run"]).expect(0);
    let fitted: Value = serde_json::from_str(&fitted.out).unwrap();
    assert!(fitted["loads"].as_array().unwrap().len() >= 3, "{fitted:#}");
    assert!(fitted["law"].is_object() && fitted["answer"].is_string(), "{fitted:#}");
}

/// What a target says of itself is asked while a URL is searched, where nothing but the command names its metrics.
#[test]
fn workers_that_are_all_busy_are_the_limit() {
    let metrics = format!("127.0.0.1:{}", free_port());
    let flags = ["--workers", "2", "--work", "20ms", "--metrics-listen", &metrics];
    let (server, folder) = (holiday(&flags), Folder::new());
    let url = server.url.trim_end_matches('/');
    let scraped = format!(
        "--scrape app=http://{metrics}/metrics --scrape-metric holiday_workers_busy --scrape-metric holiday_workers"
    );
    let words = format!("--json --start 50 --max 400 --at-most 45s --budget p95=300ms {scraped}");
    let ended = capacity(&folder, &words, &format!("{url}/")).expect(0);
    let json: Value = serde_json::from_str(&ended.out).unwrap();
    let limit = json["limited_by"].as_str().unwrap_or_default();
    assert!(limit.contains("app's holiday_workers_busy of holiday_workers"), "{}", ended.out);
}

#[test]
fn what_is_expected_decides_and_the_highest_load_is_never_gone_beyond() {
    let (nginx, folder) = (nginx(), Folder::new());
    let words = "--no-history --max 20 --start 10 --at-most 30s --budget p95=10s --budget errors<50%";
    let carried = capacity(&folder, &format!("{words} --expect 15/s"), &nginx.url).expect(0);
    assert!(carried.out.contains("carries at least 20 requests/s"), "{}", carried.out);
    assert!(carried.out.contains("15 requests/s expected: carried"), "{}", carried.out);
    let never = capacity(&folder, &format!("{words} --expect 50/s"), &nginx.url).expect(2);
    assert!(never.err.contains("`--expect 50/s` is above `--max 20`"), "{}", never.err);
    // What nobody keeps breaks with the first step.
    let words = "--no-history --start 10 --at-most 30s --budget p95=1us --expect 15/s";
    let missing = capacity(&folder, words, &nginx.url).expect(1);
    assert!(
        missing.out.contains("15 requests/s expected: not carried, 100.00% are missing"),
        "{}",
        missing.out
    );
    assert!(missing.out.contains("does not carry even"), "{}", missing.out);
}

#[test]
fn a_script_is_scaled_as_a_whole_and_set_up_once() {
    let nginx = nginx();
    let script = "import http from 'k6/http';
        export const options = {
            scenarios: {
                read: { executor: 'constant-arrival-rate', rate: 8, duration: '1m', preAllocatedVUs: 4 },
                write: { executor: 'ramping-arrival-rate', startRate: 1, stages: [{ target: 2, duration: '1m' }], preAllocatedVUs: 2, exec: 'write' },
            },
            thresholds: { http_req_duration: ['p(95)<10000'], http_req_failed: ['rate<0.5'], http_reqs: ['count>5'] },
        };
        export function setup() { console.log('set up'); return { url: __ENV.BASE_URL }; }
        export default function (data) { http.get(data.url); }
        export function write(data) { http.get(data.url); }
        export function teardown() { console.log('taken down'); }";
    let folder = Folder::with(&[("load.js", script)]);
    let url = format!("BASE_URL={}/", nginx.url);
    let words = ["capacity", "--no-history", "--max", "10", "--at-most", "30s", "-e", &url, "load.js"];
    let ended = folder.run(words).expect(0);
    assert!(ended.out.contains("carries at least 10 iterations/s"), "{}", ended.out);
    for once in ["set up", "taken down", "`http_reqs: count>5` is left out"] {
        assert_eq!(ended.err.matches(once).count(), 1, "{once}: {}", ended.err);
    }
}

#[test]
fn scenarios_of_different_executors_are_scaled_by_one_factor() {
    let nginx = nginx();
    let script = "import http from 'k6/http';
        import { sleep } from 'k6';
        export const options = {
            scenarios: {
                arrive: { executor: 'constant-arrival-rate', rate: 10, duration: '1m', preAllocatedVUs: 4 },
                stay: { executor: 'constant-vus', vus: 2, duration: '1m', exec: 'stay' },
                each: { executor: 'per-vu-iterations', vus: 1, iterations: 3, exec: 'stay' },
                once: { executor: 'shared-iterations', vus: 1, iterations: 5, exec: 'stay' },
            },
            thresholds: { http_req_duration: ['p(95)<10000'], http_req_failed: ['rate<0.5'] },
        };
        export function setup() { console.log('set up'); }
        export default function () { http.get(__ENV.BASE_URL); }
        export function stay() { http.get(__ENV.BASE_URL); sleep(0.2); }";
    let folder = Folder::with(&[("load.js", script)]);
    let url = format!("BASE_URL={}/", nginx.url);
    let words = ["capacity", "--no-history", "--max", "20", "--at-most", "30s", "-e", &url, "load.js"];
    let ended = folder.run(words).expect(0);
    assert!(ended.out.contains("carries at least 20 iterations/s"), "{}", ended.out);
    for once in ["set up", "rates of arrival and numbers of users are scaled by one factor"] {
        assert_eq!(ended.err.matches(once).count(), 1, "{once}: {}", ended.err);
    }
}

/// Thresholds of which nothing keeps both.
const BOTH: &str = "import http from 'k6/http';
    export const options = {
        scenarios: { a: { executor: 'constant-arrival-rate', rate: 8, duration: '1m', preAllocatedVUs: 4 } },
        thresholds: { http_req_duration: ['p(95)<100', 'med>200'], http_req_failed: ['rate<0.01', 'rate>0.5'] },
    };
    export function setup() { http.get('http://127.0.0.1:9/'); console.log('set up'); }
    export default function () { http.get('http://127.0.0.1:9/'); }";

#[test]
fn mistakes_are_told_before_any_load_is_made() {
    let folder = Folder::with(&[("unknown.js", "export default function () {}")]);
    let refused = capacity(&folder, "", "http://203.0.113.7/").expect(2);
    assert!(refused.err.contains("`--yes`"), "{}", refused.err);
    let unknown = capacity(&folder, "", "unknown.js").expect(2);
    assert!(unknown.err.contains("BASE_URL"), "{}", unknown.err);
    let none = capacity(&folder, "--resume", "http://127.0.0.1:9/").expect(2);
    assert!(none.err.contains("no search to go on with"), "{}", none.err);
    let contradiction = capacity(&folder, "--expect 0/s", "http://127.0.0.1:9/").expect(2);
    assert!(contradiction.err.contains("above 0"), "{}", contradiction.err);
    let begins = capacity(&folder, "--start 40 --max 20", "http://127.0.0.1:9/").expect(2);
    assert!(begins.err.contains("`--start 40` is above `--max 20`"), "{}", begins.err);
    folder.write("both.js", BOTH);
    let both = capacity(&folder, "-e BASE_URL=http://127.0.0.1:9", "both.js").expect(2);
    assert!(!both.err.contains("set up"), "{}", both.err);
    for part in [
        "`http_req_duration: p(95)<100` and `http_req_duration: med>200` contradict each other: nothing keeps both",
        "`http_req_failed: rate<0.01` and `http_req_failed: rate>0.5` contradict each other",
        "hint: leave one of the two out",
    ] {
        assert!(both.err.contains(part), "{}", both.err);
    }
    folder.write(
        "users.js",
        "import http from 'k6/http';
        export const options = { vus: 5, duration: '1m' };
        export default function () { http.get('http://127.0.0.1:9/'); }",
    );
    let rate = capacity(&folder, "--expect 300/s -e BASE_URL=http://127.0.0.1:9", "users.js").expect(2);
    assert!(rate.err.contains("`--expect 300/s` is a rate"), "{}", rate.err);
}

#[test]
fn a_target_that_is_not_there_is_no_capacity() {
    let folder = Folder::new();
    let url = format!("http://127.0.0.1:{}/", free_port());
    let ended = capacity(&folder, "--no-history --at-most 30s --budget p95=1s", &url).expect(3);
    assert!(ended.err.contains("refused") || ended.err.contains("answered"), "{}", ended.err);
}

#[test]
fn of_two_limits_on_one_thing_the_stricter_one_is_named() {
    let (nginx, folder) = (nginx(), Folder::new());
    let words = "capacity --no-history --json --max 20 --start 10 --at-most 20s \
                 --budget p95=20s --budget p95=10s --budget errors<50% --budget errors<90%";
    let ended = folder.run(words.split_whitespace().chain([nginx.url.as_str()])).expect(0);
    for part in ["p(95)<=20000ms` is left out: `", "p(95)<=10000ms` is stricter", "rate<0.9` is left out: `"]
    {
        assert!(ended.err.contains(part), "`{part}` is missing in:\n{}", ended.err);
    }
    let json: Value = serde_json::from_str(&ended.out).unwrap();
    let limits: Vec<&str> =
        json["budgets"].as_array().unwrap().iter().map(|one| one["limit"].as_str().unwrap()).collect();
    assert_eq!(limits, ["10s", "50.00%"], "{json:#}");
}

#[test]
fn without_a_budget_the_usual_one_is_said_and_counted() {
    let (nginx, folder) = (nginx(), Folder::new());
    let words = "capacity --no-history --json --max 20 --start 10 --at-most 20s";
    let ended = folder.run(words.split_whitespace().chain([nginx.url.as_str()]));
    let said =
        "no budget was given, so errors may be up to 1% and p95 twice what it is under little load, or 10ms";
    assert!(ended.err.contains(said), "{}", ended.err);
    let json: Value = serde_json::from_str(&ended.out).unwrap();
    let names: Vec<&str> =
        json["budgets"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["errors", "p95"], "{json:#}");
}

#[test]
fn a_load_generator_that_is_used_up_first_is_no_fault_of_the_target() {
    let nginx = nginx();
    // Fifty of these a second take a whole core, wherever it is.
    let script = "import http from 'k6/http';
        export const options = {
            scenarios: { busy: { executor: 'constant-arrival-rate', rate: 40, duration: '1m', preAllocatedVUs: 8 } },
            thresholds: { http_req_duration: ['p(95)<60000'], http_req_failed: ['rate<0.9'] },
        };
        export default function () {
            http.get(__ENV.BASE_URL);
            const end = Date.now() + 20;
            while (Date.now() < end);
        }";
    let folder = Folder::with(&[("busy.js", script)]);
    let url = format!("BASE_URL={}/", nginx.url);
    let words =
        ["capacity", "-q", "--no-history", "--at-most", "40s", "--expect", "20000/s", "-e", &url, "busy.js"];
    let ended = folder.run(words);
    // Where this machine has hardly anything left, not even little load can be made, or not in time.
    let words = match ended.code {
        Some(111) => "the load generator could not make",
        Some(3) => "nothing is known of the target: the load generator could not keep up",
        _ => "time was up before more was known",
    };
    assert!(ended.out.contains(words), "{}", ended.out);
    assert!(ended.out.contains("whether it is carried is not known"), "{}", ended.out);
}

#[test]
fn users_are_scaled_where_nothing_arrives_on_a_schedule_and_it_is_said() {
    let nginx = nginx();
    let script = "import http from 'k6/http';
        import { sleep } from 'k6';
        export const options = {
            vus: 8,
            duration: '1m',
            thresholds: { http_req_duration: ['p(95)<10000'], http_req_failed: ['rate<0.5'] },
        };
        export default function () { http.get(__ENV.BASE_URL); sleep(0.1); }";
    let folder = Folder::with(&[("users.js", script)]);
    let url = format!("BASE_URL={}/", nginx.url);
    let words =
        ["--no-history", "--max", "8", "--expect", "6", "--at-most", "40s", "--fit", "-e", &url, "users.js"];
    let ended = folder.run(["capacity"].iter().chain(&words)).expect(0);
    assert!(ended.err.contains("nothing arrives on a schedule, so users are scaled"), "{}", ended.err);
    assert!(ended.out.contains("carries at least 8 users ("), "{}", ended.out);
    assert!(ended.out.contains("6 users expected: carried, with 33.33% room"), "{}", ended.out);
    assert!(ended.out.contains("Universal Scalability Law"), "{}", ended.out);
}
