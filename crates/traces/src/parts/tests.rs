//! Trees whose parts are known, and any tree at all.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

const CALLER: u64 = 1;

fn span(id: u64, parent: u64, kind: SpanKind, begin: u64, end: u64, name: &str) -> Span {
    Span { trace: 7, id, parent, kind, begin_ns: 1_000 + begin, end_ns: 1_000 + end, name: name.into() }
}

use SpanKind::{Client, Internal, Server};

/// `app 5, db.select 3 | 8 overlap 0`.
fn told(spans: &[Span]) -> String {
    let Some(explained) = explain(spans, CALLER) else { return "nothing".to_owned() };
    let parts: Vec<String> = explained.parts.iter().map(|(name, ns)| format!("{name} {ns}")).collect();
    let Explained { server_ns, overlap_ns, cut, moved, apart, .. } = explained;
    format!("{} | {server_ns} overlap {overlap_ns} cut {cut} moved {moved} apart {apart}", parts.join(", "))
}

#[test]
fn what_no_child_took_is_a_span_s_own() {
    let spans = [
        span(2, 1, Server, 0, 100, "GET /"),
        span(3, 2, Internal, 10, 60, "render"),
        span(4, 3, Client, 20, 50, "db.select users"),
        span(5, 2, Client, 70, 80, "db.select users"),
    ];
    assert_eq!(told(&spans), "app 40, db.select users 40, render 20 | 100 overlap 0 cut 0 moved 0 apart 0");
    assert_eq!(told(&spans[1..]), "nothing");
}

#[test]
fn what_goes_on_at_once_is_stated_as_it_took() {
    let spans = [
        span(2, 1, Server, 0, 100, "GET /"),
        span(3, 2, Client, 10, 60, "out.a"),
        span(4, 2, Client, 20, 70, "out.b"),
    ];
    assert_eq!(told(&spans), "app 40, out.a 50, out.b 50 | 100 overlap 40 cut 0 moved 0 apart 0");
}

#[test]
fn work_after_the_answer_is_no_time_of_the_request() {
    let spans = [
        span(2, 1, Server, 0, 100, "GET /"),
        span(3, 2, Internal, 90, 400, "log"),
        span(4, 3, Client, 200, 300, "db.insert log"),
        span(5, 2, Internal, 500, 600, "later"),
    ];
    assert_eq!(told(&spans), "app 90, log 10 | 100 overlap 0 cut 3 moved 0 apart 0");
}

#[test]
fn a_process_with_another_clock_is_put_where_it_must_have_been() {
    // Its clock is an hour ahead; it took 20 of the 40 of the call.
    let hour = 3_600_000_000_000;
    let remote = |ahead: u64| {
        [
            span(2, 1, Server, 0, 100, "GET /"),
            span(3, 2, Client, 10, 50, "out.pay"),
            span(4, 3, Server, ahead, ahead + 20, "POST /charges"),
            span(5, 4, Client, ahead + 5, ahead + 15, "db.insert charges"),
        ]
    };
    let expected = "app 60, out.pay 20, out.pay.app 10, out.pay.db.insert charges 10 | 100 overlap 0 cut 0";
    assert_eq!(told(&remote(hour)), format!("{expected} moved 1 apart 0"));
    assert_eq!(told(&remote(15)), format!("{expected} moved 0 apart 0"), "within its parent it stays");
    // One that took longer than the call is cut off at its end.
    let mut longer = remote(hour);
    longer[2].end_ns += 1_000;
    let words = "app 60, out.pay.app 30, out.pay.db.insert charges 10 | 100 overlap 0 cut 1 moved 1 apart 0";
    assert_eq!(told(&longer), words);
}

#[test]
fn of_a_request_that_was_sent_again_the_last_answer_counts() {
    let spans = [
        span(9, 1, Server, 0, 10, "GET /"),
        span(2, 1, Server, 20, 100, "GET /"),
        span(3, 1, Internal, 0, 500, "a proxy's note"),
        span(4, 9, Internal, 1, 2, "lost"),
        span(5, 77, Internal, 1, 2, "nobody's"),
    ];
    assert_eq!(told(&spans), "app 80 | 80 overlap 0 cut 0 moved 0 apart 4");
}

#[test]
fn circles_and_chains_end() {
    let circle = [
        span(2, 1, Server, 0, 10, "a"),
        span(1, 3, Internal, 0, 10, "the caller below itself"),
        span(3, 2, Internal, 0, 10, "b"),
        span(4, 4, Internal, 0, 10, "its own parent"),
    ];
    assert_eq!(told(&circle), "the caller below itself 10 | 10 overlap 0 cut 0 moved 0 apart 1");
    let chain: Vec<Span> =
        (2..50_002).map(|id| span(id, id - 1, Internal, 0, 100_000 - id, "deep")).collect();
    let explained = explain(&chain, CALLER).unwrap();
    assert_eq!((explained.spans, explained.overlap_ns), (50_000, 0));
}

