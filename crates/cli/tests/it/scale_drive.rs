//! `loadline scale drive`: replicas that come and go under load, one that dies, one that never gets ready, and nothing
//! left of them whatever ends it.

use std::net::TcpListener;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::advise_trouble::started;
use crate::support::{Ended, Folder, Talking};

/// One that scales down soon: a minute of its time is a second.
const POLICY: &str = r"
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: search}
spec:
  scaleTargetRef: {kind: Deployment, name: search}
  minReplicas: 1
  maxReplicas: 4
  metrics:
    - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 60}}}
  behavior: {scaleDown: {stabilizationWindowSeconds: 60}}
";

/// Small enough for a machine that is busy with other tests: a replica answers 20/s, and 40/s come.
const SMALL: [&str; 11] =
    ["scale", "drive", "hpa.yaml", "--faster", "60", "--low", "4/s", "--peak", "40/s", "--workers", "1"];

/// With the budget so wide, and a start that is stated, so that only what the machine cannot spoil is judged.
fn words<'a>(length: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let wide = ["--budget", "p95=60s", "--budget", "errors=99%", "--start", "30s", "--for", length];
    SMALL.into_iter().chain(wide).chain(more.iter().copied()).collect()
}

/// Runs it with a folder of its own for all that is temporary, and sees that it is empty afterwards.
fn driven(folder: &Folder, length: &str, more: &[&str]) -> Ended {
    driven_at("60", folder, length, more)
}

/// With the policy's time so many times as fast.
fn driven_at(faster: &str, folder: &Folder, length: &str, more: &[&str]) -> Ended {
    let place = Folder::new();
    let mut words = words(length, more);
    words[4] = faster;
    let mut command = folder.loadline(words);
    let ended = Talking::start(command.env("TMPDIR", place.path(""))).end();
    assert_nothing_is_left(&place);
    ended
}

fn folder() -> Folder {
    Folder::with(&[("hpa.yaml", POLICY)])
}

#[track_caller]
fn assert_nothing_is_left(place: &Folder) {
    assert_eq!(started(&place.path("")), Vec::<i32>::new());
    assert_eq!(std::fs::read_dir(place.path("")).unwrap().count(), 0);
}

fn json(ended: &Ended) -> Value {
    serde_json::from_str(&ended.out).unwrap_or_else(|error| panic!("{error}: {}\n{}", ended.out, ended.err))
}

#[test]
fn replicas_come_and_go_beside_what_was_predicted() {
    let folder = folder();
    let ended = driven(&folder, "12s", &["--json", "-o", "drive.run"]);
    let json = json(&ended);
    assert!(
        ended.err.contains("1 replica at http://") && ended.err.contains("predicted: up to"),
        "{}",
        ended.err
    );
    let changes = json["changes"].as_array().unwrap();
    assert!(changes[0]["why"].as_str().unwrap().starts_with("cpu at "), "{json}");
    assert!(json["replicas"]["most"].as_i64() > json["replicas"]["initial"].as_i64(), "{json}");
    assert!(json["prediction"]["most"].as_i64() > json["replicas"]["initial"].as_i64(), "{json}");
    assert!(json["prediction"]["within_one"].is_f64() && json["prediction"]["p95_ms"].is_f64(), "{json}");
    assert!(json["replicas"]["last"].as_i64() < json["replicas"]["most"].as_i64(), "it comes down: {json}");
    assert_eq!(json["requests"]["cut_off"], 0, "no request is lost while replicas go: {json}");
    assert_eq!(json["replicas"]["died"], serde_json::json!([]), "{json}");
    assert!(json["requests"]["came"].as_u64().unwrap() > 100, "{json}");

    folder.run(["report", "drive.run", "-o", "drive.html"]).expect(0);
    let page = folder.read("drive.html");
    for wanted in ["replicas_ready", "replicas_predicted", "replicas 1 → "] {
        assert!(page.contains(wanted), "{wanted}");
    }
}

/// KEDA by what a query would say, and two replicas from nine on; with a minimum of one, as none would answer.
const KEDA: &str = r#"
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: search}
spec:
  scaleTargetRef: {name: search}
  pollingInterval: 5
  minReplicaCount: 1
  maxReplicaCount: 4
  advanced: {horizontalPodAutoscalerConfig: {behavior: {scaleDown: {stabilizationWindowSeconds: 60}}}}
  triggers:
    - type: prometheus
      name: rps
      metadata: {query: "sum(rate(http_requests_total[1m]))", threshold: "14"}
    - type: cron
      metadata: {timezone: Europe/Berlin, start: 0 9 * * *, end: 30 9 * * *, desiredReplicas: "2"}
"#;

