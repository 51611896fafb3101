//! From arguments and manifests to a policy, a load, and the scenario that the simulator makes of them.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use jiff::Timestamp;
use loadline_scale::cluster::{Balance, PodTimes};
use loadline_scale::drive::{Decider, Load, Pace};
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
/// How often replicas are asked for their metrics at the most.
const SHORTEST_LOOK: Duration = Duration::from_millis(250);
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
    pub(super) policy: Decider,
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
        let started_unix_ms = arguments.begins.map_or(0, Timestamp::as_millisecond);
        let policy = tried.decider(started_unix_ms)?;
        let (least, most) = policy.range();
        ensure!(
            most <= MOST_REPLICAS && least >= 1,
            "{least} to {most} replicas: a drive has 1 to {MOST_REPLICAS}, each a process of this machine\nhint: `--min`, \
             `--max`, and a lower `--peak`"
        );
        let look = pace.by_clock(policy.period_s() as f64);
        ensure!(
            look >= SHORTEST_LOOK,
            "it would look every {}, and replicas are asked for their metrics every {} at the most often\nhint: a longer \
             `pollingInterval` of which 15 seconds are a multiple, or less than `--faster {}`",
            units::time_of(look),
            units::time_of(SHORTEST_LOOK),
            pace.factor()
        );
        let time = ServiceTime::new(pace.policy_s(arguments.work), 0.0)?;
        let service = Service::new(time, usize::from(arguments.workers))?;
        let request_milli = arguments
            .cpu_request
            .or(deployed.as_ref().and_then(|deployed| deployed.request_milli))
            .unwrap_or(1000 * i64::from(arguments.workers));
        let mut scenario = Scenario::new(load.profile(pace)?, service, request_milli, 0);
        scenario.traffic.started_unix_ms = started_unix_ms;
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
        let waits = self.policy.holds_on();
        let quiet_s = self.pace.policy_s(self.load.stages()[4].0);
        // Some looks are needed beside.
        (quiet_s < waits.as_secs_f64() + 60.0).then(|| {
            format!(
                "the quiet end is {} of the policy's time, and it waits {} before it takes replicas away: make it longer \
                 (`--for`) or faster (`--faster`)",
                units::time_of(Duration::from_secs_f64(quiet_s.round())),
                units::time_of(waits)
            )
        })
    }

    fn too_small(&self) -> Option<String> {
        let (_, max) = self.policy.range();
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
