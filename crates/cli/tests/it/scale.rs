//! `loadline scale`: policies over days, changes of them, sweeps, and what is wrong with what was typed.

use std::collections::BTreeMap;

use rustix::process::Signal;

use crate::support::{Folder, Talking};

const MANIFESTS: &str = r#"
apiVersion: apps/v1
kind: Deployment
metadata: {name: search}
spec:
  template:
    spec:
      containers:
        - {name: search, resources: {requests: {cpu: "2"}}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: search}
spec:
  scaleTargetRef: {kind: Deployment, name: search}
  minReplicas: 2
  maxReplicas: 12
  metrics:
    - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 60}}}
"#;

/// Ten minutes: quiet, a rise within a minute, and quiet again.
const TRAFFIC: &str = "time,rate\n08:55,20\n08:58,20\n08:59,120\n09:01,120\n09:02,20\n09:05,20\n";

const SERVICE: [&str; 6] = ["--traffic", "traffic.csv", "--service", "80ms", "--concurrency", "2"];

fn folder() -> Folder {
    Folder::with(&[("hpa.yaml", MANIFESTS), ("traffic.csv", TRAFFIC)])
}

fn with<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    ["scale", "simulate"].into_iter().chain(arguments.iter().copied()).chain(SERVICE).collect()
}

#[test]
fn a_policy_has_its_way_and_is_judged() {
    let folder = folder();
    let kept = folder.run(with(&["hpa.yaml", "--budget", "p95=20s", "-o", "day.run"])).expect(0);
    for wanted in
        ["HorizontalPodAutoscaler/search (hpa.yaml:11)", "cpu at", "target 60 %", "it keeps the budgets, for"]
    {
        assert!(kept.out.contains(wanted), "{wanted}: {}", kept.out);
    }
    let broken =
        folder.run(with(&["hpa.yaml", "--budget", "p95=100ms", "--over", "30s", "--json"])).expect(1);
    let json: serde_json::Value = serde_json::from_str(&broken.out).unwrap();
    assert_eq!(json["passes"], false);
    assert!(json["answer"].as_str().unwrap().contains("it breaks response_time p95"), "{}", json["answer"]);
    assert!(json["changes"][0]["why"].as_str().unwrap().starts_with("cpu at"), "{}", json["changes"]);
    assert!(json["replica_hours"].as_f64().unwrap() > 0.3);

    // It is a Run like any other: its requests come again, and it is drawn.
    let again = [
        "scale",
        "simulate",
        "hpa.yaml",
        "--traffic",
        "day.run",
        "--service",
        "80ms",
        "--budget",
        "errors=0%",
    ];
    folder.run(again).expect(0);
    folder.run(["report", "day.run", "-o", "day.html"]).expect(0);
    assert!(folder.read("day.html").contains("replicas_wanted"));
}

#[test]
fn a_change_is_held_against_what_was_before() {
    let folder = folder();
    folder.write(
        "changed.yaml",
        &MANIFESTS
            .replace("averageUtilization: 60", "averageUtilization: 95")
            .replace("maxReplicas: 12", "maxReplicas: 3"),
    );
    let check = |budget: &str| {
        let sides = [
            "scale",
            "check",
            "--before",
            "hpa.yaml",
            "--after",
            "changed.yaml",
            "--markdown",
            "change.md",
            "--junit",
            "change.xml",
        ];
        folder.run(sides.into_iter().chain(["--budget", budget, "--over", "1m"]).chain(SERVICE))
    };
    let kept = check("errors=0%").expect(0);
    assert!(
        kept.out.contains("the change saves") && kept.out.contains("it keeps the budgets"),
        "{}",
        kept.out
    );
    let broken = check("p95=1s").expect(1);
    assert!(
        broken.out.contains("it breaks response_time p95") && broken.out.contains("from 08:5"),
        "{}",
        broken.out
    );
    assert!(
        folder.read("change.md").contains("| worst minute's p95 |")
            && folder.read("change.xml").contains("<failure")
    );
}

