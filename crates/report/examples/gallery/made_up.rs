//! A made-up run of a holiday-programme site, the same every time: what the gallery shows and the tests look at.

use std::sync::Arc;
use std::time::Duration;

use loadline_measure::{
    Builtin, MetricKind, Recorder, Run, RunMeta, ScenarioProgress, ScenarioState, Schema, TagSetId, Unit,
    Window,
};

/// A run with three scenarios, nested groups, checks of which one fails at times, and metrics of every kind.
pub(crate) fn run() -> Run {
    run_of_seconds(60)
}

/// The beginning of that run.
pub(crate) fn run_of_seconds(seconds: u64) -> Run {
    let schema = Schema::new();
    let duration = Builtin::define(&schema).unwrap().http_req_duration;
    for limit in [600.0, 650.0, 3000.0] {
        schema.add_limit(duration, limit);
    }
    let mut recorder = Recorder::new(Arc::clone(&schema));
    let meta = RunMeta {
        name: "loadtests/mix.ts".to_owned(),
        started_unix_ms: 1_785_542_400_000,
        ..RunMeta::default()
    };
    let mut run = Run::new(meta, Arc::clone(&schema));
    let mut chance = Chance(42);
    for second in 0..seconds {
        run.push(second, second_of(&schema, &mut recorder, &mut chance));
    }
    run
}

/// One second of that run, with a failed request in it.
pub(crate) fn window(schema: &Arc<Schema>) -> Window {
    second_of(schema, &mut Recorder::new(Arc::clone(schema)), &mut Chance(1))
}

fn second_of(schema: &Arc<Schema>, recorder: &mut Recorder, chance: &mut Chance) -> Window {
    let builtin = Builtin::define(schema).unwrap();
    let search_latency = schema.define("search_latency", MetricKind::Trend, Unit::Milliseconds).unwrap();
    let payment_success = schema.define("payment_success", MetricKind::Rate, Unit::Plain).unwrap();
    let basket = schema.define("basket_items", MetricKind::Counter, Unit::Plain).unwrap();
    schema.define("refund_time", MetricKind::Trend, Unit::Milliseconds).unwrap();
    for (scenario, requests, typical_ms) in
        [("search", 14, 180.0), ("browse", 4, 40.0), ("payment", 2, 900.0)]
    {
        let base = recorder.tags(TagSetId::EMPTY, &[("scenario", scenario), ("group", "")]);
        for index in 0..requests {
            let ok = chance.next() > 0.004;
            let expected = if ok { "true" } else { "false" };
            let status = if ok { "200" } else { "503" };
            let tags = recorder
                .tags(base, &[("expected_response", expected), ("status", status), ("method", "POST")]);
            let ms = typical_ms * (0.5 + chance.next() + chance.next().powi(8) * 3.0);
            recorder.record(builtin.http_reqs, 1.0, tags);
            recorder.record(builtin.http_req_failed, f64::from(u8::from(!ok)), tags);
            recorder.record(builtin.http_req_duration, ms, tags);
            recorder.record(builtin.http_req_waiting, ms * 0.9, tags);
            recorder.record(builtin.http_req_receiving, 0.000_9 * ms, tags);
            recorder.record(builtin.data_sent, 412.0, base);
            recorder.record(builtin.data_received, 8_431.0, base);
            if index % 2 == 0 {
                recorder.record(builtin.iterations, 1.0, base);
                recorder.record(builtin.iteration_duration, ms * 2.0 + 3_000.0, base);
                recorder.record(builtin.iteration_lag, chance.next() * 0.3, base);
            }
            let check = |recorder: &mut Recorder, group: &str, name: &str, holds: bool| {
                let tags = recorder.tags(base, &[("group", group), ("check", name)]);
                recorder.record(builtin.checks, f64::from(u8::from(holds)), tags);
            };
            match scenario {
                "search" => {
                    check(recorder, "", "status is 200", ok);
                    check(recorder, "", "has programs", true);
                    recorder.record(search_latency, ms, base);
                }
                "browse" => {
                    let tags = recorder.tags(base, &[("group", "::public pages::details")]);
                    recorder.record(builtin.group_duration, ms, tags);
                    check(recorder, "::public pages", "listing is not empty", true);
                    check(recorder, "::public pages::details", "has a title", true);
                }
                _ => {
                    check(recorder, "::checkout", "has a client secret", ok);
                    recorder.record(payment_success, f64::from(u8::from(ok)), base);
                    recorder.record(basket, 1.0 + (chance.next() * 3.0).floor(), base);
                }
            }
        }
    }
    recorder.record(builtin.vus, 350.0, TagSetId::EMPTY);
    recorder.record(builtin.vus_max, 500.0, TagSetId::EMPTY);
    recorder.take_window()
}

/// Scenarios in every state.
pub(crate) fn progress() -> Vec<ScenarioProgress> {
    let scenario = |name: &str, state, elapsed: u64, completed: u64| ScenarioProgress {
        name: name.to_owned(),
        executor: "ramping-vus: up to 350 VUs for 1m".to_owned(),
        vus: if state == ScenarioState::Running { 245 } else { 0 },
        vus_max: 350,
        started: completed + 12,
        completed,
        interrupted: 0,
        dropped: if name == "browse" { 17 } else { 0 },
        total: None,
        elapsed: Duration::from_secs(elapsed),
        duration: Some(Duration::from_mins(1)),
        state,
    };
    let mut once = scenario("seed-accounts", ScenarioState::Done, 3, 200);
    once.total = Some(200);
    vec![
        once,
        scenario("search", ScenarioState::Running, 25, 812),
        scenario("browse", ScenarioState::Running, 25, 93),
        scenario("payment", ScenarioState::Waiting, 0, 0),
    ]
}

/// A small linear congruential generator: repeatable numbers from 0 to 1.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}
