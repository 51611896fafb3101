//! What is wrong with options, and how it is told.

use serde_json::json;

use super::support::*;

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

         error: `scenarios.old.duration` is missing: it takes a duration such as `1m30s`, or a number of milliseconds
         --> script main.ts

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
