//! Tables of numbers and their texts, and the promise that no number makes a formatter panic.

use std::time::Duration;

use loadline_measure::{MetricKind, Unit};
use proptest::prelude::*;

use super::*;

#[track_caller]
fn check(actual: &str, expected: &str) {
    assert_eq!(actual, expected);
}

#[test]
fn durations_take_the_unit_that_suits_them() {
    for (ms, expected) in [
        (0.0, "0s"),
        (0.000_001, "1ns"),
        (0.000_9, "900ns"),
        (0.301_07, "301.07µs"),
        (0.381_96, "381.96µs"),
        (1.33, "1.33ms"),
        (3.67, "3.67ms"),
        (4.0, "4ms"),
        (999.999, "999.99ms"),
        (1330.0, "1.33s"),
        (59_999.9, "59.99s"),
        (60_000.0, "1m0s"),
        (90_000.0, "1m30s"),
        (3_600_000.0, "1h0m0s"),
        (7_500_000.0, "2h5m0s"),
        (-3.67, "-3.67ms"),
        (f64::NAN, "–"),
        (f64::INFINITY, "–"),
    ] {
        check(&duration(ms), expected);
    }
}

#[test]
fn durations_in_one_unit_have_two_decimals() {
    check(&duration_in(1330.0, TimeUnit::Seconds), "1.33s");
    check(&duration_in(1330.0, TimeUnit::Milliseconds), "1330.00ms");
    check(&duration_in(0.301_07, TimeUnit::Microseconds), "301.07µs");
    check(&duration_in(0.301_07, TimeUnit::Auto), "301.07µs");
    check(&duration_in(-0.0, TimeUnit::Seconds), "0.00s");
}

#[test]
fn bytes_count_in_thousands() {
    for (value, expected) in [
        (0.0, "0 B"),
        (7.0, "7 B"),
        (7.55, "7.5 B"),
        (999.0, "999 B"),
        (999.9, "1.0 kB"),
        (1000.0, "1.0 kB"),
        (34_000.0, "34 kB"),
        (1_234_000.0, "1.2 MB"),
        (999_999.0, "1.0 MB"),
        (9_960.0, "10 kB"),
        (-1_234_000.0, "-1.2 MB"),
        (f64::NAN, "–"),
    ] {
        check(&bytes(value), expected);
    }
}

#[test]
fn shares_are_cut_off_not_rounded() {
    check(&percent(1.0), "100.00%");
    check(&percent(0.999_999), "99.99%");
    check(&percent(0.57), "57.00%");
    check(&percent(0.29), "29.00%");
    check(&percent(-0.0), "0.00%");
    check(&percent(f64::NAN), "–");
}

#[test]
fn counts_and_rates() {
    check(&per_second(3.957_97), "3.95797/s");
    check(&per_second(5000.0), "5000/s");
    check(&plain(1.0 / 3.0), "0.333333");
    check(&plain(-0.000_000_1), "0");
    check(&rate_of(199, 200), "99.50% 199 out of 200");
    check(&rate_of(0, 0), "0.00% 0 out of 0");
    check(&value(0.5, MetricKind::Rate, Unit::Plain, TimeUnit::Auto), "50.00%");
    check(&value(1500.0, MetricKind::Trend, Unit::Milliseconds, TimeUnit::Auto), "1.5s");
    check(&value(1500.0, MetricKind::Counter, Unit::Bytes, TimeUnit::Auto), "1.5 kB");
}

#[test]
fn the_clock_has_a_constant_shape() {
    check(&clock(Duration::from_millis(5900)), "0m05s");
    check(&clock(Duration::from_mins(24)), "24m00s");
    check(&clock(Duration::from_mins(65)), "1h05m00s");
    assert!(!clock(Duration::MAX).is_empty());
}

#[test]
fn time_units_are_parsed_strictly() {
    assert_eq!("ms".parse(), Ok(TimeUnit::Milliseconds));
    let error = "min".parse::<TimeUnit>().unwrap_err();
    check(&error.to_string(), "unknown time unit `min`: use one of `s`, `ms`, `us`");
}

proptest! {
    #[test]
    fn no_number_makes_a_formatter_panic_or_ramble(number in proptest::num::f64::ANY) {
        let texts = [
            plain(number),
            per_second(number),
            percent(number),
            bytes(number),
            duration(number),
            duration_in(number, TimeUnit::Seconds),
            duration_in(number, TimeUnit::Microseconds),
        ];
        for text in texts {
            prop_assert!(!text.is_empty());
            prop_assert!(text.chars().count() < 50, "{number} became {text}");
        }
    }
}
