//! One request as what is run: the plan that its settings ask for.

use std::sync::Arc;
use std::time::Duration;

use loadline_client::Request;
use loadline_config::{Elsewhere, Project, Workload};
use loadline_edge::observed::Outcomes;
use loadline_load::{ConstantArrivalRate, ConstantVus, Executor, Plan, Scenario, Segment, SharedIterations};
use loadline_measure::{Builtin, Origin, Producer, Schema, ThresholdText, WorkloadId};
use loadline_runner::{Failure, Interrupts, Subject, Terms, Voice, define_database, origin};
use loadline_verdict::{Budgets, TargetBudget};

use crate::error::HitError;
use crate::program::{HitProgram, Shape};
use crate::settings::{ArrivalRate, HitSettings};
use crate::target;

const SECOND: Duration = Duration::from_secs(1);
/// The longest that answers are waited for when the time is over.
const GRACE: Duration = Duration::from_secs(5);
/// A number of requests has no time limit of its own; each request has.
const NO_LIMIT: Duration = Duration::from_hours(24 * 30);
/// In an open loop, requests that are due may wait this long for a connection or an answer before more are dropped …
const PATIENCE: Duration = Duration::from_secs(10);
/// … and so many at once at most.
const MOST_WAITING: u64 = 20_000;

/// A hit that can be run.
pub struct Hit {
    terms: Terms,
    program: Arc<HitProgram>,
}

impl Hit {
    /// Understands the settings. What the request is judged by is theirs and the project's; which budgets of the
    /// project are not about it comes back, too.
    pub fn prepare(settings: &HitSettings, project: &Project) -> Result<(Self, Elsewhere), HitError> {
        let schema = Schema::new();
        let builtin = Builtin::define(&schema)?;
        if project.database.url.is_some() {
            define_database(&schema)?;
        }
        let caches = Outcomes::new(&schema, project.edge.rules.clone(), project.edge.region.clone())?;
        let thresholds: Vec<ThresholdText> = settings.budgets.iter().map(TargetBudget::threshold).collect();
        let mut budgets = Budgets::parse("--budget", &thresholds, &schema)?;
        let request = target::request(settings);
        let workload = Workload {
            name: &name(&request),
            request: Some((request.method.as_str(), request.url.as_str())),
        };
        let elsewhere = project.judges(&workload, &mut budgets, &schema);
        budgets.register(&schema);
        let client = target::shared(settings)?;
        let shape = Shape {
            connections: settings.connections,
            streams: settings.streams,
            workers: workers(settings.connections),
            open: settings.rate.is_some(),
        };
        let (plan, options) = (plan(settings), options(settings, &request));
        let terms = Terms {
            name: name(&request),
            plan: plan.clone(),
            connections: settings.connections,
            budgets,
            schema,
            client: Arc::clone(&client),
            origin: Origin {
                workload: WorkloadId::new(Producer::Hit, origin::hash([], &options)),
                plan: origin::plan(&plan),
                target: target::shown(&request.url),
                ..Origin::default()
            },
            options,
            segment: Segment::whole(),
            min_iteration_duration: Duration::ZERO,
            init_limit: None,
            workers: Some(shape.workers),
            leave_users: true,
            stuck_hint: "look for an endless loop, or a long computation without a request or a `sleep`",
        };
        let program = HitProgram::new(client, request, builtin, Arc::new(caches), shape)?;
        Ok((Self { terms, program: Arc::new(program) }, elsewhere))
    }

    /// Notes which commit and version of the target this is.
    pub fn came_from(&mut self, target_version: Option<&str>) {
        origin::add_commit(&mut self.terms.origin);
        target_version.unwrap_or_default().clone_into(&mut self.terms.origin.target_version);
    }

    /// Why the run ended at once, if nothing was ever reached.
    pub fn unreachable(&self) -> Option<String> {
        self.program.unreachable()
    }

    /// Whether there was any answer.
    pub fn answered(&self) -> bool {
        self.program.answered()
    }
}

impl Subject for Hit {
    type Program = HitProgram;

    fn terms(&self) -> Terms {
        self.terms.clone()
    }

    async fn begin(&mut self, _: &Interrupts, _: &dyn Voice) -> Result<Arc<HitProgram>, Failure> {
        Ok(Arc::clone(&self.program))
    }
}

/// One for each core, but none without a connection.
fn workers(connections: u64) -> usize {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    cores.min(usize::try_from(connections).unwrap_or(cores))
}

