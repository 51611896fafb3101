//! When the load generator counts as saturated: its own delay is then in the measurements, and no judgement of them can
//! be trusted.
//!
//! Each whole second is looked at by itself, because an average over an hour hides ten bad minutes. A second is
//! strained when
//! - the event loops served their timers 10 ms late on average: whatever is measured waits that long too, in every
//!   model;
//! - more than 1 % of an open model's starts were 10 ms late: the schedule, which is what an open model is about, was
//!   missed;
//! - the process used more than nine tenths of its cores while an open model ran: the rate asked for is more than the
//!   generator can make, or as good as;
//! - no file descriptor was left: what it measured is its own lack of connections.
//!
//! A closed model at full speed takes all the processor there is, by design: it starts the next iteration when the last
//! one has ended, so a busy core makes it slower and leaves its latencies right, as long as the event loops are on
//! time. So there the processor alone is no reason, and the lag of the loops is.
//!
//! A run is saturated when a tenth of its seconds were strained in the same way, and at least two of them, where it has
//! two: the first second of a thousand users who all connect at once is strained on any machine. A single second
//! without descriptors is enough, because requests failed in it.

use std::time::Duration;

use loadline_measure::Saturation;
use loadline_units::{self as units, Scale};

use super::GeneratorLoad;

/// Shorter pieces of a second say little.
const SHORTEST: Duration = Duration::from_millis(500);
/// The share of starts that may be late.
const LATE_SHARE: f64 = 0.01;
/// The share of the cores above which they are taken.
const CORES_SHARE: f64 = 0.9;
/// The share of seconds that may be strained.
const SECONDS_SHARE: f64 = 0.1;
/// Descriptors that come and go between two looks.
const SPARE_FILES: u64 = 2;

/// Counts strained seconds.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Strain {
    /// Whether the plan has an open model.
    open_model: bool,
    seconds: u64,
    lagging: u64,
    late: u64,
    busy: u64,
    without_files: u64,
    most_files: u64,
    files_limit: u64,
}

impl Strain {
    pub(super) fn new(open_model: bool) -> Self {
        Self { open_model, ..Self::default() }
    }

    /// Looks at a second.
    pub(super) fn note(&mut self, load: &GeneratorLoad) {
        if load.elapsed < SHORTEST {
            return;
        }
        self.seconds += 1;
        let late_share = load.late_starts as f64 / load.open_starts.max(1) as f64;
        self.lagging += u64::from(load.loop_lag_mean >= GeneratorLoad::LATE);
        self.late += u64::from(late_share > LATE_SHARE);
        self.busy += u64::from(self.open_model && load.cores() > CORES_SHARE * load.workers as f64);
        let files_gone = load.open_files_limit > 0 && load.open_files + SPARE_FILES >= load.open_files_limit;
        self.without_files += u64::from(files_gone);
        self.most_files = self.most_files.max(load.open_files);
        self.files_limit = load.open_files_limit;
    }

