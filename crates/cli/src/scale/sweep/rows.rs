//! What came of one policy, without its Run.

use loadline_units as units;
use loadline_verdict::Outcome;
use serde_json::Value;

use super::super::arguments::JudgingArguments;
use super::super::judged::Judged;
use super::super::words;
use super::knobs::Candidate;

/// How far beyond its limit a figure may be for chance to have brought it there, as a share: a 95th percentile of five
/// minutes at thirty requests a second that are followed is within 2 % of that of all in two of three cases.
const CHANCE: f64 = 0.1;

/// One policy and what came of it.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) candidate: Candidate,
    pub(super) cost: f64,
    pub(super) cost_words: String,
    pub(super) worst_p95_ms: f64,
    /// What the 95th percentile may be, where a budget says so.
    pub(super) limit_ms: Option<f64>,
    pub(super) lost: u64,
    pub(super) flaps: usize,
    pub(super) keeps: bool,
    /// Whether it keeps the budgets, or would if chance had been kinder.
    pub(super) may_keep: bool,
    /// Whether it ever wanted more replicas than it may have.
    reached_max: bool,
    /// The most replicas that it wanted.
    most: i32,
    pub(super) json: Value,
}

impl Row {
    /// A policy that was judged; `closely`: second by second, as `simulate` does.
    pub(super) fn of(
        candidate: Candidate,
        judged: &Judged,
        judging: &JudgingArguments,
        closely: bool,
    ) -> Self {
        let worst =
            judged.minutes().iter().filter_map(|minute| minute.times.quantile(0.95)).fold(0.0, f64::max);
        let mut json = words::json(judged, &candidate.scenario, judging, &candidate.name);
        if let Some(object) = json.as_object_mut() {
            object.remove("changes");
            object.insert("worst_minute_p95_ms".to_owned(), worst.into());
            object.insert("judged_second_by_second".to_owned(), closely.into());
        }
        let near = |observed: f64, limit: f64| (observed - limit).abs() <= CHANCE * limit.abs();
        let may_keep = judged.verdicts.iter().filter(|verdict| verdict.fails).all(|verdict| {
            verdict.outcome == Outcome::Fail
                && verdict.observed.is_some_and(|observed| near(observed, verdict.limit))
        });
        let of_p95 = judged.verdicts.iter().find(|verdict| {
            verdict.metric == "response_time" && words::quantile(&verdict.aggregate) == Some(0.95)
        });
        let limit_ms = of_p95.map(|verdict| verdict.limit);
        let price = words::price(judged, judging);
        let hours = judged.ledger.replica_hours();
        let reached_max = judged.ledger.at_most_s > 0 || candidate.scenario.initial > candidate.tried.max();
        Self {
            candidate,
            cost: price.unwrap_or(hours),
            cost_words: price.map_or_else(|| units::decimals(hours, 1), |price| units::decimals(price, 2)),
            worst_p95_ms: worst,
            limit_ms,
            lost: judged.ledger.all_lost(),
            flaps: judged.ledger.flaps(),
            keeps: !judged.fails(),
            may_keep,
            reached_max,
            most: judged.ledger.most,
            json,
        }
    }

    /// What comes of another policy, where that is the same without trying it: a maximum that was never reached makes
    /// no difference, nor does any other above what was wanted.
    pub(super) fn of_kin(&self, other: &Candidate) -> Option<Self> {
        let own = &self.candidate;
        let same = !self.reached_max
            && own.kin == other.kin
            && (other.tried.max() >= own.tried.max() || other.tried.max() > self.most)
            && own.scenario.initial == other.scenario.initial;
        same.then(|| {
            let mut row = Self { candidate: other.clone(), ..self.clone() };
            row.json["policy"] = other.name.as_str().into();
            row
        })
    }
}
