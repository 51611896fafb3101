//! Scenarios: each an executor with its own options, and the common ones.

use std::collections::BTreeMap;
use std::time::Duration;

use indexmap::IndexMap;
use loadline_load::{
    ConstantArrivalRate, ConstantVus, Executor, ExternallyControlled, PerVuIterations, RampingArrivalRate,
    RampingVus, Scenario, SharedIterations, Stage,
};
use serde_json::{Map, Value, json};

use crate::compile::nearest;
use crate::options::problem::Findings;
use crate::options::setting::{Fields, Setting};

/// The executors and the options that each one adds to the common ones.
const EXECUTORS: &[(&str, &[&str])] = &[
    ("shared-iterations", &["vus", "iterations", "maxDuration"]),
    ("per-vu-iterations", &["vus", "iterations", "maxDuration"]),
    ("constant-vus", &["vus", "duration"]),
    ("ramping-vus", &["startVUs", "stages", "gracefulRampDown"]),
    ("constant-arrival-rate", &["rate", "timeUnit", "duration", "preAllocatedVUs", "maxVUs"]),
    ("ramping-arrival-rate", &["startRate", "timeUnit", "stages", "preAllocatedVUs", "maxVUs"]),
    // k6 had it until version 1.
    ("externally-controlled", &["vus", "maxVUs", "duration"]),
];

/// `options` holds settings of the browser module.
const COMMON: &[&str] = &["executor", "startTime", "gracefulStop", "exec", "env", "tags", "options"];

/// How long an executor of iterations may run unless it says otherwise.
pub(crate) const MAX_DURATION: Duration = Duration::from_mins(10);

/// The `scenarios` option.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scenarios(pub Vec<Scenario>);

impl Setting for Scenarios {
    const EXPECTED: &'static str = "an object with one entry per scenario";

    fn read(value: &Value, path: &str, findings: &mut Findings) -> Option<Self> {
        let Value::Object(entries) = value else {
            findings.wrong(path, value, Self::EXPECTED);
            return None;
        };
        let read =
            entries.iter().map(|(name, value)| scenario(name, value, &format!("{path}.{name}"), findings));
        // All scenarios are read before the first wrong one counts.
        read.collect::<Vec<_>>().into_iter().collect::<Option<_>>().map(Self)
    }

    /// The JSON of the object, as in a script.
    fn read_texts(texts: &[String], path: &str, findings: &mut Findings) -> Option<Self> {
        let text = texts.last()?;
        let Ok(value) = serde_json::from_str(text) else {
            findings.wrong(path, &json!(text), "scenarios as JSON");
            return None;
        };
        Self::read(&value, path, findings)
    }

    fn write(&self) -> Value {
        self.0.iter().map(|scenario| (scenario.name.clone(), write(scenario))).collect::<Map<_, _>>().into()
    }
}

fn scenario(name: &str, value: &Value, path: &str, findings: &mut Findings) -> Option<Scenario> {
    let Value::Object(entries) = value else {
        findings.wrong(path, value, "an object with an `executor`");
        return None;
    };
    let before = findings.problems.len();
    let mut fields = Fields { entries, path, findings };
    let executor = fields.need::<String>("executor")?;
    let Some((_, own)) = EXECUTORS.iter().find(|(name, _)| *name == executor) else {
        unknown_executor(&executor, &mut fields);
        return None;
    };
    fields.nothing_but(&format!("`{executor}`"), &[own, COMMON].concat());
    let start_time = fields.get("startTime");
    let graceful_stop = fields.get("gracefulStop");
    let exec = fields.get("exec");
    let env: Option<IndexMap<String, String>> = fields.get("env");
    let tags: Option<IndexMap<String, String>> = fields.get("tags");
    let executor = read_executor(&executor, &mut fields)?;
    (findings.problems.len() == before).then(|| Scenario {
        name: name.to_owned(),
        executor,
        start_time: start_time.unwrap_or_default(),
        graceful_stop: graceful_stop.unwrap_or(Scenario::DEFAULT_GRACE),
        exec: exec.unwrap_or_else(|| "default".to_owned()),
        env: env.unwrap_or_default().into_iter().collect::<BTreeMap<_, _>>(),
        tags: tags.unwrap_or_default().into_iter().collect(),
    })
}

fn unknown_executor(executor: &str, fields: &mut Fields<'_, '_>) {
    let names = EXECUTORS.iter().map(|(name, _)| *name);
    let all = names.clone().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let hint = match nearest(executor, names) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("use one of {all}"),
    };
    let path = fields.at("executor");
    fields.findings.problem_with_hint(&path, format!("is `{executor}`, which is not an executor"), hint);
}

