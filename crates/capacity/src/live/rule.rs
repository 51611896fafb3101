//! What of a budget load can break, as a share that may be bad.

use loadline_measure::{MetricKind, RESPONSE_TIME};
use loadline_units as units;
use loadline_verdict::{Aggregate, Operator, ProjectBudget, Quantity, Selector};

/// Of a mean, half of the seconds may be beyond it.
const OF_SECONDS: f64 = 0.5;
/// No error at all is permitted by some: one in ten thousand is as near as a search can tell.
const LEAST: f64 = 1e-4;

/// What is bad.
#[derive(Clone, Copy, Debug)]
pub(super) enum Rule {
    /// Values beyond this are bad, those equal to it too where it says so.
    Beyond(f64, bool),
    /// Values that are not zero are bad.
    Failures,
    /// Values that are zero are bad.
    Misses,
    /// A second is bad whose mean is beyond this.
    Mean(f64),
    /// A second is bad whose largest value is beyond this.
    Max(f64),
}

impl Rule {
    /// Whether whatever keeps it, with no more than a share that is bad, keeps another rule with its share as well.
    pub(super) fn implies(self, permitted: f64, other: Self, others: f64) -> bool {
        let is_stricter = |(one, equal): (f64, bool), (than, too): (f64, bool)| {
            one < than || (one == than && (equal || !too))
        };
        match (self, other) {
            (Self::Beyond(one, equal), Self::Beyond(than, too)) => {
                is_stricter((one, equal), (than, too)) && permitted <= others
            }
            (Self::Mean(one), Self::Mean(than)) | (Self::Max(one), Self::Max(than)) => one <= than,
            (Self::Failures, Self::Failures) | (Self::Misses, Self::Misses) => permitted <= others,
            _ => false,
        }
    }
}

pub(super) const IS_A_FLOOR: &str = "more load does not break a lower limit";
pub(super) const IS_A_SUM: &str = "it is about a sum over the whole run, which grows with the load";
const IS_A_COURSE: &str = "it is about how a figure moves in a long run";
const IS_NO_RANGE: &str = "only limits with `<` or `<=` can be broken by more load";
const IS_EVERYTHING: &str = "it permits nothing, or everything";

/// Of a threshold on a metric of this kind, and the share that may be bad; or why load does not break it.
pub(super) fn of_threshold(
    metric: Option<MetricKind>,
    aggregate: Aggregate,
    operator: Operator,
    limit: f64,
) -> Result<(Rule, f64), &'static str> {
    let upper = matches!(operator, Operator::Less | Operator::LessOrEqual);
    let lower = matches!(operator, Operator::Greater | Operator::GreaterOrEqual);
    match aggregate {
        Aggregate::Rate if metric != Some(MetricKind::Rate) => Err(if lower { IS_A_FLOOR } else { IS_A_SUM }),
        Aggregate::Rate if upper => permitted(Rule::Failures, limit),
        Aggregate::Rate if lower => permitted(Rule::Misses, 1.0 - limit),
        Aggregate::Count => Err(IS_A_SUM),
        Aggregate::Value | Aggregate::Slope => Err(IS_A_COURSE),
        _ if lower => Err(IS_A_FLOOR),
        _ if !upper => Err(IS_NO_RANGE),
        Aggregate::Avg => Ok((Rule::Mean(limit), OF_SECONDS)),
        Aggregate::Max => Ok((Rule::Max(limit), OF_SECONDS)),
        Aggregate::Min | Aggregate::Rate => Err(IS_A_FLOOR),
        Aggregate::Med | Aggregate::Percentile(_) => {
            let quantile = aggregate.quantile().unwrap_or(0.5);
            permitted(Rule::Beyond(limit, operator == Operator::Less), 1.0 - quantile)
        }
    }
}

/// Of a budget of the project.
pub(super) fn of_quantity(budget: &ProjectBudget) -> Result<(Rule, f64), &'static str> {
    let (limit, operator) = (budget.allowed.limit, budget.allowed.operator);
    match budget.allowed.quantity {
        Quantity::Percentile(percentile) => {
            permitted(Rule::Beyond(limit, operator == Operator::Less), 1.0 - percentile / 100.0)
        }
        Quantity::Errors => permitted(Rule::Failures, limit),
        Quantity::Mean => Ok((Rule::Mean(limit), OF_SECONDS)),
        Quantity::Max => Ok((Rule::Max(limit), OF_SECONDS)),
        Quantity::Share if matches!(operator, Operator::Less | Operator::LessOrEqual) => {
            permitted(Rule::Failures, limit)
        }
        Quantity::Share => permitted(Rule::Misses, 1.0 - limit),
        Quantity::Rate | Quantity::HitRate => Err(IS_A_FLOOR),
        Quantity::Count | Quantity::Spill => Err(IS_A_SUM),
        Quantity::Slope => Err(IS_A_COURSE),
    }
}

fn permitted(rule: Rule, share: f64) -> Result<(Rule, f64), &'static str> {
    if share >= 1.0 { Err(IS_EVERYTHING) } else { Ok((rule, share.max(LEAST))) }
}

/// The limit in words.
pub(super) fn limit_words(rule: Rule, permitted: f64) -> String {
    match rule {
        Rule::Beyond(limit, _) | Rule::Mean(limit) | Rule::Max(limit) => units::time(limit),
        Rule::Failures | Rule::Misses => units::percent(permitted),
    }
}

/// `search p95`, where the tags name one thing; the metric where it is not the usual one.
pub(super) fn name_of(selector: &Selector, aggregate: Aggregate) -> String {
    let usual = matches!(selector.metric.as_str(), RESPONSE_TIME | "http_req_duration" | "http_req_failed");
    let tags: Vec<&str> = selector.tags.iter().map(|(_, value)| value.as_str()).collect();
    let quantity = match aggregate {
        Aggregate::Percentile(percentile) => format!("p{}", units::plain(percentile)),
        Aggregate::Med => "median".to_owned(),
        Aggregate::Rate if selector.metric == "http_req_failed" => "errors".to_owned(),
        other => other.to_string(),
    };
    let metric = if usual { "" } else { selector.metric.as_str() };
    let words: Vec<&str> =
        tags.into_iter().chain([metric, quantity.as_str()]).filter(|word| !word.is_empty()).collect();
    words.join(" ")
}
