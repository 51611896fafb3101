//! From the spec of a `ScaledObject` to what KEDA does: a `HorizontalPodAutoscaler` of its own, and what it does beside
//! it.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::forms::{BehaviorSpec, TargetRef};
use super::hpa::behavior;
use super::quantity::Quantity;
use super::times::Times;
use crate::hpa::Behavior;
use crate::keda::Formula;

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ScaledSpec {
    pub(super) scale_target_ref: TargetRef,
    polling_interval: Option<u64>,
    initial_cooldown_period: Option<u64>,
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
    behavior: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Advanced {
    horizontal_pod_autoscaler_config: Option<HpaConfig>,
    scaling_modifiers: Option<ModifiersSpec>,
}

#[derive(Debug, Clone, Deserialize)]
struct HpaConfig {
    behavior: Option<BehaviorSpec>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ModifiersSpec {
    formula: Option<String>,
    target: Option<Quantity>,
    activation_target: Option<Quantity>,
    metric_type: Option<String>,
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
    /// `initialCooldownPeriod`, in seconds.
    pub initial_cooldown_s: Option<u64>,
    /// `cooldownPeriod`, in seconds.
    pub cooldown_s: u64,
    /// What is assumed where nothing is known.
    pub fallback: Option<Fallback>,
    /// How fast it may go.
    pub behavior: Option<Behavior>,
    /// What it makes of its triggers.
    pub modifiers: Option<Modifiers>,
    /// What it goes by.
    pub triggers: Vec<Trigger>,
}

/// What KEDA assumes where a trigger fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fallback {
    /// More than so many failures in a row.
    pub after: u32,
    /// How many replicas there shall be.
    pub replicas: i32,
    /// Which of that and of what there is.
    pub behavior: FallbackBehavior,
}

/// How many replicas a fallback means.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum FallbackBehavior {
    /// As many as it says.
    #[default]
    Static,
    /// As many as there are.
    CurrentReplicas,
    /// As many as there are, and at least as many as it says.
    CurrentReplicasIfHigher,
    /// As many as there are, and at most as many as it says.
    CurrentReplicasIfLower,
    /// The formula says, for which a trigger that fails is nil.
    ScalingModifiers,
}

/// One metric out of all triggers.
#[derive(Debug, Clone, PartialEq)]
pub struct Modifiers {
    /// What it is.
    pub formula: Formula,
    /// So much of it for each replica, or in all.
    pub target: f64,
    /// More than so much wakes a workload.
    pub activation: f64,
    /// Whether the target is of all replicas together (`metricType: Value`).
    pub in_all: bool,
}

/// What KEDA goes by.
#[derive(Debug, Clone, PartialEq)]
pub enum Trigger {
    /// Processor time in percent of requests.
    Cpu(i32),
    /// A query's value.
    Query {
        /// What it is called.
        name: String,
        /// So much for each replica, or in all, in thousandths.
        target: i64,
        /// Whether the target is of all replicas together (`metricType: Value`).
        in_all: bool,
        /// More than which wakes it from zero, in thousandths.
        activation: i64,
    },
    /// So many replicas from a time that comes again until another one.
    Cron(Box<Times>),
}

impl Trigger {
    /// What formulas call it.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Cpu(_) => None,
            Self::Query { name, .. } => Some(name),
            Self::Cron(times) => times.name.as_deref(),
        }
    }
}

impl Default for Scaled {
    /// As KEDA has it where nothing is said; without triggers.
    fn default() -> Self {
        Self {
            min: 0,
            max: 100,
            idle: None,
            polling_s: 30,
            initial_cooldown_s: None,
            cooldown_s: 300,
            fallback: None,
            behavior: None,
            modifiers: None,
            triggers: Vec::new(),
        }
    }
}

pub(super) fn scaled(spec: &ScaledSpec) -> Result<Scaled, String> {
    let advanced = spec.advanced.as_ref();
    if spec.triggers.is_empty() {
        return Err("there is no trigger to scale by".to_owned());
    }
    let config = advanced.and_then(|advanced| advanced.horizontal_pod_autoscaler_config.as_ref());
    let behavior = config.and_then(|config| config.behavior.as_ref()).map(behavior).transpose()?;
    let triggers: Vec<Trigger> = spec.triggers.iter().map(trigger).collect::<Result<_, _>>()?;
    let modifiers = advanced.and_then(|advanced| advanced.scaling_modifiers.as_ref());
    let modifiers =
        modifiers.map(|modifiers| of_modifiers(modifiers, &triggers, spec)).transpose()?.flatten();
    let fallback = spec.fallback.as_ref().map(of_fallback).transpose()?;
    if modifiers.is_none()
        && fallback.is_some_and(|fallback| fallback.behavior == FallbackBehavior::ScalingModifiers)
    {
        return Err("`fallback.behavior: scalingModifiers` needs a formula".to_owned());
    }
    let (min, max) = (spec.min_replica_count.unwrap_or(0), spec.max_replica_count.unwrap_or(100));
    if spec.idle_replica_count.is_some_and(|idle| idle >= min) {
        return Err(format!("`idleReplicaCount` has to be below `minReplicaCount`, which is {min}"));
    }
    Ok(Scaled {
        min,
        max,
        idle: spec.idle_replica_count,
        polling_s: spec.polling_interval.unwrap_or(30).max(1),
        initial_cooldown_s: spec.initial_cooldown_period,
        cooldown_s: spec.cooldown_period.unwrap_or(300),
        fallback,
        behavior,
        modifiers,
        triggers,
    })
}

