//! When a cron trigger of KEDA is active.
//!
//! KEDA asks when its start and its end come next: it is active where the end comes first, or both at once
//! (`pkg/scalers/cron_scaler.go`). That changes only when one of them has come, so it is asked again then.

use jiff::{Timestamp, ZonedDateTime};

use crate::keda::Cron;
use crate::manifests::Times;

/// A cron trigger over a simulation.
#[derive(Debug, Clone)]
pub(super) struct Hours {
    times: Times,
    started_unix_ms: i64,
    /// What it is until when, in seconds of the simulation.
    known: Option<(bool, u64)>,
}

impl Hours {
    /// Of a trigger, in a simulation that begins at a time in milliseconds since 1970 UTC.
    pub(super) fn new(times: &Times, started_unix_ms: i64) -> Self {
        Self { times: times.clone(), started_unix_ms, known: None }
    }

    /// Whether it is active so many seconds after the beginning; later than the last time that was asked for.
    pub(super) fn has(&mut self, now_s: u64) -> bool {
        if let Some((active, until_s)) = self.known
            && now_s < until_s
        {
            return active;
        }
        let known = self.look(now_s).unwrap_or((false, u64::MAX));
        self.known = Some(known);
        known.0
    }

    fn look(&self, now_s: u64) -> Option<(bool, u64)> {
        let now_ms = self.started_unix_ms.saturating_add(now_s as i64 * 1000);
        let now = Timestamp::from_millisecond(now_ms).ok()?.to_zoned_datetime(self.times.zone.clone());
        let next = |cron: &Cron| -> Option<ZonedDateTime> { cron.next(&now) };
        let (start, end) = (next(&self.times.start)?, next(&self.times.end)?);
        let first = if start < end { &start } else { &end };
        let ms = first.timestamp().as_millisecond() - self.started_unix_ms;
        Some((start >= end, u64::try_from(ms).ok()?.div_ceil(1000)))
    }
}
