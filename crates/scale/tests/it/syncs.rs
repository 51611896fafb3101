//! Whole passes of the controller: several metrics, some of which fail, and workloads that go to zero and come back.

use std::collections::BTreeMap;

use loadline_scale::hpa::{
    Condition, Conditions, ContainerKind, Controller, Failure, Flags, Measured, Metric, Phase, Pod, Policy,
    Readiness, Reading, Request, Rule, Rules, Source, Status, Target, Version, Workload,
};
use serde::Deserialize;

use crate::answers::{cases, expect_none};
use crate::normalize;
use crate::policies::GivenBehavior;
use crate::replicas;

const HOUR_MS: i64 = 3_600_000;

#[derive(Deserialize)]
struct Case {
    id: String,
    min: Option<i32>,
    max: i32,
    initial_replicas: i32,
    downscale_window_s: i64,
    tolerance: f64,
    behavior: Option<GivenBehavior>,
    gate_scale_to_zero: bool,
    syncs: Vec<GivenSync>,
    expect: Vec<Answer>,
}

#[derive(Deserialize)]
struct GivenSync {
    t_ms: i64,
    set_replicas: Option<i32>,
    set_min: Option<i32>,
    ready_pods: Option<i32>,
    metrics: Vec<GivenMetric>,
}

#[derive(Deserialize)]
struct GivenMetric {
    r#type: String,
    target_type: String,
    target: i64,
    #[serde(default)]
    fail: bool,
    #[serde(default)]
    no_target: bool,
    each: Option<i64>,
    total: Option<i64>,
    #[serde(default)]
    missing: usize,
    value: Option<i64>,
    values: Option<Vec<i64>>,
}

#[derive(Deserialize, Debug, PartialEq)]
struct Answer {
    before: i32,
    proposals: Vec<GivenProposal>,
    combined: i32,
    #[serde(default)]
    first_error: String,
    replicas: i32,
    error: String,
    rescale_reason: String,
    conditions: BTreeMap<String, GivenCondition>,
}

#[derive(Deserialize, Debug, PartialEq)]
struct GivenProposal {
    replicas: i32,
    error: String,
}

#[derive(Deserialize, Debug, PartialEq)]
struct GivenCondition {
    status: String,
    reason: String,
}

impl GivenMetric {
    fn metric(&self) -> Metric {
        let source = match self.r#type.as_str() {
            "resource" => Source::Resource { name: "cpu".to_owned(), container: None },
            "pods" => Source::Pods,
            "object" => Source::Object,
            "external" => Source::External,
            other => Source::Other(other.to_owned()),
        };
        let target = match self.target_type.as_str() {
            "utilization" => Target::Utilization(i32::try_from(self.target).unwrap()),
            "average_value" => Target::AverageValue(self.target),
            "value" => Target::Value(self.target),
            "" => return Metric { name: "m".to_owned(), source, target: None },
            other => panic!("{other}"),
        };
        Metric { name: "m".to_owned(), source, target: (!self.no_target).then_some(target) }
    }

    fn measured(&self, pods: &[Pod], now_ms: i64) -> Measured {
        if self.fail {
            return Measured::Gone;
        }
        match self.r#type.as_str() {
            "object" => Measured::Object(self.value.unwrap_or(0)),
            // A client of the metrics API takes an empty list for no answer.
            "external" => match self.values.as_deref() {
                None | Some([]) => Measured::Gone,
                Some(values) => Measured::External(values.to_vec()),
            },
            _ => {
                let shared = |total: i64| total.checked_div(pods.len() as i64).unwrap_or(0);
                let value = self.each.or(self.total.map(shared)).unwrap_or(0);
                let reading = Reading { value, at_ms: now_ms, window_ms: 30_000 };
                let known = pods.iter().skip(self.missing).map(|pod| (pod.name.clone(), reading));
                Measured::PerPod(known.collect())
            }
        }
    }
}

