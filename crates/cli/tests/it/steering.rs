//! A run that is steered while it goes on: by k6's own requests as its commands send them, by `loadline control`, and
//! by whoever must not.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::Value;

use crate::support::{Folder, Talking, nginx};

const STEERED: &str = r"
import { check, group, sleep } from 'k6';
import { Counter } from 'k6/metrics';
const laps = new Counter('laps');
export const options = {
  scenarios: {
    hands: { executor: 'externally-controlled', vus: 1, maxVUs: 3, duration: 0 },
    rate: { executor: 'constant-arrival-rate', rate: 5, duration: '10m', preAllocatedVUs: 2, maxVUs: 4 },
    counted: { executor: 'shared-iterations', vus: 1, iterations: 1 },
  },
  thresholds: { laps: ['count>0'] },
};
export function setup() { return { from: 'setup' }; }
export default function () {
  laps.add(1);
  group('a', () => check(1, { 'is one': (n) => n === 1 }));
  console.log('iteration');
  sleep(0.01);
}
";

/// A run that listens, and where.
struct Steered {
    run: Talking,
    address: String,
}

impl Steered {
    fn start(folder: &Folder, arguments: &[&str]) -> Self {
        let mut run = Talking::start(&mut folder.loadline(arguments));
        let line = run.line_with("loadline control --address ");
        let address = line.split("--address ").nth(1).unwrap().split(' ').next().unwrap().to_owned();
        Self { run, address }
    }

    /// What is answered to these bytes: the status, and the body.
    fn send(&self, bytes: &[u8]) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        // A server that has answered a body that it does not read closes before all of it is taken.
        let _ = stream.write_all(bytes);
        let mut text = Vec::new();
        let _ = stream.read_to_end(&mut text);
        let text = String::from_utf8_lossy(&text).into_owned();
        let status = text.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        let body = text.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default();
        (status, body)
    }

    /// As Go's client sends what has no body.
    fn get(&self, path: &str) -> (u16, Value) {
        let (status, body) = self.send(
            format!(
                "GET {path} HTTP/1.1\r\nHost: {}\r\nUser-Agent: Go-http-client/1.1\r\nConnection: close\r\nAccept-Encoding: gzip\r\n\r\n",
                self.address
            )
            .as_bytes(),
        );
        (status, serde_json::from_str(&body).unwrap_or(Value::Null))
    }

    /// As Go's client sends a body of which it does not know the length, which is how k6's sends all of its.
    fn patch(&self, attributes: &str) -> (u16, Value) {
        let body = format!(
            r#"{{"data":{{"type":"status","id":"default","attributes":{{"status":0,{attributes},"stopped":false,"running":false,"tainted":false}}}}}}"#
        );
        let (status, body) = self.send(
            format!(
                "PATCH /v1/status HTTP/1.1\r\nHost: {}\r\nUser-Agent: Go-http-client/1.1\r\nTransfer-Encoding: chunked\r\nConnection: close\r\nAccept-Encoding: gzip\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n",
                self.address,
                body.len()
            )
            .as_bytes(),
        );
        (status, serde_json::from_str(&body).unwrap_or(Value::Null))
    }
}

