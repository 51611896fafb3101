//! `loadline watch --profile`: the script that is written asks what production was asked, by our own plan and by k6's
//! arithmetic, and in a run.

use std::fmt::Write as _;
use std::time::Duration;

use loadline_load::{RampingArrivalRate, Stage};
use loadline_measure::{Run, read_run};
use loadline_traffic::{Mix, Script};
use loadline_units::parse_duration;
use loadline_verdict::Endpoints;
use proptest::prelude::*;
use serde_json::Value;

use crate::prometheus::Prometheus;
use crate::support::{Folder, free_port, nginx};

const PROJECT: &str = r#"
[endpoints]
"home" = "GET /"
"item" = "GET /item/:id"
"auth.login" = "POST /login"
"never" = "GET /never"
"#;

/// The plan of a scenario, as `inspect` has it.
fn plan(scenario: &Value) -> RampingArrivalRate {
    let time = |value: &Value| parse_duration(value.as_str().unwrap()).unwrap();
    let stages = scenario["stages"].as_array().unwrap().iter();
    RampingArrivalRate {
        start_rate: scenario["startRate"].as_u64().unwrap(),
        time_unit: time(&scenario["timeUnit"]),
        stages: stages
            .map(|stage| Stage {
                duration: time(&stage["duration"]),
                target: stage["target"].as_u64().unwrap(),
            })
            .collect(),
        pre_allocated_vus: scenario["preAllocatedVUs"].as_u64().unwrap(),
        max_vus: scenario["maxVUs"].as_u64().unwrap(),
    }
}

/// Iterations in each minute by k6's documentation: a rate moves from one target to the next in a straight line over
/// the stage's duration, and is for `timeUnit`.
fn by_the_documentation(plan: &RampingArrivalRate, minutes: usize) -> Vec<f64> {
    let mut counts = vec![0.0; minutes];
    let (mut at, mut rate) = (Duration::ZERO, plan.start_rate as f64);
    for stage in &plan.stages {
        let target = stage.target as f64;
        if !stage.duration.is_zero() {
            assert_eq!(stage.duration, Duration::from_mins(1), "a stage is a minute");
            let minute = (at.as_secs() / 60) as usize;
            counts[minute] += f64::midpoint(rate, target) * 60.0 / plan.time_unit.as_secs_f64();
        }
        (at, rate) = (at + stage.duration, target);
    }
    assert_eq!(at, Duration::from_secs(minutes as u64 * 60));
    counts
}

/// Iterations that our own engine would start in each minute.
fn by_the_engine(plan: &RampingArrivalRate, minutes: usize) -> Vec<f64> {
    let schedule = plan.schedule();
    let mut counts = vec![0.0; minutes];
    for number in 0.. {
        let Some(at) = loadline_load::Schedule::instant(&schedule, number) else { break };
        // One at the very end of a minute is of that minute.
        let minute = (at.as_nanos().saturating_sub(1) / 60_000_000_000) as usize;
        counts[minute] += 1.0;
    }
    counts
}

fn counts() -> impl Strategy<Value = Vec<Vec<f64>>> {
    let count = prop_oneof![
        3 => (0u32..2_000).prop_map(f64::from),
        2 => 0.0..50.0_f64,
        1 => 0.001..1.0_f64,
        1 => Just(0.0),
    ];
    (1usize..30).prop_flat_map(move |minutes| {
        prop::collection::vec(prop::collection::vec(count.clone(), minutes), 1..6)
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: std::env::var("PROFILE_CASES").map_or(24, |cases| cases.parse().unwrap()),
        ..ProptestConfig::default()
    })]
    #[test]
    fn the_plan_asks_what_was_asked(counts in counts(), times in prop_oneof![Just(1.0), Just(1.5), 0.1..5.0_f64]) {
        let texts: Vec<(String, String)> =
            (0..counts.len()).map(|number| (format!("e.{number}"), format!("GET /e/{number}"))).collect();
        let endpoints = Endpoints::of_texts(&texts);
        let Ok(mix) = Mix::new(1_783_155_600, counts.clone()) else { return Ok(()) };
        let script = Script::of(&mix, &endpoints, times, "a test");
        prop_assert!(script.to_fill_in.is_empty());
        let folder = Folder::with(&[("profile.ts", &script.text)]);
        let inspected = folder.run(["inspect", "--json", "profile.ts"]).expect(0);
        let json: Value = serde_json::from_str(&inspected.out).unwrap();
        let scenarios = json["scenarios"].as_object().unwrap();
        prop_assert_eq!(scenarios.len(), script.endpoints.len());
        for (number, counts) in counts.iter().enumerate().filter(|(_, counts)| counts.iter().any(|count| *count > 0.0)) {
            let plan = plan(&scenarios[&format!("e_{number}")]);
            let (theirs, ours) = (by_the_documentation(&plan, mix.minutes()), by_the_engine(&plan, mix.minutes()));
            for ((count, theirs), ours) in counts.iter().zip(theirs).zip(ours) {
                let wanted = count * times;
                prop_assert!((theirs - wanted).abs() <= 0.02 * wanted, "{theirs} for {wanted}");
                // Whole requests: one may be carried into the next minute.
                prop_assert!((ours - wanted).abs() <= 1.0 + 0.02 * wanted, "{ours} for {wanted}");
            }
            prop_assert!(plan.pre_allocated_vus <= plan.max_vus);
        }
    }
}

