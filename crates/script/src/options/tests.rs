//! Options as tables: what was written in which tier, and what comes of it.

use std::time::Duration;

use loadline_client::{ClientConfig, DnsPolicy, DnsTtl, TlsVersion};
use loadline_load::{Executor, RampingVus, Stage};
use serde_json::{Value, json};

use super::{OptionsError, Settled, Tiers, settle};

/// One tier of a test.
#[derive(Clone, Debug)]
enum Tier {
    File(Value),
    Script(Value),
    Environment(&'static [(&'static str, &'static str)]),
    Flags(&'static [(&'static str, &'static str)]),
}
use Tier::{Environment, File, Flags, Script};

fn settled(tiers: &[Tier]) -> Result<Settled, OptionsError> {
    let (mut file, mut script, mut environment, mut flags) = (None, None, Vec::new(), Vec::new());
    for tier in tiers {
        match tier {
            File(value) => file = Some(value.to_string()),
            Script(value) => script = Some(value.to_string()),
            Environment(all) => {
                environment =
                    all.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            }
            Flags(all) => flags = all.iter().map(|(name, value)| (*name, (*value).to_owned())).collect(),
        }
    }
    settle(&Tiers {
        config_file: file.as_deref().map(|text| ("loadline.json", text)),
        script: script.as_deref().map(|text| ("main.ts", text)),
        environment: &environment,
        flags: &flags,
    })
}

#[track_caller]
fn merged(tiers: &[Tier]) -> Settled {
    settled(tiers).unwrap_or_else(|error| panic!("{error}"))
}

fn script(options: &Value) -> Tier {
    Script(options.clone())
}

/// The scenarios as JSON, without the options that have their usual values.
#[track_caller]
fn scenarios(tiers: &[Tier]) -> Value {
    let mut scenarios = merged(tiers).options.to_json()["scenarios"].take();
    for scenario in scenarios.as_object_mut().unwrap().values_mut() {
        let usual = json!({
            "startTime": "0s", "gracefulStop": "30s", "exec": "default", "env": {}, "tags": {},
            "gracefulRampDown": "30s", "timeUnit": "1s", "maxDuration": "10m",
        });
        let entries = scenario.as_object_mut().unwrap();
        entries.retain(|name, value| usual.get(name) != Some(value));
    }
    scenarios
}

#[track_caller]
fn problems(tiers: &[Tier], expected: &str) {
    // One by one: together they are cut after the tenth.
    let each = |error: OptionsError| {
        let all: Vec<String> = error.problems.iter().map(ToString::to_string).collect();
        all.join("\n\nerror: ")
    };
    let found = settled(tiers).map_or_else(each, |_| "none".to_owned());
    let expected = expected.lines().map(str::trim_start).collect::<Vec<_>>().join("\n");
    let found = found.lines().map(str::trim_start).collect::<Vec<_>>().join("\n");
    assert_eq!(found, expected);
}

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
fn contradictions_in_one_tier() {
    problems(
        &[script(&json!({ "duration": "1s", "stages": [{ "duration": "1s", "target": 1 }] }))],
        "`duration` contradicts another option: `duration`, `stages` each say what runs
         --> script main.ts
         hint: keep one of them; only `iterations` and `duration` go together",
    );
    problems(
        &[
            script(&json!({ "duration": "1s" })),
            Environment(&[("K6_ITERATIONS", "1"), ("K6_STAGES", "1s:1")]),
        ],
        "`iterations` contradicts another option: `iterations`, `stages` each say what runs
         --> environment
         hint: keep one of them; only `iterations` and `duration` go together",
    );
}

#[test]
fn all_wrong_values_are_told_with_their_paths() {
    problems(
        &[
            script(&json!({
                "vus": -1, "duration": true, "batch": "many", "throw": 3, "hosts": [], "thresholds": { "checks": 5, "vus": [1] },
                "scenarios": {
                    "search": { "executor": "ramping-vus", "stages": [{ "duration": "1m", "target": 1 }, {}, { "duration": [], "target": 1.5 }] },
                    "pay": { "executor": "constant-arival-rate" },
                    "browse": { "executor": "constant-arrival-rate" },
                    "old": { "executor": "externally-controlled" },
                    "list": [], "nothing": {},
                },
                "summaryTrendStats": ["avg", "p(200)"], "summaryTimeUnit": "h", "dns": { "select": "best" },
                "tlsVersion": { "min": "tls1.3", "max": "tls1.2" }, "tlsAuth": [{ "cert": "x", "password": "p" }],
            })),
            Environment(&[("K6_DURATION", "10 parsecs")]),
            Flags(&[("stages", "10s")]),
        ],
        "`vus` is `-1`, but takes a whole number from 0
         --> script main.ts

         error: `duration` is `true`, but takes a duration such as `1m30s`, or a number of milliseconds
         --> script main.ts

         error: `batch` is `\"many\"`, but takes a whole number from 0
         --> script main.ts

         error: `throw` is `3`, but takes `true` or `false`
         --> script main.ts

         error: `hosts` is `[]`, but takes an object of texts
         --> script main.ts

         error: `thresholds[\"checks\"]` is `5`, but takes a list of conditions, such as `['p(95)<500']`
         --> script main.ts

         error: `thresholds[\"vus\"][0]` is `1`, but takes a condition such as `'p(95)<500'`, or `{ threshold, abortOnFail }`
         --> script main.ts

         error: `scenarios.search.stages[1].duration` is missing: it takes a duration such as `1m30s`, or a number of milliseconds
         --> script main.ts

         error: `scenarios.search.stages[1].target` is missing: it takes a whole number from 0
         --> script main.ts

         error: `scenarios.search.stages[2].duration` is `[]`, but takes a duration such as `1m30s`, or a number of milliseconds
         --> script main.ts

         error: `scenarios.search.stages[2].target` is `1.5`, but takes a whole number from 0
         --> script main.ts

         error: `scenarios.pay.executor` is `constant-arival-rate`, which is not an executor
         --> script main.ts
         hint: did you mean `constant-arrival-rate`?

         error: `scenarios.browse.rate` is missing: it takes a whole number from 0
         --> script main.ts

         error: `scenarios.browse.duration` is missing: it takes a duration such as `1m30s`, or a number of milliseconds
         --> script main.ts

         error: `scenarios.browse.preAllocatedVUs` is missing: it takes a whole number from 0
         --> script main.ts

         error: `scenarios.old.executor` is `externally-controlled`, which is not an executor
         --> script main.ts
         hint: it was removed from k6, too; use `ramping-vus`

         error: `scenarios.list` is `[]`, but takes an object with an `executor`
         --> script main.ts

         error: `scenarios.nothing.executor` is missing: it takes a text
         --> script main.ts

         error: `summaryTrendStats[1]` is `\"p(200)\"`, but takes `avg`, `min`, `med`, `max`, `count` or a percentile such as `p(95)`
         --> script main.ts

         error: `summaryTimeUnit` is `\"h\"`, but takes `s`, `ms` or `us`
         --> script main.ts

         error: `dns.select` is `\"best\"`, but takes one of `first`, `random`, `roundRobin`
         --> script main.ts

         error: `tlsVersion` has a `min` that is newer than its `max`
         --> script main.ts

         error: `tlsAuth[0].key` is missing: it takes a text
         --> script main.ts

         error: `tlsAuth[0].password` is set, but encrypted keys are not supported
         --> script main.ts
         hint: write the key without one: `openssl pkey -in key.pem -out plain.pem`

         error: `K6_DURATION` is `\"10 parsecs\"`, but takes a duration such as `1m30s`, or a number of milliseconds
         --> environment

         error: `--stage` is `\"10s\"`, but takes stages such as `30s:10,1m:50`
         --> command line",
    );
}

#[test]
fn a_plan_that_cannot_run_is_told_by_the_options_that_were_written() {
    problems(
        &[script(&json!({ "vus": 10 })), Flags(&[("iterations", "5")])],
        "`iterations` is wrong: `5` iterations are fewer than `10` VUs, so some VUs would have nothing to do; lower `vus` or raise `iterations`
         --> command line",
    );
    problems(
        &[script(&json!({ "scenarios": { "a b": { "executor": "constant-vus", "duration": 0 } } }))],
        "`scenarios.a b.name` is wrong: a name consists of letters, digits, `_` and `-`
         --> script main.ts

         error: `scenarios.a b.duration` is wrong: `0s` is too short; give a duration such as `30s`
         --> script main.ts",
    );
    problems(
        &[script(&json!({ "scenarios": {} }))],
        "`scenarios` is wrong: there is none; a run needs at least one
         --> script main.ts",
    );
    problems(&[script(&json!("fast"))], "`options` is `\"fast\"`, but takes an object\n--> script main.ts");
}

#[test]
fn unknown_options_are_warnings() {
    let tier = script(&json!({ "vuss": 1, "Ext": { "loadimpact": {} }, "somethingElse": 1 }));
    let warnings = merged(&[tier]).warnings;
    assert_eq!(
        warnings,
        [
            "`vuss` is not an option and is ignored\n  --> script main.ts\nhint: did you mean `vus`?",
            "`somethingElse` is not an option and is ignored\n  --> script main.ts",
        ]
    );
}

#[test]
fn unknown_options_of_a_scenario_are_errors() {
    problems(
        &[script(&json!({ "scenarios": {
            "a": { "executor": "constant-vus", "duration": "1s", "nonsense": 3, "gracefullStop": "1s" },
            "b": { "executor": "constant-arrival-rate", "rate": 1, "duration": "1s", "preAlocatedVUs": 3 },
        } }))],
        "`scenarios.a.nonsense` is not an option
         --> script main.ts
         hint: `constant-vus` takes `vus`, `duration`, `executor`, `startTime`, `gracefulStop`, `exec`, `env`, `tags`, `options`

         error: `scenarios.a.gracefullStop` is not an option
         --> script main.ts
         hint: did you mean `gracefulStop`?

         error: `scenarios.b.preAlocatedVUs` is not an option
         --> script main.ts
         hint: did you mean `preAllocatedVUs`?

         error: `scenarios.b.preAllocatedVUs` is missing: it takes a whole number from 0
         --> script main.ts",
    );
    // What is odd elsewhere is told with what is wrong.
    problems(
        &[script(&json!({ "thresholds": { "checks": [{ "treshold": "rate>0.9" }] }, "tresholds": {} }))],
        "`thresholds[\"checks\"][0].threshold` is missing: it takes a text
         --> script main.ts

         error: `thresholds[\"checks\"][0].treshold` is not an option and is ignored
         --> script main.ts
         hint: did you mean `threshold`?

         error: `tresholds` is not an option and is ignored
         --> script main.ts
         hint: did you mean `thresholds`?",
    );
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

#[test]
fn thresholds_short_and_long() {
    let options = json!({ "thresholds": {
        "http_req_duration{scenario:search}": ["p(95)<500", { "threshold": "p(99)<1000", "abortOnFail": true, "delayAbortEval": "10s" }],
        "checks": "rate>0.9", "search_errors": [],
    } });
    let settled = merged(&[script(&options)]);
    let texts: Vec<_> = settled
        .thresholds
        .iter()
        .map(|it| (it.selector.as_str(), it.expression.as_str(), it.abort_on_fail, it.delay_abort_eval_ms))
        .collect();
    assert_eq!(
        texts,
        [
            ("http_req_duration{scenario:search}", "p(95)<500", false, 0),
            ("http_req_duration{scenario:search}", "p(99)<1000", true, 10_000),
            ("checks", "rate>0.9", false, 0),
        ]
    );
    let again = merged(&[script(&settled.options.to_json())]);
    assert_eq!(again.thresholds, settled.thresholds);
    assert_eq!(merged(&[script(&options), Flags(&[("noThresholds", "true")])]).thresholds, []);
}

#[test]
fn options_of_the_network() {
    let tier = script(&json!({
        "dns": "ttl=inf,select=roundRobin", "tlsVersion": { "min": "tls1.0", "max": "tls1.2" }, "hosts": { "a.test": "127.0.0.1:8080" },
        "tlsAuth": [{ "domains": ["a.test"], "cert": "C", "key": "secret" }], "httpDebug": "full", "noConnectionReuse": true,
        "blacklistIPs": ["10.0.0.0/8"], "blockHostnames": "*.test, b.test", "localIPs": "10.0.0.1,10.0.0.5-10.0.0.9",
    }));
    let settled = merged(&[tier, Flags(&[("dns", "ttl=0,policy=any"), ("userAgent", "me/1")])]);
    let json = settled.options.to_json();
    assert_eq!(json["dns"], json!({ "ttl": "0s", "select": "random", "policy": "any" }));
    assert_eq!(json["tlsVersion"], json!({ "min": null, "max": "tls1.2" }));
    assert_eq!(json["tlsAuth"], json!([{ "domains": ["a.test"] }]), "keys must not be written");
    assert!(!settled.json.contains("secret") && !format!("{settled:?}").contains("secret"));
    assert_eq!(json["httpDebug"], "full");

    let config = settled.client_config(ClientConfig::default());
    assert_eq!((config.user_agent.as_str(), config.reuse_connections), ("me/1", false));
    assert_eq!((config.dns.ttl, config.dns.policy), (DnsTtl::Never, DnsPolicy::Any));
    assert_eq!((config.tls.minimum_version, config.tls.maximum_version), (None, Some(TlsVersion::Tls12)));
    assert_eq!(config.tls.client_certificates[0].key_pem, b"secret");
    assert_eq!(config.hosts["a.test"], "127.0.0.1:8080");
    assert_eq!((config.block_hostnames.len(), config.local_addresses.len()), (2, 2));
    assert!(!config.tls.insecure_skip_verify);
}

#[test]
fn flags_that_are_repeated() {
    let tier = Flags(&[
        ("tags", "a=1"),
        ("out", "json=a.json"),
        ("tags", "b=x=y"),
        ("out", "csv=b.csv"),
        ("vus", "1"),
        ("vus", "2"),
        ("blacklistIPs", "10.0.0.0/8"),
        ("stages", "30s:10"),
        ("stages", "1m:0,5s:7"),
        ("summaryTrendStats", "avg,p(99.9)"),
        ("noSetup", "true"),
    ]);
    let settled = merged(&[tier]);
    let json = settled.options.to_json();
    assert_eq!(json["tags"], json!({ "a": "1", "b": "x=y" }));
    assert_eq!(json["out"], json!(["json=a.json", "csv=b.csv"]));
    assert_eq!((&json["vus"], &json["blacklistIPs"]), (&json!(2), &json!(["10.0.0.0/8"])));
    assert_eq!(json["summaryTrendStats"], json!(["avg", "p(99.9)"]));
    assert_eq!(json["stages"].as_array().unwrap().len(), 3);
    assert_eq!(settled.options.no_setup, Some(true));
}

#[test]
fn tags_of_the_run_are_on_every_scenario_whose_own_win() {
    let options = json!({
        "tags": { "team": "search", "t": "run" },
        "scenarios": { "a": { "executor": "constant-vus", "duration": "1s", "tags": { "t": "own" } } },
    });
    let settled = merged(&[script(&options)]);
    let tag = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(settled.plan.scenarios[0].tags, [tag("t", "own"), tag("team", "search")]);
    assert_eq!(settled.options.to_json()["scenarios"]["a"]["tags"], json!({ "t": "own" }));
}

#[test]
fn system_tags_are_switches() {
    assert_eq!(merged(&[]).system_tags(), loadline_measure::SystemTags::default());
    let settled = merged(&[script(&json!({ "systemTags": ["status", "iter", "metod"] }))]);
    let tags = settled.system_tags();
    assert!(tags.status && tags.iter && !tags.method && !tags.url);
    assert_eq!(
        settled.warnings,
        [
            "`systemTags[2]` is `metod`, which is not a system tag\n  --> script main.ts\nhint: did you mean `method`?"
        ]
    );
}

#[test]
fn ours_beside_those_of_k6() {
    let settled = merged(&[
        Environment(&[("LOADLINE_VUS_PER_REALM", "8"), ("LOADLINE_INIT_TIMEOUT", "2m")]),
        script(&json!({ "sharePackages": true, "memoryPerRealm": "64MiB" })),
    ]);
    assert_eq!(settled.options.vus_per_realm, Some(8));
    assert_eq!(settled.options.share_packages, Some(true));
    assert_eq!(settled.options.memory_per_realm.map(|size| size.bytes), Some(64 << 20));
    assert_eq!(settled.options.init_timeout, Some(Duration::from_mins(2)));
}

#[test]
fn limits_of_bodies() {
    let check = |flags: &'static [(&'static str, &'static str)], expected: (u64, u64)| {
        let config = merged(&[Flags(flags)]).client_config(ClientConfig::default());
        assert_eq!((config.body_limit, config.bodies_limit), expected, "{flags:?}");
    };
    check(&[], (512 << 20, 512 << 20));
    check(&[("maxBody", "1MiB")], (1 << 20, 512 << 20));
    check(&[("maxBody", "2GiB")], (2 << 30, 2 << 30));
    check(&[("maxBody", "2GiB"), ("maxBodies", "4GiB")], (2 << 30, 4 << 30));
    check(&[("maxBody", "0")], (u64::MAX, u64::MAX));
    check(&[("maxBodies", "0")], (512 << 20, u64::MAX));
}

#[test]
fn a_configuration_file_that_is_no_json() {
    let tiers = Tiers { config_file: Some(("loadline.json", "{ vus: 1 }")), ..Tiers::default() };
    assert_eq!(
        settle(&tiers).unwrap_err().to_string(),
        "`options` is not JSON: key must be a string at line 1 column 3\n  --> configuration file loadline.json"
    );
}
