//! The same spans in both forms, written by others: OpenTelemetry's own types.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue, any_value};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link, SpanKind as Kind};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span as Wire, Status};
use proptest::collection::vec;
use proptest::prelude::*;
use prost::Message as _;

use super::*;
use crate::kind::SpanKind;
use crate::span::{LONGEST_NS, Span};

fn text(key: &str, value: &str) -> KeyValue {
    let value = Some(AnyValue { value: Some(any_value::Value::StringValue(value.to_owned())) });
    KeyValue { key: key.to_owned(), value, ..KeyValue::default() }
}

fn wire() -> Wire {
    let list = ArrayValue { values: vec![AnyValue { value: Some(any_value::Value::IntValue(3)) }] };
    let list = Some(AnyValue { value: Some(any_value::Value::ArrayValue(list)) });
    let port = Some(AnyValue { value: Some(any_value::Value::IntValue(8080)) });
    Wire {
        trace_id: 77_u128.to_be_bytes().to_vec(),
        span_id: 5_u64.to_be_bytes().to_vec(),
        parent_span_id: 4_u64.to_be_bytes().to_vec(),
        trace_state: "a=b".to_owned(),
        flags: 1,
        name: "GET".to_owned(),
        kind: Kind::Client.into(),
        start_time_unix_nano: 1_000,
        end_time_unix_nano: 5_000,
        attributes: vec![
            KeyValue { key: "list".to_owned(), value: list, ..KeyValue::default() },
            text("server.address", "pay"),
            KeyValue { key: "server.port".to_owned(), value: port, ..KeyValue::default() },
        ],
        dropped_attributes_count: 1,
        events: vec![Event { name: "x".to_owned(), ..Event::default() }],
        links: vec![Link::default()],
        status: Some(Status { message: "bad".to_owned(), code: 2 }),
        ..Wire::default()
    }
}

fn message(spans: Vec<Wire>) -> Vec<u8> {
    let scope = ScopeSpans { spans, schema_url: "x".to_owned(), ..ScopeSpans::default() };
    let resource = Resource { attributes: vec![text("service.name", "shop")], ..Resource::default() };
    let all =
        ResourceSpans { resource: Some(resource), scope_spans: vec![scope], ..ResourceSpans::default() };
    ExportTraceServiceRequest { resource_spans: vec![all] }.encode_to_vec()
}

#[test]
fn protobuf_as_opentelemetry_writes_it() {
    let expected = Span {
        trace: 77,
        id: 5,
        parent: 4,
        kind: SpanKind::Client,
        begin_ns: 1_000,
        end_ns: 5_000,
        name: "out.pay:8080".into(),
    };
    assert_eq!(read_protobuf(&message(vec![wire()])).unwrap().spans, [expected]);
    let invalid = |change: fn(&mut Wire)| {
        let mut span = wire();
        change(&mut span);
        let batch = read_protobuf(&message(vec![span, wire()])).unwrap();
        (batch.spans.len(), batch.invalid)
    };
    let changes: [fn(&mut Wire); 7] = [
        |span| span.trace_id.clear(),
        |span| span.trace_id.truncate(8),
        |span| span.span_id = vec![0; 8],
        |span| span.parent_span_id = vec![1],
        |span| span.end_time_unix_nano = 999,
        |span| span.start_time_unix_nano = 0,
        |span| span.end_time_unix_nano = 1_001 + LONGEST_NS,
    ];
    for change in changes {
        assert_eq!(invalid(change), (1, 1));
    }
    assert_eq!(invalid(|span| span.parent_span_id.clear()), (2, 0), "the first of a trace has no parent");
    assert_eq!(read_protobuf(&[]).unwrap().spans, []);
    assert!(read_protobuf(b"{\"resourceSpans\":[]}").is_err());
}

#[test]
fn json_as_the_specification_shows_it() {
    // https://github.com/open-telemetry/opentelemetry-proto/blob/main/examples/trace.json
    let example = br#"{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"my.service"}}]},
      "scopeSpans":[{"scope":{"name":"my.library","version":"1.0.0","attributes":[{"key":"my.scope.attribute",
      "value":{"stringValue":"some scope attribute"}}]},"spans":[{"traceId":"5B8EFFF798038103D269B633813FC60C",
      "spanId":"EEE19B7EC3C1B174","parentSpanId":"EEE19B7EC3C1B173","name":"I'm a server span",
      "startTimeUnixNano":"1544712660000000000","endTimeUnixNano":"1544712661000000000","kind":2,
      "attributes":[{"key":"my.span.attr","value":{"stringValue":"some value"}}]}]}]}]}"#;
    let batch = read_json(example).unwrap();
    let [span] = &batch.spans[..] else { panic!("{batch:?}") };
    assert_eq!(
        (span.kind, span.end_ns - span.begin_ns, &*span.name),
        (SpanKind::Server, 1_000_000_000, "I'm a server span")
    );
    assert_eq!((span.trace, span.parent), (0x5b8e_fff7_9803_8103_d269_b633_813f_c60c, 0xeee1_9b7e_c3c1_b173));
}