    /// Whether the run was saturated, by what it came to in all.
    pub(super) fn saturation(&self, total: &GeneratorLoad) -> Option<Saturation> {
        let seconds = self.seconds;
        let enough = ((seconds as f64 * SECONDS_SHARE).ceil() as u64).max(seconds.min(2)).max(1);
        let mut evidence = Vec::new();
        if self.busy >= enough {
            evidence.push(format!(
                "it used {:.2} of {} cores on average, and more than {} of them in {} of {seconds} seconds of an open model",
                total.cores(),
                total.workers,
                Scale::Share.exact(CORES_SHARE),
                self.busy
            ));
        }
        if self.lagging >= enough {
            evidence.push(format!(
                "its event loops were {} late on average, and 10ms or more in {} of {seconds} seconds",
                units::time_of(total.loop_lag_mean),
                self.lagging
            ));
        }
        if self.late >= enough {
            evidence.push(format!(
                "{} of {} starts came 10ms late or later, more than 1% of them in {} of {seconds} seconds",
                units::count(total.late_starts),
                units::count(total.open_starts),
                self.late
            ));
        }
        if self.without_files > 0 {
            evidence.push(format!(
                "it had {} of {} file descriptors open in {} of {seconds} seconds and could open no more connections; raise the limit with `ulimit -n` before starting",
                units::count(self.most_files),
                units::count(self.files_limit),
                self.without_files
            ));
        }
        (!evidence.is_empty()).then_some(Saturation { evidence })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second() -> GeneratorLoad {
        GeneratorLoad {
            elapsed: Duration::from_secs(1),
            cpu: Duration::from_millis(400),
            workers: 2,
            loop_lag_max: Duration::from_millis(4),
            loop_lag_mean: Duration::from_millis(1),
            late_starts: 1,
            open_starts: 1000,
            open_files: 60,
            open_files_limit: 1024,
        }
    }

    /// A run of `strained` such seconds among `seconds`; what it is accused of.
    #[track_caller]
    fn check(open_model: bool, seconds: u64, strained: u64, load: GeneratorLoad, accused: Option<&str>) {
        let mut strain = Strain::new(open_model);
        for number in 0..seconds {
            strain.note(if number < strained { &load } else { &const { GENTLE } });
        }
        let found = strain.saturation(&load).map(|saturation| saturation.evidence.join("; "));
        match (&found, accused) {
            (None, None) => {}
            (Some(found), Some(words)) => assert!(found.contains(words), "{found}"),
            (found, accused) => panic!("{found:?} is not {accused:?}"),
        }
    }

    const GENTLE: GeneratorLoad = GeneratorLoad {
        elapsed: Duration::from_secs(1),
        cpu: Duration::from_millis(100),
        workers: 2,
        loop_lag_max: Duration::ZERO,
        loop_lag_mean: Duration::ZERO,
        late_starts: 0,
        open_starts: 100,
        open_files: 10,
        open_files_limit: 1024,
    };

    #[test]
    fn a_generator_at_ease() {
        check(true, 30, 30, second(), None);
        check(true, 0, 0, second(), None);
    }

    #[test]
    fn loops_that_lag_spoil_every_model() {
        let load = GeneratorLoad { loop_lag_mean: Duration::from_millis(25), ..second() };
        check(false, 10, 2, load, Some("25ms late on average, and 10ms or more in 2 of 10 seconds"));
        check(false, 10, 1, load, None);
        check(false, 30, 2, load, None);
        check(false, 30, 3, load, Some("3 of 30"));
        check(false, 1, 1, load, Some("1 of 1"));
    }

    #[test]
    fn a_closed_model_may_take_all_cores_and_an_open_one_may_not() {
        let load = GeneratorLoad { cpu: Duration::from_millis(1990), ..second() };
        check(false, 10, 10, load, None);
        check(true, 10, 10, load, Some("1.99 of 2 cores on average, and more than 90% of them in 10 of 10"));
    }

    #[test]
    fn starts_that_come_late() {
        let load = GeneratorLoad { late_starts: 30, ..second() };
        check(true, 10, 5, load, Some("30 of 1,000 starts came 10ms late or later"));
        check(true, 10, 5, GeneratorLoad { late_starts: 10, ..second() }, None);
    }

    #[test]
    fn one_second_without_descriptors_is_enough() {
        let load = GeneratorLoad { open_files: 1023, ..second() };
        check(false, 60, 1, load, Some("1,023 of 1,024 file descriptors"));
        check(false, 60, 1, GeneratorLoad { open_files: 1000, ..second() }, None);
    }

    #[test]
    fn a_piece_of_a_second_does_not_count() {
        let load = GeneratorLoad {
            elapsed: Duration::from_millis(40),
            loop_lag_mean: Duration::from_millis(25),
            ..second()
        };
        check(false, 1, 1, load, None);
    }
}
