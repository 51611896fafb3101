//! Requests and spans in any order, in bounded room.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::kind::SpanKind;

const PREFIX: u64 = 0x1234_5678_9abc_def0;

fn own(number: u64) -> u128 {
    u128::from(PREFIX) << 64 | u128::from(number)
}

fn seconds(number: u64) -> Duration {
    Duration::from_secs(number)
}

/// The server's span of a request whose own span is 1, and a query in it.
fn answered(trace: u128) -> [Span; 2] {
    let server = Span {
        trace,
        id: 2,
        parent: 1,
        kind: SpanKind::Server,
        begin_ns: 1_000,
        end_ns: 2_000,
        name: "GET /".into(),
    };
    let query = Span {
        id: 3,
        parent: 2,
        kind: SpanKind::Client,
        begin_ns: 1_100,
        name: "db.select".into(),
        ..server.clone()
    };
    [server, query]
}

fn come(collector: &mut Collector<u64>, spans: impl IntoIterator<Item = Span>, now: u64) {
    for span in spans {
        collector.came(span, seconds(now));
    }
}

fn parts(settled: &[Settled<u64>]) -> Vec<(u64, Result<usize, Unexplained>)> {
    let mut all: Vec<_> = settled
        .iter()
        .map(|(token, outcome)| (*token, outcome.as_ref().map(|known| known.parts.len()).map_err(|why| *why)))
        .collect();
    all.sort_by_key(|(token, _)| *token);
    all
}

#[test]
fn either_may_come_first() {
    let mut collector = Collector::new(PREFIX, Limits::default());
    come(&mut collector, answered(own(1)), 0);
    collector.ended(own(1), 1, 10, seconds(1));
    collector.ended(own(2), 1, 20, seconds(1));
    come(&mut collector, answered(own(2)), 4);
    assert_eq!(collector.requests(), 2);
    assert_eq!(parts(&collector.due(seconds(5))), []);
    assert_eq!(parts(&collector.due(seconds(6))), [(10, Ok(2))], "quiet for six seconds");
    assert_eq!(parts(&collector.due(seconds(10))), [(20, Ok(2))]);
    assert_eq!((collector.waiting(), collector.bytes()), (0, 0));
    let account = collector.account();
    assert_eq!((account.requests, account.explained, account.spans, account.late), (2, 2, 4, 0));
    assert_eq!(account.to_string(), "2 of 2 requests explained by 4 spans");
}

#[test]
fn what_never_comes_is_given_up_and_what_comes_late_is_counted() {
    let mut collector = Collector::new(PREFIX, Limits::default());
    collector.ended(own(1), 1, 10, seconds(0));
    let [_, query] = answered(own(1));
    collector.came(query, seconds(1));
    assert_eq!(parts(&collector.due(seconds(29))), []);
    assert_eq!(parts(&collector.due(seconds(30))), [(10, Err(Unexplained::NeverCame))]);
    come(&mut collector, answered(own(1)), 40);
    assert_eq!(parts(&collector.due(seconds(41))), []);
    assert_eq!(parts(&collector.due(seconds(70))), []);
    assert_eq!((collector.waiting(), collector.bytes(), collector.account().late), (0, 0, 2));
    assert_eq!(collector.account().never_came, 1);
}

#[test]
fn traces_of_others_are_counted_and_not_kept() {
    let mut collector = Collector::<u64>::new(PREFIX, Limits { traces: 80, ..Limits::default() });
    for trace in 1..=1_000 {
        come(&mut collector, answered(trace), 0);
    }
    assert!(collector.waiting() <= 10, "an eighth of the room");
    collector.ended(own(1), 1, 10, seconds(0));
    come(&mut collector, answered(own(1)), 0);
    for trace in 1_001..=2_000 {
        come(&mut collector, answered(trace), 1);
    }
    assert_eq!(parts(&collector.due(seconds(7))), [(10, Ok(2))], "the run's own keep their room");
    collector.due(seconds(60));
    assert_eq!((collector.waiting(), collector.account().foreign), (0, 4_000));
}

