//! How an objective stands at a moment: the fact of a window, how sure it is, and how fast its budget burns.
//!
//! The fact is counted and never overruled. Whether it goes on like that is an inference beside it, by the same
//! statistics as a load test's. A window is burning when more than its share of requests is bad, and enough of them to
//! mean something: one failure among three requests is a third, and says nothing about a service.

use loadline_verdict::{Certainty, Inference, infer_share};

use crate::burn::{BurnWindow, Severity};
use crate::ledger::{Counted, Ledger};
use crate::left::Left;
use crate::objective::Objective;
use crate::settings::Settings;

/// So many requests must be bad before a window burns.
pub const FEWEST_BAD: f64 = 5.0;

/// What happened in a window.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    /// How long the window is, in seconds.
    pub length_s: u64,
    /// Of how many of its seconds something is known.
    pub known_s: u64,
    /// Requests that were bad.
    pub bad: f64,
    /// How many of all may be bad or not, because their bucket has the limit in it.
    pub doubt: f64,
    /// All requests.
    pub total: f64,
    /// Whether more were bad than may be; `None` without requests.
    pub is_beyond: Option<bool>,
    /// What it says of the time after it; `more` is in seconds.
    pub inference: Option<Inference>,
}

/// What a pair of windows says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum BurnState {
    /// It never can: its threshold is more than all requests.
    Never,
    /// Nothing is known of the long window, or of the short one.
    NoData,
    /// Too few requests to tell; so many would do in the long window.
    TooFew {
        /// Requests.
        needed: u64,
    },
    /// Slower than the factor in one of them at least.
    Quiet,
    /// Faster in both.
    Burning,
}

/// How fast a budget burns in a pair of windows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Burn {
    /// The windows.
    pub window: BurnWindow,
    /// The burn rate in the long one; 1 is a budget that just lasts. `None` without requests.
    pub long: Option<f64>,
    /// The burn rate in the short one.
    pub short: Option<f64>,
    /// Requests in the long one.
    pub requests: u64,
    /// Of how many seconds of the long one something is known.
    pub known_s: u64,
    /// What it means.
    pub state: BurnState,
}

/// How an objective stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Its budget burns too fast.
    Burning(Severity),
    /// It does not.
    Keeps,
    /// There are too few requests in every window to tell.
    TooFew,
    /// There are no counters, or no requests.
    NoData,
}

/// An objective at a moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Watched {
    /// What happened lately.
    pub fact: Fact,
    /// How fast it burns, by window.
    pub burns: Vec<Burn>,
    /// What it comes to.
    pub standing: Standing,
    /// What is left of its error budget, where that was asked for.
    pub left: Option<Left>,
}

/// How an objective stands at this time, in seconds since 1970 UTC, with the fact of the last `over_s` seconds.
pub fn watched(
    objective: &Objective,
    ledger: &Ledger,
    settings: &Settings,
    now_s: i64,
    over_s: u64,
) -> Watched {
    let burns = burns(objective, ledger, settings, now_s);
    let standing = standing(&burns);
    Watched { fact: fact(ledger, objective.permitted, now_s, over_s), burns, standing, left: None }
}

/// How fast an objective's budget burns at this time, by window.
pub fn burns(objective: &Objective, ledger: &Ledger, settings: &Settings, now_s: i64) -> Vec<Burn> {
    let windows = settings.windows.iter();
    windows.map(|window| burn(ledger, objective.permitted, settings, *window, now_s)).collect()
}

/// What all windows come to.
fn standing(burns: &[Burn]) -> Standing {
    let burning = burns.iter().filter(|burn| burn.state == BurnState::Burning);
    let any = |wanted: &dyn Fn(BurnState) -> bool| burns.iter().any(|burn| wanted(burn.state));
    match burning.map(|burn| burn.window.severity).max() {
        Some(severity) => Standing::Burning(severity),
        None if any(&|state| state == BurnState::Quiet) => Standing::Keeps,
        None if any(&|state| matches!(state, BurnState::TooFew { .. })) => Standing::TooFew,
        None => Standing::NoData,
    }
}

