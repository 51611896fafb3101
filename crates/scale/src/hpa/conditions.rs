//! What the autoscaler says of itself: the conditions that `kubectl describe hpa` shows.

use std::fmt;

use super::metrics::{Metric, MetricError, Source};

/// One thing that it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Condition {
    /// Whether it is so.
    pub holds: bool,
    /// Why.
    pub reason: Reason,
}

/// All that it says; none where it has not said anything yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Conditions {
    /// `AbleToScale`
    pub able: Option<Condition>,
    /// `ScalingActive`
    pub active: Option<Condition>,
    /// `ScalingLimited`
    pub limited: Option<Condition>,
    /// `ScaledToZero`: whether the autoscaler itself took the last replica away, so that it may bring one back.
    pub scaled_to_zero: Option<Condition>,
}

/// Kubernetes' reasons, in its own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "Kubernetes' own words")]
pub enum Reason {
    SucceededGetScale,
    ReadyForNewScale,
    ScaleUpStabilized,
    ScaleDownStabilized,
    SucceededRescale,
    ValidMetricFound,
    ScalingDisabled,
    FailedGetResourceMetric,
    FailedGetContainerResourceMetric,
    FailedGetPodsMetric,
    FailedGetObjectMetric,
    FailedGetExternalMetric,
    InvalidMetricSourceType,
    DesiredWithinRange,
    ScaleUpLimit,
    ScaleDownLimit,
    TooManyReplicas,
    TooFewReplicas,
    ScaledToZero,
    NotScaledToZero,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl Reason {
    /// Why scaling by a metric is off.
    pub(super) fn of(metric: &Metric, error: &MetricError) -> Self {
        match (&metric.source, error) {
            (Source::Other(_), _) | (_, MetricError::UnknownSource(_)) => Self::InvalidMetricSourceType,
            (Source::Resource { container: None, .. }, _) => Self::FailedGetResourceMetric,
            (Source::Resource { container: Some(_), .. }, _) => Self::FailedGetContainerResourceMetric,
            (Source::Pods, _) => Self::FailedGetPodsMetric,
            (Source::Object, _) => Self::FailedGetObjectMetric,
            (Source::External, _) => Self::FailedGetExternalMetric,
        }
    }
}
