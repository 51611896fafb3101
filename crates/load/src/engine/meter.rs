//! How the generator itself does: its processor time, the lag of its event loops, its late starts.

use std::time::Duration;

use tokio::time::Instant;

use super::clock::cpu_time;
use super::observer::GeneratorLoad;
use super::shared::Shared;

/// Reads the generator's own figures.
pub(super) struct Meter {
    start: Instant,
    read_at: Instant,
    cpu: Duration,
    late: u64,
    lag_sum: Duration,
    lag_count: u64,
    total: GeneratorLoad,
}

impl Meter {
    pub(super) fn new(workers: usize) -> Self {
        let now = Instant::now();
        Self {
            start: now,
            read_at: now,
            cpu: cpu_time(),
            late: 0,
            lag_sum: Duration::ZERO,
            lag_count: 0,
            total: GeneratorLoad { workers, ..GeneratorLoad::default() },
        }
    }

    pub(super) fn restart(&mut self, start: Instant) {
        *self = Self { start, read_at: start, ..Self::new(self.total.workers) };
    }

    /// The figures since the start.
    pub(super) const fn total(&self) -> GeneratorLoad {
        self.total
    }

    /// The figures since the last reading, which are also added to the total.
    pub(super) fn read(&mut self, shared: &Shared) -> GeneratorLoad {
        let (now, cpu) = (Instant::now(), cpu_time());
        let late =
            shared.engine.scenarios.iter().map(|scenario| scenario.sum(|counters| &counters.late)).sum();
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
        };
        (self.read_at, self.cpu, self.late) = (now, cpu, late);
        self.lag_sum += lag_sum;
        self.lag_count += lag_count;
        self.total.elapsed += load.elapsed;
        self.total.cpu += load.cpu;
        self.total.loop_lag_max = self.total.loop_lag_max.max(lag_max);
        self.total.loop_lag_mean = mean(self.lag_sum, self.lag_count);
        self.total.late_starts += load.late_starts;
        load
    }
}

fn mean(sum: Duration, count: u64) -> Duration {
    if count == 0 { Duration::ZERO } else { Duration::from_secs_f64(sum.as_secs_f64() / count as f64) }
}
