//! Scenarios as they are answered and asked: what runs, and what of it can be set.

use loadline_load::{Rate, RunStatus, ScenarioStatus, Setting};
use loadline_measure::ScenarioState;
use loadline_units::{duration_text, parse_duration};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::asked::Asked;
use crate::run_form::meta;

/// What `/v1/scenarios` answers.
pub(crate) fn scenarios(status: &RunStatus) -> Value {
    json!({ "data": status.scenarios.iter().map(one).collect::<Vec<_>>(), "meta": meta(status) })
}

/// What `/v1/scenarios/{name}` answers.
pub(crate) fn scenario(status: &RunStatus, scenario: &ScenarioStatus) -> Value {
    json!({ "data": one(scenario), "meta": meta(status) })
}

fn one(scenario: &ScenarioStatus) -> Value {
    let progress = &scenario.progress;
    let state = match progress.state {
        ScenarioState::Waiting => "waiting",
        ScenarioState::Running => "running",
        ScenarioState::Stopping => "stopping",
        ScenarioState::Done => "done",
    };
    let can = [
        (scenario.has_vus, "vus"),
        (scenario.max_vus.is_some(), "vus-max"),
        (scenario.has_rate, "rate"),
        (scenario.has_rate, "time-unit"),
    ];
    let can: Vec<&str> = can.into_iter().filter(|(can, _)| *can).map(|(_, name)| name).collect();
    json!({
        "type": "scenarios",
        "id": progress.name,
        "attributes": {
            "executor": scenario.executor,
            "description": progress.executor,
            "state": state,
            "vus-active": progress.vus,
            "vus": scenario.vus,
            "vus-max": scenario.max_vus,
            "rate": scenario.rate.map(|rate| rate.count),
            "time-unit": scenario.rate.map(|rate| duration_text(rate.per)),
            "settable": can,
            "steered": scenario.is_steered,
            "started": progress.started,
            "completed": progress.completed,
            "interrupted": progress.interrupted,
            "dropped": progress.dropped,
            "elapsed-ms": progress.elapsed.as_millis() as u64,
            "duration-ms": progress.duration.map(|duration| duration.as_millis() as u64),
        },
    })
}

/// What can be asked of a scenario.
const SETTABLE: [&str; 4] = ["vus", "vus-max", "rate", "time-unit"];

/// What is to be set of a scenario that stands so. A rate is in the scenario's time unit unless another one is said.
pub(crate) fn setting(asked: &Asked, scenario: Option<&ScenarioStatus>) -> Result<Setting, Answer> {
    asked.only(&SETTABLE)?;
    let per = match asked.text("time-unit")? {
        Some(text) => {
            Some(parse_duration(text).map_err(|_| Asked::wrong("time-unit", "a duration such as `1s`"))?)
        }
        None => None,
    };
    let known = scenario.and_then(|scenario| scenario.rate).map(|rate| rate.per);
    let per = per.or(known).unwrap_or(std::time::Duration::from_secs(1));
    Ok(Setting {
        vus: asked.whole("vus")?,
        max_vus: asked.whole("vus-max")?,
        rate: asked.whole("rate")?.map(|count| Rate { count, per }),
    })
}
