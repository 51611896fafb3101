//! A browser's own reader of `Server-Timing`: what Chromium shows to a page is what the service sent.

use std::{process::Command, time::Duration};

use axum::{Router, response::Html, routing::get};
use loadline_monitor::Monitor;
use tokio::net::TcpListener;

/// Writes what the browser has read into the page.
const PAGE: &str = "<!doctype html><p>none</p><script>
  const [navigation] = performance.getEntriesByType('navigation');
  const metrics = navigation.serverTiming.map(({ name, duration, description }) => [name, duration, description]);
  document.querySelector('p').textContent = JSON.stringify(metrics);
</script>";

#[tokio::test(flavor = "multi_thread")]
async fn chromium_reads_every_part() {
    let monitor = Monitor::default();
    monitor.tell_timing(|_, _| true);
    let strange = monitor.part("größe, \"x\";dur=9");
    let parts = ["queue", "render", "render.rows"].map(|name| monitor.part(name));
    let query = monitor.query("SELECT", "public.users");
    let handler = get(move || async move {
        for (part, time) in parts.iter().zip([1_500, 20, 12_345_678]) {
            part.add(Duration::from_micros(time));
        }
        strange.add(Duration::from_millis(4));
        let _ = query.time(async { Ok::<_, ()>(()) }).await;
        ([("server-timing", "own;desc=\"a, b\";dur=2")], Html(PAGE))
    });
    let service = Router::new().route("/", handler).layer(monitor.layer());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let serving = tokio::spawn(async move { axum::serve(listener, service).await });
    let dumped = tokio::task::spawn_blocking(move || {
        let profile = tempfile::tempdir().unwrap();
        let output = Command::new("chromium")
            .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--dump-dom"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg(url)
            .output()
            .expect("chromium is installed");
        String::from_utf8_lossy(&output.stdout).into_owned()
    });
    let dumped = dumped.await.unwrap();
    serving.abort();
    let read = dumped.split_once("<p>").and_then(|(_, rest)| rest.split_once("</p>"));
    let read = read.map_or_else(|| panic!("no page: {dumped}"), |(read, _)| read);
    let metrics: Vec<&str> = read.trim_matches(['[', ']']).split("],[").collect();
    assert_eq!(metrics[0], "\"own\",2,\"a, b\"", "{read}");
    assert!(metrics[1].starts_with("\"total\","), "{read}");
    assert_eq!(
        metrics[2..6],
        [
            "\"queue\",1.5,\"\"",
            "\"render\",0.02,\"\"",
            "\"render.rows\",12345.678,\"\"",
            "\"gr--e---x--dur-9\",4,\"\""
        ],
        "{read}"
    );
    assert!(metrics[6].starts_with("\"db.SELECT-public-users\",") && metrics.len() == 7, "{read}");
}