#[test]
fn a_sweep_says_of_each_policy_what_it_says_of_it_alone() {
    let folder = folder();
    // At some of these maxima the rush is held, above others none is ever wanted.
    let common = ["hpa.yaml", "--budget", "p95=300ms", "--json", "--sweep", "target=50,80", "--sweep"];
    let policies = |maxima: &str| {
        let max = format!("max={maxima}");
        let swept = folder.run(with(&[&common[..], &[&max]].concat()));
        let swept: serde_json::Value = serde_json::from_str(&swept.out).unwrap();
        let policies = swept["policies"].as_array().unwrap().clone();
        policies.into_iter().map(|policy| (policy["policy"].as_str().unwrap().to_owned(), policy))
    };
    let maxima = ["2", "3", "6", "9", "40"];
    let together: BTreeMap<String, serde_json::Value> = policies(&maxima.join(",")).collect();
    assert_eq!(together.len(), 10);
    let held = together.values().filter(|policy| policy["remarks"].to_string().contains("maxReplicas"));
    assert!((1..10).contains(&held.count()), "{together:?}");
    // Which of them are judged second by second depends on the others.
    let closely = |policy: &serde_json::Value| policy["judged_second_by_second"].as_bool().unwrap();
    let alone = maxima.iter().flat_map(|max| policies(max));
    let alone: Vec<_> = alone.filter(|(name, alone)| closely(&together[name]) == closely(alone)).collect();
    assert!(alone.len() > 4, "{alone:?}");
    for (name, alone) in alone {
        assert_eq!(together[&name], alone);
    }
}

#[test]
fn a_sweep_names_the_cheapest_that_keeps_the_budgets() {
    let folder = folder();
    let sweep = ["hpa.yaml", "--budget", "errors=0%", "--sweep", "target=50..90:20", "--sweep", "min=1,2"];
    let ended = folder.run(with(&[&sweep[..], &["--svg", "costs.svg"]].concat())).expect(0);
    let answer = "of 6 policies target=90 min=1 is the cheapest that keeps the budgets";
    assert!(ended.out.contains(answer), "{}", ended.out);
    // All of them are in the picture, which is written over one of its kind alone.
    assert!(ended.err.contains("costs.svg written, "), "{}", ended.err);
    let picture = folder.read("costs.svg");
    assert!(picture.contains(answer) && picture.contains("target=90 min=1</text>"), "{picture}");
    folder.write("notes.svg", "<svg>mine</svg>");
    let refused = folder.run(with(&[&sweep[..], &["--svg", "notes.svg"]].concat())).expect(4);
    assert!(refused.err.contains("notes.svg") && refused.out.is_empty(), "{}", refused.err);
    assert_eq!(folder.read("notes.svg"), "<svg>mine</svg>");
    // Its Run is there, and simulating the chosen one alone says the same of it.
    let varied = ["hpa.yaml", "--budget", "p95=20s", "--over", "1m", "--json"];
    let swept = folder.run(with(&[&varied[..], &["--sweep", "target=40,60,80", "-o", "best.run"]].concat()));
    let swept: serde_json::Value = serde_json::from_str(&swept.expect(0).out).unwrap();
    let best = swept["best"].as_str().unwrap().strip_prefix("target=").unwrap();
    let alone = folder.run(with(&[&varied[..], &["--target", best]].concat())).expect(0);
    let alone: serde_json::Value = serde_json::from_str(&alone.out).unwrap();
    let of = |policy: &serde_json::Value| policy["policy"] == swept["best"];
    let chosen = swept["policies"].as_array().unwrap().iter().find(|policy| of(policy)).unwrap();
    for same in ["replica_hours", "most_replicas", "verdicts", "lost"] {
        assert_eq!(chosen[same], alone[same], "{same}");
    }
    assert_eq!(chosen["judged_second_by_second"], true);
    folder.run(["report", "best.run", "-o", "best.html"]).expect(0);
    let none = folder.run(with(&["hpa.yaml", "--budget", "p95=1ms", "--sweep", "min=1,2"])).expect(1);
    assert!(none.out.contains("none of 2 policies keeps the budgets"), "{}", none.out);
}

