//! From arguments and manifests to a scenario.

use std::fs::File;
use std::path::Path;

use anyhow::{Context, Result, bail};
use loadline_measure::{Run, read_run, response_time};
use loadline_runner::{Ending, Ends, Failure};
use loadline_scale::cluster::{Balance, NodeTimes, PodTimes, ScrapeTimes};
use loadline_scale::manifests::Deployed;
use loadline_scale::service::{Service, ServiceTime};
use loadline_scale::simulation::{FOLLOWED_PER_S, Scenario};
use loadline_scale::traffic::Profile;

use super::arguments::{BalanceArgument, ScenarioArguments};
use super::model::model;
use super::traffic::traffic;
use super::whole_seconds::seconds;

/// After how long a node without pods goes: ten minutes, the cluster autoscaler's own.
const IDLE_S: u64 = 600;

/// The scenario that arguments and a deployment describe, without replicas at the beginning.
pub(super) fn scenario(
    arguments: &ScenarioArguments,
    deployed: Option<&Deployed>,
) -> Result<Scenario, Failure> {
    let (service, traffic) = asked(arguments)?;
    described(arguments, deployed, service, traffic).ends(Ending::Configuration)
}

/// The service and what comes, which have nothing to do with any policy.
pub(super) fn asked(arguments: &ScenarioArguments) -> Result<(Service, Profile), Failure> {
    // What is missing is said before anybody is asked.
    let service = service(arguments).ends(Ending::Configuration)?;
    let traffic = traffic(&arguments.traffic)?;
    let traffic = traffic.times(arguments.traffic.times).ends(Ending::Configuration)?;
    Ok((service, traffic))
}

/// The scenario of a service, what comes, and a deployment.
pub(super) fn described(
    arguments: &ScenarioArguments,
    deployed: Option<&Deployed>,
    mut service: Service,
    traffic: Profile,
) -> Result<Scenario> {
    service.queue = arguments.queue;
    service.patience = arguments.patience;
    service.processor_share = arguments.cpu_share;
    service.measured_up_to_per_s = arguments.measured_up_to.or(service.measured_up_to_per_s);
    let request_milli = arguments.cpu_request.or(deployed.and_then(|deployed| deployed.request_milli));
    // Where nobody says, a request of as much as all workers can use: percentages are then those of busy workers.
    let busiest_milli = (1000.0 * service.concurrency as f64 * arguments.cpu_share).ceil() as i64;
    let mut scenario = Scenario::new(traffic, service, request_milli.unwrap_or(busiest_milli.max(1)), 0);
    let usual = PodTimes::default();
    scenario.pods = PodTimes {
        start_s: seconds(arguments.start),
        ready_s: arguments
            .ready
            .map(seconds)
            .or(deployed.and_then(|pod| pod.ready_s))
            .unwrap_or(usual.ready_s),
        warm_up_s: seconds(arguments.warm_up),
        slower: arguments.slower,
        deregister_s: usual.deregister_s,
        accepts_s: deployed.and_then(|pod| pod.accepts_s).unwrap_or(usual.accepts_s),
        grace_s: deployed.and_then(|pod| pod.grace_s).unwrap_or(usual.grace_s),
    };
    scenario.nodes = arguments.nodes.zip(arguments.pods_per_node).map(|((min, max), pods_per_node)| {
        NodeTimes { pods_per_node, min, max, provision_s: seconds(arguments.provision), idle_s: IDLE_S }
    });
    scenario.scrapes = ScrapeTimes { delay_s: seconds(arguments.metrics_delay), ..ScrapeTimes::default() };
    scenario.balance = match arguments.balance {
        BalanceArgument::Random => Balance::Random,
        BalanceArgument::TwoChoices => Balance::TwoChoices,
    };
    scenario.outages.clone_from(&arguments.outage);
    scenario.followed_per_s = if arguments.every_request { f64::INFINITY } else { FOLLOWED_PER_S };
    scenario.seed = arguments.seed;
    scenario.check()?;
    Ok(scenario)
}

/// One replica, as it is said or was measured.
fn service(arguments: &ScenarioArguments) -> Result<Service> {
    if !arguments.service_model.is_empty() {
        return model(&arguments.service_model);
    }
    let time = match (&arguments.service_of, arguments.service) {
        (Some(path), _) => measured(path)?,
        (None, Some(mean)) => ServiceTime::new(mean.as_secs_f64(), arguments.deviation)?,
        (None, None) => bail!(
            "nothing says how long a request takes\nhint: `--service 40ms`, `--service-of RUN` or `--service-model RUN`"
        ),
    };
    Ok(Service::new(time, arguments.concurrency as usize)?)
}

fn measured(path: &Path) -> Result<ServiceTime> {
    let shown = path.display();
    let file = File::open(path).with_context(|| format!("cannot open the Run file `{shown}`"))?;
    let (run, _): (Run, _) = read_run(file).with_context(|| format!("cannot read the Run file `{shown}`"))?;
    let times = response_time(run.schema()).and_then(|metric| run.select::<&str, &str>(metric, &[]));
    let times = times.as_ref().and_then(|sink| sink.as_trend()).cloned().unwrap_or_default();
    ServiceTime::measured(&times).with_context(|| format!("cannot use `{shown}`"))
}
