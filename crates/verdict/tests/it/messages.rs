//! What people read when a threshold is wrong, all of it in one snapshot.

use loadline_measure::{Builtin, MetricKind, Schema, ThresholdText, Unit};
use loadline_verdict::Budgets;

fn text(selector: &str, expression: &str) -> ThresholdText {
    ThresholdText { selector: selector.into(), expression: expression.into(), ..ThresholdText::default() }
}

fn problems(texts: &[ThresholdText]) -> String {
    let schema = Schema::new();
    Builtin::define(&schema).unwrap();
    schema.define("search_latency", MetricKind::Trend, Unit::Plain).unwrap();
    schema.define("payment_success", MetricKind::Rate, Unit::Plain).unwrap();
    Budgets::parse("checkout.ts", texts, &schema).unwrap_err().to_string()
}

#[test]
fn every_message() {
    let duration = "http_req_duration";
    let cases = [
        (duration, ""),
        (duration, "p(95)<200mss"),
        (duration, "p95<500"),
        (duration, "P95<500"),
        (duration, "mean<500"),
        (duration, "averge<500"),
        (duration, "zzz<500"),
        (duration, "<500"),
        (duration, "p(101)<500"),
        (duration, "p(abc)<500"),
        (duration, "p()<500"),
        (duration, "p(95<500"),
        (duration, "p(95)500"),
        (duration, "p(95)=<500"),
        (duration, "p(95)~500"),
        (duration, "p(95)<"),
        (duration, "p(95)<abc"),
        (duration, "p(95)<1e999"),
        (duration, "p(95)<NaN"),
        (duration, "p(95)<500 and p(99)<1000"),
        (duration, "p(95)<500,p(99)<1000"),
        (duration, "rate<0.1"),
        ("payment_success", "rate>99%"),
        ("payment_success", "p(95)>0.99"),
        ("http_reqs", "avg<1"),
        ("http_reqs", "rate>5s"),
        ("vus", "max<10"),
        ("process_memory", "slope<2MB"),
        ("process_memory", "slope<2"),
        ("process_memory", "slope<2XB/h"),
        ("process_memory", "slope<2MB/w"),
        ("process_memory", "slope==2MB/h"),
        ("process_memory", "slope<2/h"),
        ("process_memory", "value<2MB/h"),
        ("vus", "slope<2MB/h"),
        ("http_req_duration", "slope<2ms/h"),
        ("search_latency", "p(95)<500ms"),
        ("http_req_durations", "p(95)<500"),
        ("no_such_thing", "p(95)<500"),
        ("http_req_duration{scenario}", "p(95)<500"),
        ("http_req_duration{scenario:a", "p(95)<500"),
        ("http_req_duration}", "p(95)<500"),
        ("http_req_duration{a:1} ", "p(95)<"),
        ("http_req_duration{a:1}b", "p(95)<500"),
        ("http_req_duration{ }", "p(95)<500"),
        ("http_req_duration{:x}", "p(95)<500"),
        ("http_req_duration{a:1,a:2}", "p(95)<500"),
        ("{a:1}", "p(95)<500"),
        ("", "p(95)<500"),
        ("größe{a:1}", "p(95)<500\n"),
    ];
    let messages: Vec<String> =
        cases.iter().map(|(selector, expression)| problems(&[text(selector, expression)])).collect();
    insta::assert_snapshot!(messages.join("\n\n"));
}

#[test]
fn all_problems_are_told_at_once_and_none_of_them_twice() {
    insta::assert_snapshot!(problems(&[
        text("http_req_duration", "p(95)<500"),
        text("http_req_durations", "p(95)<500"),
        text("http_req_durations", "p(99)<1x"),
    ]), @r"
    threshold on an unknown metric `http_req_durations`
      --> checkout.ts
       |
       | http_req_durations
       | ^^^^^^^^^^^^^^^^^^
    hint: did you mean `http_req_duration`?

    error: threshold `p(99)<1x` has an unknown unit `x`
      --> checkout.ts: http_req_durations
       |
       | p(99)<1x
       |        ^
    hint: use one of `us`, `ms`, `s`, `m`
    ");
}
