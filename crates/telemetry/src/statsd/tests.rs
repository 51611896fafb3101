//! What a server of `StatsD` adds up is what a run came to.

use std::collections::BTreeMap;
use std::sync::Arc;

use loadline_measure::{MetricKind, RELATIVE_ERROR, Recorder, Schema, Sink, TagSetId, Unit};
use proptest::prelude::*;

use super::form::Datagrams;
use super::settings::Said;
use crate::form::Form;
use crate::measured::Measured;
use crate::tags::OfRun;

/// What a server has.
#[derive(Debug, Default)]
struct Server {
    counters: BTreeMap<String, f64>,
    gauges: BTreeMap<String, f64>,
    /// How many, and their sum.
    timers: BTreeMap<String, (f64, f64)>,
}

impl Server {
    /// Reads a datagram as a server does: the name and the tags tell series apart.
    fn read(&mut self, datagram: &[u8]) {
        for line in std::str::from_utf8(datagram).unwrap().split('\n') {
            let mut parts = line.split('|');
            let (name, value) = parts.next().unwrap().rsplit_once(':').unwrap();
            let kind = parts.next().unwrap();
            let (mut rate, mut tags) = (1.0, "");
            for part in parts {
                match part.split_at(1) {
                    ("@", text) => rate = text.parse().unwrap(),
                    ("#", text) => tags = text,
                    _ => panic!("{line}"),
                }
            }
            let name = format!("{name}#{tags}");
            let number: f64 = value.parse().unwrap();
            match kind {
                "c" => *self.counters.entry(name).or_default() += number / rate,
                "g" => *self.gauges.entry(name).or_default() = number,
                "ms" => {
                    let timer = self.timers.entry(name).or_default();
                    *timer = (timer.0 + 1.0 / rate, timer.1 + number / rate);
                }
                _ => panic!("{line}"),
            }
        }
    }
}

fn said(has_tags: bool) -> Said {
    Said { namespace: "k6.".to_owned(), tags: has_tags.then(|| vec!["url".to_owned()]) }
}

proptest! {
    #[test]
    fn a_server_adds_up_to_the_run(
        seconds in prop::collection::vec(
            prop_oneof![
                9 => prop::collection::vec((0..4usize, 0..3usize, 0.0..1000.0f64), 0..60),
                1 => prop::collection::vec((3..4usize, 0..1usize, 0.0..1000.0f64), 1100..1200)
            ],
            1..4
        ),
        tags in prop::collection::vec(prop::collection::vec(("[a-c]", "[a-z0-9]{1,3}"), 0..3), 3),
    ) {
        let metrics = [
            ("reqs", MetricKind::Counter, Unit::Plain),
            ("vus", MetricKind::Gauge, Unit::Plain),
            ("failed", MetricKind::Rate, Unit::Plain),
            ("wait", MetricKind::Trend, Unit::Milliseconds),
        ];
        let mut measured = Measured::of(&metrics, &tags);
        let mut form = Datagrams::new(Arc::clone(&measured.schema), OfRun::default(), said(true));
        let mut server = Server::default();
        for (second, values) in seconds.iter().enumerate() {
            measured.second(second, values, &mut form);
            for message in form.messages(0) {
                prop_assert!(message.body.len() <= 1432);
                prop_assert_eq!(message.points, message.body.split(|byte| *byte == b'\n').count() as u64);
                server.read(&message.body);
            }
        }
        for (series, tags, sink) in measured.run.series() {
            let tags: Vec<String> = tags.iter().map(|(key, value)| format!("{key}:{value}")).collect();
            let named = |name: &str| format!("k6.{name}#{}", tags.join(","));
            let name = measured.schema.metric(series.metric).name;
            let near = |left: f64, right: f64, bound: f64| (left - right).abs() <= bound * right.abs().max(1.0);
            match sink {
                Sink::Counter(counter) => prop_assert!(near(server.counters[&named(&name)], counter.sum, 1e-9)),
                Sink::Gauge(gauge) => prop_assert_eq!(server.gauges[&named(&name)], gauge.last),
                Sink::Rate(rate) => {
                    prop_assert_eq!(server.counters[&named("failed")], rate.passes as f64);
                    prop_assert_eq!(server.counters[&named("failed.total")], rate.total as f64);
                }
                Sink::Trend(trend) => {
                    let (count, sum) = server.timers[&named(&name)];
                    prop_assert!(near(count, trend.count() as f64, 1e-9));
                    let raw = seconds.iter().all(|second| second.len() <= 1000);
                    let bound = if raw { 1e-9 } else { RELATIVE_ERROR * 1.001 };
                    prop_assert!(near(sum, trend.sum(), bound));
                }
            }
        }
    }
}

#[test]
fn checks_have_k6s_names_and_nothing_ends_a_line_early() {
    let schema = Schema::new();
    let checks = schema.define("checks", MetricKind::Rate, Unit::Plain).unwrap();
    let vus = schema.define("vus", MetricKind::Gauge, Unit::Plain).unwrap();
    let mut recorder = Recorder::new(Arc::clone(&schema));
    let tags = recorder.tags(TagSetId::EMPTY, &[("check", "status: 200|ok\n"), ("url", "http://h/")]);
    for value in [1.0, 1.0, 0.0] {
        recorder.record(checks, value, tags);
    }
    recorder.record(vus, -2.0, TagSetId::EMPTY);
    let window = recorder.take_window();
    for (has_tags, expected) in [
        (
            false,
            "k6.check.status_ 200_ok_.pass:2|c\nk6.check.status_ 200_ok_.fail:1|c\nk6.vus:0|g\nk6.vus:-2|g",
        ),
        (
            true,
            "k6.check.status_ 200_ok_.pass:2|c|#check:status: 200_ok_\n\
             k6.check.status_ 200_ok_.fail:1|c|#check:status: 200_ok_\nk6.vus:0|g\nk6.vus:-2|g",
        ),
    ] {
        let mut form = Datagrams::new(Arc::clone(&schema), OfRun::default(), said(has_tags));
        form.take(&window);
        let messages = form.messages(0);
        assert_eq!(std::str::from_utf8(&messages[0].body).unwrap(), expected);
    }
    assert!(Datagrams::new(schema, OfRun::default(), said(false)).messages(0).is_empty());
}

#[test]
fn a_line_that_is_larger_than_a_datagram_goes_alone() {
    let schema = Schema::new();
    let reqs = schema.define("reqs", MetricKind::Counter, Unit::Plain).unwrap();
    let mut recorder = Recorder::new(Arc::clone(&schema));
    for value in ["a".to_owned(), "b".repeat(10_000), "c".to_owned()] {
        // As options may have them: recorders keep shorter ones.
        let tags = schema.intern(TagSetId::EMPTY, &[("name", &value)]);
        recorder.record(reqs, 1.0, tags);
    }
    let mut form = Datagrams::new(schema, OfRun::default(), said(true));
    form.take(&recorder.take_window());
    let sizes: Vec<usize> = form.messages(0).iter().map(|message| message.body.len()).collect();
    assert_eq!(sizes, [19, 10_018, 19]);
}
