//! The error budget: what is left of it over a period, and when it will be gone.
//!
//! A budget that permits 5 % over thirty days permits as many bad requests as 5 % of what came in them. What is left is
//! a share of that, below 0 when it is overdrawn. When it will be gone is told by how fast it burnt in the last day.

use loadline_units as units;

use crate::burn::WORKBOOK;
use crate::figures::{length, times};
use crate::ledger::Ledger;
use crate::objective::Objective;

/// The period that error budgets are of: thirty days.
pub const PERIOD_S: u64 = 30 * 24 * 3600;

/// What is left of an error budget.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Left {
    /// The share of it that is left, from 1 down; below 0 more was bad than is permitted.
    pub share: f64,
    /// How fast it burnt in the last day; 1 is a budget that just lasts.
    pub burn: f64,
    /// In how many seconds it will be gone at this rate; `None` when it will not within the period.
    pub gone_in_s: Option<u64>,
    /// Of how many seconds of the period something is known.
    pub known_s: u64,
}

/// What is left of an objective's budget at this time; `None` without requests, and where none may be bad.
pub fn left(objective: &Objective, ledger: &Ledger, now_s: i64) -> Option<Left> {
    let day_s = WORKBOOK[2].long_s;
    let (period, day) = (ledger.window(now_s, PERIOD_S), ledger.window(now_s, day_s));
    let permitted = objective.permitted * period.cell.total;
    if permitted <= 0.0 {
        return None;
    }
    let share = 1.0 - period.cell.bad / permitted;
    let of_day = objective.permitted * day.cell.total;
    let burn = if of_day > 0.0 { day.cell.bad / of_day } else { 0.0 };
    // A burn rate of 1 uses all of it in one period.
    let gone_in_s = (share > 0.0 && burn > 0.0).then(|| share * PERIOD_S as f64 / burn);
    let gone_in_s =
        gone_in_s.filter(|gone_in_s| *gone_in_s < PERIOD_S as f64).map(|gone_in_s| gone_in_s as u64);
    Some(Left { share, burn, gone_in_s, known_s: period.known_s })
}

/// `62% of the budget of 30d is left; at 1.5×, as in the last day, it is gone in 12d`.
pub fn left_words(left: &Left) -> String {
    let period = length(PERIOD_S);
    let known = if left.known_s * 10 < PERIOD_S * 9 {
        format!(" (of {}, all that is known of it)", length(left.known_s))
    } else {
        String::new()
    };
    let rate = times(left.burn);
    if left.share <= 0.0 {
        let over = units::whole_percent(-left.share);
        return format!(
            "the budget of {period}{known} is used up, and {over} more; it burns {rate} in the last day"
        );
    }
    let share = units::whole_percent(left.share);
    match left.gone_in_s {
        Some(gone_in_s) => {
            // To the hour: nobody knows it better.
            let hours = (gone_in_s / 3600).max(1) * 3600;
            format!(
                "{share} of the budget of {period}{known} is left; at {rate}, as in the last day, it is gone in {}",
                length(hours)
            )
        }
        None => format!(
            "{share} of the budget of {period}{known} is left; at {rate}, as in the last day, it lasts"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Cell;
    use crate::objective::Indicator;

    fn objective(permitted: f64) -> Objective {
        Objective {
            endpoint: "a".to_owned(),
            method: None,
            path: "/a".to_owned(),
            condition: "errors<=1%".to_owned(),
            indicator: Indicator::Failed,
            permitted,
            allow_no_data: false,
        }
    }

    /// Hours of a thousand requests, of which so many are bad, by the day from 1.
    fn month(bad: impl Fn(i64) -> f64) -> Ledger {
        let mut ledger = Ledger::default();
        for hour in 1..=720 {
            let cell = Cell { bad: bad((hour - 1) / 24 + 1), doubt: 0.0, total: 1000.0 };
            ledger.add(hour * 3600, 3600, Some(cell));
        }
        ledger
    }

    const NOW_S: i64 = 720 * 3600;

    #[test]
    fn what_is_left_is_counted_and_its_end_foreseen() {
        // Half the budget all the time: half is left, and lasts.
        let half = left(&objective(0.01), &month(|_| 5.0), NOW_S).unwrap();
        assert!((half.share - 0.5).abs() < 1e-6 && (half.burn - 0.5).abs() < 1e-6, "{half:?}");
        assert_eq!(half.gone_in_s, None, "in thirty days exactly");
        assert_eq!(
            left_words(&half),
            "50% of the budget of 30d is left; at 0.5×, as in the last day, it lasts"
        );
        // Nothing but on the last day, ten times the budget: a third is used, and the rest lasts two days.
        let fast = left(&objective(0.01), &month(|day| if day == 30 { 100.0 } else { 0.0 }), NOW_S).unwrap();
        assert!((fast.share - 2.0 / 3.0).abs() < 1e-6 && (fast.burn - 10.0).abs() < 1e-6, "{fast:?}");
        assert_eq!(fast.gone_in_s.map(|gone_s| gone_s / 3600), Some(48));
        assert!(
            left_words(&fast).ends_with("at 10×, as in the last day, it is gone in 2d"),
            "{}",
            left_words(&fast)
        );
    }

    #[test]
    fn it_may_be_overdrawn_and_there_may_be_none() {
        let over = left(&objective(0.01), &month(|_| 15.0), NOW_S).unwrap();
        assert!((over.share + 0.5).abs() < 1e-6 && over.gone_in_s.is_none(), "{over:?}");
        assert!(left_words(&over).contains("is used up, and 50% more"), "{}", left_words(&over));
        assert_eq!(left(&objective(0.01), &Ledger::default(), NOW_S), None);
        assert_eq!(left(&objective(0.0), &month(|_| 0.0), NOW_S), None);
    }
}
