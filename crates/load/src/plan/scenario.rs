//! Plans and scenarios: plain values that can be written down, sent to another machine and compared.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::executor::Executor;
use crate::table::VuTable;

/// Everything a run is to do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The scenarios; all of them count from the start of the run and may overlap.
    pub scenarios: Vec<Scenario>,
}

/// One workload of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scenario {
    /// The name, unique in the plan: letters, digits, `_` and `-`.
    pub name: String,
    /// How its iterations are started.
    pub executor: Executor,
    /// When it starts, since the start of the run.
    pub start_time: Duration,
    /// How long running iterations may go on when no more are started.
    pub graceful_stop: Duration,
    /// What its iterations execute; in a script, the name of an exported function.
    pub exec: String,
    /// Environment variables of its iterations, over those of the run.
    pub env: BTreeMap<String, String>,
    /// Tags of everything its iterations measure.
    pub tags: Vec<(String, String)>,
}

/// A straight line to `target`, over `duration`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// How long it takes; nothing is a jump.
    pub duration: Duration,
    /// Where it ends: virtual users, or iterations per time unit.
    pub target: u64,
}

impl Scenario {
    /// The grace that iterations have by default, both at the end and when users leave.
    pub const DEFAULT_GRACE: Duration = Duration::from_secs(30);

    /// The limit of executors that end by themselves, by default.
    pub const DEFAULT_MAX_DURATION: Duration = Duration::from_mins(10);

    /// A scenario that starts at once, executes `default`, and has 30 s to stop gracefully.
    pub fn new(name: impl Into<String>, executor: Executor) -> Self {
        Self {
            name: name.into(),
            executor,
            start_time: Duration::ZERO,
            graceful_stop: Self::DEFAULT_GRACE,
            exec: "default".to_owned(),
            env: BTreeMap::new(),
            tags: Vec::new(),
        }
    }

    /// When the last iteration has stopped for certain, since the start of the run.
    pub fn end(&self) -> Duration {
        self.start_time.saturating_add(self.executor.duration()).saturating_add(self.graceful_stop)
    }

    /// The virtual users to prepare for it, in the time of the run.
    pub fn reserved(&self) -> VuTable {
        self.executor.reserved(self.graceful_stop).delayed(self.start_time)
    }
}

impl Plan {
    /// A plan of one scenario.
    pub fn of(scenario: Scenario) -> Self {
        Self { scenarios: vec![scenario] }
    }

    /// When the last iteration has stopped for certain, since the start of the run.
    pub fn end(&self) -> Duration {
        self.scenarios.iter().map(Scenario::end).max().unwrap_or_default()
    }

    /// The longest `gracefulStop` of its scenarios.
    pub fn longest_grace(&self) -> Duration {
        self.scenarios.iter().map(|scenario| scenario.graceful_stop).max().unwrap_or_default()
    }

    /// How many virtual users are prepared ahead: the most that the scenarios need at one time.
    pub fn prepared_vus(&self) -> u64 {
        let tables: Vec<_> = self.scenarios.iter().map(Scenario::reserved).collect();
        VuTable::sum(&tables).peak()
    }

    /// The most virtual users there may ever be: those prepared ahead, and those that open models may add.
    pub fn max_vus(&self) -> u64 {
        let added = self.scenarios.iter().map(|scenario| match &scenario.executor {
            Executor::ConstantArrivalRate(open) => open.max_vus.saturating_sub(open.pre_allocated_vus),
            Executor::RampingArrivalRate(open) => open.max_vus.saturating_sub(open.pre_allocated_vus),
            _ => 0,
        });
        self.prepared_vus() + added.sum::<u64>()
    }
}
