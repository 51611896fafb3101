//! Prometheus's own reader and its opinion of names.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use axum::{Router, body::Body, http::Request, routing::get};
use http::{HeaderMap, header};
use loadline_monitor::Monitor;
use tower::ServiceExt;

/// The story's names carry `_ms` and one of OpenTelemetry's ends with `count`, which Prometheus advises against; they are the names
/// that people look for.
fn is_exempt(line: &str) -> bool {
    [
        "api_request_duration_ms",
        "db_query_duration_ms",
        "db_pool_wait_duration_ms",
        "db_client_connection_count",
    ]
    .iter()
    .any(|name| line.starts_with(&format!("{name} ")))
}

#[tokio::test]
async fn promtool_has_nothing_to_say() {
    let monitor = Monitor::default();
    monitor.observe_pool("main \"pool\"\\\n", loadline_monitor::PoolLevels::default);
    drop(monitor.query("select", "things").start());
    monitor.pool_waits("main \"pool\"\\\n").time(async { Ok::<_, ()>(()) }).await.unwrap();
    drop(monitor.outgoing("api.example").start(&http::Method::GET));
    let answer = || async { ([("cache-control", "public, max-age=60")], "content") };
    let service = Router::new().route("/things/{id}", get(answer)).layer(monitor.layer());
    service.oneshot(Request::get("/things/1").body(Body::empty()).unwrap()).await.unwrap();

    let text = monitor.scrape(&HeaderMap::new()).into_body();
    assert!(
        text.contains("cache_hit_rate") && text.contains("http_client_request_duration_seconds"),
        "{text}"
    );
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool is installed: scripts/test does it (Debian: prometheus)");
    promtool.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = promtool.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    let objections: Vec<&str> = said.lines().filter(|line| !is_exempt(line)).collect();
    assert!(objections.is_empty(), "{objections:?}\n{text}");
    // 3: objections to names, all of them exempt; 1 would be a text that cannot be read.
    assert!(matches!(output.status.code(), Some(0 | 3)), "{:?} {said}", output.status);
}

/// Every expression of the chapter on instrumenting can be a rule.
#[test]
fn the_book_s_queries_are_understood() {
    let chapter = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/src/how-to/instrument.md");
    let text = std::fs::read_to_string(chapter).unwrap();
    let queries: Vec<&str> =
        text.split("```promql\n").skip(1).map(|block| block.split("```").next().unwrap()).collect();
    assert!(queries.len() >= 7, "{}", queries.len());
    let mut rules = "groups:\n- name: book\n  rules:\n".to_owned();
    for query in queries {
        let query = query.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', " ");
        rules.push_str(&format!("  - alert: Broken\n    expr: \"{query}\"\n"));
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rules.yml");
    std::fs::write(&file, &rules).unwrap();
    let output = Command::new("promtool").args(["check", "rules"]).arg(&file).output().unwrap();
    assert!(output.status.success(), "{}\n{rules}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn open_metrics_for_who_asks() {
    let monitor = Monitor::default();
    let mut headers = HeaderMap::new();
    headers.insert(
        header::ACCEPT,
        "application/openmetrics-text;version=1.0.0,text/plain;q=0.5".parse().unwrap(),
    );
    let response = monitor.scrape(&headers);
    assert_eq!(
        response.headers()[header::CONTENT_TYPE],
        "application/openmetrics-text; version=1.0.0; charset=utf-8"
    );
    assert!(response.body().ends_with("# EOF\n"));
}
