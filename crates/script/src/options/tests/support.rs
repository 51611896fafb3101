//! Tiers of options, and what comes of them.

use serde_json::{Value, json};

use crate::options::{OptionsError, Settled, Tiers, settle};

/// One tier of a test.
#[derive(Clone, Debug)]
pub(super) enum Tier {
    File(Value),
    Script(Value),
    Environment(&'static [(&'static str, &'static str)]),
    Flags(&'static [(&'static str, &'static str)]),
}
pub(super) use Tier::{Environment, File, Flags, Script};

pub(super) fn settled(tiers: &[Tier]) -> Result<Settled, OptionsError> {
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
pub(super) fn merged(tiers: &[Tier]) -> Settled {
    settled(tiers).unwrap_or_else(|error| panic!("{error}"))
}

pub(super) fn script(options: &Value) -> Tier {
    Script(options.clone())
}

/// The scenarios as JSON, without the options that have their usual values.
#[track_caller]
pub(super) fn scenarios(tiers: &[Tier]) -> Value {
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
pub(super) fn problems(tiers: &[Tier], expected: &str) {
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
