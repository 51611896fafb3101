//! How many pods may be gone at a time, by somebody's will: a `PodDisruptionBudget`.
//!
//! One at a time, as a number: with a share, Kubernetes rounds up, so that of two both halves could be meant. Of a
//! minimum of one, one may be gone as well: a budget that lets none go stops whoever empties a node, for ever.

use loadline_yaml::Node;

use super::told::Intended;

const ALWAYS: &str =
    "A pod that is not ready carries nothing, and would stand in the way of an emptied node for ever.";

/// The budget of a workload, whose pods are those of its manifest.
pub(super) fn budget(intended: &Intended<'_>, workload: &Node) -> Node {
    let selector = workload.get("spec").and_then(|spec| spec.get("selector"));
    let mut metadata = Node::map([("name", intended.name.into())]);
    if let Some(namespace) = workload.get("metadata").and_then(|metadata| metadata.get("namespace")) {
        metadata.set("namespace", namespace.clone());
    }
    let mut spec = Node::Map(Vec::new());
    spec.set_why("maxUnavailable", 1, &intended.whys.budget);
    spec.set("selector", selector.cloned().unwrap_or_else(|| labels(intended.name)));
    spec.set_why("unhealthyPodEvictionPolicy", "AlwaysAllow", ALWAYS);
    Node::map([
        ("apiVersion", "policy/v1".into()),
        ("kind", "PodDisruptionBudget".into()),
        ("metadata", metadata),
        ("spec", spec),
    ])
}

/// The pods of a workload whose manifest is not there.
pub(super) fn labels(name: &str) -> Node {
    Node::map([("matchLabels", Node::map([("app.kubernetes.io/name", name.into())]))])
}
