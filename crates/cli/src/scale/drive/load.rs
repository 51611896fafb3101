//! The load of a drive: users who come at a rate that goes up and comes down, each when it pleases.

use std::time::Duration;

use loadline_scale::drive::{Load, SPREAD};
use loadline_script::compile::Memory;
use loadline_scripted::Source;
use serde_json::json;

use crate::common::own_script::own_script;

const SCRIPT: &str = "\
import http from 'k6/http';
import { sleep } from 'k6';

export const options = JSON.parse(__ENV.OPTIONS);

export default function () {
  sleep(Math.random() * Number(__ENV.SPREAD));
  http.get(__ENV.BASE_URL, { tags: { name: 'start page' } });
}
";

/// The most users at a time: where answers take that long, more would tell nothing new.
const MOST_USERS: f64 = 5_000.0;

/// The load on the balancer at this address.
pub(super) fn source(load: &Load, work: Duration, url: &str) -> Source {
    // Those who wait for their moment, and those who wait for an answer; four times as many if need be.
    let users = (load.peak_per_s * (SPREAD + work * 4).as_secs_f64()).ceil().max(10.0);
    let stage = |(length, rate): (Duration, f64)| json!({ "duration": format!("{}ms", length.as_millis()), "target": rate.round() });
    let options = json!({
        "discardResponseBodies": true,
        "scenarios": { "users": {
            "executor": "ramping-arrival-rate",
            "startRate": load.low_per_s.round(),
            "timeUnit": "1s",
            "stages": load.stages().map(stage),
            "preAllocatedVUs": users.min(MOST_USERS),
            "maxVUs": (users * 4.0).min(MOST_USERS),
            "gracefulStop": "10s",
        } },
    });
    let environment = [
        ("BASE_URL", url.to_owned()),
        ("OPTIONS", options.to_string()),
        ("SPREAD", SPREAD.as_secs_f64().to_string()),
    ];
    own_script(Memory::new().with("/drive.js", SCRIPT), "/drive.js", &environment)
}