fn running(number: i32, now_ms: i64) -> Vec<Pod> {
    let since_ms = now_ms - HOUR_MS;
    let pod = |index| Pod {
        name: format!("pod-{index}"),
        phase: Phase::Running,
        deleted: false,
        started_ms: Some(since_ms),
        ready: Some(Readiness { status: Status::True, since_ms }),
        requests: vec![Request { container: "c".to_owned(), milli: Some(1000), kind: ContainerKind::Main }],
    };
    (0..number).map(pod).collect()
}

fn said(conditions: Conditions) -> BTreeMap<String, GivenCondition> {
    let of = |name: &str, condition: Option<Condition>| {
        let condition = condition?;
        let status = if condition.holds { "True" } else { "False" }.to_owned();
        Some((name.to_owned(), GivenCondition { status, reason: condition.reason.to_string() }))
    };
    [
        of("AbleToScale", conditions.able),
        of("ScalingActive", conditions.active),
        of("ScalingLimited", conditions.limited),
        of("ScaledToZero", conditions.scaled_to_zero),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn differences(case: &Case) -> Vec<String> {
    let policy = Policy {
        min: case.min.unwrap_or(1),
        max: case.max,
        metrics: Vec::new(),
        behavior: case.behavior.as_ref().map(GivenBehavior::behavior),
    };
    let flags = Flags {
        tolerance: case.tolerance,
        down_window_ms: case.downscale_window_s * 1000,
        ..Flags::default()
    };
    let rules = Rules::of(Version::V1_38).with(Rule::ScaleToZero, case.gate_scale_to_zero);
    let mut controller = Controller::new(policy, flags, rules);
    let mut replicas = case.initial_replicas;
    let mut wrong = Vec::new();
    for (index, (given, wanted)) in case.syncs.iter().zip(&case.expect).enumerate() {
        replicas = given.set_replicas.unwrap_or(replicas);
        controller.policy.min = given.set_min.unwrap_or(controller.policy.min);
        controller.policy.metrics = given.metrics.iter().map(GivenMetric::metric).collect();
        let pods = running(given.ready_pods.unwrap_or(replicas), given.t_ms);
        let measured: Vec<Measured> =
            given.metrics.iter().map(|metric| metric.measured(&pods, given.t_ms)).collect();
        let workload =
            Workload { spec_replicas: replicas, status_replicas: replicas, pods: &pods, measured: &measured };
        let proposals = controller.proposals(&workload, given.t_ms);
        let first_error = proposals.iter().find_map(|proposal| proposal.as_ref().err());
        let before = replicas;
        let sync = controller.sync(&workload, given.t_ms);
        replicas = sync.replicas;
        let got = Answer {
            before,
            combined: Controller::combined(&proposals, before).map_or(-1, |combined| combined.replicas),
            first_error: first_error.map_or("", replicas::name).to_owned(),
            proposals: proposals
                .iter()
                .map(|proposal| match proposal {
                    Ok(proposal) => GivenProposal { replicas: proposal.replicas, error: String::new() },
                    Err(error) => GivenProposal { replicas: 0, error: replicas::name(error).to_owned() },
                })
                .collect(),
            replicas,
            error: match sync.failure {
                Failure::None => "",
                Failure::Partial => "partial",
                Failure::Whole => "failed",
            }
            .to_owned(),
            rescale_reason: sync.rescale.map_or("", normalize::name).to_owned(),
            conditions: said(sync.conditions),
        };
        if got != *wanted {
            wrong.push(format!("{} sync {index}: {wanted:?}, not {got:?}", case.id));
        }
    }
    assert_eq!(case.syncs.len(), case.expect.len(), "{}", case.id);
    wrong
}

fn agrees(file: &str, at_least: usize) {
    let cases: Vec<Case> = cases(file);
    let wrong: Vec<String> = cases.iter().flat_map(differences).collect();
    expect_none(&wrong, cases.len(), at_least);
}

#[test]
fn several_metrics_come_out_as_in_kubernetes() {
    agrees("multi", 150);
}

#[test]
fn to_zero_and_back_comes_out_as_in_kubernetes() {
    agrees("zero", 100);
}
