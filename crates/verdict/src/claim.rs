//! Claims: what must hold of a run and was looked up beside its measurements, such as that nobody was charged twice.
//!
//! A claim has no tolerance, and a comparison of nothing with nothing proves nothing: without anything to look at
//! there is no data, which fails. Its verdict is one like those of budgets, so that every table, file and exit code has
//! it.

use std::time::Duration;

use loadline_measure::{Run, Unit};
use loadline_units as units;

use crate::verdict::{Outcome, Rule, Verdict};

/// Findings that evidence names; the rest is counted.
const NAMED: usize = 5;

/// What must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// What it is about, in words: `users charged twice for one price`.
    pub name: String,
    /// What must be the case, and what was found.
    pub condition: Condition,
}

/// The kinds of claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// There are none of these …
    None {
        /// What was found all the same, each in words.
        found: Vec<String>,
        /// … among so many that were looked at.
        among: u64,
    },
    /// It never happened …
    Never {
        /// How often it did all the same.
        times: u64,
        /// … in so many that were looked at.
        among: u64,
    },
    /// So large a share of them took at most this long.
    AtMost {
        /// In percent: 99 of a hundred.
        percent: u8,
        /// The limit.
        limit: Duration,
        /// What that share did not exceed.
        took: Option<Duration>,
        /// How many there were.
        among: u64,
    },
    /// It was over in less than this time.
    Within {
        /// The limit.
        limit: Duration,
        /// How long it took.
        took: Duration,
        /// How many values after it say that it was over; with none, it never was.
        values_after: u64,
    },
}

/// Judges a claim about a run.
pub fn judge_claim(run: &Run, claim: &Claim) -> Verdict {
    match &claim.condition {
        Condition::None { found, among } => {
            let outcome = match (found.len(), among) {
                (0, 0) => Outcome::NoData,
                (0, _) => Outcome::Pass,
                _ => Outcome::Fail,
            };
            let evidence = if *among == 0 && found.is_empty() {
                "there are none to look at".to_owned()
            } else {
                names(found)
            };
            Verdict {
                selector: claim.name.clone(),
                expression: "count==0".to_owned(),
                aggregate: "count".to_owned(),
                observed: (outcome != Outcome::NoData).then_some(found.len() as f64),
                values: *among,
                ..fact(outcome, evidence)
            }
        }
        Condition::Never { times, among } => {
            let outcome = match (times, among) {
                (0, 0) => Outcome::NoData,
                (0, _) => Outcome::Pass,
                _ => Outcome::Fail,
            };
            Verdict {
                selector: claim.name.clone(),
                expression: "count==0".to_owned(),
                aggregate: "count".to_owned(),
                observed: (outcome != Outcome::NoData).then_some(*times as f64),
                values: *among,
                trustworthy: run.meta.saturation.is_none(),
                ..fact(outcome, format!("of {}", units::count(*among)))
            }
        }
        Condition::AtMost { percent, limit, took, among } => {
            let limit_ms = units::to_ms(*limit);
            let outcome = match took {
                _ if *among == 0 => Outcome::NoData,
                Some(took) if took <= limit => Outcome::Pass,
                _ => Outcome::Fail,
            };
            Verdict {
                selector: claim.name.clone(),
                expression: format!("p({percent})<={limit_ms}ms"),
                aggregate: format!("p({percent})"),
                observed: took.map(units::to_ms),
                limit: limit_ms,
                unit: Unit::Milliseconds,
                values: *among,
                trustworthy: run.meta.saturation.is_none(),
                ..fact(outcome, format!("of {}", units::count(*among)))
            }
        }
        Condition::Within { limit, took, values_after } => {
            let (limit, took) = (units::to_ms(*limit), units::to_ms(*took));
            let back = *values_after > 0;
            let outcome = if back && took < limit { Outcome::Pass } else { Outcome::Fail };
            Verdict {
                selector: claim.name.clone(),
                expression: format!("time<{limit}ms"),
                aggregate: "time".to_owned(),
                observed: back.then_some(took),
                limit,
                unit: Unit::Milliseconds,
                values: *values_after,
                certainty: None,
                more_s: None,
                trustworthy: run.meta.saturation.is_none(),
                ..fact(outcome, format!("{} requests after it", units::count(*values_after)))
            }
        }
    }
}