#[test]
fn many_parts_become_few() {
    let mut spans = vec![span(2, 1, Server, 0, 100_000, "GET /")];
    spans.extend(
        (0..100).map(|n| span(10 + n, 2, Internal, n * 1_000, n * 1_000 + n + 1, &format!("part {n}"))),
    );
    let explained = explain(&spans, CALLER).unwrap();
    assert_eq!(explained.parts.len(), MOST_PARTS);
    assert_eq!(explained.parts.iter().map(|(_, ns)| ns).sum::<u64>(), 100_000);
    assert!(explained.parts.iter().any(|(name, _)| name == OTHER));
}

/// Any spans: few identifiers, so that many are related, twice there, or in circles.
fn any_spans() -> impl Strategy<Value = Vec<Span>> {
    let kinds = prop::sample::select(vec![Internal, Server, Client, SpanKind::Producer, SpanKind::Consumer]);
    let one = (2_u64..40, 0_u64..40, kinds, 0_u64..2_000, 0_u64..1_000, 0_usize..50);
    let one = one.prop_map(|(id, parent, kind, begin, took, name)| {
        span(id, parent, kind, begin, begin + took, &format!("part {name}"))
    });
    vec(one, 0..120)
}

/// A tree of spans whose children are where they may be or not: each is below one before it.
fn any_tree() -> impl Strategy<Value = Vec<Span>> {
    let kinds = prop::sample::select(vec![Internal, Server, Client]);
    vec((any::<prop::sample::Index>(), kinds, 0_u64..2_000, 0_u64..1_000), 1..80).prop_map(|all| {
        let one = |(at, (parent, kind, begin, took)): (usize, (prop::sample::Index, SpanKind, u64, u64))| {
            let parent = if at == 0 { CALLER } else { 10 + parent.index(at) as u64 };
            let kind = if at == 0 { Server } else { kind };
            span(10 + at as u64, parent, kind, begin, begin + took, &format!("part {}", at % 7))
        };
        all.into_iter().enumerate().map(one).collect()
    })
}

fn sum(explained: &Explained) -> u64 {
    explained.parts.iter().map(|(_, ns)| ns).sum()
}

proptest! {
    #[test]
    fn parts_without_the_overlap_are_the_server_span(spans in any_spans()) {
        if let Some(explained) = explain(&spans, CALLER) {
            prop_assert_eq!(sum(&explained) - explained.overlap_ns, explained.server_ns);
            prop_assert!(explained.parts.len() <= MOST_PARTS);
            prop_assert!(explained.parts.windows(2).all(|pair| pair[0].0 < pair[1].0));
        }
    }

    #[test]
    fn of_a_tree_every_span_is_in(spans in any_tree()) {
        let explained = explain(&spans, CALLER).unwrap();
        prop_assert_eq!((explained.spans as usize, explained.apart), (spans.len(), 0));
        prop_assert_eq!(sum(&explained) - explained.overlap_ns, explained.server_ns);
        prop_assert_eq!(explained.server_ns, spans[0].end_ns - spans[0].begin_ns);
    }

    #[test]
    fn order_and_repetition_do_not_matter(spans in any_spans(), again in vec(any::<prop::sample::Index>(), 0..40),
                                          seed in any::<u64>()) {
        let mut others = spans.clone();
        if !spans.is_empty() {
            others.extend(again.iter().map(|index| index.get(&spans).clone()));
        }
        let mut state = seed;
        others.sort_by_cached_key(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state
        });
        prop_assert_eq!(explain(&spans, CALLER), explain(&others, CALLER));
    }

    // Children one after another, within their parents: what each took is what it took.
    #[test]
    fn without_overlap_parts_are_durations(took in vec(1_u64..100, 1..20)) {
        let mut at = 5;
        let mut spans = Vec::new();
        for (index, took) in took.iter().enumerate() {
            spans.push(span(10 + index as u64, 2, Client, at, at + took, &format!("part {index:02}")));
            at += took + 3;
        }
        spans.push(span(2, 1, Server, 0, at, "GET /"));
        let explained = explain(&spans, CALLER).unwrap();
        prop_assert_eq!(explained.overlap_ns, 0);
        let parts: Vec<u64> = explained.parts.iter().filter(|(name, _)| name != OWN).map(|(_, ns)| *ns).collect();
        prop_assert_eq!(parts, took);
    }
}
