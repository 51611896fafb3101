//! Outcomes of caches in a load test: told by the server's headers, recorded, judged, and said in words.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};

use crate::support::Folder;

const SCRIPT: &str = r"
import http from 'k6/http';
export const options = {
  vus: 1,
  iterations: 20,
  thresholds: { 'cache_hits{rule:static}': ['rate>0.9'], 'cache_misses{why:vary-miss}': ['count<11'] },
};
export default function () {
  http.get(`${__ENV.BASE_URL}/static/app.js`);
  http.get(`${__ENV.BASE_URL}/list`);
  http.get(`${__ENV.BASE_URL}/silent`);
}
";

const PROJECT: &str = r#"
[edge]
rules = "edge.toml"
region = "x-region"

[endpoints]
file = "GET /static/*"
list = "GET /list"

[[budget]]
endpoint = "file"
hit_rate = ">= 90%"

[[budget]]
endpoint = "list"
hit_rate = "90%"

[[budget]]
metric = "cache_hits{rule:static}"
hit_rate = "90%"
"#;

const RULES: &str = "[[rule]]\nname = \"static\"\npath = \"/static/**\"\ncache = { max_age = \"1d\" }\n";

/// A server whose files always come from a cache, whose list does half of the time, and which says nothing of others.
fn server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || answer(&stream));
        }
    });
    url
}

fn answer(mut stream: &TcpStream) {
    let mut lines = BufReader::new(stream).lines();
    let mut lists = 0;
    while let Some(Ok(line)) = lines.next() {
        while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
        let told = if line.contains("/static/") {
            "Cache-Status: Edge; hit; ttl=5\r\nX-Region: SYD\r\n"
        } else if line.contains("/list") {
            lists += 1;
            if lists % 2 == 0 {
                "Cache-Status: Edge; hit; ttl=-1\r\n"
            } else {
                "Cache-Status: Edge; fwd=vary-miss\r\n"
            }
        } else {
            ""
        };
        let text = format!("HTTP/1.1 200 OK\r\n{told}Content-Length: 5\r\n\r\nhello");
        if stream.write_all(text.as_bytes()).is_err() {
            return;
        }
    }
}

fn folder() -> Folder {
    Folder::with(&[("script.js", SCRIPT), ("loadline.toml", PROJECT), ("edge.toml", RULES)])
}

#[test]
fn a_script_learns_what_caches_did_and_is_judged_by_it() {
    let (url, folder) = (server(), folder());
    let base = format!("BASE_URL={url}");
    let ended = folder.run(["run", "-e", &base, "--out", "run=run.llr", "script.js"]).expect(99);
    for words in [
        "✓ 'rate>0.9'",
        "✓ 'count<11'",
        "✓ 'hit_rate>=90%'",
        "✗ 'hit_rate>=90%'",
        "█ CACHES",
        "75.00% hits: 30 of 40 requests did not wait for the origin",
        "at least 50.00% spared the origin; 10 served stale",
        "20 answers said nothing of a cache",
        "missed: 10 there for other headers only (Vary)",
    ] {
        assert!(ended.out.contains(words), "{words}: {}", ended.out);
    }
    // What was recorded can be judged again, and figures of it are kept.
    let checked = folder.run(["budget", "check", "run.llr"]).expect(1);
    assert!(checked.out.contains("list hit_rate"), "{}", checked.out);
}

#[test]
fn one_request_learns_it_too() {
    let (url, folder) = (server(), folder());
    let file = format!("{url}/static/app.js");
    let ended = folder.run(["hit", "-n", "50", "-c", "1", &file]).expect(0);
    assert!(ended.out.contains("100.00% hits: 50 of 50"), "{}", ended.out);
    let list = folder.run(["hit", "-n", "50", "-c", "1", &format!("{url}/list")]).expect(1);
    assert!(list.out.contains("50.00% hits: 25 of 50"), "{}", list.out);
    let silent = folder.run(["hit", "-n", "50", "-c", "1", &format!("{url}/silent")]).expect(0);
    assert!(!silent.out.contains("hits"), "{}", silent.out);
    let json = folder.run(["hit", "-n", "10", "-c", "1", "--json", &file]).expect(0);
    let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(json["caches"]["all"]["hits"], 10, "{json}");
}

#[test]
fn rules_that_are_not_there_are_said_before_any_load() {
    let folder = Folder::with(&[("script.js", SCRIPT), ("loadline.toml", "[edge]\nrules = \"none.toml\"\n")]);
    let ended = folder.run(["run", "script.js"]).expect(104);
    assert!(ended.err.contains("cannot read the cache rules `none.toml`"), "{}", ended.err);
}
