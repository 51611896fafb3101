//! From what metrics ask for to what there will be, over time: 300 sequences.

use loadline_scale::hpa::{
    Condition, Controller, Flags, Measured, Metric, Policy, Rescale, Rules, Source, Target, Version, Workload,
};
use serde::Deserialize;

use crate::answers::{cases, expect_none};
use crate::policies::GivenBehavior;

#[derive(Deserialize)]
struct Case {
    id: String,
    min: i32,
    max: i32,
    initial_replicas: i32,
    downscale_window_s: i64,
    behavior: Option<GivenBehavior>,
    behavior_effective: Option<GivenBehavior>,
    syncs: Vec<GivenSync>,
    expect: Vec<Answer>,
}

#[derive(Deserialize)]
struct GivenSync {
    t_ms: i64,
    desired: i64,
    set_replicas: Option<i32>,
    set_min: Option<i32>,
    set_max: Option<i32>,
}

#[derive(Deserialize, Debug, PartialEq)]
struct Answer {
    path: String,
    before: i32,
    stabilized: Option<i32>,
    replicas: i32,
    /// Empty where the metrics are not looked at, as is `limited_reason`.
    able: String,
    limited: Option<bool>,
    limited_reason: String,
    able_final: Option<String>,
    rescale_reason: Option<String>,
}

/// What the answers call the reason of a rescale.
pub(crate) fn name(rescale: Rescale) -> &'static str {
    match rescale {
        Rescale::AboveTarget(_) => "metric_above_target",
        Rescale::AllBelowTarget => "all_metrics_below_target",
        Rescale::AboveMax => "above_max",
        Rescale::BelowMin => "below_min",
        Rescale::Unsaid => "empty",
    }
}

/// The controller that the answers were made with: one external metric that asks for exactly what is said.
fn controller(case: &Case, behavior: Option<&GivenBehavior>) -> Controller {
    let metric =
        Metric { name: "m".to_owned(), source: Source::External, target: Some(Target::AverageValue(1000)) };
    let policy = Policy {
        min: case.min,
        max: case.max,
        metrics: vec![metric],
        behavior: behavior.map(GivenBehavior::behavior),
    };
    let flags = Flags { tolerance: 0.0, down_window_ms: case.downscale_window_s * 1000, ..Flags::default() };
    Controller::new(policy, flags, Rules::of(Version::V1_38))
}

fn differences(case: &Case, behavior: Option<&GivenBehavior>) -> Vec<String> {
    let mut controller = controller(case, behavior);
    assert_eq!(
        controller.policy,
        self::controller(case, case.behavior_effective.as_ref()).policy,
        "{}",
        case.id
    );
    let mut replicas = case.initial_replicas;
    let mut wrong = Vec::new();
    for (index, (given, wanted)) in case.syncs.iter().zip(&case.expect).enumerate() {
        replicas = given.set_replicas.unwrap_or(replicas);
        controller.policy.min = given.set_min.unwrap_or(controller.policy.min);
        controller.policy.max = given.set_max.unwrap_or(controller.policy.max);
        let measured = [Measured::External(vec![given.desired * 1000])];
        let workload =
            Workload { spec_replicas: replicas, status_replicas: replicas, pods: &[], measured: &measured };
        let before = replicas;
        let sync = controller.sync(&workload, given.t_ms);
        replicas = sync.replicas;
        let reason = |condition: Option<Condition>| condition.map(|condition| condition.reason.to_string());
        let normalized = wanted.path == "normalize";
        let got = Answer {
            path: match (sync.stabilized, sync.rescale) {
                (Some(_), _) => "normalize",
                (None, Some(Rescale::AboveMax)) => "above_max",
                (None, Some(Rescale::BelowMin)) => "below_min",
                (None, _) => "disabled",
            }
            .to_owned(),
            before,
            stabilized: sync.stabilized,
            replicas,
            // A rescale is said over what stood there before it.
            able: if !normalized || sync.rescale.is_some() {
                wanted.able.clone()
            } else {
                reason(sync.conditions.able).unwrap_or_default()
            },
            limited: wanted.limited.and(sync.conditions.limited.map(|condition| condition.holds)),
            limited_reason: if normalized {
                reason(sync.conditions.limited).unwrap_or_default()
            } else {
                wanted.limited_reason.clone()
            },
            able_final: wanted.able_final.as_ref().and(reason(sync.conditions.able)),
            rescale_reason: sync.rescale.map(|rescale| name(rescale).to_owned()),
        };
        if got != *wanted {
            wrong.push(format!("{} sync {index}: {wanted:?}, not {got:?}", case.id));
        }
    }
    assert_eq!(case.syncs.len(), case.expect.len(), "{}", case.id);
    wrong
}

#[test]
fn three_hundred_sequences_come_out_as_in_kubernetes() {
    let cases: Vec<Case> = cases("normalize");
    let wrong: Vec<String> =
        cases.iter().flat_map(|case| differences(case, case.behavior.as_ref())).collect();
    expect_none(&wrong, cases.len(), 300);
}
