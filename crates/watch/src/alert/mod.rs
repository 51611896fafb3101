//! Alerts: from how objectives stand, time after time, to what somebody has to be told.

mod alerts;
mod rules;
mod silence;
mod weekly;

pub use alerts::{Alert, Alerts, Change, Event, Phase, Signal};
pub use rules::AlertRules;
pub use silence::{Silence, Silences, When};
pub use weekly::{Weekly, WeeklyError, Zone};
