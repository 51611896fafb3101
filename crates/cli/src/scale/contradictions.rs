//! Manifests that do not go together: what a cluster would take, and never get right.

use anyhow::{Result, bail};
use loadline_scale::hpa::Target;
use loadline_scale::manifests::{DeclaredKind, Deployed, Trigger};

use super::policy::Tried;
use crate::common::screen;

/// Refuses a policy that its own Deployment lets do nothing, and says what else does not go together. A request that is
/// typed stands in place of the Deployment's.
pub(super) fn check(tried: &Tried, deployed: Option<&Deployed>, cpu_request: Option<i64>) -> Result<()> {
    let Some(deployed) = deployed else {
        if let Some(target) = tried.target().filter(|_| tried.has_deployments) {
            screen::caution(&format!(
                "{target}, which {} scales, is in none of the manifests: its pods are taken to be as most are",
                tried.what
            ));
        }
        return Ok(());
    };
    if cpu_request.is_none() && !deployed.without_request.is_empty() && aims_at_percent(&tried.kind) {
        bail!(
            "{} aims at percent of the processor time that pods request, and of Deployment/{} the container `{}` requests \
             none: in a cluster it would never scale\nhint: give each container `resources.requests.cpu`, or say what a \
             pod requests with `--cpu-request 500m`",
            tried.what,
            deployed.name,
            deployed.without_request.join("`, `")
        )
    }
    if let (Some(accepts_s), Some(grace_s)) = (deployed.accepts_s, deployed.grace_s)
        && grace_s <= accepts_s
    {
        screen::caution(&format!(
            "Deployment/{} waits {accepts_s} s in its `preStop`, and is cut off after {grace_s} s \
             (`terminationGracePeriodSeconds`): nothing is left to answer what it has",
            deployed.name
        ));
    }
    Ok(())
}

fn aims_at_percent(kind: &DeclaredKind) -> bool {
    match kind {
        DeclaredKind::Hpa(policy) => {
            policy.metrics.iter().any(|metric| matches!(metric.target, Some(Target::Utilization(_))))
        }
        DeclaredKind::Scaled(scaled) => {
            scaled.triggers.iter().any(|trigger| matches!(trigger, Trigger::Cpu(_)))
        }
    }
}
