//! From one metric to a number of replicas.
//!
//! Pods that are only starting, or whose readings are missing, make a service look better or worse off than it is. So
//! the ratio of usage and target is worked out twice: first from what is known, and where pods are left out of that,
//! once more with what would speak against the direction: nothing used where more is asked for, everything used where
//! less is. What then no longer points the same way changes nothing.

use std::collections::HashMap;

use super::arithmetic::{count, whole};
use super::metrics::{Measured, Metric, MetricError, Proposal, Source, Target, Tolerance};
use super::pods::{ContainerKind, Grouped, Patience, Pod, Reading, running_and_ready};
use super::version::{Rule, Rules};

/// All that a calculation goes by besides a metric.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// The pods of the workload.
    pub pods: &'a [Pod],
    /// How many replicas the workload is to have (`spec.replicas` of its scale).
    pub spec_replicas: i32,
    /// How many it has (`status.replicas`).
    pub status_replicas: i32,
    /// What may differ without anything being done.
    pub tolerance: Tolerance,
    /// When pods are believed.
    pub patience: Patience,
    /// What holds in this release.
    pub rules: Rules,
    /// What time it is, in milliseconds.
    pub now_ms: i64,
}

/// How many replicas a metric asks for.
///
/// # Errors
/// Where it asks for nothing, and why.
pub fn propose(metric: &Metric, measured: &Measured, setting: &Setting<'_>) -> Result<Proposal, MetricError> {
    if let Source::Other(kind) = &metric.source {
        return Err(MetricError::UnknownSource(kind.clone()));
    }
    let no_target = || MetricError::NoTarget(metric.name.clone());
    match (&metric.source, metric.target.ok_or_else(no_target)?, measured) {
        (Source::Resource { name, container }, Target::Utilization(percent), Measured::PerPod(readings)) => {
            let yardstick = Yardstick::Request { percent, resource: name, container: container.as_deref() };
            by_readings(readings, name == "cpu", setting, &yardstick)
        }
        (Source::Resource { name, .. }, Target::AverageValue(target), Measured::PerPod(readings)) => {
            by_readings(readings, name == "cpu", setting, &Yardstick::Plain(target))
        }
        (Source::Pods, Target::AverageValue(target), Measured::PerPod(readings)) => {
            by_readings(readings, false, setting, &Yardstick::Plain(target))
        }
        (Source::Object, Target::Value(target), Measured::Object(usage)) => by_value(*usage, target, setting),
        (Source::Object, Target::AverageValue(target), Measured::Object(usage)) => {
            Ok(by_average(*usage, target, setting.rules.has(Rule::CountsCapped), setting))
        }
        (Source::External, Target::Value(target), Measured::External(values)) => {
            by_value(total(values, setting.rules.has(Rule::ExternalSumsCapped)), target, setting)
        }
        (Source::External, Target::AverageValue(target), Measured::External(values)) => {
            Ok(by_average_of_series(values, target, setting))
        }
        (Source::Resource { .. }, Target::Value(_), _)
        | (Source::Pods, Target::Value(_) | Target::Utilization(_), _)
        | (Source::Object | Source::External, Target::Utilization(_), _) => Err(no_target()),
        _ => Err(MetricError::Unavailable(metric.name.clone())),
    }
}

fn total(values: &[i64], capped: bool) -> i64 {
    let mut sum = 0_i64;
    for value in values {
        sum = match sum.checked_add(*value) {
            None if capped && *value > 0 => return i64::MAX,
            _ => sum.wrapping_add(*value),
        };
    }
    sum
}

/// A sum below zero is taken for one that grew too large: so does Kubernetes, and a backlog that is told as a negative
/// number scales to the maximum.
fn sum_not_below_zero(values: &[i64]) -> i64 {
    let mut sum = 0_i64;
    for value in values {
        sum = sum.wrapping_add(*value);
        if sum < 0 {
            return i64::MAX;
        }
    }
    sum
}

/// What readings of pods are held against.
enum Yardstick<'a> {
    /// A value for each pod.
    Plain(i64),
    /// Percent of what the pods ask for.
    Request { percent: i32, resource: &'a str, container: Option<&'a str> },
}

/// A ratio of usage and target, with what it was worked out of.
struct Outcome {
    ratio: f64,
    usage: i64,
    average_milli: Option<i64>,
}

