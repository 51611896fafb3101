//! The grammar: what it reads, that printing and reading come back, and that nothing makes it panic.

use loadline_units::ByteUnit;
use loadline_verdict::{
    Aggregate, Amount, Limit, LimitUnit, Operator, Per, Selector, SlopeUnit, Threshold, TimeUnit,
};
use proptest::prelude::*;

fn check(source: &str, aggregate: Aggregate, operator: Operator, value: f64) {
    let threshold = Threshold::parse(source).unwrap_or_else(|problem| panic!("{problem}"));
    assert_eq!((threshold.aggregate, threshold.operator), (aggregate, operator), "{source}");
    assert_eq!(threshold.limit.value(), value, "{source}");
}

#[test]
fn thresholds() {
    check("p(95)<500", Aggregate::Percentile(95.0), Operator::Less, 500.0);
    check(" p( 99.95 ) <= 1.5s ", Aggregate::Percentile(99.95), Operator::LessOrEqual, 1500.0);
    check("p(0)>0", Aggregate::Percentile(0.0), Operator::Greater, 0.0);
    check("p(100)<2m", Aggregate::Percentile(100.0), Operator::Less, 120_000.0);
    check("avg<500us", Aggregate::Avg, Operator::Less, 0.5);
    check("avg<500µs", Aggregate::Avg, Operator::Less, 0.5);
    check("med>=-1.5e2", Aggregate::Med, Operator::GreaterOrEqual, -150.0);
    check("rate>0.995", Aggregate::Rate, Operator::Greater, 0.995);
    check("count===0", Aggregate::Count, Operator::StrictlyEqual, 0.0);
    check("value != .5", Aggregate::Value, Operator::NotEqual, 0.5);
    check("min==1.", Aggregate::Min, Operator::Equal, 1.0);
    check("max\t<\n3 s", Aggregate::Max, Operator::Less, 3000.0);
    check("slope<2MB/h", Aggregate::Slope, Operator::Less, 2e6);
    check("slope < 1.5 MiB/min", Aggregate::Slope, Operator::Less, 1.5 * 1_048_576.0 * 60.0);
    check("slope<=24KB/d", Aggregate::Slope, Operator::LessOrEqual, 1000.0);
    check("slope>-3/s", Aggregate::Slope, Operator::Greater, -10_800.0);
    check("slope<5ms/m", Aggregate::Slope, Operator::Less, 300.0);
}

fn selects(source: &str, metric: &str, tags: &[(&str, &str)]) {
    let selector = Selector::parse(source).unwrap_or_else(|problem| panic!("{problem}"));
    let read: Vec<(&str, &str)> = selector.tags.iter().map(|(key, value)| (&**key, &**value)).collect();
    assert_eq!((selector.metric.as_str(), read.as_slice()), (metric, tags), "{source}");
}

#[test]
fn selectors() {
    selects("http_reqs", "http_reqs", &[]);
    selects("http_req_duration{scenario:search}", "http_req_duration", &[("scenario", "search")]);
    selects("m{a:1, b : 2 ,}", "m", &[("a", "1"), ("b", "2")]);
    selects("m{group:::checkout::pay}", "m", &[("group", "::checkout::pay")]);
    selects("m{url:https://a.test:8080/x?y={z}}", "m", &[("url", "https://a.test:8080/x?y={z}")]);
    selects("m{name:\"a, b\",'c':'d'}", "m", &[("name", "a, b"), ("c", "d")]);
    selects("m{name:it's, other:'x'}", "m", &[("name", "it's"), ("other", "x")]);
    selects("m{name:\"open,b:2}", "m", &[("name", "open"), ("b", "2")]);
    selects("m{error:}", "m", &[("error", "")]);
    selects("m{error:\"\"}", "m", &[("error", "")]);
}

fn aggregates() -> impl Strategy<Value = Aggregate> {
    prop_oneof![
        Just(Aggregate::Count),
        Just(Aggregate::Rate),
        Just(Aggregate::Value),
        Just(Aggregate::Avg),
        Just(Aggregate::Min),
        Just(Aggregate::Max),
        Just(Aggregate::Med),
        (0.0..=100.0f64).prop_map(Aggregate::Percentile),
    ]
}

fn limits() -> impl Strategy<Value = Limit> {
    let unit = prop::option::of(prop::sample::select(TimeUnit::ALL.to_vec()));
    (numbers(), unit).prop_map(|(number, unit)| Limit { number, unit: unit.map(LimitUnit::Time) })
}

fn numbers() -> impl Strategy<Value = f64> {
    prop_oneof![prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL, (-1e6..1e6f64)]
}

fn slopes() -> impl Strategy<Value = Threshold> {
    let amounts: Vec<Amount> = std::iter::once(Amount::Plain)
        .chain(ByteUnit::ALL.map(Amount::Bytes))
        .chain(TimeUnit::ALL.map(Amount::Time))
        .collect();
    let operators: Vec<Operator> = Operator::ALL.into_iter().filter(|operator| operator.is_order()).collect();
    let unit = (prop::sample::select(amounts), prop::sample::select(Per::ALL.to_vec()));
    (prop::sample::select(operators), numbers(), unit).prop_map(|(operator, number, (amount, per))| {
        Threshold {
            aggregate: Aggregate::Slope,
            operator,
            limit: Limit { number, unit: Some(LimitUnit::Slope(SlopeUnit { amount, per })) },
        }
    })
}

#[test]
fn quotes_and_commas_in_a_value_read_back() {
    for source in ["m{a:\" ',,c:\" \"}", "m{a:'b\", c'}", "m{a:\"b', c\"}"] {
        let selector = Selector::parse(source).unwrap();
        assert_eq!(Selector::parse(&selector.to_string()).unwrap(), selector, "{source}");
    }
}

proptest! {
    #[test]
    fn a_printed_threshold_reads_back(
        aggregate in aggregates(), operator in prop::sample::select(Operator::ALL.to_vec()), limit in limits(),
    ) {
        let threshold = Threshold { aggregate, operator, limit };
        prop_assert_eq!(Threshold::parse(&threshold.to_string()).unwrap(), threshold);
    }

    #[test]
    fn a_printed_slope_reads_back(threshold in slopes()) {
        prop_assert_eq!(Threshold::parse(&threshold.to_string()).unwrap(), threshold);
    }

    #[test]
    fn a_printed_selector_reads_back(source in "m\\{[ab]:[ab:,\"'{} é]{0,8}(,[cd \"']{1,3}:[ab:,\"' ]{0,8})?\\}") {
        if let Ok(selector) = Selector::parse(&source) {
            let printed = selector.to_string();
            prop_assert_eq!(Selector::parse(&printed).unwrap(), selector, "{}", printed);
        }
    }

    #[test]
    fn nothing_panics_and_every_problem_can_be_shown(source in ".{0,40}") {
        for problem in [Threshold::parse(&source).err(), Selector::parse(&source).err()].into_iter().flatten() {
            prop_assert!(!problem.to_string().is_empty());
        }
    }

    #[test]
    fn nearly_right_text_does_not_panic_either(source in "[ \\t]?(p|avg|rate|slope|P|é)[( ]{0,2}[0-9.eE+-]{0,6}[) ]{0,2}[<>=!~]{0,3}[0-9.eE+-]{0,8}[a-zBMkµ% ]{0,4}(/[a-z é]{0,3})?") {
        if let Ok(threshold) = Threshold::parse(&source) {
            prop_assert_eq!(Threshold::parse(&threshold.to_string()).unwrap(), threshold);
        }
    }
}
