//! `externally-controlled`: virtual users that iterate one after the other, as many as somebody says while the run goes
//! on, for so long or until somebody stops it.
//!
//! k6 had it until version 1. The number of users is set through the control of the run, and `vus` is where it begins.

use std::time::Duration;

use loadline_units::duration_text;
use serde::{Deserialize, Serialize};

use crate::plan::Problems;

/// What a duration is that has no end: longer than any run.
const UNTIL_STOPPED: Duration = Duration::from_hours(24 * 365 * 100);

/// The options of `externally-controlled`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExternallyControlled {
    /// The number of virtual users at the start.
    pub vus: u64,
    /// The number that is prepared, at least 1; more can be made while it goes on.
    pub max_vus: u64,
    /// How long iterations start; nothing is until somebody stops the run.
    pub duration: Duration,
}

impl ExternallyControlled {
    /// Whether only somebody who stops it ends it.
    pub const fn is_until_stopped(&self) -> bool {
        self.duration.is_zero()
    }

    pub(super) fn duration(&self) -> Duration {
        if self.is_until_stopped() { UNTIL_STOPPED } else { self.duration }
    }

    pub(super) fn description(&self) -> String {
        let Self { vus, max_vus, duration } = self;
        let most = if vus == max_vus { String::new() } else { format!(" of at most {max_vus}") };
        let until_stopped = self.is_until_stopped();
        let lasts = if until_stopped {
            "until stopped".to_owned()
        } else {
            format!("for {}", duration_text(*duration))
        };
        format!("{vus} VUs{most} {lasts}, as told while it runs")
    }

    pub(super) fn check(&self, problems: &mut Problems<'_>) {
        problems.vus_limit("vus", self.vus);
        problems.vus("maxVUs", self.max_vus);
        if self.max_vus < self.vus {
            problems.note(
                "maxVUs",
                format!(
                    "`{}` is less than `vus` (`{}`); raise one or lower the other",
                    self.max_vus, self.vus
                ),
            );
        }
        problems.duration_limit("duration", self.duration);
    }
}
