//! Metrics and tag sets as the schema hands them out.

use super::*;

#[test]
fn defining_twice_is_fine_when_it_is_the_same() {
    let schema = Schema::new();
    let id = schema.define("latency", MetricKind::Trend, Unit::Milliseconds).unwrap();
    assert_eq!(schema.define("latency", MetricKind::Trend, Unit::Milliseconds), Ok(id));
    let error = schema.define("latency", MetricKind::Rate, Unit::Plain).unwrap_err();
    assert_eq!(
        error.to_string(),
        "metric `latency` is defined twice: as a trend of `time` values and as a rate of `default` values; use \
         another name for one of them"
    );
}

#[test]
fn names_follow_k6() {
    let schema = Schema::new();
    let longest = "a".repeat(129);
    for good in ["ab", "_a", "A9_", longest.as_str()] {
        assert!(schema.define(good, MetricKind::Counter, Unit::Plain).is_ok(), "{good}");
    }
    let too_long = "a".repeat(130);
    for bad in ["", "a", "9a", "a-b", "a b", "ä_", too_long.as_str()] {
        assert!(schema.define(bad, MetricKind::Counter, Unit::Plain).is_err(), "{bad}");
    }
}

#[test]
fn interning_is_by_content() {
    let schema = Schema::new();
    assert_eq!(schema.intern(TagSetId::EMPTY, &[]), TagSetId::EMPTY);
    let base = schema.intern(TagSetId::EMPTY, &[("scenario", "search")]);
    let one = schema.intern(base, &[("status", "200"), ("name", "x")]);
    let same = schema.intern(TagSetId::EMPTY, &[("name", "x"), ("status", "200"), ("scenario", "search")]);
    assert_eq!(one, same);
    assert_eq!(schema.tag_set(schema.intern(base, &[("scenario", "other")])).get("scenario"), Some("other"));
    assert_eq!(schema.tag_set_count(), 4);
}

#[test]
fn limits_are_sorted_unique_and_for_trends_only() {
    let schema = Schema::new();
    let trend = schema.define("latency", MetricKind::Trend, Unit::Milliseconds).unwrap();
    let counter = schema.define("requests", MetricKind::Counter, Unit::Plain).unwrap();
    for limit in [500.0, 100.0, 500.0, f64::NAN] {
        schema.add_limit(trend, limit);
        schema.add_limit(counter, limit);
    }
    assert_eq!(schema.limits(trend), [100.0, 500.0]);
    assert!(schema.limits(counter).is_empty());
}