fn of_fallback(spec: &FallbackSpec) -> Result<Fallback, String> {
    let behavior = match spec.behavior.as_deref() {
        None | Some("static") => FallbackBehavior::Static,
        Some("currentReplicas") => FallbackBehavior::CurrentReplicas,
        Some("currentReplicasIfHigher") => FallbackBehavior::CurrentReplicasIfHigher,
        Some("currentReplicasIfLower") => FallbackBehavior::CurrentReplicasIfLower,
        Some("scalingModifiers") => FallbackBehavior::ScalingModifiers,
        Some(other) => {
            return Err(format!(
                "`{other}` is no `fallback.behavior`: use `static`, `currentReplicas`, `currentReplicasIfHigher`, \
                 `currentReplicasIfLower` or `scalingModifiers`"
            ));
        }
    };
    Ok(Fallback { after: spec.failure_threshold, replicas: spec.replicas, behavior })
}

/// The modifiers; none where there is no formula.
fn of_modifiers(
    spec: &ModifiersSpec,
    triggers: &[Trigger],
    whole: &ScaledSpec,
) -> Result<Option<Modifiers>, String> {
    let Some(text) = &spec.formula else { return Ok(None) };
    let named = |spec: &TriggerSpec| spec.name.is_some() || matches!(spec.r#type.as_str(), "cpu" | "memory");
    if let Some(nameless) = whole.triggers.iter().find(|trigger| !named(trigger)) {
        return Err(format!(
            "a trigger `{}` has no `name`, by which the formula would know it",
            nameless.r#type
        ));
    }
    let names: Vec<&str> = triggers.iter().filter_map(Trigger::name).collect();
    let formula = Formula::parse(text, &names)
        .map_err(|error| format!("the formula `{text}` says nothing: {error}"))?;
    let number = |quantity: &Quantity, name: &str| {
        let value = quantity.to_string().parse::<f64>().ok().filter(|value| value.is_finite());
        value.ok_or_else(|| format!("`{quantity}` is no number, as `{name}` of the scaling modifiers"))
    };
    let target = spec.target.as_ref().ok_or("a formula needs a `target`")?;
    let value = number(target, "target")?;
    if value <= 0.0 {
        return Err(format!("the target {target} of the scaling modifiers is not above 0"));
    }
    let in_all = match spec.metric_type.as_deref() {
        None | Some("AverageValue") => false,
        Some("Value") => true,
        Some(other) => {
            return Err(format!("`{other}` is no `metricType` of a formula: use `AverageValue` or `Value`"));
        }
    };
    let activation = spec.activation_target.as_ref();
    let activation = activation.map_or(Ok(0.0), |quantity| number(quantity, "activationTarget"))?;
    Ok(Some(Modifiers { formula, target: value, activation, in_all }))
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
            let (start, end) = (needed("start")?, needed("end")?);
            let (zone, replicas) = (needed("timezone")?, needed("desiredReplicas")?);
            let times = Times::new(spec.name.clone(), (&start, &end), &zone, &replicas);
            times.map(|times| Trigger::Cron(Box::new(times))).map_err(|error| error.to_string())
        }
        _ => {
            let key =
                ["threshold", "value", "lagThreshold", "queueLength", "targetQueueLength", "targetValue"]
                    .into_iter()
                    .find(|key| spec.metadata.contains_key(*key))
                    .ok_or_else(|| format!("a trigger `{kind}` has no `threshold`"))?;
            let activation = text("activationThreshold").or_else(|| text("activationValue"));
            let in_all = match spec.metric_type.as_deref() {
                None | Some("AverageValue") => false,
                Some("Value") => true,
                Some(other) => {
                    return Err(format!(
                        "`{other}` is no `metricType` of a trigger `{kind}`: use `AverageValue` or `Value`"
                    ));
                }
            };
            Ok(Trigger::Query {
                name: spec.name.clone().or_else(|| text("metricName")).unwrap_or_else(|| kind.to_owned()),
                target: milli(key, needed(key)?)?,
                in_all,
                activation: activation.map_or(Ok(0), |text| milli("activationThreshold", text))?,
            })
        }
    }
}