/// Two minutes: 1,200 and 600 requests of `home`, half as many items, some logins, and a path that nobody named.
fn log() -> String {
    let mut log = String::new();
    for (minute, number) in [(0, 1_200), (1, 600)] {
        for request in 0..number {
            let second = request * 60 / number;
            let mut line = |what: &str| {
                let _ = writeln!(
                    log,
                    "::1 - - [04/Jul/2026:09:{minute:02}:{second:02} +0000] \"{what} HTTP/1.1\" 200 5 \"-\" \"x\""
                );
            };
            line("GET /?page=1");
            if request % 2 == 0 {
                line(&format!("GET /item/{request}"));
            }
            if request % 10 == 0 {
                line("POST /login");
            }
            if request % 100 == 0 {
                line("GET /favicon.ico");
            }
        }
    }
    log
}

/// However wide it was.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn requests(run: &Run, name: &str) -> f64 {
    let metric = run.schema().find("http_reqs").unwrap();
    let series =
        run.series().filter(|(series, tags, _)| series.metric == metric && tags.get("name") == Some(name));
    series.filter_map(|(_, _, sink)| sink.as_counter()).map(|counter| counter.sum).sum()
}

#[test]
fn a_log_becomes_a_load_test() {
    let folder = Folder::with(&[("loadline.toml", PROJECT), ("access.log", &log())]);
    let profile = |more: &[&str]| folder.run(["watch", "--profile"].iter().chain(more));
    let written = profile(&["peak.ts", "--traffic", "access.log", "--times", "1.5"]).expect(0);
    let text = one_line(&written.out);
    for wanted in [
        "fill in before it runs: `id` in the path of item, a body for auth.login",
        "nobody asked for never",
        "18 of 2,898 requests are of no endpoint of the project and left out, `GET /favicon.ico` first",
        "`peak.ts` has 3 scenarios of 2 minutes, 1.5 times what production had",
        "home 2,700 up to 30/s",
    ] {
        assert!(text.contains(wanted), "{wanted}\n{text}");
    }
    // What may have been filled in is not written over.
    let again = profile(&["peak.ts", "--traffic", "access.log"]).expect(2);
    assert!(again.err.contains("cannot write `peak.ts`: it is there already"), "{}", again.err);

    let server = nginx();
    let run = || {
        let always = ["run", "peak.ts", "--no-history", "--out", "run=peak.run", "-e", "MINUTE_S=2", "-e"];
        folder.run(always.into_iter().map(str::to_owned).chain([format!("BASE_URL={}", server.url)]))
    };
    let open = run();
    assert_ne!(open.code, Some(0), "{}", open.out);
    assert!(
        one_line(&open.err)
            .contains("fill in first, in this file: a body for auth.login, id in the path of item"),
        "{}",
        open.err
    );
    let filled = folder
        .read("peak.ts")
        .replace("\"auth.login\": null", "\"auth.login\": JSON.stringify({ user: \"a\" })")
        .replace("{ \"id\": null }", "{ \"id\": () => String(Math.floor(Math.random() * 100)) }");
    folder.write("peak.ts", &filled);
    run().expect(0);
    let (run, _) = read_run(std::fs::File::open(folder.path("peak.run")).unwrap()).unwrap();
    // Thirty a second for two seconds and fifteen for two, of which each minute here is.
    for (name, wanted) in [("home", 90.0), ("item", 45.0), ("auth.login", 9.0)] {
        let found = requests(&run, name);
        assert!((found - wanted).abs() <= 1.0 + 0.02 * wanted, "{name}: {found} for {wanted}");
    }

    let json: Value = serde_json::from_str(
        &profile(&["a.ts", "--traffic", "access.log", "--over", "1m", "--at", "peak", "--json"])
            .expect(0)
            .out,
    )
    .unwrap();
    assert_eq!(json["from"], "2026-07-04T09:00:00Z");
    assert_eq!(json["endpoints"][0]["requests"], 1200.0);
    let last: Value = serde_json::from_str(
        &profile(&["b.ts", "--traffic", "access.log", "--over", "1m", "--json"]).expect(0).out,
    )
    .unwrap();
    assert_eq!(
        (&last["from"], &last["endpoints"][0]["requests"]),
        (&"2026-07-04T09:01:00Z".into(), &600.0.into())
    );
}

