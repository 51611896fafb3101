//! From arguments and manifests to a policy, a load, and the scenario that the simulator makes of them.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use loadline_scale::autoscaler::Hpa;
use loadline_scale::cluster::{Balance, PodTimes};
use loadline_scale::drive::{Load, Pace};
use loadline_scale::hpa::Flags;
use loadline_scale::service::{Service, ServiceTime};
use loadline_scale::simulation::Scenario;
use loadline_units as units;

use super::super::arguments::BalanceArgument;
use super::super::policy;
use super::arguments::DriveArguments;

/// The most replicas: each is a process of this machine.
const MOST_REPLICAS: i32 = 50;
/// The highest rate: beyond, a small machine shows its own limits and not the policy's.
const FASTEST_PER_S: f64 = 2_000.0;
/// The shortest load in which anything can go up and come down.
const SHORTEST: Duration = Duration::from_secs(10);
/// Where nobody says: a target in percent, and replicas at least and at most.
const USUAL: (i32, i32, i32) = (60, 2, 10);
/// So much longer than the first replicas took the next ones are stated to take: they start beside a load.
const BESIDE_LOAD: f64 = 1.5;

/// What is to be driven.
#[derive(Debug)]
pub(super) struct Planned {
    /// The policy in words.
    pub(super) what: String,
    pub(super) policy: Hpa,
    pub(super) pace: Pace,
    pub(super) load: Load,
    /// In the policy's time; how long replicas take is not known yet.
    pub(super) scenario: Scenario,
    /// How long they are stated to take, in the policy's time, if that is said.
    start: Option<Duration>,
}

impl Planned {
    /// Reads what was typed.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn of(arguments: &DriveArguments) -> Result<Self> {
        let pace = Pace::new(arguments.faster).context("`--faster`")?;
        let load = Load {
            low_per_s: arguments.low.round(),
            peak_per_s: arguments.peak.round(),
            length: arguments.length,
        };
        check(arguments, &load)?;
        let mut said = arguments.policy.clone();
        if arguments.manifests.is_empty() {
            let (target, min, max) = USUAL;
            said.target.get_or_insert(target);
            said.min.get_or_insert(min);
            said.max.get_or_insert(max.max(said.min.unwrap_or(min)));
        }
        let (tried, deployed) = policy::declared(&arguments.manifests, &said)?;
        let Some(policy) = tried.hpa()? else {
            bail!(
                "{} is KEDA's, and a drive is of Kubernetes' own autoscaler\nhint: `loadline scale simulate` has both",
                tried.what
            )
        };
        ensure!(
            policy.policy().max <= MOST_REPLICAS && policy.policy().min >= 1,
            "{} to {} replicas: a drive has 1 to {MOST_REPLICAS}, each a process of this machine\nhint: `--min`, `--max`, \
             and a lower `--peak`",
            policy.policy().min,
            policy.policy().max
        );
        let time = ServiceTime::new(pace.policy_s(arguments.work), 0.0)?;
        let service = Service::new(time, usize::from(arguments.workers))?;
        let request_milli = arguments
            .cpu_request
            .or(deployed.as_ref().and_then(|deployed| deployed.request_milli))
            .unwrap_or(1000 * i64::from(arguments.workers));
        let mut scenario = Scenario::new(load.profile(pace)?, service, request_milli, 0);
        scenario.balance = match arguments.balance {
            BalanceArgument::Random => Balance::Random,
            BalanceArgument::TwoChoices => Balance::TwoChoices,
        };
        scenario.initial = match arguments.initial {
            Some(initial) => initial,
            None => tried.initial(&scenario, deployed.as_ref()).clamp(1, MOST_REPLICAS),
        };
        Ok(Self { what: tried.what, policy, pace, load, scenario, start: arguments.start })
    }

    /// Settles how long replicas take, by the clock, once it is known how long the first ones took.
    pub(super) fn settle_start(&mut self, slowest: Duration) -> Duration {
        let start_s = match self.start {
            Some(start) => start.as_secs_f64(),
            None => self.pace.policy_s(slowest.mul_f64(BESIDE_LOAD)),
        }
        .ceil();
        self.scenario.pods = PodTimes {
            start_s: start_s as u64,
            ready_s: 0,
            warm_up_s: 0,
            slower: 1.0,
            // The balancer hears of it at once.
            deregister_s: 0,
            accepts_s: 0,
            // Ten seconds by the clock.
            grace_s: self.pace.policy_s(Duration::from_secs(10)) as u64,
        };
        self.pace.by_clock(start_s)
    }

    /// What one replica answers when it never rests, in requests per second.
    pub(super) fn capacity_per_s(&self) -> f64 {
        self.scenario.service.capacity_per_s() * self.pace.factor()
    }

    /// What is wrong with the policy for this load, though it can be driven.
    pub(super) fn doubts(&self) -> Vec<String> {
        [self.too_small(), self.too_short()].into_iter().flatten().collect()
    }

    fn too_short(&self) -> Option<String> {
        let window_ms = self.policy.policy().behavior.as_ref().and_then(|behavior| behavior.down.window_ms);
        let waits_s = window_ms.unwrap_or(Flags::default().down_window_ms) as f64 / 1000.0;
        let quiet_s = self.pace.policy_s(self.load.stages()[4].0);
        // Some looks are needed beside.
        (quiet_s < waits_s + 60.0).then(|| {
            format!(
                "the quiet end is {} of the policy's time, and it waits {} before it takes replicas away: make it longer \
                 (`--for`) or faster (`--faster`)",
                units::time_of(Duration::from_secs_f64(quiet_s.round())),
                units::time_of(Duration::from_secs_f64(waits_s))
            )
        })
    }

    fn too_small(&self) -> Option<String> {
        let max = self.policy.policy().max;
        let all = self.capacity_per_s() * f64::from(max);
        (all < self.load.peak_per_s).then(|| {
            format!(
                "{max} replicas answer {} at most, and {} come: the policy cannot keep up",
                units::per_second(all),
                units::per_second(self.load.peak_per_s)
            )
        })
    }
}

fn check(arguments: &DriveArguments, load: &Load) -> Result<()> {
    ensure!(
        load.low_per_s >= 1.0 && load.peak_per_s <= FASTEST_PER_S,
        "the load goes from {} to {}: between 1/s and {}/s is possible, so that it is the replicas that have a limit",
        units::per_second(arguments.low),
        units::per_second(arguments.peak),
        FASTEST_PER_S
    );
    ensure!(
        load.low_per_s <= load.peak_per_s,
        "`--low` {} is above `--peak` {}",
        units::per_second(load.low_per_s),
        units::per_second(load.peak_per_s)
    );
    ensure!(
        arguments.length >= SHORTEST,
        "`--for` {} is too short to go up and come down: it is {} at least",
        units::time_of(arguments.length),
        units::time_of(SHORTEST)
    );
    ensure!(
        arguments.work >= Duration::from_millis(1) && arguments.work.subsec_nanos().is_multiple_of(1_000_000),
        "`--work` is whole milliseconds, 1 at least: work is slept, and nothing sleeps more exactly"
    );
    if let Some(kill) = arguments.kill_one_at {
        ensure!(kill < arguments.length, "`--kill-one-at` is after the load is over");
    }
    Ok(())
}