fn fact(ledger: &Ledger, permitted: f64, now_s: i64, length_s: u64) -> Fact {
    let counted = ledger.window(now_s, length_s);
    let cell = counted.cell;
    let is_beyond = (cell.total > 0.0).then(|| is_beyond(cell.bad, cell.total, permitted));
    let inference = infer_share(&counted.stretches, permitted).map(|inference| {
        // Which side it is on is not even known of the past.
        let sides = [0.0, cell.doubt].map(|part| is_beyond_by(&counted, part, permitted));
        Inference {
            certainty: if sides[0] == sides[1] { inference.certainty } else { Certainty::Open },
            more: inference.more.map(|more| more * counted.stretch_s as f64),
            ..inference
        }
    });
    Fact {
        length_s,
        known_s: counted.known_s,
        bad: cell.bad,
        doubt: cell.doubt,
        total: cell.total,
        is_beyond,
        inference,
    }
}

/// Whether it would be beyond with the bucket that has the limit in it counted as well, or as bad.
fn is_beyond_by(counted: &Counted, doubt: f64, permitted: f64) -> bool {
    let cell = counted.cell;
    // The estimate is somewhere in the bucket: both of its ends are possible.
    let bad = if doubt > 0.0 { cell.bad + cell.doubt } else { cell.bad - cell.doubt };
    is_beyond(bad.clamp(0.0, cell.total), cell.total, permitted)
}

/// Whether more are bad than may be. Increases of counters are extrapolated, so a little room is left.
fn is_beyond(bad: f64, total: f64, permitted: f64) -> bool {
    bad > permitted * total * (1.0 + 1e-6) + 1e-6
}