fn read_executor(name: &str, fields: &mut Fields<'_, '_>) -> Option<Executor> {
    let second = Duration::from_secs(1);
    Some(match name {
        "shared-iterations" => Executor::SharedIterations(SharedIterations {
            vus: fields.get("vus").unwrap_or(1),
            iterations: fields.get("iterations").unwrap_or(1),
            max_duration: fields.get("maxDuration").unwrap_or(MAX_DURATION),
        }),
        "per-vu-iterations" => Executor::PerVuIterations(PerVuIterations {
            vus: fields.get("vus").unwrap_or(1),
            iterations: fields.get("iterations").unwrap_or(1),
            max_duration: fields.get("maxDuration").unwrap_or(MAX_DURATION),
        }),
        "constant-vus" => Executor::ConstantVus(ConstantVus {
            vus: fields.get("vus").unwrap_or(1),
            duration: fields.need("duration")?,
        }),
        "ramping-vus" => Executor::RampingVus(RampingVus {
            start_vus: fields.get("startVUs").unwrap_or(1),
            stages: fields.need::<Vec<Stage>>("stages")?,
            graceful_ramp_down: fields.get("gracefulRampDown").unwrap_or(Scenario::DEFAULT_GRACE),
        }),
        "externally-controlled" => {
            let vus = fields.get("vus").unwrap_or(0);
            Executor::ExternallyControlled(ExternallyControlled {
                vus,
                max_vus: fields.get("maxVUs").unwrap_or(vus),
                duration: fields.need("duration")?,
            })
        }
        "constant-arrival-rate" => {
            let rate = fields.need("rate");
            let duration = fields.need("duration");
            let pre_allocated_vus = fields.need("preAllocatedVUs");
            Executor::ConstantArrivalRate(ConstantArrivalRate {
                rate: rate?,
                time_unit: fields.get("timeUnit").unwrap_or(second),
                duration: duration?,
                pre_allocated_vus: pre_allocated_vus?,
                max_vus: fields.get("maxVUs").or(pre_allocated_vus)?,
            })
        }
        _ => {
            let stages = fields.need::<Vec<Stage>>("stages");
            let pre_allocated_vus = fields.need("preAllocatedVUs");
            Executor::RampingArrivalRate(RampingArrivalRate {
                start_rate: fields.get("startRate").unwrap_or(0),
                time_unit: fields.get("timeUnit").unwrap_or(second),
                stages: stages?,
                pre_allocated_vus: pre_allocated_vus?,
                max_vus: fields.get("maxVUs").or(pre_allocated_vus)?,
            })
        }
    })
}

/// A scenario as k6 writes it.
fn write(scenario: &Scenario) -> Value {
    let own = match &scenario.executor {
        Executor::SharedIterations(it) => json!({
            "executor": "shared-iterations", "vus": it.vus, "iterations": it.iterations,
            "maxDuration": it.max_duration.write(),
        }),
        Executor::PerVuIterations(it) => json!({
            "executor": "per-vu-iterations", "vus": it.vus, "iterations": it.iterations,
            "maxDuration": it.max_duration.write(),
        }),
        Executor::ConstantVus(it) => json!({
            "executor": "constant-vus", "vus": it.vus, "duration": it.duration.write(),
        }),
        Executor::RampingVus(it) => json!({
            "executor": "ramping-vus", "startVUs": it.start_vus, "stages": it.stages.write(),
            "gracefulRampDown": it.graceful_ramp_down.write(),
        }),
        Executor::ConstantArrivalRate(it) => json!({
            "executor": "constant-arrival-rate", "rate": it.rate, "timeUnit": it.time_unit.write(),
            "duration": it.duration.write(), "preAllocatedVUs": it.pre_allocated_vus, "maxVUs": it.max_vus,
        }),
        Executor::RampingArrivalRate(it) => json!({
            "executor": "ramping-arrival-rate", "startRate": it.start_rate, "timeUnit": it.time_unit.write(),
            "stages": it.stages.write(), "preAllocatedVUs": it.pre_allocated_vus, "maxVUs": it.max_vus,
        }),
        Executor::ExternallyControlled(it) => json!({
            "executor": "externally-controlled", "vus": it.vus, "maxVUs": it.max_vus,
            "duration": it.duration.write(),
        }),
    };
    let common = json!({
        "startTime": scenario.start_time.write(), "gracefulStop": scenario.graceful_stop.write(),
        "exec": scenario.exec, "env": scenario.env,
        "tags": scenario.tags.iter().cloned().collect::<IndexMap<_, _>>(),
    });
    let (Value::Object(mut all), Value::Object(common)) = (own, common) else { return Value::Null };
    all.extend(common);
    Value::Object(all)
}