#[test]
fn what_is_wrong_is_said_and_ends_in_2() {
    let folder = folder();
    folder.write("twice.yaml", &format!("{MANIFESTS}---{}", MANIFESTS.split("---").nth(1).unwrap()));
    folder.write("zero.yaml", &MANIFESTS.replace("averageUtilization: 60", "averageUtilization: 0"));
    folder.write("broken.yaml", &MANIFESTS.replace("maxReplicas: 12", "maxReplicas: twelve"));
    folder.write("gap.csv", "0,1\n60,1\n120,1\n4000,1\n");
    folder.write("negative.csv", "0,1\n60,-1\n");
    let check = |arguments: &[&str], wanted: &str| {
        let ended = folder.run(["scale", "simulate"].iter().chain(arguments)).expect(2);
        assert!(ended.err.contains(wanted), "{wanted}: {}", ended.err);
        assert_eq!(ended.out, "");
    };
    check(
        &["hpa.yaml", "--min", "20", "--rate", "5/s", "--service", "80ms"],
        "minReplicas 20 is above maxReplicas 12",
    );
    check(&["zero.yaml", "--rate", "5/s", "--service", "80ms"], "has the target 0");
    check(&["broken.yaml", "--rate", "5/s", "--service", "80ms"], "broken.yaml:17");
    check(&["twice.yaml", "--rate", "5/s", "--service", "80ms"], "both scale Deployment/search");
    check(&["nowhere.yaml", "--rate", "5/s", "--service", "80ms"], "cannot read the manifest `nowhere.yaml`");
    check(&["hpa.yaml", "--traffic", "gap.csv", "--service", "80ms"], "are missing before it");
    check(&["hpa.yaml", "--traffic", "negative.csv", "--service", "80ms"], "line 2: -1 requests per second");
    check(&["hpa.yaml", "--service", "80ms"], "there is no traffic");
    check(&["hpa.yaml", "--rate", "5/s", "--service", "0s"], "a service time has a mean above zero");
    check(&["--rate", "5/s", "--service", "80ms"], "there is no policy");
    check(&["hpa.yaml", "--rate", "5/s"], "nothing says how long a request takes");
    // A file that is not there comes before all that is missing beside it.
    check(&["nowhere.yaml"], "cannot read the manifest `nowhere.yaml`");
    for words in
        [&["manifests", "nowhere.yaml"][..], &["check", "--before", "hpa.yaml", "--after", "nowhere.yaml"]]
    {
        let ended = folder.run(["scale"].iter().chain(words)).expect(2);
        assert!(ended.err.contains("cannot read the manifest `nowhere.yaml`"), "{}", ended.err);
    }
    check(&["hpa.yaml", "--rate", "5/s", "--service", "80ms", "--kubernetes", "1.12"], "1.12");
    check(
        &["hpa.yaml", "--rate", "5/s", "--service", "80ms", "--sweep", "colour=1"],
        "`colour` cannot be varied",
    );
    check(&["hpa.yaml", "--rate", "5/s", "--service", "80ms", "--outage", "5m..1m"], "ends before it begins");
}

#[test]
fn what_does_not_go_together_is_said_before_anything_is_simulated() {
    let folder = folder();
    let said = |file: &str, manifests: &str, more: &[&str], code: i32| {
        folder.write(file, manifests);
        folder.run(with(&[&[file, "--budget", "p95=1h"], more].concat())).expect(code).err
    };
    let check = |said: &str, wanted: &[&str]| {
        assert!(wanted.iter().all(|wanted| said.contains(wanted)), "{wanted:?}: {said}");
    };
    // 120 a second come, and a replica answers 25.
    check(
        &said("small.yaml", &MANIFESTS.replace("maxReplicas: 12", "maxReplicas: 3"), &[], 0),
        &[
            "maxReplicas is too low for this load: 3 replicas answer 75/s at most, and up to 120/s come: from 08:5",
        ],
    );
    check(
        &said("slow.yaml", MANIFESTS, &["--start", "3m"], 0),
        &["the load rises faster than replicas come, of which each takes 185 s", "requests wait, for up to"],
    );
    let none = said("enough.yaml", MANIFESTS, &["--min", "8"], 0);
    assert!(!none.contains("come"), "{none}");
    let request = "resources: {requests: {cpu: \"2\"}}";
    let without = MANIFESTS.replace(request, "image: x");
    check(
        &said("bare.yaml", &without, &[], 2),
        &["the container `search` requests none: in a cluster it would never scale", "--cpu-request"],
    );
    said("typed.yaml", &without, &["--cpu-request", "2"], 0);
    let other = MANIFESTS.replacen("metadata: {name: search}", "metadata: {name: cart}", 1);
    check(&said("other.yaml", &other, &[], 0), &["Deployment/search, which", "is in none of the manifests"]);
    let short =
        MANIFESTS.replace("      containers:", "      terminationGracePeriodSeconds: 5\n      containers:");
    let short =
        short.replace(request, &format!("{request}, lifecycle: {{preStop: {{sleep: {{seconds: 10}}}}}}"));
    check(&said("short.yaml", &short, &[], 0), &["waits 10 s in its `preStop`, and is cut off after 5 s"]);
}