#[test]
fn keda_scales_by_their_metrics_and_by_the_clock() {
    let folder = Folder::with(&[("hpa.yaml", KEDA)]);
    // The load begins four minutes before nine, and there are twelve.
    let ended = driven_at("20", &folder, "36s", &["--begins", "2026-07-04T06:56:00Z", "--json"]);
    let json = json(&ended);
    let changes = json["changes"].as_array().unwrap();
    let whys: Vec<&str> = changes.iter().filter_map(|change| change["why"].as_str()).collect();
    assert!(whys.iter().any(|why| why.starts_with("rps at ")), "{json}");
    assert!(json["replicas"]["most"].as_i64() > Some(2), "the query asks for more than the clock: {json}");
    // Nine is long gone when the load is over, and half past is not there yet.
    assert_eq!(json["replicas"]["last"], 2, "{json}");
    assert!(json["prediction"]["most"].as_i64() > Some(2), "{json}");
}

#[test]
fn one_that_dies_and_one_that_never_gets_ready_are_told() {
    let ended = driven(&folder(), "12s", &["--kill-one-at", "6s"]).expect(1);
    assert!(ended.out.contains("was killed, as asked for"), "{}", ended.out);
    assert!(ended.out.contains("no more than one replica from the simulation for"), "{}", ended.out);
    let ended = driven(&folder(), "20s", &["--next-never-ready", "--json"]).expect(1);
    let json = json(&ended);
    let words = json["replicas"]["never_ready"][0].as_str().unwrap_or_else(|| panic!("{json}"));
    assert!(words.contains("was not ready"), "{words}");
}

/// Does something to the first replica while it is driven, until that is over.
fn with_the_first(length: &str, signal: Signal) -> Ended {
    let (folder, place) = (folder(), Folder::new());
    let mut command = folder.loadline(words(length, &[]));
    let mut drive = Talking::start(command.env("TMPDIR", place.path("")));
    drive.until("predicted: up to");
    let serves = |id: &i32| {
        let words = std::fs::read_to_string(format!("/proc/{id}/cmdline")).unwrap_or_default();
        words.split('\0').nth(1) == Some("holiday")
    };
    let replica = started(&place.path("")).into_iter().find(serves).expect("a replica serves");
    kill_process(Pid::from_raw(replica).unwrap(), signal).unwrap();
    let ended = drive.end();
    assert_nothing_is_left(&place);
    ended
}

#[test]
fn one_that_somebody_kills_has_another_in_its_place() {
    let ended = with_the_first("12s", Signal::KILL).expect(1);
    assert!(ended.out.contains("replica 1 ended by itself"), "{}", ended.out);
    assert!(ended.out.contains("replicas that died, hung or were never ready"), "{}", ended.out);
    // All the others came after it.
    assert!(!ended.out.contains("1 replica in all"), "{}", ended.out);
}

#[test]
fn one_that_hangs_gets_nothing_more_and_is_told() {
    let ended = with_the_first("25s", Signal::STOP).expect(1);
    assert!(ended.out.contains("replica 1 does not answer any more"), "{}", ended.out);
}

#[test]
fn a_signal_leaves_nothing_behind() {
    let (folder, place) = (folder(), Folder::new());
    let mut command = folder.loadline(words("10m", &[]));
    let mut drive = Talking::start(command.env("TMPDIR", place.path("")));
    drive.until("predicted: up to");
    assert!(!started(&place.path("")).is_empty(), "replicas are there");
    drive.signal(Signal::TERM);
    let ended = drive.end();
    assert_eq!(ended.code, Some(105), "{}\n{}", ended.out, ended.err);
    assert_nothing_is_left(&place);
}

#[test]
fn what_cannot_be_driven_is_said() {
    let folder = Folder::with(&[("keda.yaml", KEDA)]);
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for (more, code, said) in [
        (&["--min", "5", "--max", "2"][..], 2, "minReplicas 5 is above maxReplicas 2"),
        (&["--max", "51"], 2, "1 to 50"),
        (&["--faster", "100"], 2, "1 to 60"),
        (&["--low", "50/s", "--peak", "40/s"], 2, "`--low` 50/s is above `--peak` 40/s"),
        (&["--peak", "20000/s"], 2, "between 1/s and 2000/s"),
        (&["--for", "2s"], 2, "too short"),
        (&["--work", "1500us"], 2, "whole milliseconds"),
        (&["--kill-one-at", "5m"], 2, "after the load is over"),
        (&["keda.yaml", "--min", "0"], 2, "0 to 4 replicas: a drive has 1 to 50"),
        (&["keda.yaml", "--faster", "60", "--begins", "2026-07-04T08:50:00Z"], 2, "it would look every 83"),
        (&["--listen", &address], 3, "is in use"),
    ] {
        let ended = folder.run(["scale", "drive"].iter().chain(more)).expect(code);
        assert!(ended.err.contains(said), "{more:?}: {}", ended.err);
    }
}
