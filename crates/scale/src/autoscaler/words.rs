//! An autoscaler's reasons in words, for whoever reads what a simulation did.

use loadline_units::decimals;

use super::decision::Decision;
use crate::hpa::{Failure, Metric, Policy, Proposal, Reason, Rescale, Sync, Target};

/// A sync as a decision.
pub(super) fn decision(sync: &Sync, policy: &Policy) -> Decision {
    Decision {
        replicas: sync.replicas,
        why: why(sync, policy),
        held_by: held_by(sync),
        blind: sync.failure == Failure::Whole,
    }
}

/// Why a sync came to its number.
fn why(sync: &Sync, policy: &Policy) -> String {
    match sync.rescale {
        Some(Rescale::AboveMax) => format!("more than maxReplicas {}", policy.max),
        Some(Rescale::BelowMin) => format!("fewer than minReplicas {}", policy.min),
        _ if sync.failure == Failure::Whole => {
            let error = sync.proposals.iter().find_map(|proposal| proposal.as_ref().err());
            error.map_or_else(|| "there is no metric".to_owned(), ToString::to_string)
        }
        _ => {
            let said = sync.proposals.iter().zip(&policy.metrics).filter_map(|(proposal, metric)| {
                let proposal = proposal.as_ref().ok()?;
                Some((proposal.replicas, format!("{} → {}", measured(metric, proposal), proposal.replicas)))
            });
            said.max_by_key(|(replicas, _)| *replicas)
                .map_or_else(|| "it has no replicas by hand".to_owned(), |(_, said)| said)
        }
    }
}

fn measured(metric: &Metric, proposal: &Proposal) -> String {
    let name = &metric.name;
    let number = |milli: i64| decimals(milli as f64 / 1000.0, 1);
    match metric.target {
        Some(Target::Utilization(percent)) => format!("{name} at {} %, target {percent} %", proposal.usage),
        Some(Target::AverageValue(target)) => {
            format!("{name} at {} a replica, target {}", number(proposal.usage), number(target))
        }
        Some(Target::Value(target)) => {
            format!("{name} at {}, target {}", number(proposal.usage), number(target))
        }
        None => name.clone(),
    }
}

/// What kept a sync from its number.
fn held_by(sync: &Sync) -> String {
    let limited = sync.conditions.limited.filter(|limited| limited.holds && sync.stabilized.is_some());
    let held = limited.map(|limited| match limited.reason {
        Reason::ScaleUpLimit => "as fast up as the policy lets it",
        Reason::ScaleDownLimit => "as fast down as the policy lets it",
        Reason::TooManyReplicas => "maxReplicas",
        Reason::TooFewReplicas => "minReplicas",
        _ => "a limit",
    });
    let waits = match (sync.stabilized, sync.combined) {
        (Some(stabilized), Some(asked)) if stabilized > asked.max(0) => "more was asked for lately",
        (Some(stabilized), Some(asked)) if stabilized < asked => "less was asked for lately",
        _ => "",
    };
    held.unwrap_or(waits).to_owned()
}