#[test]
fn models_are_fitted_to_runs_at_several_loads() {
    let folder = folder();
    let runs: Vec<String> = [10, 20, 30, 40, 44]
        .into_iter()
        .map(|rate| {
            let (traffic, run) = (format!("{rate}.csv"), format!("{rate}.run"));
            std::fs::write(folder.path(&traffic), format!("time,rate\n09:00,{rate}\n09:20,{rate}\n"))
                .unwrap();
            let words =
                "scale simulate --target 60 --cpu-request 1 --min 1 --max 1 --service 40ms --concurrency 2";
            let rest = ["--traffic", &traffic, "--budget", "p95=1h", "-o", &run];
            folder.run(words.split_whitespace().chain(rest)).expect(0);
            run
        })
        .collect();
    let fit = |names: &[&str]| folder.run(["scale", "fit"].iter().chain(names));
    let names: Vec<&str> = runs.iter().map(String::as_str).collect();
    let told = fit(&names).expect(0);
    // Two workers of 40 ms each carry 50/s.
    for wanted in ["requests/s", "as a queue: ", "by the Universal Scalability Law: ", "twice the servers"] {
        assert!(told.out.contains(wanted), "{wanted}: {}", told.out);
    }
    let json = fit(&[&["--json"], &names[..]].concat()).expect(0);
    let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    let most = json["queue"]["most_per_s"].as_f64().unwrap();
    assert!((45.0..60.0).contains(&most), "{json:#}");
    assert_eq!(json["loads"].as_array().unwrap().len(), 5);

    // They are a service model, which is believed as far as they go.
    let simulate = |rate: &str, names: &[&str]| {
        let words =
            "scale simulate --target 60 --cpu-request 1 --min 1 --max 1 --budget p95=1h --for 10m --rate";
        let models = names.iter().flat_map(|name| ["--service-model", name]);
        folder.run(words.split_whitespace().chain([rate]).chain(models))
    };
    let within = simulate("20/s", &names).expect(0);
    assert!(!within.out.contains("is a guess"), "{}", within.out);
    let beyond = simulate("60/s", &names).expect(0);
    let said = beyond.out.split_once("the service was measured up to ").expect(&beyond.out).1;
    let (rate, _) = said.split_once("/s only").unwrap();
    assert!((40.0..48.0).contains(&rate.parse().unwrap()), "{}", beyond.out);
    let one = simulate("20/s", &names[..1]).expect(2);
    assert!(one.err.contains("no model follows from what was measured"), "{}", one.err);

    // Replicas that share nothing.
    let many: Vec<String> = [1, 2, 3, 4]
        .map(|replicas| {
            let (run, many) = (format!("{replicas}-replicas.run"), replicas.to_string());
            let words = "scale simulate --target 60 --cpu-request 1 --service 40ms --concurrency 2 --for 10m --rate 250/s";
            let rest = ["--min", &many, "--max", &many, "--budget", "p95=20h", "-o", &run];
            folder.run(words.split_whitespace().chain(rest)).expect(0);
            run
        })
        .to_vec();
    let of = |replicas: &str, runs: &[String]| {
        let words = ["scale", "fit", "--replicas", replicas];
        folder.run(words.into_iter().chain(runs.iter().map(String::as_str)))
    };
    let told = of("1,2,3,4", &many).expect(0);
    assert!(
        told.out.contains("8 replicas would carry") && told.out.contains("times what 4 carry"),
        "{}",
        told.out
    );
    assert!(told.err.contains("is no search"), "{}", told.err);
    let three = of("1,2,3", &many[..3]).expect(0);
    assert!(three.out.contains("the data can't tell what more replicas give"), "{}", three.out);
    let short = of("1,2", &many).expect(2);
    assert!(short.err.contains("2 numbers and there are 4 runs"), "{}", short.err);
    of("0,1,2,3", &many).expect(2);

    // What no model follows from.
    let one = fit(&names[..1]).expect(2);
    assert!(one.err.contains("this run has 1 load"), "{}", one.err);
    let equal = fit(&[names[0], names[0], names[0]]).expect(2);
    assert!(equal.err.contains("these 3 runs have 1 load"), "{}", equal.err);
    let nothing = fit(&["none.run"]).expect(3);
    assert!(nothing.err.contains("none.run"), "{}", nothing.err);
}

#[test]
fn an_interrupt_ends_a_long_simulation_and_leaves_nothing() {
    let folder = folder();
    let words = "scale simulate hpa.yaml --rate 50000/s --for 20d --service 80ms --queue 9 --every-request -o day.run";
    let child = Talking::start(&mut folder.loadline(words.split_whitespace()));
    while !child.catches(Signal::INT) {
        std::thread::yield_now();
    }
    child.signal(Signal::INT);
    let ended = child.end().expect(105);
    assert!(ended.err.contains("stopped by a signal: nothing was written"), "{}", ended.err);
    let mut left: Vec<_> =
        std::fs::read_dir(folder.path(".")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["hpa.yaml", "traffic.csv"]);
}