#[test]
fn counters_become_a_load_test() {
    let folder = Folder::new();
    // Ten requests in a quarter of a minute, thirty in the second half hour.
    let start = 1_783_155_600_u64;
    let (mut text, mut count) = ("# TYPE api_request_duration_ms histogram\n".to_owned(), 0);
    for second in (15..=3600).step_by(15) {
        count += if second > 1800 { 30 } else { 10 };
        let labels = "endpoint=\"home\",status=\"200\"";
        writeln!(text, "api_request_duration_ms_bucket{{{labels},le=\"+Inf\"}} {count} {}", start + second)
            .unwrap();
        writeln!(text, "api_request_duration_ms_count{{{labels}}} {count} {}", start + second).unwrap();
    }
    let prometheus = Prometheus::start(&folder, &(text + "# EOF\n"));
    folder.write("loadline.toml", PROJECT);
    let profile = |file: &str, at: &str, code| {
        let all = [
            "watch",
            "--prometheus",
            &prometheus.url,
            "--json",
            "--over",
            "20m",
            "--at",
            at,
            "--profile",
            file,
        ];
        let ended = folder.run(all).expect(code);
        if code == 0 { serde_json::from_str(&ended.out).unwrap() } else { Value::from(ended.err) }
    };
    let json = profile("hour.ts", "2026-07-04T10:00:00Z", 0);
    let requests = json["endpoints"][0]["requests"].as_f64().unwrap();
    assert!((requests / 2_400.0 - 1.0).abs() < 0.02, "{json}");
    assert_eq!(json["endpoints"].as_array().unwrap().len(), 1);
    let inspected = folder.run(["inspect", "--json", "hour.ts"]).expect(0);
    let inspected: Value = serde_json::from_str(&inspected.out).unwrap();
    let minutes = by_the_documentation(&plan(&inspected["scenarios"]["home"]), 20);
    assert!(minutes.iter().all(|count| (count / 120.0 - 1.0).abs() < 0.02), "{minutes:?}");
    // Far from anything that is known.
    let nothing = profile("none.ts", "2026-07-03T10:00:00Z", 3);
    assert!(
        nothing.as_str().unwrap().contains("there are no requests of the project's endpoints"),
        "{nothing}"
    );
    assert!(!folder.path("none.ts").exists());
}

#[test]
fn what_cannot_be_written_is_said() {
    let folder = Folder::with(&[("loadline.toml", PROJECT), ("text", "one\ntwo\n"), ("empty.toml", "")]);
    let said = |arguments: &[&str], code| folder.run(["watch"].iter().chain(arguments)).expect(code).err;
    assert!(said(&["--profile", "x.ts"], 2).contains("there is no traffic to write"));
    assert!(said(&["--profile", "x.ts", "--traffic", "text"], 2).contains("it is no access log"));
    assert!(said(&["--profile", "x.ts", "--traffic", "none"], 2).contains("it cannot be read"));
    assert!(said(&["--profile", "x.ts", "--traffic", "text", "--times", "0"], 2).contains("above 0"));
    assert!(
        said(&["--profile", "x.ts", "--traffic", "text", "--over", "30s"], 2)
            .contains("shorter than a minute")
    );
    assert!(
        said(&["--profile", "x.ts", "--traffic", "text", "--project", "empty.toml"], 2)
            .contains("no `[endpoints]`")
    );
    let url = format!("http://127.0.0.1:{}", free_port());
    assert!(said(&["--profile", "x.ts", "--prometheus", &url], 3).contains("cannot ask"));
    assert!(
        said(&["--canary", "version=2", "--at", "peak", "--prometheus", &url], 2)
            .contains("`--at peak` is for `--profile`")
    );
    assert!(!folder.path("x.ts").exists());
}
