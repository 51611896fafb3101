//! What each tier says, and which of them wins.

use std::time::Duration;

use loadline_load::{Executor, RampingVus, Stage};
use serde_json::{Value, json};

use super::support::*;

#[test]
fn short_forms_stand_for_one_scenario() {
    let table = [
        (json!({}), json!({ "executor": "per-vu-iterations", "vus": 1, "iterations": 1 })),
        (
            json!({ "vus": 5, "duration": "30s" }),
            json!({ "executor": "constant-vus", "vus": 5, "duration": "30s" }),
        ),
        (json!({ "duration": 1500 }), json!({ "executor": "constant-vus", "vus": 1, "duration": "1s500ms" })),
        (
            json!({ "vus": "5", "iterations": 10.0 }),
            json!({ "executor": "shared-iterations", "vus": 5, "iterations": 10 }),
        ),
        (
            json!({ "iterations": 10, "duration": "1m" }),
            json!({ "executor": "shared-iterations", "vus": 1, "iterations": 10, "maxDuration": "1m" }),
        ),
        (
            json!({ "stages": [{ "duration": "10s", "target": 5 }] }),
            json!({ "executor": "ramping-vus", "startVUs": 1, "stages": [{ "duration": "10s", "target": 5 }] }),
        ),
        (
            json!({ "vus": 3, "stages": [{ "duration": "10s", "target": 5 }] }),
            json!({ "executor": "ramping-vus", "startVUs": 3, "stages": [{ "duration": "10s", "target": 5 }] }),
        ),
    ];
    for (options, expected) in table {
        assert_eq!(scenarios(&[script(&options)]), json!({ "default": expected }), "{options}");
    }
}

#[test]
fn the_storys_stages() {
    let options = json!({ "stages": [
        { "duration": "2m", "target": 50 }, { "duration": "5m", "target": 100 }, { "duration": "10m", "target": 500 },
        { "duration": "5m", "target": 500 }, { "duration": "2m", "target": 0 },
    ] });
    let plan = merged(&[script(&options)]).plan;
    let Executor::RampingVus(RampingVus { stages, start_vus, .. }) = &plan.scenarios[0].executor else {
        panic!("{plan:?}")
    };
    assert_eq!((plan.scenarios.len(), *start_vus, stages.len()), (1, 1, 5));
    assert_eq!(stages[2], Stage { duration: Duration::from_mins(10), target: 500 });
}

#[test]
fn every_executor_with_all_and_with_few_options() {
    let all = json!({ "scenarios": {
        "a": { "executor": "shared-iterations", "vus": 2, "iterations": 4, "maxDuration": "1m", "startTime": "5s",
               "gracefulStop": "1s", "exec": "search", "env": { "A": "1", "B": 2 }, "tags": { "t": "x" } },
        "b": { "executor": "per-vu-iterations", "vus": 2, "iterations": 4 },
        "c": { "executor": "constant-vus", "vus": 2, "duration": "1m" },
        "d": { "executor": "ramping-vus", "startVUs": 0, "stages": [{ "duration": "1m", "target": 1 }], "gracefulRampDown": "0s" },
        "e": { "executor": "constant-arrival-rate", "rate": 10, "timeUnit": "1m", "duration": "1m", "preAllocatedVUs": 1, "maxVUs": 9 },
        "f": { "executor": "ramping-arrival-rate", "startRate": 5, "stages": [{ "duration": "1m", "target": 1 }], "preAllocatedVUs": 3 },
    } });
    let expected = json!({
        "a": { "executor": "shared-iterations", "vus": 2, "iterations": 4, "maxDuration": "1m", "startTime": "5s",
               "gracefulStop": "1s", "exec": "search", "env": { "A": "1", "B": "2" }, "tags": { "t": "x" } },
        "b": { "executor": "per-vu-iterations", "vus": 2, "iterations": 4 },
        "c": { "executor": "constant-vus", "vus": 2, "duration": "1m" },
        "d": { "executor": "ramping-vus", "startVUs": 0, "stages": [{ "duration": "1m", "target": 1 }], "gracefulRampDown": "0s" },
        "e": { "executor": "constant-arrival-rate", "rate": 10, "timeUnit": "1m", "duration": "1m", "preAllocatedVUs": 1, "maxVUs": 9 },
        "f": { "executor": "ramping-arrival-rate", "startRate": 5, "stages": [{ "duration": "1m", "target": 1 }], "preAllocatedVUs": 3, "maxVUs": 3 },
    });
    assert_eq!(scenarios(&[script(&all)]), expected);
    // What is written reads back as the same.
    let settled = merged(&[script(&all)]);
    let again = merged(&[script(&settled.options.to_json())]);
    assert_eq!((again.plan, again.warnings), (settled.plan, vec![]));
}

