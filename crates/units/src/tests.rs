//! Tables of quantities and their texts, and the promises that hold for all of them.

use std::time::Duration;

use proptest::prelude::*;

use super::*;

#[track_caller]
fn check(actual: &str, expected: &str) {
    assert_eq!(actual, expected);
}

#[test]
fn times_take_the_unit_that_suits_them() {
    for (ms, expected) in [
        (0.0, "0s"),
        (0.000_001, "1ns"),
        (0.301_07, "301.07µs"),
        (1.33, "1.33ms"),
        (4.0, "4ms"),
        (999.999, "999.99ms"),
        (1330.0, "1.33s"),
        (59_999.9, "59.99s"),
        (60_000.0, "1m"),
        (90_500.0, "1m30s"),
        (7_500_000.0, "2h5m"),
        (-3.67, "-3.67ms"),
        (f64::NAN, "–"),
        (f64::NEG_INFINITY, "–"),
        // A request that has no answer.
        (f64::INFINITY, "never"),
    ] {
        check(&time(ms), expected);
    }
    check(&time_in(1330.0, TimeUnit::Milliseconds), "1330.00ms");
    check(&time_in(0.301_07, TimeUnit::Microseconds), "301.07µs");
    check(&time_in(-0.0, TimeUnit::Seconds), "0.00s");
}

#[test]
fn data_counts_in_thousands() {
    for (value, expected) in [
        (0.0, "0 B"),
        (7.0, "7 B"),
        (999.0, "999 B"),
        (1000.0, "1 kB"),
        (34_000.0, "34 kB"),
        (1_234_567.0, "1.23 MB"),
        (999_999.0, "999.99 kB"),
        (-1_234_000.0, "-1.23 MB"),
        (-0.001, "0 B"),
        (f64::NAN, "–"),
    ] {
        check(&bytes(value), expected);
    }
}

#[test]
fn shares_are_cut_off_and_never_nothing_or_all_unless_they_are() {
    for (share, expected) in [
        (1.0, "100.00%"),
        (0.999_999, "99.99%"),
        (0.57, "57.00%"),
        (0.000_001, "0.0001%"),
        (0.0, "0.00%"),
        (-0.0, "0.00%"),
        (f64::NAN, "–"),
    ] {
        check(&percent(share), expected);
    }
    check(&out_of(199, 200), "99.50% 199 out of 200");
    check(&out_of(0, 0), "0.00% 0 out of 0");
    check(&whole_percent(0.999), "99%");
    check(&percent_change(0.042_9), "+4.2%");
    check(&percent_change(-0.000_01), "+0.0%");
}

#[test]
fn counts_and_rates() {
    check(&count(1_234_567), "1,234,567");
    check(&per_second(3.957_97), "3.95797/s");
    check(&per_second(5000.0), "5,000/s");
    check(&decimals(-1234.5, 2), "-1,234.5");
    check(&plain(-0.000_000_1), "0");
}

#[test]
fn two_figures_are_told_apart() {
    assert_eq!(apart(500.0004, 500.0, Scale::Time), ("500.0004ms".to_owned(), "500ms".to_owned()));
    assert_eq!(apart(60_000.4, 60_000.0, Scale::Time), ("1m0.0004s".to_owned(), "1m".to_owned()));
    assert_eq!(apart(0.010_04, 0.01, Scale::Share), ("1.004%".to_owned(), "1.000%".to_owned()));
    check(&Scale::Share.exact(0.995), "99.5%");
    check(&Scale::Share.exact(1.0 - 0.95), "5%");
    check(&Scale::Time.exact(500.125), "500.125ms");
    check(&Scale::Bytes.text(1_234_567.0), "1.23 MB");
    assert_eq!(apart(0.25, 0.1, Scale::Plain), ("0.25".to_owned(), "0.1".to_owned()));
}

