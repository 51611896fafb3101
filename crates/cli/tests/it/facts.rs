//! What happened is a fact, and the exit code follows: targets that fail, die, hang, were never there, or are asked too
//! much.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::support::{Folder, free_port};

/// Answers requests one after the other, each as the number of the request says; closes where it says nothing.
fn server(answer: impl Fn(u64) -> Option<u16> + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (answer, count) = (Arc::new(answer), Arc::new(AtomicU64::new(0)));
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let (answer, count) = (Arc::clone(&answer), Arc::clone(&count));
            std::thread::spawn(move || serve(stream, &*answer, &count));
        }
    });
    url
}

fn serve(mut stream: TcpStream, answer: &dyn Fn(u64) -> Option<u16>, count: &AtomicU64) {
    let mut held = Vec::new();
    let mut part = [0; 4096];
    while let Ok(length @ 1..) = stream.read(&mut part) {
        held.extend_from_slice(&part[..length]);
        while let Some(end) = held.windows(4).position(|window| window == b"\r\n\r\n") {
            held.drain(..end + 4);
            let Some(status) = answer(count.fetch_add(1, Ordering::SeqCst)) else { return };
            let text = format!("HTTP/1.1 {status} X\r\ncontent-length: 2\r\n\r\nok");
            if stream.write_all(text.as_bytes()).is_err() {
                return;
            }
        }
    }
}

const SCRIPT: &str = "import http from 'k6/http';\n\
    export const options = { vus: 2, iterations: 200 };\n\
    export default function () { http.get(`${__ENV.BASE_URL}/`); }\n";

const PROJECT: &str =
    "[endpoints]\nhome = \"GET /\"\n[[budget]]\nendpoint = \"home\"\np95 = \"10s\"\nerrors = \"1%\"\n";

fn last(err: &str) -> &str {
    err.trim_end().lines().last().unwrap_or_default()
}

#[test]
fn half_of_the_requests_fail() {
    let url = server(|number| Some(if number % 2 == 0 { 200 } else { 503 }));
    let folder = Folder::with(&[("script.js", SCRIPT), ("loadline.toml", PROJECT)]);
    let ended = folder.run(["run", "-e", &format!("BASE_URL={url}"), "script.js"]).expect(99);
    assert!(ended.out.contains("100 of 200 requests failed (50.00%)"), "{}", ended.out);
    assert!(
        ended.err.contains("failed: 1 of 2 requirements are not met: `errors<=1%` on `home`")
            || ended.err.contains("failed: 1 of 2"),
        "{}",
        ended.err
    );
    folder.run(["budget", "check", "latest"]).expect(1);
}

#[test]
fn the_target_was_never_there() {
    let url = format!("http://127.0.0.1:{}", free_port());
    let threshold = SCRIPT
        .replace("iterations: 200", "iterations: 100, thresholds: { http_req_duration: ['p(95)<200'] }");
    let folder = Folder::with(&[("script.js", &threshold)]);
    let base = format!("BASE_URL={url}");
    let ended = folder.run(["run", "-e", &base, "script.js"]).expect(99);
    let answer = ended.err.trim_end();
    assert!(answer.contains("100 of 100 requests were never answered"), "{answer}");
    assert!(last(answer).contains("connection refused") || answer.contains("refused"), "{answer}");
    // As k6 has it, no answer takes no time.
    folder.run(["run", "--compat", "k6", "-e", &base, "script.js"]).expect(0);

    let folder = Folder::with(&[("script.js", SCRIPT), ("loadline.toml", PROJECT)]);
    folder.run(["run", "-e", &base, "script.js"]).expect(99);
}

#[test]
fn the_target_dies_in_mid_run() {
    let url = server(|number| (number < 100).then_some(200));
    let folder = Folder::with(&[("script.js", SCRIPT), ("loadline.toml", PROJECT)]);
    let ended = folder.run(["run", "-e", &format!("BASE_URL={url}"), "script.js"]).expect(99);
    assert!(ended.out.contains("p95=never"), "{}", ended.out);
    assert!(ended.err.contains("failed: "), "{}", ended.err);
}

#[test]
fn arrivals_that_nobody_is_free_for_count() {
    // One user, who is away for 100 ms, for a hundred arrivals a second.
    let script = "import http from 'k6/http'; import { sleep } from 'k6';\n\
        export const options = { scenarios: { open: { executor: 'constant-arrival-rate', rate: 100, timeUnit: '1s', duration: '2s', preAllocatedVUs: 1, maxVUs: 1 } } };\n\
        export default function () { http.get(`${__ENV.BASE_URL}/`); sleep(0.1); }\n";
    let url = server(|_| Some(200));
    let base = format!("BASE_URL={url}");
    let folder = Folder::with(&[("script.js", script), ("loadline.toml", PROJECT)]);
    let ended = folder.run(["run", "-e", &base, "script.js"]).expect(99);
    assert!(ended.out.contains("never answered") && ended.out.contains("p95=never"), "{}", ended.out);
    let lenient = PROJECT.replace("errors", "dropped = \"ignore\"\nerrors");
    folder.write("loadline.toml", &lenient);
    folder.run(["run", "-e", &base, "script.js"]).expect(0);
    folder.write("loadline.toml", &PROJECT.replace("errors", "dropped = \"forget\"\nerrors"));
    let refused = folder.run(["run", "-e", &base, "script.js"]).expect(104);
    assert!(refused.err.contains("`forget` does not say"), "{}", refused.err);
}

/// A percentile of a run is one number, whoever is asked.
#[test]
fn one_percentile_in_summary_history_and_export() {
    let url = server(|_| Some(200));
    let script = SCRIPT.replace("iterations: 200", "iterations: 120");
    let folder = Folder::with(&[("script.js", &script)]);
    folder
        .run(["run", "-q", "-e", &format!("BASE_URL={url}"), "--summary-export", "all.json", "script.js"])
        .expect(0);
    let summary: serde_json::Value = serde_json::from_str(&folder.read("all.json")).unwrap();
    let shown = folder.run(["history", "show", "1", "--json"]).expect(0);
    let shown: serde_json::Value = serde_json::from_str(&shown.out).unwrap();
    let figures = shown["figures"].as_array().unwrap();
    let p95 = figures.iter().find(|figure| figure["quantity"] == "p95").unwrap();
    assert_eq!((&p95["value"], &p95["values"]), (&summary["metrics"]["response_time"]["p(95)"], &120.into()));
    assert_eq!(p95["value"], summary["metrics"]["http_req_duration"]["p(95)"]);
}

#[test]
fn a_script_may_have_a_response_time_of_its_own() {
    let script = "import http from 'k6/http'; import { Trend } from 'k6/metrics';\n\
        const mine = new Trend('response_time', true);\n\
        export const options = { iterations: 5, thresholds: { response_time: ['max==7'], http_response_time: ['max<10000'] } };\n\
        export default function () { http.get(`${__ENV.BASE_URL}/`); mine.add(7); }\n";
    let url = server(|_| Some(200));
    let folder = Folder::with(&[("script.js", script), ("loadline.toml", PROJECT)]);
    let ended = folder.run(["run", "-e", &format!("BASE_URL={url}"), "script.js"]).expect(0);
    assert!(ended.err.contains("passed: all 4 requirements are met"), "{}", ended.err);
}