#[test]
fn higher_tiers_win_option_by_option() {
    let tiers = [
        File(json!({ "vus": 1, "batch": 1, "userAgent": "file", "throw": true })),
        script(&json!({ "duration": "10s", "vus": 2, "batch": 2, "userAgent": "script", "rps": null })),
        Environment(&[
            ("K6_VUS", "3"),
            ("K6_BATCH", "3"),
            ("LOADLINE_BATCH", "4"),
            ("K6_USER_AGENT", ""),
            ("K6_CLOUD_TOKEN", "x"),
        ]),
        Flags(&[("vus", "5")]),
    ];
    let options = merged(&tiers).options;
    assert_eq!(
        (options.vus, options.batch, options.user_agent.as_deref()),
        (Some(5), Some(4), Some("script"))
    );
    assert_eq!((options.throw, options.max_redirects, options.rps), (Some(true), Some(10), None));
}

#[test]
fn what_runs_is_replaced_as_a_whole() {
    let file = File(json!({ "scenarios": { "a": { "executor": "constant-vus", "duration": "1s" } } }));
    let table = [
        (vec![file.clone()], "a", "constant-vus"),
        (vec![file.clone(), script(&json!({ "iterations": 1 }))], "default", "shared-iterations"),
        (
            vec![
                file.clone(),
                script(&json!({ "stages": [{ "duration": "1s", "target": 1 }] })),
                Flags(&[("duration", "5s")]),
            ],
            "default",
            "constant-vus",
        ),
        (
            vec![script(&json!({ "duration": "1s" })), Environment(&[("K6_STAGES", "10s:5, 1m:10")])],
            "default",
            "ramping-vus",
        ),
        (vec![script(&json!({ "vus": 3 })), file], "default", "per-vu-iterations"),
        // A tier that says nothing of it leaves it alone.
        (vec![script(&json!({ "duration": "1s" })), Flags(&[("vus", "5")])], "default", "constant-vus"),
    ];
    for (tiers, name, executor) in table {
        assert_eq!(scenarios(&tiers)[name]["executor"], executor, "{tiers:?}");
    }
}

#[test]
fn names_are_read_in_any_case() {
    let spelt = |change: fn(&str) -> String| {
        let rename = |value: &Value| -> Value {
            value.as_object().unwrap().iter().map(|(name, value)| (change(name), value.clone())).collect()
        };
        let scenario = json!({ "executor": "ramping-arrival-rate", "startRate": 5, "timeUnit": "1m", "preAllocatedVUs": 3,
            "maxVUs": 9, "startTime": "1s", "gracefulStop": "2s", "exec": "pay",
            "stages": [rename(&json!({ "duration": "1m", "target": 1 }))] });
        let mut all = merged(&[]).options.to_json();
        all["scenarios"] = json!({ "aB": rename(&scenario) });
        all["thresholds"] =
            json!({ "checks": [rename(&json!({ "threshold": "rate>0.9", "abortOnFail": true }))] });
        all["tags"] = json!({ "Team": "search" });
        all["noConnectionReuse"] = json!(true);
        merged(&[script(&rename(&all))])
    };
    let usual = spelt(str::to_owned);
    assert_eq!(usual.warnings, [] as [String; 0]);
    for change in [str::to_lowercase, str::to_uppercase, |name: &str| name[..1].to_uppercase() + &name[1..]] {
        assert_eq!(spelt(change), usual);
    }
    problems(
        &[script(&json!({ "thresholds": {}, "Thresholds": {}, "scenarios": { "a": {
            "executor": "constant-vus", "duration": "1s", "vus": 1, "VUs": 2 } } }))],
        "`Thresholds` is written twice: `thresholds` is the same option, as case does not matter
         --> script main.ts

         error: `scenarios.a.VUs` is written twice: `vus` is the same option, as case does not matter
         --> script main.ts",
    );
}

