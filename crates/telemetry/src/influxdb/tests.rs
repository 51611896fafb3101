//! Whatever is measured can be read back from its lines, by the rules of the protocol written down once more.

use std::collections::BTreeMap;
use std::sync::Arc;

use loadline_measure::{MetricKind, Recorder, Schema, Sink, TagSetId, Unit};
use proptest::prelude::*;

use super::form::Lines;
use crate::form::Form;
use crate::measured::Measured;
use crate::tags::OfRun;

/// A line: measurement, tags, fields, time.
type Line = (String, BTreeMap<String, String>, BTreeMap<String, f64>, i64);

/// Splits at a separator that is not escaped, and takes the escapes out where `plain` says so.
fn split(text: &str, at: char) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let last = parts.last_mut().unwrap();
        match character {
            '\\' if characters.peek().is_some_and(|next| matches!(next, ',' | '=' | ' ')) => {
                last.push('\\');
                last.extend(characters.next());
            }
            separator if separator == at => parts.push(String::new()),
            other => last.push(other),
        }
    }
    parts
}

fn unescape(text: &str) -> String {
    text.replace("\\,", ",").replace("\\=", "=").replace("\\ ", " ")
}

fn read(line: &str) -> Line {
    let parts = split(line, ' ');
    assert_eq!(parts.len(), 3, "{line}");
    let mut key = split(&parts[0], ',').into_iter();
    let measurement = key.next().unwrap();
    let pair = |text: String| {
        let pair = split(&text, '=');
        assert_eq!(pair.len(), 2, "{text}");
        (unescape(&pair[0]), unescape(&pair[1]))
    };
    let tags: BTreeMap<String, String> = key.map(pair).collect();
    let field = |text: &str| {
        let (name, value) = text.split_once('=').unwrap();
        (name.to_owned(), value.parse::<f64>().unwrap())
    };
    (measurement, tags, parts[1].split(',').map(field).collect(), parts[2].parse().unwrap())
}

/// A text as it is written: what cannot be in a line is written out.
fn written(text: &str) -> String {
    let mut written = String::new();
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' if characters.peek().is_none_or(|next| matches!(next, ',' | '=' | ' ' | '\\')) => {
                written.push('/');
            }
            control if control.is_control() => written.extend(control.escape_default()),
            other => written.push(other),
        }
    }
    written
}

proptest! {
    #[test]
    fn what_is_written_is_the_run(
        seconds in prop::collection::vec(prop::collection::vec((0..4usize, 0..3usize, -10.0..1000.0f64), 0..30), 1..4),
        tags in prop::collection::vec(prop::collection::vec(("[a-c =,]", "[a-z0-9 =,\\\\\"\\n🙂]{0,8}"), 0..3), 3),
    ) {
        let metrics = [
            ("reqs", MetricKind::Counter, Unit::Plain),
            ("vus", MetricKind::Gauge, Unit::Plain),
            ("checks", MetricKind::Rate, Unit::Plain),
            ("wait", MetricKind::Trend, Unit::Milliseconds),
        ];
        let mut measured = Measured::of(&metrics, &tags);
        let mut form = Lines::new(Arc::clone(&measured.schema), OfRun::default(), Vec::new());
        let mut sums: BTreeMap<(String, BTreeMap<String, String>, String), f64> = BTreeMap::new();
        for (second, values) in seconds.iter().enumerate() {
            measured.second(second, values, &mut form);
            let mut seen = std::collections::BTreeSet::new();
            for message in form.messages(1000 * (second as i64 + 1)) {
                let text = String::from_utf8(message.body.to_vec()).unwrap();
                let mut points = 0;
                for line in text.lines() {
                    let (measurement, tags, fields, time) = read(line);
                    prop_assert_eq!(time / 1_000_000_000, second as i64 + 1);
                    prop_assert!(seen.insert((measurement.clone(), tags.clone(), time)), "one line overwrites another");
                    points += fields.len() as u64;
                    for (name, value) in fields {
                        *sums.entry((measurement.clone(), tags.clone(), name)).or_default() += value;
                    }
                }
                prop_assert_eq!(message.points, points);
            }
        }
        let mut expected: BTreeMap<(String, BTreeMap<String, String>, String), f64> = BTreeMap::new();
        for (series, tags, sink) in measured.run.series() {
            let tags: BTreeMap<String, String> = OfRun::default().pairs(tags).map(|(key, value)| (written(key), written(&value))).collect();
            let name = measured.schema.metric(series.metric).name;
            let mut add = |field: &str, value: f64| {
                *expected.entry((name.clone(), tags.clone(), field.to_owned())).or_default() += value;
            };
            match sink {
                Sink::Counter(counter) => {
                    add("value", counter.sum);
                    add("count", counter.count as f64);
                }
                Sink::Rate(rate) => {
                    add("passes", rate.passes as f64);
                    add("count", rate.total as f64);
                }
                Sink::Trend(trend) => {
                    add("sum", trend.sum());
                    add("count", trend.count() as f64);
                }
                Sink::Gauge(_) => {}
            }
        }
        for (key, value) in expected {
            prop_assert!((sums[&key] - value).abs() <= 1e-9 * value.abs().max(100.0), "{key:?}");
        }
    }
}

#[test]
fn tags_that_are_fields_do_not_hide_each_other() {
    let schema = Schema::new();
    let reqs = schema.define("reqs", MetricKind::Counter, Unit::Plain).unwrap();
    let mut recorder = Recorder::new(Arc::clone(&schema));
    for url in ["http://h/a", "http://h/\"b\\"] {
        let tags = recorder.tags(TagSetId::EMPTY, &[("url", url), ("name", "page")]);
        recorder.record(reqs, 1.0, tags);
    }
    let mut form = Lines::new(Arc::clone(&schema), OfRun::default(), vec!["url".to_owned()]);
    form.take(&recorder.take_window());
    let messages = form.messages(2_000);
    assert!(form.messages(3_000).is_empty());
    assert_eq!(
        String::from_utf8(messages[0].body.to_vec()).unwrap(),
        "reqs,name=page value=1,count=1,url=\"http://h/a\" 2000000000\n\
         reqs,name=page value=1,count=1,url=\"http://h/\\\"b\\\\\" 2000000001\n"
    );
    assert!(!form.adds_up());
}
