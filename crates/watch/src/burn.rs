//! Windows and burn rates: when a budget is used up fast enough that somebody must know.
//!
//! A budget that allows 5 % is used up exactly at its end if 5 % are bad all the time; that is a burn rate of 1. An
//! alert is due when the burn rate is above a factor in a long window, which makes it matter, and in a short one, which
//! makes it go on now, so that an alert ends soon after its reason.
//!
//! Source: The Site Reliability Workbook, chapter 5, "Alerting on SLOs", approach 6,
//! <https://sre.google/workbook/alerting-on-slos/>; the two pages are its table 5-8, the tickets are split as Sloth has
//! them, <https://sloth.dev/introduction/>.

use serde::{Deserialize, Serialize};

/// How urgent it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Within days.
    Ticket,
    /// Now.
    Page,
}

impl Severity {
    /// As it is written: `page`, `ticket`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ticket => "ticket",
            Self::Page => "page",
        }
    }

    /// Reads it.
    pub fn of_name(name: &str) -> Option<Self> {
        [Self::Page, Self::Ticket].into_iter().find(|severity| severity.name() == name)
    }
}

/// A pair of windows and the burn rate above which both have to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BurnWindow {
    /// In seconds.
    pub long_s: u64,
    /// In seconds.
    pub short_s: u64,
    /// How many times as fast as a budget that just lasts.
    pub factor: f64,
    /// How urgent it is.
    pub severity: Severity,
}

const HOUR: u64 = 3600;

/// What is watched unless the project says otherwise: 2 % of a month's budget in an hour, 5 % in six, 10 % in a day or
/// in three.
pub const WORKBOOK: [BurnWindow; 4] = [
    BurnWindow { long_s: HOUR, short_s: 300, factor: 14.4, severity: Severity::Page },
    BurnWindow { long_s: 6 * HOUR, short_s: 1800, factor: 6.0, severity: Severity::Page },
    BurnWindow { long_s: 24 * HOUR, short_s: 2 * HOUR, factor: 3.0, severity: Severity::Ticket },
    BurnWindow { long_s: 72 * HOUR, short_s: 6 * HOUR, factor: 1.0, severity: Severity::Ticket },
];

impl BurnWindow {
    /// The share of bad requests above which it is burning, of a budget that permits so large a share.
    pub fn threshold(&self, permitted: f64) -> f64 {
        self.factor * permitted
    }

    /// Whether it can ever be burning: more than all requests are never bad.
    pub fn is_feasible(&self, permitted: f64) -> bool {
        self.threshold(permitted) < 1.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_factors_are_the_share_of_a_month_they_stand_for() {
        let month_s = 30.0 * 24.0 * 3600.0;
        let spent = WORKBOOK.map(|window| window.factor * window.long_s as f64 / month_s);
        for (spent, wanted) in spent.iter().zip([0.02, 0.05, 0.1, 0.1]) {
            assert!((spent - wanted).abs() < 1e-9, "{spent}");
        }
    }

    #[test]
    fn a_generous_budget_cannot_burn_fast() {
        let feasible = |permitted| WORKBOOK.map(|window| window.is_feasible(permitted));
        assert_eq!(feasible(0.01), [true; 4]);
        assert_eq!(feasible(0.05), [true; 4], "14.4 × 5 % are 72 %");
        assert_eq!(feasible(0.5), [false, false, false, true]);
    }
}