#[test]
fn a_trace_that_a_script_named_is_followed() {
    let mut collector = Collector::new(PREFIX, Limits::default());
    come(&mut collector, answered(77), 0);
    collector.ended(77, 1, 10, seconds(1));
    assert_eq!(parts(&collector.due(seconds(8))), [(10, Ok(2))]);
    // Two requests of one trace with spans of their own.
    collector.ended(78, 1, 20, seconds(10));
    collector.ended(78, 5, 30, seconds(10));
    come(&mut collector, answered(78), 10);
    let [mut server, _] = answered(78);
    (server.id, server.parent) = (6, 5);
    collector.came(server, seconds(10));
    assert_eq!(parts(&collector.due(seconds(20))), [(20, Ok(2)), (30, Ok(1))]);
    // With the same one, nobody can say whose is whose.
    collector.ended(79, 1, 40, seconds(20));
    collector.ended(79, 1, 50, seconds(20));
    come(&mut collector, answered(79), 20);
    assert_eq!(
        parts(&collector.due(seconds(30))),
        [(40, Err(Unexplained::Shared)), (50, Err(Unexplained::Shared))]
    );
    assert_eq!(collector.account().shared, 2);
}

#[test]
fn a_million_spans_take_bounded_room() {
    let limits = Limits { traces: 1_000, bytes: 1 << 20, spans_of_trace: 100, ..Limits::default() };
    let mut collector = Collector::new(PREFIX, limits);
    let (mut most, mut settled) = (0, 0);
    for number in 0..250_000 {
        collector.ended(own(number), 1, number, seconds(number / 50_000));
        let [server, query] = answered(own(number));
        for span in [server.clone(), query.clone(), query, server] {
            collector.came(span, seconds(number / 50_000));
        }
        most = most.max(collector.bytes());
        assert!(collector.waiting() <= limits.traces);
        if number % 50_000 == 0 {
            settled += collector.due(seconds(number / 50_000)).len();
        }
    }
    assert!(most <= (1 << 20) + 1_000, "{most}");
    assert!(collector.own.order.len() <= 2_000, "{}", collector.own.order.len());
    settled += collector.finish().len();
    let account = collector.account();
    assert_eq!((settled, account.requests, account.spans), (250_000, 250_000, 1_000_000));
    assert_eq!(account.explained + account.evicted, 250_000);
    // And one trace with all of them.
    let [server, _] = answered(own(1));
    for id in 0..10_000 {
        collector.came(Span { id: id + 9, ..server.clone() }, seconds(9));
    }
    assert_eq!(collector.account().beyond, 9_900);
}

proptest! {
    // Whatever comes when: each request is settled exactly once, and in the end there is nothing left.
    #[test]
    fn every_request_is_settled_once(events in vec((0_u64..12, any::<bool>(), 0_u64..3, 0_u64..4), 0..200)) {
        let limits = Limits { traces: 6, bytes: 6_000, spans_of_trace: 5, ..Limits::default() };
        let mut collector = Collector::new(PREFIX, limits);
        let (mut now, mut tokens, mut settled) = (0, 0, Vec::new());
        for (trace, is_request, caller, later) in events {
            now += later;
            let trace = if trace < 9 { own(trace) } else { u128::from(trace) };
            if is_request {
                collector.ended(trace, caller + 1, tokens, seconds(now));
                tokens += 1;
            } else {
                let [server, _] = answered(trace);
                collector.came(Span { parent: caller + 1, id: caller + 50, ..server }, seconds(now));
            }
            prop_assert!(collector.waiting() <= 7);
            settled.extend(collector.due(seconds(now)).into_iter().map(|(token, _)| token));
        }
        settled.extend(collector.finish().into_iter().map(|(token, _)| token));
        settled.sort_unstable();
        prop_assert_eq!(settled, (0..tokens).collect::<Vec<_>>());
        prop_assert_eq!((collector.waiting(), collector.bytes()), (0, 0));
        let account = collector.account();
        prop_assert_eq!(account.requests, account.explained + account.never_came + account.shared + account.evicted);
    }
}
