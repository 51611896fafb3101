//! Where a manifest begins, and what it is of.

use loadline_yaml::Node;

use super::told::Intended;

/// Where a document begins: as its manifest has it, without what a cluster adds to it, or anew.
pub(super) fn begun(document: Option<&Node>, version: &str, kind: &str, intended: &Intended<'_>) -> Node {
    if let Some(document) = document {
        let mut document = document.clone();
        document.take("status");
        let metadata = document.at(&["metadata"]);
        for of_the_cluster in ["creationTimestamp", "generation", "managedFields", "resourceVersion", "uid"] {
            metadata.take(of_the_cluster);
        }
        return document;
    }
    let mut metadata = Node::map([("name", intended.name.into())]);
    // Beside those that are there, in their namespace.
    let others = [
        intended.declared.map(|declared| &declared.document),
        intended.deployed.map(|deployed| &deployed.document),
    ];
    if let Some(namespace) =
        others.into_iter().flatten().find_map(|other| other.get("metadata")?.get("namespace"))
    {
        metadata.set("namespace", namespace.clone());
    }
    Node::map([
        ("apiVersion", version.into()),
        ("kind", kind.into()),
        ("metadata", metadata),
        ("spec", Node::Nothing),
    ])
}

/// What is scaled, where no manifest says.
pub(super) fn target(name: &str) -> Node {
    Node::map([("apiVersion", "apps/v1".into()), ("kind", "Deployment".into()), ("name", name.into())])
}
