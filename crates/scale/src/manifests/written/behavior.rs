//! How fast a policy may go, as it stands in a manifest: everything, also what the API would fill in.

use loadline_yaml::Node;

use crate::hpa::{Amount, Behavior, ScalingRules, Select};

pub(super) fn behavior(behavior: &Behavior) -> Node {
    Node::map([("scaleUp", rules(&behavior.up)), ("scaleDown", rules(&behavior.down))])
}

fn rules(rules: &ScalingRules) -> Node {
    let mut node = Node::Map(Vec::new());
    if let Some(window_ms) = rules.window_ms {
        node.set("stabilizationWindowSeconds", window_ms / 1000);
    }
    if let Some(tolerance) = rules.tolerance {
        // A quantity is a text: a number would be one with a point, which not every reader takes.
        node.set("tolerance", tolerance.to_string());
    }
    let select = match rules.select {
        Select::Max => "Max",
        Select::Min => "Min",
        Select::Disabled => "Disabled",
    };
    node.set("selectPolicy", select);
    let policies = rules.policies.iter().map(|policy| {
        let (kind, value) = match policy.amount {
            Amount::Pods(pods) => ("Pods", pods),
            Amount::Percent(percent) => ("Percent", percent),
        };
        Node::map([
            ("type", kind.into()),
            ("value", value.into()),
            ("periodSeconds", (policy.period_ms / 1000).into()),
        ])
    });
    node.set("policies", Node::List(policies.collect()));
    node
}
