//! One look at one metric: 2,000 states, and what the calculator of 1.37 made of them where that differs.

use loadline_scale::hpa::{
    ContainerKind, Measured, Metric, MetricError, Patience, Phase, Pod, Proposal, Readiness, Reading,
    Request, Rules, Setting, Source, Status, Target, Tolerance, Version, propose,
};
use serde::Deserialize;
use std::collections::BTreeMap;

use crate::answers::{cases, expect_none};

#[derive(Deserialize)]
struct Case {
    id: String,
    method: String,
    resource: String,
    #[serde(default)]
    container: String,
    current_replicas: i32,
    target: i64,
    tolerance_up: f64,
    tolerance_down: f64,
    cpu_initialization_period_s: i64,
    initial_readiness_delay_s: i64,
    pods: Vec<GivenPod>,
    #[serde(default)]
    extra_metrics: BTreeMap<String, GivenReading>,
    value: Option<i64>,
    values: Option<Vec<i64>>,
    metrics_fail: bool,
    expect: Answer,
    expect_older: Option<Answer>,
}

#[derive(Deserialize)]
struct GivenPod {
    name: String,
    phase: String,
    deleted: bool,
    start_s: Option<i64>,
    ready: Option<GivenReadiness>,
    requests: Vec<GivenRequest>,
    metric: Option<GivenReading>,
}

#[derive(Deserialize)]
struct GivenReadiness {
    status: String,
    transition_s: Option<i64>,
}

#[derive(Deserialize)]
struct GivenRequest {
    container: String,
    milli: Option<i64>,
    #[serde(default)]
    init: String,
}

#[derive(Deserialize)]
struct GivenReading {
    value: i64,
    at_s: i64,
    window_s: i64,
}

#[derive(Deserialize, Debug, PartialEq)]
struct Answer {
    replicas: i32,
    usage: i64,
    raw: Option<i64>,
    error: String,
}

impl GivenReading {
    fn reading(&self) -> Reading {
        Reading { value: self.value, at_ms: self.at_s * 1000, window_ms: self.window_s * 1000 }
    }
}

impl GivenPod {
    fn pod(&self) -> Pod {
        let phase = match self.phase.as_str() {
            "Pending" => Phase::Pending,
            "Running" => Phase::Running,
            "Succeeded" => Phase::Succeeded,
            "Failed" => Phase::Failed,
            "Unknown" => Phase::Unknown,
            other => panic!("{other}"),
        };
        let ready = self.ready.as_ref().map(|ready| Readiness {
            status: match ready.status.as_str() {
                "True" => Status::True,
                "False" => Status::False,
                "Unknown" => Status::Unknown,
                other => panic!("{other}"),
            },
            since_ms: ready.transition_s.map_or(i64::MIN, |seconds| seconds * 1000),
        });
        let requests = self.requests.iter().map(|request| Request {
            container: request.container.clone(),
            milli: request.milli,
            kind: match request.init.as_str() {
                "" => ContainerKind::Main,
                "restartable" => ContainerKind::Sidecar,
                "plain" => ContainerKind::Init,
                other => panic!("{other}"),
            },
        });
        Pod {
            name: self.name.clone(),
            phase,
            deleted: self.deleted,
            started_ms: self.start_s.map(|seconds| seconds * 1000),
            ready,
            requests: requests.collect(),
        }
    }
}

impl Case {
    fn metric(&self) -> Metric {
        let container = Some(self.container.clone()).filter(|container| !container.is_empty());
        let resource = || Source::Resource { name: self.resource.clone(), container };
        let (source, target) = match self.method.as_str() {
            "resource_utilization" => (resource(), Target::Utilization(i32::try_from(self.target).unwrap())),
            "resource_value" => (resource(), Target::AverageValue(self.target)),
            "pods_value" => (Source::Pods, Target::AverageValue(self.target)),
            "object_value" => (Source::Object, Target::Value(self.target)),
            "object_per_pod" => (Source::Object, Target::AverageValue(self.target)),
            "external_value" => (Source::External, Target::Value(self.target)),
            "external_per_pod" => (Source::External, Target::AverageValue(self.target)),
            other => panic!("{other}"),
        };
        Metric { name: "m".to_owned(), source, target: Some(target) }
    }

    fn measured(&self) -> Measured {
        if self.metrics_fail {
            return Measured::Gone;
        }
        if let Some(value) = self.value {
            return Measured::Object(value);
        }
        if let Some(values) = &self.values {
            return Measured::External(values.clone());
        }
        let of_pods = self.pods.iter().filter_map(|pod| Some((&pod.name, pod.metric.as_ref()?)));
        let all = of_pods.chain(&self.extra_metrics);
        Measured::PerPod(all.map(|(name, reading)| (name.clone(), reading.reading())).collect())
    }

    fn answer(&self, version: Version) -> Answer {
        let pods: Vec<Pod> = self.pods.iter().map(GivenPod::pod).collect();
        let setting = Setting {
            pods: &pods,
            spec_replicas: self.current_replicas,
            status_replicas: self.current_replicas,
            tolerance: Tolerance { up: self.tolerance_up, down: self.tolerance_down },
            patience: Patience {
                cpu_initialization_ms: self.cpu_initialization_period_s * 1000,
                initial_readiness_ms: self.initial_readiness_delay_s * 1000,
            },
            rules: Rules::of(version),
            now_ms: 0,
        };
        match propose(&self.metric(), &self.measured(), &setting) {
            Ok(Proposal { replicas, usage, average_milli }) => {
                Answer { replicas, usage, raw: average_milli, error: String::new() }
            }
            Err(error) => Answer { replicas: 0, usage: 0, raw: None, error: name(&error).to_owned() },
        }
    }
}

/// What the answers call an error.
pub(crate) fn name(error: &MetricError) -> &'static str {
    match error {
        MetricError::Unavailable(_) => "metrics_unavailable",
        MetricError::NoPods => "no_pods",
        MetricError::NoneCounts => "no_metrics_for_targeted_pods",
        MetricError::NoRequest { .. } => "missing_request",
        MetricError::NoContainer { .. } => "container_not_found",
        MetricError::NoMatch => "no_metrics_match_pods",
        MetricError::NoTarget(_) => "invalid_target",
        MetricError::UnknownSource(_) => "unknown_source_type",
    }
}

fn agree(wanted: &Answer, got: &Answer) -> bool {
    if wanted.error.is_empty() { wanted == got } else { wanted.error == got.error }
}

fn differing(version: Version, wanted: impl Fn(&Case) -> &Answer) -> (Vec<String>, usize) {
    let cases: Vec<Case> = cases("replicas");
    let wrong = cases.iter().filter_map(|case| {
        let (wanted, got) = (wanted(case), case.answer(version));
        (!agree(wanted, &got)).then(|| format!("{}: {wanted:?}, not {got:?}", case.id))
    });
    (wrong.collect(), cases.len())
}

#[test]
fn two_thousand_states_come_out_as_in_kubernetes() {
    let (wrong, of) = differing(Version::V1_38, |case| &case.expect);
    expect_none(&wrong, of, 2000);
}

#[test]
fn the_release_before_differs_exactly_where_its_rules_do() {
    let (wrong, of) = differing(Version::V1_37, |case| case.expect_older.as_ref().unwrap_or(&case.expect));
    expect_none(&wrong, of, 2000);
    let older = cases::<Case>("replicas").iter().filter(|case| case.expect_older.is_some()).count();
    assert!(older >= 70, "{older}");
}
