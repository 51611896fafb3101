//! All manifests of a policy, and that of Kubernetes' own autoscaler.

use loadline_yaml::{Node, text};

use super::super::read::DeclaredKind;
use super::begun::{begun, target};
use super::told::{Intended, WriteError};
use super::{behavior, budget, deployment, metrics, scaled};
use crate::hpa::Policy;

/// A file, as it is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Its name: `hpa.yaml`.
    pub name: &'static str,
    /// What is in it.
    pub text: String,
}

/// The manifests of a policy: its autoscaler, how many pods may be gone at a time, and the workload's own part.
///
/// # Errors
/// Where the policy does not say enough to be written.
pub fn write(intended: &Intended<'_>) -> Result<Vec<Written>, WriteError> {
    let (name, autoscaler) = match intended.policy {
        DeclaredKind::Hpa(policy) => ("hpa.yaml", hpa(policy, intended)?),
        DeclaredKind::Scaled(policy) => ("scaledobject.yaml", scaled::scaled(policy, intended)?),
    };
    let file = |name, document: &Node| Written { name, text: text(&intended.whys.top, document) };
    let workload = deployment::deployment(intended)?;
    Ok(vec![
        file(name, &autoscaler),
        file("pdb.yaml", &budget::budget(intended, &workload)),
        file("deployment.yaml", &workload),
    ])
}

fn hpa(policy: &Policy, intended: &Intended<'_>) -> Result<Node, WriteError> {
    let declared = intended.declared.filter(|declared| matches!(declared.kind, DeclaredKind::Hpa(_)));
    let known = declared.map(|declared| &declared.document);
    let mut document = begun(known, "autoscaling/v2", "HorizontalPodAutoscaler", intended);
    document.set("apiVersion", "autoscaling/v2");
    let before = known.and_then(|document| document.get("spec")?.get("metrics")).cloned();
    let metrics = metrics::metrics(&policy.metrics, before)?;
    let spec = document.at(&["spec"]);
    if spec.get("scaleTargetRef").is_none() {
        spec.set("scaleTargetRef", target(intended.name));
    }
    // Of `autoscaling/v1`.
    spec.take("targetCPUUtilizationPercentage");
    spec.set_why("minReplicas", policy.min, &intended.whys.min);
    spec.set_why("maxReplicas", policy.max, &intended.whys.max);
    spec.set_why("metrics", metrics, &intended.whys.target);
    match &policy.behavior {
        Some(rules) => spec.set_why("behavior", behavior::behavior(rules), &intended.whys.behavior),
        None => spec.take("behavior"),
    }
    Ok(document)
}
