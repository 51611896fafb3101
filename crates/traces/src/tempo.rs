//! What Tempo answers to `/api/traces/{id}`: OTLP's spans in protobuf where it is asked for that, else in JSON.

use crate::error::ReadError;
use crate::otlp::{read_json, read_protobuf};
use crate::span::Batch;

/// Reads the spans of an answer with this `Content-Type`.
///
/// # Errors
/// It is no such answer, or has too many spans.
pub fn read_tempo(content_type: &str, answer: &[u8]) -> Result<Batch, ReadError> {
    let is_protobuf = content_type.contains("protobuf") && !answer.starts_with(b"{");
    if is_protobuf { read_protobuf(answer) } else { read_json(answer) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Tempo 2 answers: protobuf's JSON.
    const ANSWER: &str = r#"{"batches":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},
      "scopeSpans":[{"scope":{"name":"io.opentelemetry.jdbc"},"spans":[
        {"traceId":"W47/95gDgQPSabYzgT/GDA==","spanId":"7uGbfsPBsXQ=","parentSpanId":"APBnqgupArc=","name":"POST /orders",
         "kind":"SPAN_KIND_SERVER","startTimeUnixNano":"1746259200000000000","endTimeUnixNano":"1746259200145000000",
         "attributes":[{"key":"http.response.status_code","value":{"intValue":"201"}}],"status":{"code":"STATUS_CODE_OK"}}]}]}]}"#;

    #[test]
    fn json_in_each_of_its_shapes() {
        let batch = read_tempo("application/json", ANSWER.as_bytes()).unwrap();
        assert_eq!((batch.spans.len(), batch.invalid), (1, 0));
        assert_eq!(batch.spans[0].trace, 0x5b8e_fff7_9803_8103_d269_b633_813f_c60c);
        assert_eq!(batch.spans[0].parent, 0x00f0_67aa_0ba9_02b7);
        let second =
            format!(r#"{{"trace":{},"status":"COMPLETE"}}"#, ANSWER.replace("batches", "resourceSpans"));
        assert_eq!(read_tempo("application/json; charset=utf-8", second.as_bytes()).unwrap(), batch);
        assert_eq!(read_tempo("application/json", b"{\"trace\":{}}").unwrap(), Batch::default());
        assert!(read_tempo("text/html", b"<html>").is_err());
        assert!(read_tempo("application/protobuf", b"\xff\xff").is_err());
    }
}
