//! How the generator itself does: its processor time, the lag of its event loops, its late starts, its descriptors.

use std::time::Duration;

use loadline_measure::{Builtin, Recorder, Saturation, TagSetId};
use tokio::time::Instant;

use super::clock::cpu_time;
use super::descriptors::open_files;
use super::observer::GeneratorLoad;
use super::saturation::Strain;
use super::shared::Shared;
use crate::executor::Executor;

/// Reads the generator's own figures.
pub(super) struct Meter {
    start: Instant,
    read_at: Instant,
    cpu: Duration,
    late: u64,
    starts: u64,
    lag_sum: Duration,
    lag_count: u64,
    total: GeneratorLoad,
    /// Whether an open model is measured.
    open_model: bool,
    strain: Strain,
}

impl Meter {
    pub(super) fn new(workers: usize, open_model: bool) -> Self {
        let now = Instant::now();
        Self {
            start: now,
            read_at: now,
            cpu: cpu_time(),
            late: 0,
            starts: 0,
            lag_sum: Duration::ZERO,
            lag_count: 0,
            total: GeneratorLoad { workers, ..GeneratorLoad::default() },
            open_model,
            strain: Strain::new(open_model),
        }
    }

    pub(super) fn restart(&mut self, start: Instant) {
        *self = Self { start, read_at: start, ..Self::new(self.total.workers, self.open_model) };
    }

    /// The figures since the start.
    pub(super) const fn total(&self) -> GeneratorLoad {
        self.total
    }

    /// Whether the generator was saturated, and by what.
    pub(super) fn saturation(&self) -> Option<Saturation> {
        self.strain.saturation(&self.total)
    }

    /// Records what a reading told.
    pub(super) fn record(&self, load: &GeneratorLoad, builtin: &Builtin, recorder: &mut Recorder) {
        let mut gauge = |metric, value| recorder.record(metric, value, TagSetId::EMPTY);
        gauge(builtin.generator_cpu, load.cores());
        gauge(builtin.generator_loop_lag, load.loop_lag_mean.as_secs_f64() * 1000.0);
        gauge(builtin.generator_loop_lag_max, load.loop_lag_max.as_secs_f64() * 1000.0);
        if load.open_files_limit > 0 {
            gauge(builtin.generator_open_files, load.open_files as f64);
            gauge(builtin.generator_open_files_limit, load.open_files_limit as f64);
        }
        self.record_late(load, builtin, recorder);
    }

    /// Records late starts, which are counted in pieces of a second too. None is a measurement, where there can be
    /// some.
    pub(super) fn record_late(&self, load: &GeneratorLoad, builtin: &Builtin, recorder: &mut Recorder) {
        if self.open_model {
            recorder.record(builtin.generator_late_starts, load.late_starts as f64, TagSetId::EMPTY);
        }
    }

    /// The figures since the last reading, which are also added to the total.
    pub(super) fn read(&mut self, shared: &Shared) -> GeneratorLoad {
        let (now, cpu) = (Instant::now(), cpu_time());
        let late =
            shared.engine.scenarios.iter().map(|scenario| scenario.sum(|counters| &counters.late)).sum();
        let open = shared.engine.scenarios.iter().filter(|scenario| is_open(&scenario.definition().executor));
        let starts = open.map(|scenario| scenario.sum(|counters| &counters.started)).sum();
        let (open_files, open_files_limit) = open_files().unwrap_or_default();
        let (mut lag_max, mut lag_sum, mut lag_count) = (Duration::ZERO, Duration::ZERO, 0);
        for lag in &shared.loop_lags {
            let (max, sum, count) = lag.take(now.saturating_duration_since(self.start));
            lag_max = lag_max.max(max);
            lag_sum += sum;
            lag_count += count;
        }
        let load = GeneratorLoad {
            elapsed: now.saturating_duration_since(self.read_at),
            cpu: cpu.saturating_sub(self.cpu),
            workers: self.total.workers,
            loop_lag_max: lag_max,
            loop_lag_mean: mean(lag_sum, lag_count),
            late_starts: late - self.late,
            open_starts: starts - self.starts,
            open_files,
            open_files_limit,
        };
        (self.read_at, self.cpu, self.late, self.starts) = (now, cpu, late, starts);
        self.strain.note(&load);
        self.lag_sum += lag_sum;
        self.lag_count += lag_count;
        self.total.elapsed += load.elapsed;
        self.total.cpu += load.cpu;
        self.total.loop_lag_max = self.total.loop_lag_max.max(lag_max);
        self.total.loop_lag_mean = mean(self.lag_sum, self.lag_count);
        self.total.late_starts += load.late_starts;
        self.total.open_starts += load.open_starts;
        (self.total.open_files, self.total.open_files_limit) = (open_files, open_files_limit);
        load
    }
}

/// Whether iterations start by the clock.
pub(super) const fn is_open(executor: &Executor) -> bool {
    matches!(executor, Executor::ConstantArrivalRate(_) | Executor::RampingArrivalRate(_))
}

fn mean(sum: Duration, count: u64) -> Duration {
    if count == 0 { Duration::ZERO } else { Duration::from_secs_f64(sum.as_secs_f64() / count as f64) }
}
