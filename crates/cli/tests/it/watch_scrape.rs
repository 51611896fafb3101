//! `loadline watch --scrape`: services themselves are asked, without a Prometheus.

use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};

use crate::support::{Folder, free_port};
use crate::watching::{PATIENCE, Running, Service, webhook};

const PROJECT: &str = r#"
[endpoints]
search = "POST /search"

[[budget]]
endpoint = "search"
p95 = "500ms"

[watch]
step = "2s"
windows = [{ long = "4s", short = "2s", burn = 2 }]
resolve_after = "2s"

[[watch.notify]]
kind = "webhook"
url = "env:TEST_HOOK"
"#;

#[test]
fn services_are_watched_without_a_prometheus() {
    let folder = Folder::new();
    folder.write("loadline.toml", PROJECT);
    let service = Service::start();
    let (hook, notices) = webhook();
    let targets = format!("http://{}/metrics,http://127.0.0.1:{}/metrics", service.address, free_port());
    let mut command = folder.loadline(["watch", "--scrape", &targets]);
    command.env("TEST_HOOK", &hook).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut watch = Running(command.spawn().unwrap());
    let mut said = BufReader::new(watch.0.stdout.take().unwrap());
    let mut line = String::new();
    said.read_line(&mut line).unwrap();
    assert!(line.contains("/metrics and 1 more every 2s"), "{line}");

    service.breaks(true);
    let (_, notice) = notices.recv_timeout(PATIENCE).unwrap();
    assert_eq!(notice["alerts"][0]["key"], "search p95<=500ms page");
    // Whole hundreds: nothing is extrapolated.
    let fact = notice["alerts"][0]["facts"][0].as_str().unwrap();
    assert!(fact.contains("00 of ") && fact.contains("00 requests took longer than 500ms"), "{fact}");
    service.breaks(false);
    let (_, notice) = notices.recv_timeout(PATIENCE).unwrap();
    assert_eq!(notice["alerts"][0]["change"], "resolved");

    kill_process(Pid::from_child(&watch.0), Signal::TERM).unwrap();
    let mut err = String::new();
    watch.0.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert_eq!(watch.0.wait().unwrap().code(), Some(0), "{err}");
    assert_eq!(err.matches("can't be scraped").count(), 1, "{err}");
}

#[test]
fn services_know_no_past() {
    let folder = Folder::new();
    folder.write(
        "loadline.toml",
        &PROJECT.replace("[watch]", "[watch]\nscrape = \"http://127.0.0.1:9/metrics\""),
    );
    let said = folder.run(["watch", "--once"]).expect(2);
    assert!(said.err.contains("services know none") && said.err.contains("--prometheus"), "{}", said.err);
    let native = "metrics = { histogram = \"a\", native = true }\nscrape = \"http://127.0.0.1:9/metrics\"";
    folder.write("loadline.toml", &PROJECT.replace("[watch]", &format!("[watch]\n{native}")));
    let said = folder.run(["watch"]).expect(2);
    assert!(said.err.contains("`native = true` needs a Prometheus"), "{}", said.err);
}
