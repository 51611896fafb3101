//! The manifest of KEDA: a policy of its own with new numbers, or Kubernetes' own as KEDA would have it.

use loadline_yaml::Node;

use super::super::keda::{Scaled, Trigger};
use super::super::read::DeclaredKind;
use super::super::times::Times;
use super::begun::{begun, target};
use super::behavior::behavior;
use super::told::{Intended, WriteError};
use crate::hpa::{Policy, Source, Target};

impl Scaled {
    /// What KEDA needs to scale as a policy of Kubernetes' own autoscaler does.
    ///
    /// # Errors
    /// Where it goes by more than processor time, which KEDA asks for by a query that nobody names.
    pub fn of_policy(policy: &Policy) -> Result<Self, WriteError> {
        let trigger = |metric: &crate::hpa::Metric| match (&metric.source, metric.target) {
            (Source::Resource { name, .. }, Some(Target::Utilization(percent))) if name == "cpu" => {
                Ok(Trigger::Cpu(percent))
            }
            _ => Err(WriteError::NoQuery(format!("metric `{}`", metric.name))),
        };
        Ok(Self {
            min: policy.min,
            max: policy.max,
            behavior: policy.behavior.clone(),
            triggers: policy.metrics.iter().map(trigger).collect::<Result<_, _>>()?,
            ..Self::default()
        })
    }
}

pub(super) fn scaled(policy: &Scaled, intended: &Intended<'_>) -> Result<Node, WriteError> {
    let declared = intended.declared.filter(|declared| matches!(declared.kind, DeclaredKind::Scaled(_)));
    let known = declared.map(|declared| &declared.document);
    let mut document = begun(known, "keda.sh/v1alpha1", "ScaledObject", intended);
    let usual = Scaled::default();
    let spec = document.at(&["spec"]);
    if spec.get("scaleTargetRef").is_none() {
        spec.set("scaleTargetRef", target(intended.name));
    }
    spec.set_why("minReplicaCount", policy.min, &intended.whys.min);
    spec.set_why("maxReplicaCount", policy.max, &intended.whys.max);
    // What is as KEDA has it by itself is left to it, but where a manifest says it.
    for (name, value, by_itself) in [
        ("pollingInterval", policy.polling_s, usual.polling_s),
        ("cooldownPeriod", policy.cooldown_s, usual.cooldown_s),
    ] {
        if value != by_itself || spec.get(name).is_some() {
            spec.set(name, value);
        }
    }
    if let Some(idle) = policy.idle {
        spec.set("idleReplicaCount", idle);
    }
    if let Some(rules) = &policy.behavior {
        let config = spec.at(&["advanced", "horizontalPodAutoscalerConfig"]);
        config.set_why("behavior", behavior(rules), &intended.whys.behavior);
    }
    let mut before = spec.get("triggers").cloned().unwrap_or_default();
    let known = before.items();
    let triggers = policy.triggers.iter().enumerate().map(|(index, trigger)| {
        let known = known.get(index).cloned();
        match (trigger, known) {
            (Trigger::Cpu(percent), known) => {
                let new = || Node::map([("type", "cpu".into()), ("metricType", "Utilization".into())]);
                let mut trigger = known.unwrap_or_else(new);
                trigger.at(&["metadata"]).set("value", percent.to_string());
                Ok(trigger)
            }
            (_, Some(known)) => Ok(known),
            (Trigger::Query { name, .. }, None) => {
                Err(WriteError::Metric { metric: name.clone(), lacks: "its query" })
            }
            (Trigger::Cron(times), None) => cron(times),
        }
    });
    let triggers = triggers.collect::<Result<_, _>>()?;
    spec.set_why("triggers", Node::List(triggers), &intended.whys.target);
    Ok(document)
}

fn cron(times: &Times) -> Result<Node, WriteError> {
    let lacks = || WriteError::Metric { metric: "cron".to_owned(), lacks: "the name of its timezone" };
    let zone = times.zone.iana_name().ok_or_else(lacks)?;
    let metadata = Node::map([
        ("timezone", zone.into()),
        ("start", times.start.text.as_str().into()),
        ("end", times.end.text.as_str().into()),
        ("desiredReplicas", times.replicas.to_string().into()),
    ]);
    let mut trigger = Node::map([("type", "cron".into())]);
    if let Some(name) = &times.name {
        trigger.set("name", name.as_str());
    }
    trigger.set("metadata", metadata);
    Ok(trigger)
}
