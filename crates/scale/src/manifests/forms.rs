//! The parts of manifests that scaling is about, in the form in which they stand there. Everything else is passed over.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::quantity::Quantity;

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Head {
    pub(super) api_version: Option<String>,
    pub(super) kind: Option<String>,
    #[serde(default)]
    pub(super) metadata: Metadata,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Metadata {
    pub(super) name: Option<String>,
}

/// Any document with a `spec` of its kind.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct WithSpec<S> {
    pub(super) spec: S,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct HpaSpec {
    pub(super) scale_target_ref: TargetRef,
    pub(super) min_replicas: Option<i32>,
    pub(super) max_replicas: i32,
    pub(super) metrics: Option<Vec<MetricSpec>>,
    pub(super) behavior: Option<BehaviorSpec>,
    /// Of `autoscaling/v1`.
    #[serde(rename = "targetCPUUtilizationPercentage")]
    pub(super) target_cpu: Option<i32>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct TargetRef {
    pub(super) kind: Option<String>,
    pub(super) name: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MetricSpec {
    pub(super) r#type: String,
    pub(super) resource: Option<ResourceMetric>,
    pub(super) container_resource: Option<ResourceMetric>,
    pub(super) pods: Option<NamedMetric>,
    pub(super) object: Option<NamedMetric>,
    pub(super) external: Option<NamedMetric>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct ResourceMetric {
    pub(super) name: String,
    pub(super) container: Option<String>,
    pub(super) target: TargetSpec,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct NamedMetric {
    pub(super) metric: MetricName,
    pub(super) target: TargetSpec,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct MetricName {
    pub(super) name: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TargetSpec {
    pub(super) average_utilization: Option<i32>,
    pub(super) average_value: Option<Quantity>,
    pub(super) value: Option<Quantity>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BehaviorSpec {
    pub(super) scale_up: Option<RulesSpec>,
    pub(super) scale_down: Option<RulesSpec>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RulesSpec {
    pub(super) stabilization_window_seconds: Option<i64>,
    pub(super) select_policy: Option<String>,
    pub(super) policies: Option<Vec<PolicySpec>>,
    pub(super) tolerance: Option<Quantity>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PolicySpec {
    pub(super) r#type: String,
    pub(super) value: i32,
    pub(super) period_seconds: i64,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct DeploymentSpec {
    pub(super) replicas: Option<i32>,
    pub(super) template: Template,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Template {
    pub(super) spec: PodSpec,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PodSpec {
    #[serde(default)]
    pub(super) containers: Vec<Container>,
    pub(super) termination_grace_period_seconds: Option<u64>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Container {
    pub(super) name: Option<String>,
    #[serde(default)]
    pub(super) resources: Resources,
    pub(super) readiness_probe: Option<Probe>,
    pub(super) lifecycle: Option<Lifecycle>,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Resources {
    #[serde(default)]
    pub(super) requests: BTreeMap<String, Quantity>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Probe {
    pub(super) initial_delay_seconds: Option<u64>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Lifecycle {
    pub(super) pre_stop: Option<PreStop>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct PreStop {
    pub(super) sleep: Option<Sleep>,
    pub(super) exec: Option<Exec>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Sleep {
    pub(super) seconds: u64,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Exec {
    #[serde(default)]
    pub(super) command: Vec<String>,
}
