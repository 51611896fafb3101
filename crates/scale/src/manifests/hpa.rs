//! From the spec of a `HorizontalPodAutoscaler` to a policy, with what the API fills in.

use super::forms::{BehaviorSpec, HpaSpec, MetricSpec, RulesSpec, TargetSpec};
use super::quantity::Quantity;
use crate::hpa::{Amount, Behavior, Metric, Policy, RatePolicy, ScalingRules, Select, Source, Target};

/// What is measured where a policy names no metric.
const DEFAULT_CPU_PERCENT: i32 = 80;

/// The policy that a spec stands for, or what is wrong with it.
pub(super) fn policy(spec: &HpaSpec) -> Result<Policy, String> {
    let metrics = match (&spec.metrics, spec.target_cpu) {
        (Some(metrics), _) => metrics.iter().map(metric).collect::<Result<_, _>>()?,
        (None, percent) => vec![cpu(percent.unwrap_or(DEFAULT_CPU_PERCENT))],
    };
    let behavior = spec.behavior.as_ref().map(behavior).transpose()?;
    Ok(Policy { min: spec.min_replicas.unwrap_or(1), max: spec.max_replicas, metrics, behavior })
}

fn cpu(percent: i32) -> Metric {
    let source = Source::Resource { name: "cpu".to_owned(), container: None };
    Metric { name: "cpu".to_owned(), source, target: Some(Target::Utilization(percent)) }
}

fn metric(spec: &MetricSpec) -> Result<Metric, String> {
    let missing = || format!("a metric of type `{}` has no part of that name", spec.r#type);
    let (name, source, target) = match spec.r#type.as_str() {
        "Resource" => {
            let part = spec.resource.as_ref().ok_or_else(missing)?;
            (&part.name, Source::Resource { name: part.name.clone(), container: None }, &part.target)
        }
        "ContainerResource" => {
            let part = spec.container_resource.as_ref().ok_or_else(missing)?;
            // Simulated pods have one container, so that its share is the pod's.
            let container = part.container.as_ref().map(|_| crate::cluster::CONTAINER.to_owned());
            (&part.name, Source::Resource { name: part.name.clone(), container }, &part.target)
        }
        "Pods" => {
            let part = spec.pods.as_ref().ok_or_else(missing)?;
            (&part.metric.name, Source::Pods, &part.target)
        }
        "Object" => {
            let part = spec.object.as_ref().ok_or_else(missing)?;
            (&part.metric.name, Source::Object, &part.target)
        }
        "External" => {
            let part = spec.external.as_ref().ok_or_else(missing)?;
            (&part.metric.name, Source::External, &part.target)
        }
        other => {
            return Err(format!(
                "`{other}` is no type of metric: use `Resource`, `ContainerResource`, `Pods`, `Object` or `External`"
            ));
        }
    };
    Ok(Metric { name: name.clone(), source, target: Some(target_of(name, target)?) })
}

fn target_of(metric: &str, spec: &TargetSpec) -> Result<Target, String> {
    let milli = |quantity: &Quantity| {
        quantity.milli().ok_or_else(|| format!("`{quantity}` is no quantity, as target of metric `{metric}`"))
    };
    match (spec.average_utilization, &spec.average_value, &spec.value) {
        (Some(percent), ..) => Ok(Target::Utilization(percent)),
        (None, Some(quantity), _) => Ok(Target::AverageValue(milli(quantity)?)),
        (None, None, Some(quantity)) => Ok(Target::Value(milli(quantity)?)),
        (None, None, None) => Err(format!(
            "metric `{metric}` has no target: give it `averageUtilization`, `averageValue` or `value`"
        )),
    }
}

/// A behavior, with what the API fills in where one says nothing.
pub(super) fn behavior(spec: &BehaviorSpec) -> Result<Behavior, String> {
    let defaults = Behavior::defaults();
    Ok(Behavior {
        up: rules(spec.scale_up.as_ref(), defaults.up, "scaleUp")?,
        down: rules(spec.scale_down.as_ref(), defaults.down, "scaleDown")?,
    })
}

fn rules(spec: Option<&RulesSpec>, default: ScalingRules, direction: &str) -> Result<ScalingRules, String> {
    let Some(spec) = spec else { return Ok(default) };
    let select = match spec.select_policy.as_deref() {
        None => default.select,
        Some("Max") => Select::Max,
        Some("Min") => Select::Min,
        Some("Disabled") => Select::Disabled,
        Some(other) => return Err(format!("`{other}` is no `selectPolicy`: use `Max`, `Min` or `Disabled`")),
    };
    let policies = match &spec.policies {
        None => default.policies,
        Some(policies) if policies.is_empty() => {
            return Err(format!("`{direction}` has an empty list of policies"));
        }
        Some(policies) => policies
            .iter()
            .map(|policy| {
                if policy.value <= 0 || !(1..=1800).contains(&policy.period_seconds) {
                    return Err(format!(
                        "a policy of `{direction}` has a value above 0 and a period of 1 to 1800 seconds"
                    ));
                }
                let amount = match policy.r#type.as_str() {
                    "Pods" => Amount::Pods(policy.value),
                    "Percent" => Amount::Percent(policy.value),
                    other => return Err(format!("`{other}` is no type of policy: use `Pods` or `Percent`")),
                };
                Ok(RatePolicy { amount, period_ms: policy.period_seconds * 1000 })
            })
            .collect::<Result<_, _>>()?,
    };
    let window_ms = match spec.stabilization_window_seconds {
        Some(seconds) if !(0..=3600).contains(&seconds) => {
            return Err(format!(
                "`{direction}` waits {seconds} s: `stabilizationWindowSeconds` is 0 to 3600"
            ));
        }
        Some(seconds) => Some(seconds * 1000),
        None => default.window_ms,
    };
    let tolerance = match &spec.tolerance {
        None => None,
        Some(quantity) => {
            let value = quantity.value().filter(|value| *value >= 0.0);
            Some(value.ok_or_else(|| format!("`{quantity}` is no tolerance: it is a share, such as 0.1"))?)
        }
    };
    Ok(ScalingRules { window_ms, select, policies, tolerance })
}
