//! `loadline scale drive`: replicas that come and go under load, one that dies, one that never gets ready, and nothing
//! left of them whatever ends it.

use std::net::TcpListener;

use rustix::process::Signal;
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
    let place = Folder::new();
    let mut command = folder.loadline(words(length, more));
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
    let folder = Folder::with(&[(
        "keda.yaml",
        "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: search}\nspec:\n  scaleTargetRef: {name: search}\n  \
         triggers:\n    - {type: cpu, metricType: Utilization, metadata: {value: \"60\"}}\n",
    )]);
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
        (&["keda.yaml"], 2, "scale simulate` has both"),
        (&["--listen", &address], 3, "is in use"),
    ] {
        let ended = folder.run(["scale", "drive"].iter().chain(more)).expect(code);
        assert!(ended.err.contains(said), "{more:?}: {}", ended.err);
    }
}
