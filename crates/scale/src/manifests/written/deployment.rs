//! The workload's own part of scaling: what its pods request, when they are ready, and how they go.

use loadline_yaml::Node;

use super::begun::begun;
use super::budget::labels;
use super::metrics::quantity;
use super::told::{Intended, Pods, WriteError};

/// Readiness is looked at every so many seconds, which is how late a pod may take its first request.
const PROBE_S: i64 = 5;
/// A start may take so many times as long as it does, and so many seconds at least, before it is given up.
const START_TIMES: u64 = 4;
const START_AT_LEAST_S: u64 = 60;

const NO_REPLICAS: &str = "No `replicas`: the autoscaler says how many, and a number here would be set again with each \
                           deployment.";
const NO_LIMIT: &str = "No limit of processor time, which would slow a pod down while there is room; and no \
                        livenessProbe, which would restart the busiest pods when the load is highest.";
const SURGE: &str = "A new version takes nothing away before it is ready.";

/// The manifest of the workload: the one that is there with what it lacks, or a new one; without an image it is a patch
/// of one that is somewhere else.
pub(super) fn deployment(intended: &Intended<'_>) -> Result<Node, WriteError> {
    let pods = intended.pods;
    let known = intended.deployed;
    let mut document = begun(known.map(|deployed| &deployed.document), "apps/v1", "Deployment", intended);
    let spec = document.at(&["spec"]);
    spec.take("replicas");
    if known.is_none() && pods.image.is_some() {
        spec.set("selector", labels(intended.name));
        spec.at(&["template", "metadata"])
            .set("labels", Node::map([("app.kubernetes.io/name", intended.name.into())]));
    }
    if spec.get("strategy").is_none() {
        let rolling = Node::map([("maxSurge", "25%".into()), ("maxUnavailable", 0.into())]);
        let strategy = Node::map([("type", "RollingUpdate".into()), ("rollingUpdate", rolling)]);
        spec.set_why("strategy", strategy, SURGE);
    }
    let pod = spec.at(&["template", "spec"]);
    let grace = format!(
        "After so many seconds a pod is cut off: {} to be heard of by everybody, the rest to answer what it has.",
        pods.accepts_s
    );
    pod.set_why("terminationGracePeriodSeconds", pods.grace_s, &grace);
    if pod.get("containers").is_none() {
        let mut container = Node::map([("name", intended.name.into())]);
        if let Some(image) = &pods.image {
            container.set("image", image.clone());
            let port = Node::map([("name", "http".into()), ("containerPort", i64::from(pods.port).into())]);
            container.set("ports", Node::List(vec![port]));
        }
        pod.set("containers", Node::List(vec![container]));
    }
    let containers = pod.at(&["containers"]).items();
    let several = containers.len() > 1;
    let before = known.and_then(|deployed| deployed.request_milli);
    if several && before.is_some_and(|before| before != pods.request_milli) {
        return Err(WriteError::SeveralContainers(
            format!("Deployment/{}", intended.name),
            quantity(before.unwrap_or_default()),
            quantity(pods.request_milli),
        ));
    }
    if let Some(container) = containers.first_mut() {
        if !several || before.is_none() {
            let requests = container.at(&["resources", "requests"]);
            requests.set_why("cpu", quantity(pods.request_milli), &intended.whys.request);
        }
        ready(container, pods, known.and_then(|deployed| deployed.ready_s));
        goes(container, pods, known.and_then(|deployed| deployed.accepts_s));
    }
    if let Node::Map(fields) = &mut document {
        for field in fields.iter_mut().filter(|field| field.name == "spec") {
            field.why = format!("{NO_REPLICAS}\n{NO_LIMIT}");
        }
    }
    Ok(document)
}

/// When a pod is ready, and until when it may start.
fn ready(container: &mut Node, pods: &Pods, before: Option<u64>) {
    let looks = looks(container.get("readinessProbe"), pods);
    if before != Some(pods.ready_s) || container.get("readinessProbe").is_none() {
        let probe = container.at(&["readinessProbe"]);
        probe.set(looks.0, looks.1.clone());
        let why = format!("A pod is ready {} s after it runs; looking earlier is of no use.", pods.ready_s);
        probe.set_why("initialDelaySeconds", pods.ready_s, &why);
        if probe.get("periodSeconds").is_none() {
            probe.set("periodSeconds", PROBE_S);
        }
    }
    if container.get("startupProbe").is_none() {
        let patience_s = (START_TIMES * pods.ready_s).max(START_AT_LEAST_S);
        let probe = container.at(&["startupProbe"]);
        probe.set(looks.0, looks.1);
        probe.set("periodSeconds", 1);
        let why = format!("A start that takes {patience_s} s is given up.");
        probe.set_why("failureThreshold", patience_s, &why);
    }
}

/// How it is seen whether a pod is ready: as its probe has it, or by a request.
fn looks(probe: Option<&Node>, pods: &Pods) -> (&'static str, Node) {
    let known = |how: &'static str| Some((how, probe?.get(how)?.clone()));
    ["httpGet", "exec", "tcpSocket", "grpc"].into_iter().find_map(known).unwrap_or_else(|| {
        let get = [("path", pods.probe.as_str().into()), ("port", i64::from(pods.port).into())];
        ("httpGet", Node::map(get))
    })
}

/// How a pod goes.
fn goes(container: &mut Node, pods: &Pods, before: Option<u64>) {
    if before == Some(pods.accepts_s) {
        return;
    }
    let pre_stop = Node::map([("sleep", Node::map([("seconds", pods.accepts_s.into())]))]);
    let why = "Requests are still sent to a pod that goes until everybody has heard of it; it takes them for so long.";
    container.at(&["lifecycle"]).set_why("preStop", pre_stop, why);
}
