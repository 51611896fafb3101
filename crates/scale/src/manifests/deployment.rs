//! What a deployment's manifest says of how long its pods take and what they request.

use loadline_yaml::Node;

use super::forms::{Container, DeploymentSpec, PreStop};

/// A deployment, as far as scaling is concerned; none where its manifest does not say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Deployed {
    /// Its name.
    pub name: String,
    /// How many replicas it has by itself.
    pub replicas: Option<i32>,
    /// What a pod requests of a processor, in thousandths.
    pub request_milli: Option<i64>,
    /// Its containers that request no processor time: percent of a pod's request then mean nothing.
    pub without_request: Vec<String>,
    /// After how many seconds its readiness is looked at for the first time.
    pub ready_s: Option<u64>,
    /// For how many seconds it goes on taking requests once it is being deleted.
    pub accepts_s: Option<u64>,
    /// After how many seconds it is cut off then.
    pub grace_s: Option<u64>,
    /// All of its manifest.
    pub document: Node,
}

pub(super) fn deployed(name: &str, spec: &DeploymentSpec, document: Node) -> Result<Deployed, String> {
    let pod = &spec.template.spec;
    let mut request_milli = None;
    for quantity in pod.containers.iter().filter_map(|container| container.resources.requests.get("cpu")) {
        let milli =
            quantity.milli().ok_or_else(|| format!("`{quantity}` is no quantity, as request of `cpu`"))?;
        request_milli = Some(request_milli.unwrap_or(0) + milli);
    }
    let first = |of: &dyn Fn(&Container) -> Option<u64>| pod.containers.iter().filter_map(of).max();
    Ok(Deployed {
        name: name.to_owned(),
        replicas: spec.replicas,
        request_milli,
        without_request: pod
            .containers
            .iter()
            .filter(|container| !container.resources.requests.contains_key("cpu"))
            .map(|container| container.name.clone().unwrap_or_else(|| "without a name".to_owned()))
            .collect(),
        ready_s: first(&|container| container.readiness_probe.as_ref()?.initial_delay_seconds),
        accepts_s: first(&|container| sleeps_s(container.lifecycle.as_ref()?.pre_stop.as_ref()?)),
        grace_s: pod.termination_grace_period_seconds,
        document,
    })
}

/// How long a `preStop` waits: `sleep`, or a command that is nothing but one.
fn sleeps_s(pre_stop: &PreStop) -> Option<u64> {
    if let Some(sleep) = &pre_stop.sleep {
        return Some(sleep.seconds);
    }
    let command = pre_stop.exec.as_ref()?.command.join(" ");
    let (_, after) = command.rsplit_once("sleep ")?;
    after.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
}
