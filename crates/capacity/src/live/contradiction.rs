//! Budgets of which nothing keeps both: a p95 below 100 ms leaves no median above 200 ms.
//!
//! Percentiles of the same values are in order, with the least and the greatest value at their ends and the mean
//! somewhere in between; all other quantities stand for themselves. Values of a part (other tags, another endpoint,
//! another time) say nothing of the percentiles of the whole, so that only budgets of exactly the same are held against
//! each other.

use loadline_verdict::{Aggregate, Budgets, Operator, Part, Quantity, Selector, Subject};

/// What is said of each two budgets that contradict each other, in their order.
pub(super) fn contradictions(budgets: &Budgets) -> Vec<String> {
    let limits = limits(budgets);
    let pairs = limits
        .iter()
        .enumerate()
        .flat_map(|(place, one)| limits[place + 1..].iter().map(move |other| (one, other)));
    pairs
        .filter(|(one, other)| one.excludes(other) || other.excludes(one))
        .map(|(one, other)| {
            format!("`{}` and `{}` contradict each other: nothing keeps both", one.text, other.text)
        })
        .collect()
}

/// A limit, and whether not even it is kept.
type End = Option<(f64, bool)>;

/// One budget: what is limited, and to which side.
#[derive(Debug)]
struct Limit {
    of: Of,
    /// As it was written.
    text: String,
    kind: Kind,
    /// What it may not be above.
    most: End,
    /// What it may not be below.
    least: End,
}

/// Of which values.
#[derive(Debug, PartialEq)]
struct Of {
    selector: Option<Selector>,
    endpoint: Option<String>,
    part: Part,
}

/// Which figure of them.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    /// The least and the greatest value are the ones of 0 and 1.
    Quantile(f64),
    Mean,
    Share,
    PerSecond,
    Sum,
    Last,
    Slope,
    FromCache,
    Spill,
}

impl Kind {
    /// Whether it is never above another figure of the same values.
    fn is_at_most(self, other: Self) -> bool {
        match (self, other) {
            (Self::Quantile(low), Self::Quantile(high)) => low <= high,
            (Self::Quantile(low), Self::Mean) => low <= 0.0,
            (Self::Mean, Self::Quantile(high)) => high >= 1.0,
            _ => self == other,
        }
    }
}

impl Limit {
    /// Whether what it has at least is more than the other one has at most.
    fn excludes(&self, other: &Self) -> bool {
        let (Some((least, above)), Some((most, below))) = (self.least, other.most) else { return false };
        self.of == other.of
            && self.kind.is_at_most(other.kind)
            && (least > most || (least == most && (above || below)))
    }
}

fn limits(budgets: &Budgets) -> Vec<Limit> {
    let same = |selector: &Selector| {
        let mut tags = selector.tags.clone();
        tags.sort();
        Selector { metric: selector.metric.clone(), tags }
    };
    let thresholds = budgets.budgets.iter().map(|budget| {
        let kind = match budget.threshold.aggregate {
            Aggregate::Min => Kind::Quantile(0.0),
            Aggregate::Max => Kind::Quantile(1.0),
            Aggregate::Med => Kind::Quantile(0.5),
            Aggregate::Percentile(percentile) => Kind::Quantile(percentile / 100.0),
            Aggregate::Avg => Kind::Mean,
            // A share, where the metric is one of failures: the selector says which.
            Aggregate::Rate => Kind::Share,
            Aggregate::Count => Kind::Sum,
            Aggregate::Value => Kind::Last,
            Aggregate::Slope => Kind::Slope,
        };
        let of = Of { selector: Some(same(&budget.selector)), endpoint: None, part: Part::Whole };
        let (most, least) = sides(budget.threshold.operator, budget.threshold.limit.value());
        Limit { of, text: format!("{}: {}", budget.text.selector, budget.text.expression), kind, most, least }
    });
    let project = budgets.project.iter().map(|budget| {
        let kind = match budget.allowed.quantity {
            Quantity::Percentile(percentile) => Kind::Quantile(percentile / 100.0),
            Quantity::Max => Kind::Quantile(1.0),
            Quantity::Mean => Kind::Mean,
            Quantity::Errors | Quantity::Share => Kind::Share,
            Quantity::Rate => Kind::PerSecond,
            Quantity::HitRate => Kind::FromCache,
            Quantity::Count => Kind::Sum,
            Quantity::Slope => Kind::Slope,
            Quantity::Spill => Kind::Spill,
        };
        let (selector, endpoint) = match &budget.subject {
            Subject::Metric(selector) => (Some(same(selector)), None),
            Subject::Endpoint(name) => (None, Some(name.clone())),
            part @ Subject::Part { .. } => (None, Some(part.to_string())),
        };
        let of = Of { selector, endpoint, part: budget.part };
        let (most, least) = sides(budget.allowed.operator, budget.allowed.limit);
        let name = match &budget.subject {
            Subject::Metric(selector) => selector.metric.clone(),
            other => other.to_string(),
        };
        Limit { of, text: format!("{name}: {budget}"), kind, most, least }
    });
    thresholds.chain(project).collect()
}

