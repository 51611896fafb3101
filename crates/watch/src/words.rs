//! What is said of an objective, in the judge's words.

use loadline_units as units;
use loadline_verdict::Certainty;

use crate::figures::{length, times};
use crate::objective::{Indicator, Objective};
use crate::watched::{Burn, BurnState, Fact};

/// The fact of a window: what was counted, what is allowed, and how sure it is that it goes on.
pub fn fact_words(objective: &Objective, fact: &Fact) -> String {
    let span = length(fact.length_s);
    let Some(is_beyond) = fact.is_beyond else {
        return match fact.known_s {
            0 => format!("nothing is known of the last {span}"),
            _ => format!("no requests in the last {span}"),
        };
    };
    let (bad, total) = (fact.bad.round() as u64, fact.total.round() as u64);
    let estimated = if fact.doubt > 0.0 {
        let low = (fact.bad - fact.doubt).max(0.0).round() as u64;
        let high = (fact.bad + fact.doubt).min(fact.total).round() as u64;
        format!(" (estimated between buckets: {} to {})", units::count(low), units::count(high))
    } else {
        String::new()
    };
    let what = match objective.indicator {
        Indicator::Slow { limit_ms } => {
            format!("took longer than {}", units::Scale::Time.exact(limit_ms))
        }
        Indicator::Failed => "failed".to_owned(),
    };
    let known = known(fact.known_s, fact.length_s);
    let certainty = fact.inference.as_ref().map_or("", |inference| match (is_beyond, inference.certainty) {
        (true, Certainty::Certain) => "; it is certain to go on like that",
        (true, Certainty::Likely) => "; it is likely to go on like that",
        (true, Certainty::Open) => "; whether it goes on like that is open",
        (false, Certainty::Certain) => "; it is certain to keep it",
        (false, Certainty::Likely) => "; it is likely to keep it",
        (false, Certainty::Open) => "; whether it goes on keeping it is open",
    });
    format!(
        "{} of {} requests{estimated} {what} ({}) in the last {span}{}; allowed is at most {}{certainty}",
        units::count(bad),
        units::count(total),
        units::percent(fact.bad / fact.total),
        known.trim_end_matches(','),
        units::Scale::Share.exact(objective.permitted),
    )
}

/// How fast a budget burns in a pair of windows: `16.2× in 1h and 20× in 5m, more than 14.4×`.
pub fn burn_words(burn: &Burn) -> String {
    let (long, short) = (length(burn.window.long_s), length(burn.window.short_s));
    let factor = times(burn.window.factor);
    match burn.state {
        BurnState::Never => format!("more than {factor} in {long} cannot be: that is more than all requests"),
        BurnState::NoData => format!("nothing to tell from in {long} and {short}"),
        BurnState::TooFew { needed } => format!(
            "too few requests in {long} to tell: {}, where {} would do",
            units::count(burn.requests),
            units::count(needed)
        ),
        BurnState::Quiet | BurnState::Burning => {
            let rate = |rate: Option<f64>| rate.map_or_else(|| "none".to_owned(), times);
            let than = if burn.state == BurnState::Burning { "more than" } else { "alarms above" };
            let known = known(burn.known_s, burn.window.long_s);
            let (over_long, over_short) = (rate(burn.long), rate(burn.short));
            format!("{over_long} in {long}{known} and {over_short} in {short}, {than} {factor}")
        }
    }
}

/// What has to be said of a window of which much is not known.
fn known(known_s: u64, length_s: u64) -> String {
    if known_s * 10 < length_s * 9 {
        format!(", of which {} are known,", length(known_s))
    } else {
        String::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::burn::WORKBOOK;

    #[test]
    fn a_window_that_is_known_in_part_says_so() {
        let words = |known_s| {
            burn_words(&Burn {
                window: WORKBOOK[3],
                long: Some(0.8),
                short: Some(0.5),
                requests: 1_000,
                known_s,
                state: BurnState::Quiet,
            })
        };
        assert_eq!(words(72 * 3600), "0.8× in 3d and 0.5× in 6h, alarms above 1×");
        assert_eq!(words(2 * 3600), "0.8× in 3d, of which 2h are known, and 0.5× in 6h, alarms above 1×");
    }
}
