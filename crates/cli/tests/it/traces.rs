//! `--traces`: what the server's time of a real run went into, by the spans of a real service.

use serde_json::Value;

use crate::support::{Folder, free_port, nginx};

#[test]
fn the_demo_says_what_its_server_s_time_went_into() {
    let folder = Folder::new();
    let ended =
        folder.run(["demo", "--traces", "--json", "--users", "6", "--duration", "12s", "--run", "demo.run"]);
    let result: Value =
        serde_json::from_str(&ended.out).unwrap_or_else(|_| panic!("{}\n{}", ended.out, ended.err));
    assert!(
        ended.err.contains("traces of all requests, at most 1000 in a second: send spans to"),
        "{}",
        ended.err
    );
    let endpoints = result["slowest"].as_object().unwrap();
    assert!(endpoints.len() >= 3, "{result:#}");
    let (mut explained, mut queries) = (0, 0);
    for request in endpoints.values().flat_map(|list| list.as_array().unwrap()) {
        assert_eq!(request["trace"].as_str().unwrap().len(), 32, "{request}");
        let Some(server_ms) = request["server_ms"].as_f64() else { continue };
        explained += 1;
        let parts = request["parts_ms"].as_object().unwrap();
        let sum: f64 = parts.values().map(|part| part.as_f64().unwrap()).sum();
        assert!(sum >= server_ms - 0.001, "parts are all of it, or more where they overlap: {request}");
        // By two clocks of one machine.
        assert!(request["took_ms"].as_f64().unwrap() >= server_ms - 5.0, "{request}");
        queries += usize::from(parts.keys().any(|name| name.starts_with("db.")));
    }
    assert!(explained >= 3 && queries >= 1, "{result:#}\n{}", ended.err);
    assert!(ended.err.contains("requests is explained by"), "{}", ended.err);
}

#[test]
fn a_server_without_spans_is_told_about() {
    let folder = Folder::new();
    let server = nginx();
    let port = free_port().to_string();
    let listen = format!("--traces={port}");
    let ended = folder
        .run([
            "hit",
            &server.url,
            &listen,
            "-n",
            "20",
            "-c",
            "2",
            "--json",
            "--no-history",
            "--project",
            "none",
        ])
        .expect(0);
    assert!(ended.err.contains("20 requests had no span of a server"), "{}", ended.err);
    let result: Value = serde_json::from_str(&ended.out).unwrap();
    let endpoints = result["slowest"].as_object().unwrap();
    let slowest = endpoints.values().next().unwrap().as_array().unwrap();
    assert_eq!(slowest.len(), 10, "{result}");
    assert!(slowest.iter().all(|one| one["server_ms"].is_null() && one["status"] == 200), "{result}");
}

#[test]
fn mistakes_are_said() {
    let folder = Folder::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = format!("--traces={}", taken.local_addr().unwrap().port());
    let url = "http://127.0.0.1:9/";
    for (flags, words) in [
        (vec!["--traces=0.0.0.0:4318"], "can be reached by others"),
        (vec!["--traces=zipkin"], "tempo=URL"),
        (vec!["--trace-sample", "10%"], "--traces"),
        (vec!["--traces", "--trace-sample", "10"], "such as `10%`"),
        (vec![port.as_str()], "is in use"),
    ] {
        let ended = folder.run(["hit", url].into_iter().chain(flags.iter().copied())).expect(2);
        assert!(ended.err.contains(words), "{flags:?}: {}", ended.err);
    }
    let ended = folder.run(["demo", "--traces", "--capacity"]).expect(104);
    assert!(ended.err.contains("`--traces` follows one load"), "{}", ended.err);
}
