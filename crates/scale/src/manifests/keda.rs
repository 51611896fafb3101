//! From the spec of a `ScaledObject` to what KEDA does: a `HorizontalPodAutoscaler` of its own, and what it does beside
//! it.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::forms::{BehaviorSpec, TargetRef};
use super::hpa::behavior;
use super::quantity::Quantity;
use crate::hpa::Behavior;

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ScaledSpec {
    pub(super) scale_target_ref: TargetRef,
    polling_interval: Option<u64>,
    cooldown_period: Option<u64>,
    idle_replica_count: Option<i32>,
    min_replica_count: Option<i32>,
    max_replica_count: Option<i32>,
    fallback: Option<FallbackSpec>,
    advanced: Option<Advanced>,
    triggers: Vec<TriggerSpec>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct FallbackSpec {
    failure_threshold: u32,
    replicas: i32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Advanced {
    horizontal_pod_autoscaler_config: Option<HpaConfig>,
    scaling_modifiers: Option<Modifiers>,
}

#[derive(Debug, Clone, Deserialize)]
struct HpaConfig {
    behavior: Option<BehaviorSpec>,
}

#[derive(Debug, Clone, Deserialize)]
struct Modifiers {
    formula: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct TriggerSpec {
    r#type: String,
    name: Option<String>,
    metric_type: Option<String>,
    #[serde(default)]
    metadata: BTreeMap<String, Quantity>,
}

/// A `ScaledObject`.
#[derive(Debug, Clone, PartialEq)]
pub struct Scaled {
    /// `minReplicaCount`
    pub min: i32,
    /// `maxReplicaCount`
    pub max: i32,
    /// `idleReplicaCount`
    pub idle: Option<i32>,
    /// `pollingInterval`, in seconds.
    pub polling_s: u64,
    /// `cooldownPeriod`, in seconds.
    pub cooldown_s: u64,
    /// What is assumed where nothing is known.
    pub fallback: Option<Fallback>,
    /// How fast it may go.
    pub behavior: Option<Behavior>,
    /// What it goes by.
    pub triggers: Vec<Trigger>,
}

/// What KEDA assumes where a trigger fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fallback {
    /// After how many failures in a row.
    pub after: u32,
    /// How many replicas there shall be.
    pub replicas: i32,
}

/// What KEDA goes by.
#[derive(Debug, Clone, PartialEq)]
pub enum Trigger {
    /// Processor time in percent of requests.
    Cpu(i32),
    /// A query's value, so much for each replica (thousandths), and more than which wakes it from zero (thousandths).
    Query {
        /// What it is called.
        name: String,
        /// Thousandths a replica.
        target: i64,
        /// Thousandths.
        activation: i64,
    },
    /// So many replicas between two times of day, in seconds; every day.
    Cron {
        /// From.
        from_s: u64,
        /// To.
        to_s: u64,
        /// How many.
        replicas: i32,
    },
}

pub(super) fn scaled(spec: &ScaledSpec) -> Result<Scaled, String> {
    let advanced = spec.advanced.as_ref();
    if let Some(formula) = advanced.and_then(|advanced| advanced.scaling_modifiers.as_ref()?.formula.as_ref())
    {
        return Err(format!(
            "the scaling modifier `{formula}` is not simulated: leave it out to try the triggers one by one"
        ));
    }
    if spec.triggers.is_empty() {
        return Err("there is no trigger to scale by".to_owned());
    }
    let config = advanced.and_then(|advanced| advanced.horizontal_pod_autoscaler_config.as_ref());
    let behavior = config.and_then(|config| config.behavior.as_ref()).map(behavior).transpose()?;
    Ok(Scaled {
        min: spec.min_replica_count.unwrap_or(0),
        max: spec.max_replica_count.unwrap_or(100),
        idle: spec.idle_replica_count,
        polling_s: spec.polling_interval.unwrap_or(30).max(1),
        cooldown_s: spec.cooldown_period.unwrap_or(300),
        fallback: spec
            .fallback
            .as_ref()
            .map(|fallback| Fallback { after: fallback.failure_threshold, replicas: fallback.replicas }),
        behavior,
        triggers: spec.triggers.iter().map(trigger).collect::<Result<_, _>>()?,
    })
}

fn trigger(spec: &TriggerSpec) -> Result<Trigger, String> {
    let text = |key: &str| spec.metadata.get(key).map(ToString::to_string);
    let kind = spec.r#type.as_str();
    let needed = |key: &str| text(key).ok_or_else(|| format!("a trigger `{kind}` has no `{key}`"));
    let milli = |key: &str, text: String| {
        let quantity = Quantity::Text(text);
        quantity.milli().ok_or_else(|| format!("`{quantity}` is no number, as `{key}` of a trigger `{kind}`"))
    };
    match kind {
        "cpu" => {
            if spec.metric_type.as_deref().is_some_and(|kind| kind != "Utilization") {
                return Err("a trigger `cpu` is simulated with `metricType: Utilization` alone".to_owned());
            }
            let percent = needed("value")?;
            percent
                .parse()
                .map(Trigger::Cpu)
                .map_err(|_| format!("`{percent}` is no percentage, as `value` of a trigger `cpu`"))
        }
        "cron" => {
            let replicas = needed("desiredReplicas")?;
            Ok(Trigger::Cron {
                from_s: daily_s(&needed("start")?)?,
                to_s: daily_s(&needed("end")?)?,
                replicas: replicas.parse().map_err(|_| format!("`{replicas}` is no number of replicas"))?,
            })
        }
        _ => {
            let key =
                ["threshold", "value", "lagThreshold", "queueLength", "targetQueueLength", "targetValue"]
                    .into_iter()
                    .find(|key| spec.metadata.contains_key(*key))
                    .ok_or_else(|| format!("a trigger `{kind}` has no `threshold`"))?;
            let activation = text("activationThreshold").or_else(|| text("activationValue"));
            Ok(Trigger::Query {
                name: spec.name.clone().or_else(|| text("metricName")).unwrap_or_else(|| kind.to_owned()),
                target: milli(key, needed(key)?)?,
                activation: activation.map_or(Ok(0), |text| milli("activationThreshold", text))?,
            })
        }
    }
}

/// The time of day of a cron expression that comes every day, in seconds: `30 8 * * *`.
fn daily_s(expression: &str) -> Result<u64, String> {
    let fields: Vec<&str> = expression.split_whitespace().collect();
    let [minute, hour, "*", "*", "*"] = fields.as_slice() else {
        return Err(format!(
            "the cron expression `{expression}` is not simulated: use one that comes every day, `30 8 * * *`"
        ));
    };
    let number = |text: &str, below: u64| text.parse::<u64>().ok().filter(|number| *number < below);
    match (number(hour, 24), number(minute, 60)) {
        (Some(hour), Some(minute)) => Ok(hour * 3600 + minute * 60),
        _ => Err(format!("the cron expression `{expression}` has no single time of day")),
    }
}