/// What may not be gone above, and below.
fn sides(operator: Operator, limit: f64) -> (End, End) {
    match operator {
        Operator::Less => (Some((limit, true)), None),
        Operator::LessOrEqual => (Some((limit, false)), None),
        Operator::Greater => (None, Some((limit, true))),
        Operator::GreaterOrEqual => (None, Some((limit, false))),
        Operator::Equal | Operator::StrictlyEqual => (Some((limit, false)), Some((limit, false))),
        Operator::NotEqual => (None, None),
    }
}

#[cfg(test)]
mod tests {
    use loadline_measure::{Builtin, Schema};
    use proptest::prelude::*;

    use super::super::written::texts;
    use super::*;

    fn said(written: &[(&str, &str)]) -> Vec<String> {
        let schema = Schema::new();
        Builtin::define(&schema).unwrap();
        contradictions(&Budgets::parse("a.ts", &texts(written), &schema).unwrap())
    }

    #[test]
    fn what_nothing_keeps_is_found() {
        let time = "http_req_duration";
        for (one, other) in [
            ((time, "p(95)<100"), (time, "p(95)>200")),
            ((time, "med>200"), (time, "p(95)<0.1s")),
            ((time, "min>5"), (time, "avg<5")),
            ((time, "avg>=5"), (time, "max<5")),
            ((time, "p(95)==5"), (time, "p(99)<5")),
            (("http_req_failed", "rate<0.01"), ("http_req_failed", "rate>=0.5")),
            (("http_req_duration{a:1,b:2}", "p(95)<1"), ("http_req_duration{b:2,a:1}", "p(95)>1")),
        ] {
            let said = said(&[one, other]);
            assert_eq!(said.len(), 1, "{one:?} {other:?}");
            assert!(said[0].contains(&format!("`{}: {}` and", one.0, one.1)), "{said:?}");
        }
    }

    #[test]
    fn what_something_keeps_is_not() {
        let time = "http_req_duration";
        for (one, other) in [
            ((time, "p(95)<200"), (time, "p(95)>100")),
            ((time, "p(95)<=100"), (time, "p(95)>=100")),
            ((time, "med<100"), (time, "p(95)>200")),
            ((time, "avg<5"), (time, "p(95)>200")),
            ((time, "p(95)<100"), ("http_req_duration{a:1}", "p(95)>200")),
            ((time, "p(95)!=100"), (time, "p(95)<1")),
            (("http_reqs", "count>5"), ("http_reqs", "rate<2")),
        ] {
            assert_eq!(said(&[one, other]), Vec::<String>::new(), "{one:?} {other:?}");
        }
    }

    /// Which share of values is at or below a limit decides a percentile: the value of rank ⌈q·n⌉.
    fn figure(kind: Kind, sorted: &[f64]) -> f64 {
        match kind {
            Kind::Quantile(q) => sorted[((q * sorted.len() as f64).ceil() as usize).max(1) - 1],
            _ => sorted.iter().sum::<f64>() / sorted.len() as f64,
        }
    }

    fn limit() -> impl Strategy<Value = Limit> {
        let kinds = prop_oneof![
            Just(Kind::Quantile(0.0)),
            Just(Kind::Quantile(0.5)),
            Just(Kind::Quantile(0.95)),
            Just(Kind::Quantile(1.0)),
            Just(Kind::Mean)
        ];
        (kinds, prop::sample::select(&Operator::ALL[..]), 0..6_u32).prop_map(|(kind, operator, number)| {
            let (most, least) = sides(operator, f64::from(number));
            let of = Of { selector: None, endpoint: None, part: Part::Whole };
            Limit { of, text: String::new(), kind, most, least }
        })
    }

    proptest! {
        #[test]
        fn no_values_keep_both_of_two_that_exclude_each_other(
            one in limit(),
            other in limit(),
            values in prop::collection::vec(0..6_u32, 1..12),
        ) {
            let mut values: Vec<f64> = values.into_iter().map(f64::from).collect();
            values.sort_by(f64::total_cmp);
            let keeps = |limit: &Limit| {
                let is = figure(limit.kind, &values);
                limit.most.is_none_or(|(most, below)| is < most || (is == most && !below))
                    && limit.least.is_none_or(|(least, above)| is > least || (is == least && !above))
            };
            if one.excludes(&other) || other.excludes(&one) {
                prop_assert!(!(keeps(&one) && keeps(&other)));
            }
        }
    }
}