/// A verdict on a fact: exact, and no matter how the generator did.
fn fact(outcome: Outcome, evidence: String) -> Verdict {
    Verdict {
        rule: Rule::Threshold,
        selector: String::new(),
        expression: String::new(),
        metric: String::new(),
        aggregate: String::new(),
        outcome,
        observed: None,
        interval: None,
        limit: 0.0,
        unit: Unit::Plain,
        exact: true,
        values: 0,
        evidence,
        certainty: None,
        more_s: None,
        trustworthy: true,
        fails: outcome != Outcome::Pass,
        abort: false,
    }
}

fn names(found: &[String]) -> String {
    let mut text = found.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    if found.len() > NAMED {
        text += &format!(" and {} more", found.len() - NAMED);
    }
    text
}

#[cfg(test)]
mod tests {
    use loadline_measure::{RunMeta, Saturation, Schema};

    use super::*;

    fn judged(condition: Condition) -> Verdict {
        let run = Run::new(RunMeta::default(), Schema::new());
        judge_claim(&run, &Claim { name: "charged twice".to_owned(), condition })
    }

    #[test]
    fn a_finding_fails_and_is_named() {
        let found: Vec<String> = (0..7).map(|number| format!("sub_{number}")).collect();
        let verdict = judged(Condition::None { found, among: 0 });
        assert_eq!((verdict.outcome, verdict.fails, verdict.observed), (Outcome::Fail, true, Some(7.0)));
        assert!(verdict.evidence.ends_with("sub_4 and 2 more"), "{}", verdict.evidence);
        let verdict = judged(Condition::None { found: Vec::new(), among: 3 });
        assert_eq!((verdict.outcome, verdict.fails, verdict.values), (Outcome::Pass, false, 3));
    }

    #[test]
    fn nothing_to_look_at_is_no_proof() {
        let verdict = judged(Condition::None { found: Vec::new(), among: 0 });
        assert_eq!((verdict.outcome, verdict.fails, verdict.observed), (Outcome::NoData, true, None));
    }

    #[test]
    fn what_must_never_happen_is_counted() {
        let outcome = |times, among| judged(Condition::Never { times, among }).outcome;
        assert_eq!(
            [outcome(0, 9), outcome(1, 9), outcome(0, 0)],
            [Outcome::Pass, Outcome::Fail, Outcome::NoData]
        );
        let verdict = judged(Condition::Never { times: 3, among: 1_200 });
        assert_eq!((verdict.observed, verdict.evidence.as_str()), (Some(3.0), "of 1,200"));
    }

    #[test]
    fn a_share_takes_at_most_so_long() {
        let limit = Duration::from_millis(100);
        let with = |took_ms: Option<u64>, among| {
            let took = took_ms.map(Duration::from_millis);
            judged(Condition::AtMost { percent: 99, limit, took, among })
        };
        assert_eq!(with(Some(100), 5).outcome, Outcome::Pass);
        assert_eq!(with(Some(101), 5).outcome, Outcome::Fail);
        assert_eq!(with(None, 5).outcome, Outcome::Fail, "longer than was measured");
        assert_eq!(with(None, 0).outcome, Outcome::NoData);
        assert_eq!(with(Some(50), 5).expression, "p(99)<=100ms");
    }

    #[test]
    fn it_must_be_over_and_in_time() {
        let within = |seconds, values_after| {
            let (limit, took) = (Duration::from_secs(10), Duration::from_secs(seconds));
            judged(Condition::Within { limit, took, values_after })
        };
        assert_eq!(within(2, 900).outcome, Outcome::Pass);
        assert_eq!(within(10, 900).outcome, Outcome::Fail);
        assert_eq!((within(2, 0).outcome, within(2, 0).observed), (Outcome::Fail, None));
    }

    #[test]
    fn a_time_is_only_as_good_as_the_generator_and_money_is_money() {
        let mut run = Run::new(RunMeta::default(), Schema::new());
        run.meta.saturation = Some(Saturation { evidence: vec!["it was slow".to_owned()] });
        let (limit, took) = (Duration::from_secs(10), Duration::from_secs(1));
        let claim = |condition| Claim { name: "x".to_owned(), condition };
        let time = judge_claim(&run, &claim(Condition::Within { limit, took, values_after: 1 }));
        let money = judge_claim(&run, &claim(Condition::None { found: Vec::new(), among: 1 }));
        assert_eq!((time.trustworthy, money.trustworthy), (false, true));
    }
}