fn burn(ledger: &Ledger, permitted: f64, settings: &Settings, window: BurnWindow, now_s: i64) -> Burn {
    let (long, known_s) = ledger.sum(now_s, window.long_s);
    let (short, _) = ledger.sum(now_s, window.short_s);
    let rate =
        |bad: f64, total: f64| (total > 0.0).then(|| if bad <= 0.0 { 0.0 } else { bad / total / permitted });
    let threshold = window.threshold(permitted);
    // Where so many requests come, a share right above the threshold is enough bad ones.
    let needed = (FEWEST_BAD / threshold.max(1e-9)).ceil().max(settings.min_requests as f64);
    let beyond = |bad: f64, total: f64| is_beyond(bad, total, threshold);
    let state = if !window.is_feasible(permitted) {
        BurnState::Never
    } else if long.total <= 0.0 {
        BurnState::NoData
    } else if long.total.round() < settings.min_requests as f64 {
        BurnState::TooFew { needed: needed as u64 }
    } else if long.bad.round() >= FEWEST_BAD && beyond(long.bad, long.total) {
        match short.total > 0.0 {
            true if beyond(short.bad, short.total) => BurnState::Burning,
            true => BurnState::Quiet,
            false => BurnState::NoData,
        }
    } else if long.total < needed && permitted > 0.0 && long.bad > 0.0 && beyond(long.bad, long.total) {
        BurnState::TooFew { needed: needed as u64 }
    } else {
        BurnState::Quiet
    };
    Burn {
        window,
        long: rate(long.bad, long.total),
        short: rate(short.bad, short.total),
        requests: long.total.round() as u64,
        known_s,
        state,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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

    /// So many minutes of so many requests, of which a share is bad, given by the minutes before the end.
    fn ledger(minutes: i64, per_minute: f64, bad: impl Fn(i64) -> f64) -> Ledger {
        let mut ledger = Ledger::default();
        for minute in 1..=minutes {
            let share = bad(minutes - minute);
            ledger.add(
                minute * 60,
                60,
                Some(Cell { bad: share * per_minute, doubt: 0.0, total: per_minute }),
            );
        }
        ledger
    }

    fn standing(minutes: i64, per_minute: f64, bad: impl Fn(i64) -> f64) -> Standing {
        let ledger = ledger(minutes, per_minute, bad);
        super::standing(&burns(&objective(0.01), &ledger, &Settings::default(), minutes * 60))
    }

    #[test]
    fn it_burns_while_both_windows_are_beyond() {
        let day = 24 * 60;
        assert_eq!(standing(3 * day, 100.0, |_| 0.001), Standing::Keeps);
        // Everything fails for a quarter of an hour: 25 % of the hour, 100 % of the last five minutes.
        assert_eq!(standing(3 * day, 100.0, |ago| f64::from(ago < 15)), Standing::Burning(Severity::Page));
        // Over for six minutes.
        assert_ne!(
            standing(3 * day, 100.0, |ago| f64::from((6..16).contains(&ago))),
            Standing::Burning(Severity::Page)
        );
        // Twice the budget all the time is a ticket.
        assert_eq!(standing(3 * day, 100.0, |_| 0.02), Standing::Burning(Severity::Ticket));
    }

    #[test]
    fn an_outage_is_found_in_the_time_that_the_table_promises() {
        let day = 24 * 60;
        // Of 1 %, 14.4 % of an hour's requests: 8.64 minutes of an outage, so in the ninth.
        let found = (1..60).find(|minutes| {
            standing(3 * day, 100.0, |ago| f64::from(ago < *minutes)) == Standing::Burning(Severity::Page)
        });
        assert_eq!(found, Some(9));
        // 5 % of errors are 5 times the budget: too slow for a page, 3 % of a day's after 14.4 hours.
        let found = (1..day).step_by(6).find(|minutes| {
            matches!(
                standing(3 * day, 100.0, |ago| if ago < *minutes { 0.05 } else { 0.0 }),
                Standing::Burning(Severity::Ticket)
            )
        });
        assert_eq!(found, Some(865), "1 % in three days is 14.4 hours as well");
    }

    #[test]
    fn few_requests_do_not_alarm_and_say_how_many_would_tell() {
        assert_eq!(standing(60, 0.0, |_| 0.0), Standing::NoData);
        assert_eq!(standing(4, 1.0, |_| 1.0), Standing::TooFew);
        assert_eq!(standing(60, 1.0, |ago| f64::from(ago < 20)), Standing::Burning(Severity::Page));
        let ledger = ledger(20, 1.0, |ago| f64::from(ago < 3));
        let watched = watched(&objective(0.01), &ledger, &Settings::default(), 1200, 3600);
        assert_eq!(watched.burns[0].state, BurnState::TooFew { needed: 35 });
    }

    #[test]
    fn a_budget_of_none_burns_with_the_first_few() {
        let minutes = 60;
        let ledger = ledger(minutes, 100.0, |ago| if ago < 3 { 0.02 } else { 0.0 });
        let watched = watched(&objective(0.0), &ledger, &Settings::default(), minutes * 60, 3600);
        assert_eq!(watched.standing, Standing::Burning(Severity::Page));
        assert_eq!(watched.fact.is_beyond, Some(true));
    }

    #[test]
    fn thirty_quiet_days_have_no_alarm() {
        // A tenth of the budget, by day and night, with noise from a generator of Lehmer's.
        let mut seed = 1_u64;
        let mut noise = || {
            seed = seed * 48_271 % 0x7fff_ffff;
            seed as f64 / f64::from(0x7fff_ffff_u32)
        };
        let settings = Settings::default();
        let mut ledger = Ledger::default();
        for minute in 1..=30 * 24 * 60_i64 {
            let day = 1.0 + 0.9 * (minute as f64 / 1440.0 * std::f64::consts::TAU).sin();
            let total = (30.0 * day * (0.5 + noise())).round();
            let bad = (0..total as u64).filter(|_| noise() < 0.001).count() as f64;
            ledger.add(minute * 60, 60, Some(Cell { bad, doubt: 0.0, total }));
            if minute % 5 == 0 {
                let now_s = minute * 60;
                ledger.forget(now_s - 80 * 3600);
                ledger.coarsen(now_s - 8 * 3600, 900);
                let burns = burns(&objective(0.01), &ledger, &settings, now_s);
                assert!(burns.iter().all(|burn| burn.state != BurnState::Burning), "{minute}: {burns:?}");
            }
        }
    }

    proptest! {
        /// More bad requests never make it better, and what burns has enough of them.
        #[test]
        fn it_is_monotone(
            cells in prop::collection::vec((0.0..1.0_f64, 0.0..40.0_f64), 1..200),
            more in 0.0..1.0_f64,
            permitted in 0.001..0.2_f64,
        ) {
            let fill = |more: f64| {
                let mut ledger = Ledger::default();
                for (minute, (share, total)) in cells.iter().enumerate() {
                    let bad = (share + more).min(1.0) * total.round();
                    ledger.add((minute as i64 + 1) * 60, 60, Some(Cell { bad, doubt: 0.0, total: total.round() }));
                }
                burns(&objective(permitted), &ledger, &Settings::default(), cells.len() as i64 * 60)
            };
            let (few, many) = (fill(0.0), fill(more));
            if let Standing::Burning(severity) = super::standing(&few) {
                let more = super::standing(&many);
                prop_assert!(matches!(more, Standing::Burning(other) if other >= severity));
            }
            for burn in &many {
                if burn.state == BurnState::Burning {
                    prop_assert!(burn.long.unwrap() >= burn.window.factor && burn.short.unwrap() >= burn.window.factor);
                }
            }
        }
    }
}