impl<'a> Yardstick<'a> {
    /// What each pod asks for; of all pods, those that are gone among them.
    fn requests(&self, pods: &'a [Pod]) -> Result<HashMap<&'a str, i64>, MetricError> {
        let Self::Request { resource, container, .. } = *self else { return Ok(HashMap::new()) };
        pods.iter().map(|pod| Ok((pod.name.as_str(), requested(pod, resource, container)?))).collect()
    }

    fn ratio(
        &self,
        readings: &HashMap<&str, i64>,
        requests: &HashMap<&str, i64>,
    ) -> Result<Outcome, MetricError> {
        let sum = |values: &mut dyn Iterator<Item = i64>| values.fold(0_i64, i64::wrapping_add);
        match *self {
            Self::Plain(target) => {
                let usage = sum(&mut readings.values().copied()).wrapping_div(readings.len() as i64);
                Ok(Outcome { ratio: usage as f64 / target as f64, usage, average_milli: None })
            }
            Self::Request { percent, .. } => {
                let known = || readings.iter().filter_map(|(pod, value)| Some((value, requests.get(pod)?)));
                let used = sum(&mut known().map(|(value, _)| *value));
                let asked = sum(&mut known().map(|(_, request)| *request));
                if asked == 0 {
                    return Err(MetricError::NoMatch);
                }
                let usage = used.wrapping_mul(100).wrapping_div(asked) as i32;
                let average_milli = Some(used.wrapping_div(known().count() as i64));
                Ok(Outcome {
                    ratio: f64::from(usage) / f64::from(percent),
                    usage: i64::from(usage),
                    average_milli,
                })
            }
        }
    }

    /// What a pod is taken to use of which nothing is known, where less is to be had.
    fn all_of_it(&self, request: i64) -> i64 {
        match *self {
            Self::Plain(target) => target,
            Self::Request { percent, .. } => {
                i64::from(percent.max(100)).wrapping_mul(request).wrapping_div(100)
            }
        }
    }
}

fn requested(pod: &Pod, resource: &str, container: Option<&str>) -> Result<i64, MetricError> {
    let mut counted = pod
        .requests
        .iter()
        .filter(|request| request.kind != ContainerKind::Init)
        .filter(|request| container.is_none_or(|wanted| request.container == wanted))
        .peekable();
    if let (Some(container), None) = (container, counted.peek()) {
        return Err(MetricError::NoContainer { container: container.to_owned(), pod: pod.name.clone() });
    }
    counted.try_fold(0_i64, |sum, request| {
        let milli = request.milli.ok_or_else(|| MetricError::NoRequest {
            resource: resource.to_owned(),
            container: request.container.clone(),
            pod: pod.name.clone(),
        })?;
        Ok(sum.wrapping_add(milli))
    })
}

fn by_readings(
    readings: &[(String, Reading)],
    cpu: bool,
    setting: &Setting<'_>,
    yardstick: &Yardstick<'_>,
) -> Result<Proposal, MetricError> {
    if setting.pods.is_empty() {
        return Err(MetricError::NoPods);
    }
    let readings: HashMap<&str, Reading> =
        readings.iter().map(|(pod, reading)| (pod.as_str(), *reading)).collect();
    let groups = Grouped::new(setting.pods, &readings, cpu, setting.patience, setting.rules, setting.now_ms);
    let mut values: HashMap<&str, i64> = readings
        .iter()
        .filter(|(pod, _)| !groups.ignored.contains(*pod) && !groups.unready.contains(*pod))
        .map(|(pod, reading)| (*pod, reading.value))
        .collect();
    if values.is_empty() {
        return Err(MetricError::NoneCounts);
    }
    let requests = yardstick.requests(setting.pods)?;
    let first = yardstick.ratio(&values, &requests)?;
    let proposal = |replicas| Proposal { replicas, usage: first.usage, average_milli: first.average_milli };
    let capped = setting.rules.has(Rule::CountsCapped);
    let current = setting.spec_replicas;
    let held_back = first.ratio > 1.0 && !groups.unready.is_empty();

    if groups.missing.is_empty() && !held_back {
        let kept = setting.tolerance.holds(first.ratio);
        return Ok(proposal(if kept { current } else { count(first.ratio * groups.ready as f64, capped) }));
    }
    for pod in &groups.missing {
        let request = requests.get(pod).copied().unwrap_or_default();
        if first.ratio < 1.0 {
            values.insert(pod, yardstick.all_of_it(request));
        } else if first.ratio > 1.0 {
            values.insert(pod, 0);
        }
    }
    if held_back {
        values.extend(groups.unready.iter().map(|pod| (*pod, 0)));
    }
    let again = yardstick.ratio(&values, &requests)?.ratio;
    let turned = first.ratio < 1.0 && again > 1.0 || first.ratio > 1.0 && again < 1.0;
    if turned || setting.tolerance.holds(again) {
        return Ok(proposal(current));
    }
    let replicas = count(again * values.len() as f64, capped);
    let against = again < 1.0 && replicas > current || again > 1.0 && replicas < current;
    Ok(proposal(if against { current } else { replicas }))
}

fn by_value(usage: i64, target: i64, setting: &Setting<'_>) -> Result<Proposal, MetricError> {
    let ratio = usage as f64 / target as f64;
    let proposal = |replicas| Ok(Proposal { replicas, usage, average_milli: None });
    let counts_capped = setting.rules.has(Rule::CountsCapped);
    if setting.spec_replicas == 0 {
        return proposal(count(ratio, counts_capped));
    }
    if setting.tolerance.holds(ratio) {
        return proposal(setting.spec_replicas);
    }
    if setting.pods.is_empty() {
        return Err(MetricError::NoPods);
    }
    let capped = counts_capped || setting.rules.has(Rule::ValuesCapped);
    proposal(count(ratio * running_and_ready(setting.pods) as f64, capped))
}

fn by_average_of_series(values: &[i64], target: i64, setting: &Setting<'_>) -> Proposal {
    if !setting.rules.has(Rule::ExternalAveragesCapped) {
        return by_average(total(values, false), target, false, setting);
    }
    let usage = sum_not_below_zero(values);
    let proposal = by_average(usage, target, true, setting);
    let too_large = usage as f64 >= i64::MAX as f64;
    Proposal { usage: if too_large { i64::MAX } else { proposal.usage }, ..proposal }
}

fn by_average(usage: i64, target: i64, capped: bool, setting: &Setting<'_>) -> Proposal {
    let current = setting.status_replicas;
    let ratio = usage as f64 / (target as f64 * f64::from(current));
    let replicas =
        if setting.tolerance.holds(ratio) { current } else { count(usage as f64 / target as f64, capped) };
    let average = if current == 0 && setting.rules.has(Rule::NoReplicasNoUsage) {
        0
    } else {
        whole(usage as f64 / f64::from(current))
    };
    Proposal { replicas, usage: average, average_milli: None }
}
