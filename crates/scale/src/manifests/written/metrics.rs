//! The metrics of a policy, as they stand in a manifest: those of one that is there with their new targets.

use loadline_yaml::Node;

use super::told::WriteError;
use crate::hpa::{Metric, Source, Target};

/// The list of metrics; what a manifest said of each of them before stays, but for its target.
pub(super) fn metrics(metrics: &[Metric], before: Option<Node>) -> Result<Node, WriteError> {
    let mut before = before.unwrap_or_default();
    let known: &[Node] = before.items();
    let all = metrics.iter().enumerate().map(|(index, metric)| match known.get(index) {
        Some(known) if part(metric).is_some_and(|part| known.get(part).is_some()) => {
            let mut known = known.clone();
            if let (Some(part), Some(target)) = (part(metric), metric.target) {
                known.at(&[part]).set("target", of_target(target));
            }
            Ok(known)
        }
        _ => anew(metric),
    });
    all.collect::<Result<_, _>>().map(Node::List)
}

/// The field that says what a metric of its kind is.
fn part(metric: &Metric) -> Option<&'static str> {
    Some(match &metric.source {
        Source::Resource { container: None, .. } => "resource",
        Source::Resource { container: Some(_), .. } => "containerResource",
        Source::Pods => "pods",
        Source::Object => "object",
        Source::External => "external",
        Source::Other(_) => return None,
    })
}

fn anew(metric: &Metric) -> Result<Node, WriteError> {
    let lacks = |lacks| WriteError::Metric { metric: metric.name.clone(), lacks };
    let target = of_target(metric.target.ok_or_else(|| lacks("it has no target"))?);
    let named = || ("metric", Node::map([("name", metric.name.as_str().into())]));
    let (kind, field, value) = match &metric.source {
        Source::Resource { name, container: None } => {
            ("Resource", "resource", Node::map([("name", name.as_str().into()), ("target", target)]))
        }
        Source::Resource { name, container: Some(container) } => {
            let fields = [
                ("name", name.as_str().into()),
                ("container", container.as_str().into()),
                ("target", target),
            ];
            ("ContainerResource", "containerResource", Node::map(fields))
        }
        Source::Pods => ("Pods", "pods", Node::map([named(), ("target", target)])),
        Source::External => ("External", "external", Node::map([named(), ("target", target)])),
        Source::Object => return Err(lacks("which object it is of")),
        Source::Other(_) => return Err(lacks("it is of a kind that Kubernetes does not know")),
    };
    Ok(Node::map([("type", kind.into()), (field, value)]))
}

fn of_target(target: Target) -> Node {
    match target {
        Target::Utilization(percent) => {
            Node::map([("type", "Utilization".into()), ("averageUtilization", percent.into())])
        }
        Target::AverageValue(milli) => {
            Node::map([("type", "AverageValue".into()), ("averageValue", quantity(milli).into())])
        }
        Target::Value(milli) => Node::map([("type", "Value".into()), ("value", quantity(milli).into())]),
    }
}

/// Thousandths as Kubernetes writes them: `500m`, `2`.
pub(super) fn quantity(milli: i64) -> String {
    if milli % 1000 == 0 { (milli / 1000).to_string() } else { format!("{milli}m") }
}