fn name(request: &Request) -> String {
    format!("{} {}", request.method, target::shown(&request.url))
}

fn plan(settings: &HitSettings) -> Plan {
    let duration = settings.duration;
    let slots = settings.connections * settings.streams;
    let executor = match (settings.rate, settings.requests) {
        (Some(rate), requests) => {
            let duration = requests.map_or(duration, |requests| rate.time_of(requests));
            let waited = settings.timeout.min(PATIENCE).max(SECOND).as_secs_f64();
            let waiting = ((rate.in_a_second() * waited).ceil() as u64).max(1);
            let vus = waiting.min(MOST_WAITING).max(slots).min(requests.unwrap_or(u64::MAX));
            Executor::ConstantArrivalRate(ConstantArrivalRate {
                rate: rate.count,
                time_unit: rate.per,
                duration,
                pre_allocated_vus: vus,
                max_vus: vus,
            })
        }
        (None, Some(requests)) => Executor::SharedIterations(SharedIterations {
            vus: slots.min(requests),
            iterations: requests,
            max_duration: NO_LIMIT,
        }),
        (None, None) => Executor::ConstantVus(ConstantVus { vus: slots, duration }),
    };
    let mut scenario = Scenario::new("hit", executor);
    scenario.graceful_stop = settings.timeout.min(GRACE);
    Plan::of(scenario)
}

/// What was asked for, for the Run. Header values may be secrets, so only their names are kept.
fn options(settings: &HitSettings, request: &Request) -> String {
    let headers: Vec<&str> = settings.headers.iter().map(|(name, _)| name.as_str()).collect();
    serde_json::json!({
        "hit": {
            "request": name(request),
            "connections": settings.connections,
            "rate": settings.rate.map(rate_text),
            "requests": settings.requests,
            "headers": headers,
            "bodyBytes": request.body.len(),
            "timeoutMs": settings.timeout.as_millis() as u64,
            "http2": settings.http2,
            "streams": settings.streams,
            "keepAlive": settings.keep_alive,
        }
    })
    .to_string()
}

/// A whole number where it is one, as it was typed.
fn rate_text(rate: ArrivalRate) -> serde_json::Value {
    if rate.per == SECOND { rate.count.into() } else { rate.in_a_second().into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::DURATION;

    fn planned(settings: &HitSettings) -> Executor {
        let plan = plan(settings);
        plan.check().unwrap();
        plan.scenarios[0].executor.clone()
    }

    #[test]
    fn settings_choose_the_executor() {
        let usual = HitSettings::new("http://127.0.0.1/".parse().unwrap());
        assert_eq!(planned(&usual), Executor::ConstantVus(ConstantVus { vus: 50, duration: DURATION }));
        let few = HitSettings { connections: 3, ..usual };
        assert_eq!(
            planned(&HitSettings { duration: 2 * SECOND, http2: true, streams: 4, ..few.clone() }),
            Executor::ConstantVus(ConstantVus { vus: 12, duration: 2 * SECOND })
        );
        let Executor::SharedIterations(shared) = planned(&HitSettings { requests: Some(2), ..few.clone() })
        else {
            panic!("a number is shared")
        };
        assert_eq!((shared.vus, shared.iterations), (2, 2));
        let rate = HitSettings { rate: Some(ArrivalRate::per_second(100)), timeout: 2 * SECOND, ..few };
        let Executor::ConstantArrivalRate(open) = planned(&rate) else { panic!("a rate is an open loop") };
        assert_eq!((open.rate, open.duration, open.max_vus), (100, DURATION, 200));
    }

    #[test]
    fn a_number_of_arrivals_is_exact() {
        for (requests, rate) in
            [(1_u64, "1"), (10, "3"), (7, "1000"), (1000, "999"), (999_999, "7"), (1, "10000000"), (3, "0.5")]
        {
            let settings = HitSettings {
                rate: ArrivalRate::parse(rate),
                requests: Some(requests),
                ..HitSettings::new("http://127.0.0.1/".parse().unwrap())
            };
            let Executor::ConstantArrivalRate(open) = planned(&settings) else {
                panic!("{requests} at {rate}")
            };
            let arrivals =
                (open.duration.as_nanos() * u128::from(open.rate)).div_ceil(open.time_unit.as_nanos());
            assert_eq!(arrivals, u128::from(requests), "{requests} at {rate}");
        }
    }
}