#[test]
fn vus_alone_make_one_iteration_each() {
    let table = [
        (vec![script(&json!({ "vus": 50 }))], 50),
        (vec![Flags(&[("vus", "4")])], 4),
        (vec![script(&json!({ "vus": 3, "stages": [] }))], 3),
        (vec![script(&json!({ "duration": "1s" })), Environment(&[("K6_VUS", "2")]), File(json!({}))], 0),
        // `vus` of a higher tier is a short form, too.
        (
            vec![
                script(&json!({ "scenarios": { "a": { "executor": "constant-vus", "duration": "1s" } } })),
                Flags(&[("vus", "4")]),
            ],
            4,
        ),
    ];
    for (tiers, vus) in table {
        let expected = match vus {
            0 => json!({ "executor": "constant-vus", "vus": 2, "duration": "1s" }),
            vus => json!({ "executor": "per-vu-iterations", "vus": vus, "iterations": 1 }),
        };
        assert_eq!(scenarios(&tiers), json!({ "default": expected }), "{tiers:?}");
    }
    // In the same tier as scenarios, it says nothing.
    let both = json!({ "vus": 9, "scenarios": { "a": { "executor": "constant-vus", "duration": "1s" } } });
    assert!(merged(&[script(&both)]).warnings[0].starts_with("`vus` is ignored"));
}

#[test]
fn empty_stages_are_none() {
    let table = [
        (json!({ "stages": [] }), "per-vu-iterations", 1),
        (json!({ "stages": [], "duration": "1s" }), "constant-vus", 0),
        (json!({ "stages": [], "iterations": 2 }), "shared-iterations", 0),
    ];
    for (options, executor, warnings) in table {
        let settled =
            merged(&[File(json!({ "stages": [{ "duration": "1m", "target": 9 }] })), script(&options)]);
        assert_eq!(scenarios(&[script(&options)])["default"]["executor"], executor, "{options}");
        assert_eq!((settled.plan.scenarios.len(), settled.warnings.len()), (1, warnings), "{options}");
    }
}

#[test]
fn what_replaces_scenarios_is_told() {
    let two = script(&json!({ "scenarios": {
        "a": { "executor": "constant-vus", "duration": "1s" }, "b": { "executor": "constant-vus", "duration": "1s" },
    } }));
    for (flag, value) in [("iterations", "1"), ("duration", "1s"), ("stages", "1s:1"), ("vus", "2")] {
        let flags: &'static [(&str, &str)] = Box::leak(Box::new([(flag, value)]));
        let settled = merged(&[two.clone(), Flags(flags)]);
        assert_eq!(
            settled.warnings,
            [format!(
                "`{flag}` replaces the scenarios `a`, `b`: what runs is one scenario, `default`\n  --> command line\nhint: leave it out to run the scenarios"
            )]
        );
        assert_eq!(settled.plan.scenarios.len(), 1);
    }
    assert_eq!(merged(&[two]).warnings, [] as [String; 0]);
}

#[test]
fn a_realm_has_somebody_in_it() {
    problems(
        &[Flags(&[("vusPerRealm", "0")])],
        "`vusPerRealm` is 0, but a realm has at least one user
         --> command line
         hint: leave it out for as many as the script allows",
    );
}

#[test]
fn phases_have_time() {
    problems(
        &[script(&json!({ "setupTimeout": 0 })), Environment(&[("K6_TEARDOWN_TIMEOUT", "0s")])],
        "`setupTimeout` is `0s`, but takes a duration above zero
         --> script main.ts

         error: `teardownTimeout` is `0s`, but takes a duration above zero
         --> environment",
    );
}