#[test]
fn k6s_commands_do_what_they_say() {
    let folder = Folder::with(&[("script.js", STEERED)]);
    let arguments =
        ["run", "-q", "--no-color", "--address", "127.0.0.1:0", "--out", "run=kept.run", "script.js"];
    let mut steered = Steered::start(&folder, &arguments);
    steered.run.until("iteration");
    // `k6 status`
    let (status, answer) = steered.get("/v1/status");
    assert_eq!(status, 200, "{answer}");
    let attributes = &answer["data"]["attributes"];
    let names: BTreeSet<&str> = attributes.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = ["paused", "running", "status", "stopped", "tainted", "vus", "vus-max"];
    assert_eq!(names, BTreeSet::from(expected));
    assert_eq!((&answer["data"]["type"], &answer["data"]["id"]), (&"status".into(), &"default".into()));
    assert_eq!((&attributes["status"], &attributes["running"]), (&7.into(), &true.into()));
    // `k6 pause`, `k6 resume`
    let none = r#""vus":null,"vus-max":null"#;
    let (status, answer) = steered.patch(&format!(r#""paused":true,{none}"#));
    assert_eq!((status, &answer["data"]["attributes"]["paused"]), (200, &true.into()), "{answer}");
    let (status, answer) = steered.patch(&format!(r#""paused":false,{none}"#));
    assert_eq!((status, &answer["data"]["attributes"]["paused"]), (200, &false.into()), "{answer}");
    // `k6 scale --vus 3`, `k6 scale --vus 5 --max 5`
    let (status, answer) = steered.patch(r#""paused":null,"vus":3,"vus-max":null"#);
    assert_eq!(status, 200, "{answer}");
    let (status, answer) = steered.patch(r#""paused":null,"vus":5,"vus-max":null"#);
    assert_eq!((status, answer["errors"][0]["status"].as_str()), (400, Some("400")), "{answer}");
    let (status, answer) = steered.patch(r#""paused":null,"vus":5,"vus-max":5"#);
    assert_eq!(status, 200, "{answer}");
    let (_, answer) = steered.get("/v1/scenarios/hands");
    assert_eq!(answer["data"]["attributes"]["vus"], 5, "{answer}");
    // `k6 stats`: once a second is over there is something.
    let metric = loop {
        let (status, answer) = steered.get("/v1/metrics/laps");
        if status == 200 {
            break answer;
        }
    };
    let attributes = &metric["data"]["attributes"];
    assert_eq!((&metric["data"]["type"], &metric["data"]["id"]), (&"metrics".into(), &"laps".into()));
    assert_eq!((&attributes["type"], &attributes["contains"]), (&"counter".into(), &"default".into()));
    assert_eq!(attributes["tainted"], false);
    assert!(
        attributes["sample"]["count"].as_f64().unwrap() > 0.0 && attributes["sample"]["rate"].is_number()
    );
    let (_, all) = steered.get("/v1/metrics");
    let trend = all["data"].as_array().unwrap().iter().find(|one| one["id"] == "iteration_duration").unwrap();
    let sample = trend["attributes"]["sample"].as_object().unwrap();
    let sample: BTreeSet<&str> = sample.keys().map(String::as_str).collect();
    assert_eq!(sample, BTreeSet::from(["avg", "max", "med", "min", "p(90)", "p(95)"]));
    let (_, groups) = steered.get("/v1/groups");
    let group = &groups["data"][1];
    assert_eq!((&group["type"], &group["attributes"]["path"]), (&"groups".into(), &"::a".into()), "{groups}");
    assert_eq!(group["relationships"]["parent"]["data"]["id"], groups["data"][0]["id"]);
    assert_eq!(group["attributes"]["checks"][0]["name"], "is one");
    let (_, one) = steered.get(&format!("/v1/groups/{}", group["id"].as_str().unwrap()));
    assert_eq!(one["data"]["attributes"]["path"], "::a");
    let (_, setup) = steered.get("/v1/setup");
    assert_eq!(setup["data"]["attributes"]["data"]["from"], "setup", "{setup}");

    let control = |words: &[&str]| {
        let address = steered.address.as_str();
        folder.run(["control", "--address", address].iter().chain(words))
    };
    let text = control(&["status"]).expect(0).out;
    assert!(text.contains("hands: externally-controlled, running: "), "{text}");
    let text = control(&["set", "rate", "--rate", "40/s"]).expect(0).out;
    assert!(text.contains("40 per 1s") && text.contains("by hand"), "{text}");
    control(&["mark", "deploy", "1.4.2"]).expect(0);
    for (words, expected) in [
        (&["set", "rate", "--vus", "2"][..], "has no number of VUs of its own"),
        (&["set", "hands", "--rate", "2"], "has no rate"),
        (&["set", "hands", "--vus", "50"], "more than scenario `hands` may have, which is `5`"),
        (&["set", "other", "--vus", "2"], "there are `hands`, `rate`, `counted`"),
        (&["set", "counted", "--vus", "2"], "scenario `counted` "),
    ] {
        let ended = control(words).expect(1);
        assert!(ended.err.contains(expected), "{words:?}: {}", ended.err);
    }
    assert!(control(&["set", "--vus", "2"]).expect(2).err.contains("say which scenario"));
    assert!(control(&["set", "hands"]).expect(2).err.contains("--vus"));
    let json = control(&["--json", "pause"]).expect(0).out;
    let json: Value = serde_json::from_str(&json).unwrap();
    assert!(json["meta"]["revision"].as_u64().unwrap() >= 5, "{json}");
    // Stopped while it is paused.
    control(&["stop"]).expect(0);
    let address = steered.address.clone();
    let ended = steered.run.end().expect(103);
    assert!(ended.err.contains("stopped by hand, so this is not a pass"), "{}", ended.err);
    assert!(ended.out.contains("steered by hand: "), "{}", ended.out);
    let nobody = folder.run(["control", "--address", address.as_str(), "status"]).expect(3);
    assert!(nobody.err.contains("no run answers at"), "{}", nobody.err);

    let (run, _) = loadline_measure::read_run(std::fs::File::open(folder.path("kept.run")).unwrap()).unwrap();
    let said: Vec<&str> = run.meta.events.iter().map(|event| event.words.as_str()).collect();
    for expected in [
        "paused by hand",
        "hands: 3 VUs, before 1, by hand",
        "hands: 5 VUs, before 3, by hand",
        "rate: 40/s, before 5/s, by hand",
        "deploy 1.4.2",
    ] {
        assert!(said.contains(&expected), "{said:?}");
    }
    assert!(run.meta.steered.as_ref().is_some_and(|steered| steered.changes >= 5), "{:?}", run.meta.steered);
}

#[test]
fn nobody_steers_who_must_not() {
    let folder = Folder::with(&[("script.js", STEERED), ("token", "s3cret-of-the-run\n")]);
    let open = ["run", "-q", "--address", "0.0.0.0:0", "script.js"];
    let refused = folder.run(open).expect(104);
    assert!(refused.err.contains("needs a token"), "{}", refused.err);
    let arguments = ["run", "-q", "--address", "127.0.0.1:0", "--control-token-file", "token", "script.js"];
    let mut steered = Steered::start(&folder, &arguments);
    steered.run.until("iteration");
    let address = steered.address.clone();
    let ask = |head: &str, body: &str| {
        let length = body.len();
        let head = format!("{head}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}");
        steered.send(head.as_bytes())
    };
    let bearer = "authorization: Bearer s3cret-of-the-run";
    let paused = r#"{"paused":true}"#;
    let patch = "PATCH /v1/status HTTP/1.1";
    for (head, expected) in [
        (format!("{patch}\r\nhost: {address}"), 401),
        (format!("{patch}\r\nhost: {address}\r\nauthorization: Bearer other"), 401),
        (format!("{patch}\r\nhost: evil.test\r\n{bearer}"), 403),
        (format!("{patch}\r\nhost: {address}\r\n{bearer}\r\norigin: http://evil.test"), 403),
        (format!("OPTIONS /v1/status HTTP/1.1\r\nhost: {address}\r\n{bearer}"), 405),
        (format!("{patch}\r\nhost: {address}\r\n{bearer}"), 200),
    ] {
        let (status, body) = ask(&head, paused);
        assert_eq!(status, expected, "{head}: {body}");
    }
    let head = format!("{patch}\r\nhost: {address}\r\n{bearer}");
    let large = format!("{head}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", 10 << 20);
    assert_eq!(steered.send(large.as_bytes()).0, 413);
    // Whoever sends it all the same may find the connection closed, and nobody else notices.
    ask(&head, &" ".repeat(10 << 20));
    assert_eq!(ask(&head, "{").0, 400);
    // A flood is answered, and changes only so much.
    let flood: Vec<u16> = (0..200).map(|_| ask(&head, r#"{"paused":false}"#).0).collect();
    assert!(flood.iter().all(|status| [200, 429].contains(status)), "{flood:?}");
    let with = |token: &str| {
        let words = ["control", "--address", address.as_str(), "--control-token", token, "status"];
        folder.run(words)
    };
    assert!(with("other").expect(3).err.contains("does not take this token"));
    with("s3cret-of-the-run").expect(0);
    let stop = ["control", "--address", address.as_str(), "--control-token-file", "token", "stop"];
    // The flood may still count.
    while folder.run(stop).code != Some(0) {}
    steered.run.end().expect(103);
}

#[test]
fn a_run_that_waits_before_its_start_is_let_go() {
    let script = "export const options = { vus: 2, iterations: 4 };\nexport default function () {}\n";
    let folder = Folder::with(&[("script.js", script)]);
    let mut steered =
        Steered::start(&folder, &["run", "-q", "--paused", "--address", "127.0.0.1:0", "script.js"]);
    steered.run.until("paused before its start");
    let (_, answer) = steered.get("/v1/status");
    assert_eq!(answer["data"]["attributes"]["status"], 4, "{answer}");
    assert_eq!(answer["data"]["attributes"]["paused"], true);
    let resume = ["control", "--address", steered.address.as_str(), "resume"];
    folder.run(resume).expect(0);
    let ended = steered.run.end().expect(0);
    assert!(!ended.out.contains("steered"), "that it waited changes nothing: {}", ended.out);
}

#[test]
fn a_baseline_takes_no_run_that_was_steered() {
    let server = nginx();
    let folder = Folder::new();
    let store = ["--history", "kept.db"];
    let url = server.url.as_str();
    let arguments = ["hit", "-q", "-c", "2", "-d", "3s", "--address", "127.0.0.1:0", url];
    let steered = Steered::start(&folder, &[&arguments[..], &store].concat());
    let address = steered.address.clone();
    let control = |words: &[&str]| folder.run(["control", "--address", address.as_str()].iter().chain(words));
    // It may still be preparing.
    while control(&["set", "--vus", "1"]).code != Some(0) {}
    let ended = steered.run.end().expect(0);
    assert!(ended.out.contains("steered by hand"), "{}\n{}", ended.out, ended.err);
    let saved = folder.run([&["baseline", "save", "calm"][..], &store].concat());
    assert_ne!(saved.code, Some(0), "{}", saved.err);
    // On a machine that is busy with other things there is another reason, which comes before.
    let is_busy = ended.err.contains("saturated");
    assert!(
        is_busy || saved.err.contains("steered by hand, so that what ran is not its plan"),
        "{}",
        saved.err
    );
}
