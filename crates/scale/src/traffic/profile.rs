//! How many requests come, second by second.

use loadline_measure::Run;

use super::error::TrafficError;

/// The longest time that may be simulated, in seconds: a year.
pub const LONGEST_S: usize = 366 * 86_400;

/// Requests per second over time.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// When it begins, in milliseconds since 1970 UTC.
    pub started_unix_ms: i64,
    /// Requests per second, for each second.
    per_s: Vec<f64>,
    /// What was made up of it, in words: gaps that were bridged.
    pub notes: Vec<String>,
}

impl Profile {
    /// A profile with a rate for each second.
    ///
    /// # Errors
    /// Where there is none, one is negative or no number, or it is longer than a year.
    pub fn new(started_unix_ms: i64, per_s: Vec<f64>) -> Result<Self, TrafficError> {
        if per_s.is_empty() {
            return Err(TrafficError::Empty);
        }
        if per_s.len() > LONGEST_S {
            return Err(TrafficError::TooLong);
        }
        if let Some(at) = per_s.iter().position(|rate| !rate.is_finite() || *rate < 0.0) {
            return Err(TrafficError::Negative { at: format!("second {at}"), rate: per_s[at].to_string() });
        }
        Ok(Self { started_unix_ms, per_s, notes: Vec::new() })
    }

    /// The same rate all the time.
    ///
    /// # Errors
    /// As [`Profile::new`].
    pub fn constant(per_s: f64, seconds: usize) -> Result<Self, TrafficError> {
        Self::new(0, vec![per_s; seconds.min(LONGEST_S + 1)])
    }

    /// What came in a run, each second's requests as that second's rate.
    ///
    /// # Errors
    /// Where the run has no requests.
    pub fn of_run(run: &Run) -> Result<Self, TrafficError> {
        let requests = run.schema().find("http_reqs").ok_or(TrafficError::NoRequests)?;
        let series: Vec<_> =
            run.series().map(|(series, ..)| series).filter(|series| series.metric == requests).collect();
        let seconds = usize::try_from(run.duration.as_secs().max(1)).map_err(|_| TrafficError::TooLong)?;
        if seconds > LONGEST_S {
            return Err(TrafficError::TooLong);
        }
        let mut per_s = vec![0.0; seconds];
        for (second, window) in run.seconds_of(&series) {
            let counted = window.iter().filter_map(|(_, sink)| sink.as_counter()).map(|counter| counter.sum);
            if let Some(rate) = usize::try_from(second).ok().and_then(|second| per_s.get_mut(second)) {
                *rate += counted.sum::<f64>();
            }
        }
        if per_s.iter().all(|rate| *rate == 0.0) {
            return Err(TrafficError::NoRequests);
        }
        Self::new(run.meta.started_unix_ms, per_s)
    }

    /// The same with every rate so many times as high.
    ///
    /// # Errors
    /// Where the factor is negative or no number.
    pub fn times(mut self, factor: f64) -> Result<Self, TrafficError> {
        if !factor.is_finite() || factor < 0.0 {
            return Err(TrafficError::Negative { at: "the factor".to_owned(), rate: factor.to_string() });
        }
        self.per_s.iter_mut().for_each(|rate| *rate *= factor);
        Ok(self)
    }

    /// How long it is, in seconds.
    pub fn seconds(&self) -> usize {
        self.per_s.len()
    }

    /// The rate of a second; none after the end.
    pub fn at(&self, second: usize) -> f64 {
        self.per_s.get(second).copied().unwrap_or(0.0)
    }

    /// The highest rate, and the second that has it first.
    pub fn peak(&self) -> (f64, usize) {
        let mut peak = (0.0, 0);
        for (second, rate) in self.per_s.iter().enumerate() {
            if *rate > peak.0 {
                peak = (*rate, second);
            }
        }
        peak
    }

    /// How many requests are to be expected in all.
    pub fn requests(&self) -> f64 {
        self.per_s.iter().sum()
    }
}