#[test]
fn durations_are_read() {
    for (text, ms) in [
        ("30s", Some(30_000)),
        ("1m30s", Some(90_000)),
        ("1.5h", Some(5_400_000)),
        ("2d", Some(172_800_000)),
        ("2000us", Some(2)),
        ("500 ms", Some(500)),
        ("1e3ms", Some(1000)),
        ("5min", Some(300_000)),
        ("0", Some(0)),
        (" 10s ", Some(10_000)),
        ("", None),
        ("1500", None),
        ("10x", None),
        ("s", None),
        ("-5s", None),
        ("1m 30s", None),
        ("10s5", None),
        ("1e30h", None),
        ("1..5s", None),
    ] {
        assert_eq!(parse_duration(text).ok(), ms.map(Duration::from_millis), "{text}");
    }
    assert_eq!(parse_duration_or_ms("1500"), Ok(Duration::from_millis(1500)));
    assert!(parse_duration_or_ms("NaN").is_err());
    assert!(parse_duration_or_ms("500 ms").is_err(), "k6 refuses it, too");
    assert_eq!(parse_duration("1.1ms").map(to_ms), Ok(1.1));
    check(&parse_duration("5").unwrap_err().to_string(), "has no unit: write `5s` or `5ms`");
    check(
        &parse_duration("soon").unwrap_err().to_string(),
        "must be a duration such as `1m30s` or `500ms`, not `soon`",
    );
    check(&clock(Duration::from_mins(65)), "1h05m00s");
}

#[test]
fn other_quantities_are_read() {
    assert_eq!(parse_share("99.5%").ok(), Some(0.995));
    assert_eq!(parse_fraction("0.02").ok(), parse_fraction("2%").ok());
    assert_eq!(parse_bytes("64MiB").ok(), Some(67_108_864.0));
    assert_eq!(parse_time("0"), Err(UnitError::NoUnit("0".to_owned())));
    assert_eq!(parse_time("1.5 s"), Ok(1500.0));
    assert_eq!(parse_age("8w"), parse_duration("56d"));
    for wrong in ["", "0", "7", "w", "-1d", "1y", "999999999999d"] {
        assert!(parse_age(wrong).is_err(), "{wrong}");
    }
    assert_eq!(parse_per_second("6000/min").ok(), Some(100.0));
    for (wrong, said) in [
        (parse_share("5").map(drop), "a share in percent"),
        (parse_share("101%").map(drop), "a share in percent"),
        (parse_fraction("1.5").map(drop), "from 0 to 1"),
        (parse_bytes("64").map(drop), "an amount of data"),
        (parse_per_second("100").map(drop), "a number per time"),
    ] {
        let message = wrong.unwrap_err().to_string();
        assert!(message.contains(said), "{message}");
    }
}

#[test]
fn sizes_are_read_and_written() {
    for (text, bytes) in [
        ("4096", Some(4096)),
        ("512MiB", Some(512 << 20)),
        ("1.5 GB", Some(1_500_000_000)),
        ("64kB", Some(64_000)),
        ("64KB", Some(64_000)),
        ("18446744073709551615", Some(u64::MAX)),
        ("0", Some(0)),
        ("", None),
        ("-1", None),
        ("1e3MB", None),
        ("MiB", None),
        ("12 parsecs", None),
        ("99999999999GiB", None),
    ] {
        assert_eq!(parse_size(text).ok(), bytes, "{text}");
    }
    check(&size(512 << 20), "512 MiB");
    check(&size(1_000_000_000), "1 GB");
    check(&size(1_024_000), "1.02 MB");
    check(&size(1000), "1 kB");
    check(&Scale::Bytes.exact(67_108_864.0), "64 MiB");
}

#[test]
fn an_error_shows_the_beginning_of_a_long_text() {
    let message = parse_duration(&"x\u{1b}".repeat(50_000)).unwrap_err().to_string();
    assert!(message.len() < 600 && !message.contains('\u{1b}'), "{message}");
}

proptest! {
    #[test]
    fn no_number_makes_a_printer_panic_or_ramble(number in proptest::num::f64::ANY) {
        let (left, right) = apart(number, 500.0, Scale::Time);
        let texts = [
            plain(number),
            per_second(number),
            percent(number),
            Scale::Share.exact(number),
            bytes(number),
            time(number),
            time_in(number, TimeUnit::Seconds),
            left,
            right,
        ];
        for text in texts {
            prop_assert!(!text.is_empty());
            prop_assert!(text.chars().count() < 60, "{number} became {text}");
        }
    }

    #[test]
    fn a_duration_that_is_written_reads_back(ns in 0u64..10_000_000_000_000_000) {
        let duration = Duration::from_nanos(ns);
        prop_assert_eq!(parse_duration(&duration_text(duration)), Ok(duration));
    }

    #[test]
    fn no_text_makes_a_reader_panic(text in "\\PC{0,40}") {
        let _ = (parse_duration(&text), parse_duration_or_ms(&text), parse_share(&text), parse_time(&text));
        let _ = (parse_age(&text), parse_size(&text));
        let _ = (parse_fraction(&text), parse_bytes(&text), parse_per_second(&text));
    }
}