#[test]
fn json_that_is_unusual_and_json_that_is_none() {
    let odd = br#"{"unknown":[[[1]]],"resourceSpans":[{"scopeSpans":[{"spans":null},{"spans":[{
      "traceId":"1","spanId":"2","name":"a\u0062\ud83d\ude00","kind":"SPAN_KIND_CLIENT","startTimeUnixNano":5,"endTimeUnixNano":6,
      "attributes":[{"key":"db.operation.name","value":{"stringValue":"get"}},{"key":"x","value":{"kvlistValue":{"values":[]}}},
        {"key":"y"},{"key":"db.system","value":{}}],"events":[{"name":"z"}]},{}]}]}]}"#;
    let batch = read_json(odd).unwrap();
    assert_eq!((batch.spans.len(), batch.invalid, &*batch.spans[0].name), (1, 1, "db.get"));
    for none in [
        &b"[]"[..],
        b"",
        b"{\"resourceSpans\":3}",
        b"{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"startTimeUnixNano\":\"x\"}]}]}]}",
    ] {
        assert!(read_json(none).is_err(), "{}", String::from_utf8_lossy(none));
    }
}

#[test]
fn too_many_spans_are_refused() {
    let many = vec![wire(); crate::span::MOST + 1];
    assert!(matches!(read_protobuf(&message(many)), Err(crate::ReadError::TooMany)));
    let one = r#"{"traceId":"1","spanId":"2","name":"a","startTimeUnixNano":5,"endTimeUnixNano":6}"#;
    let spans = vec![one; crate::span::MOST + 1].join(",");
    let many = format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{spans}]}}]}}]}}"#);
    assert!(matches!(read_json(many.as_bytes()), Err(crate::ReadError::TooMany)));
}

/// The same as OTLP's JSON has it.
fn json(spans: &[Wire]) -> String {
    let hex = |bytes: &[u8]| {
        let number = bytes.iter().fold(0_u128, |number, byte| number << 8 | u128::from(*byte));
        format!("{number:0width$x}", width = 2 * bytes.len())
    };
    let spans: Vec<serde_json::Value> = spans
        .iter()
        .map(|span| {
            let attributes: Vec<_> = span.attributes.iter().map(|attribute| {
                let value = match attribute.value.as_ref().and_then(|value| value.value.as_ref()) {
                    Some(any_value::Value::StringValue(text)) => serde_json::json!({"stringValue": text}),
                    Some(any_value::Value::IntValue(number)) => serde_json::json!({"intValue": number.to_string()}),
                    _ => serde_json::json!({"boolValue": true}),
                };
                serde_json::json!({"key": attribute.key, "value": value})
            }).collect();
            serde_json::json!({
                "traceId": hex(&span.trace_id), "spanId": hex(&span.span_id), "parentSpanId": hex(&span.parent_span_id),
                "name": span.name, "kind": span.kind, "startTimeUnixNano": span.start_time_unix_nano.to_string(),
                "endTimeUnixNano": span.end_time_unix_nano.to_string(), "attributes": attributes,
            })
        })
        .collect();
    serde_json::json!({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}).to_string()
}

proptest! {
    #[test]
    fn both_forms_say_the_same(all in vec((any::<u128>(), any::<u64>(), any::<u64>(), 0_i32..8, any::<u32>(), any::<u32>(), ".{0,20}", ".{0,20}"), 0..20)) {
        let spans: Vec<Wire> = all.into_iter().map(|(trace, id, parent, kind, begin, took, name, host)| Wire {
            trace_id: trace.to_be_bytes().to_vec(),
            span_id: id.to_be_bytes().to_vec(),
            parent_span_id: parent.to_be_bytes().to_vec(),
            kind,
            start_time_unix_nano: begin.into(),
            end_time_unix_nano: u64::from(begin) + u64::from(took),
            name,
            attributes: vec![text("server.address", &host)],
            ..Wire::default()
        }).collect();
        prop_assert_eq!(read_protobuf(&message(spans.clone())).unwrap(), read_json(json(&spans).as_bytes()).unwrap());
    }
}
