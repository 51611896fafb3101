//! Policies as the kept answers write them.

use loadline_scale::hpa::{Amount, Behavior, RatePolicy, ScalingRules, Select};
use serde::Deserialize;

#[derive(Deserialize, Clone)]
pub(crate) struct GivenBehavior {
    scale_up: Option<GivenRules>,
    scale_down: Option<GivenRules>,
}

#[derive(Deserialize, Clone)]
struct GivenRules {
    window_s: Option<i64>,
    select: Option<String>,
    policies: Option<Vec<GivenPolicy>>,
    tolerance: Option<String>,
}

#[derive(Deserialize, Clone)]
struct GivenPolicy {
    r#type: String,
    value: i32,
    period_s: i64,
}

impl GivenBehavior {
    pub(crate) fn behavior(&self) -> Behavior {
        let defaults = Behavior::defaults();
        Behavior {
            up: rules(self.scale_up.as_ref(), defaults.up),
            down: rules(self.scale_down.as_ref(), defaults.down),
        }
    }
}

fn rules(given: Option<&GivenRules>, default: ScalingRules) -> ScalingRules {
    let Some(given) = given else { return default };
    let policies = given.policies.as_ref().map(|policies| {
        let policy = |given: &GivenPolicy| RatePolicy {
            amount: match given.r#type.as_str() {
                "Pods" => Amount::Pods(given.value),
                "Percent" => Amount::Percent(given.value),
                other => panic!("{other}"),
            },
            period_ms: given.period_s * 1000,
        };
        policies.iter().map(policy).collect()
    });
    ScalingRules {
        window_ms: given.window_s.map(|seconds| seconds * 1000).or(default.window_ms),
        select: match given.select.as_deref() {
            Some("Max") => Select::Max,
            Some("Min") => Select::Min,
            Some("Disabled") => Select::Disabled,
            None => default.select,
            Some(other) => panic!("{other}"),
        },
        policies: policies.unwrap_or(default.policies),
        tolerance: given.tolerance.as_deref().map(quantity),
    }
}

/// A quantity of Kubernetes, as a share: `0.2`, `50m`.
fn quantity(text: &str) -> f64 {
    match text.strip_suffix('m') {
        Some(thousandths) => thousandths.parse::<f64>().unwrap() / 1000.0,
        None => text.parse().unwrap(),
    }
}
