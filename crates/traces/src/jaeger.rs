//! What Jaeger's query service answers to `/api/traces/{id}`.
//!
//! Times are in microseconds, the kind of a span is one of its tags, and its parent one of its references: the one of
//! the same trace that it is a child of, or else follows from.
//!
//! Source: `model/json/model.go` of Jaeger.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer};

use crate::error::ReadError;
use crate::identifiers;
use crate::kind::SpanKind;
use crate::list::{Each, object};
use crate::name::Attributes;
use crate::span::{Batch, Read};

const TOO_MANY: &str = "too many spans";
const NANOSECONDS: u64 = 1_000;

/// Reads the spans of an answer; one that knows no such trace has none.
///
/// # Errors
/// It is no such answer, has too many spans, or says itself that something is wrong.
pub fn read_jaeger(answer: &[u8]) -> Result<Batch, ReadError> {
    let answer: Answer<'_> = object(answer).map_err(|error| {
        let why = error.to_string();
        if why.starts_with(TOO_MANY) {
            return ReadError::TooMany;
        }
        ReadError::Malformed { form: "answer of Jaeger", why }
    })?;
    // That a trace is not there, or not yet, is no error of the place.
    let error = answer.errors.into_iter().flatten().find(|error| error.code != NOT_FOUND);
    match error {
        Some(error) => Err(ReadError::Answer(crate::name::clean(&error.message).into())),
        None => Ok(answer.data.0),
    }
}

const NOT_FOUND: i64 = 404;

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(default)]
    data: Traces,
    #[serde(default, borrow)]
    errors: Option<Vec<Told<'a>>>,
}

#[derive(Deserialize)]
struct Told<'a> {
    #[serde(default)]
    code: i64,
    #[serde(default, borrow, rename = "msg")]
    message: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Trace {
    #[serde(default)]
    spans: Spans,
}

#[derive(Default)]
struct Traces(Batch);
#[derive(Default)]
struct Spans(Batch);

impl<'de> Deserialize<'de> for Traces {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut all = Batch::default();
        Each::of(deserializer, |trace: Trace| {
            let mut more = trace.spans.0;
            all.invalid += more.invalid;
            all.spans.append(&mut more.spans);
            if all.spans.len() > crate::span::MOST { Err(TOO_MANY) } else { Ok(()) }
        })?;
        Ok(Self(all))
    }
}

impl<'de> Deserialize<'de> for Spans {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut all = Batch::default();
        Each::<SpanRead<'de>, _>::of(deserializer, |span| {
            let trace = identifiers::trace(&span.trace);
            let end = span.start.checked_add(span.duration);
            let read = Read {
                trace,
                id: identifiers::span(&span.id),
                parent: Some(span.references.parent(trace)),
                kind: span.tags.kind,
                begin_ns: span.start.saturating_mul(NANOSECONDS),
                end_ns: end.unwrap_or_default().saturating_mul(NANOSECONDS),
                name: &span.name,
                attributes: span.tags.attributes,
            };
            all.add(&read).then_some(()).ok_or(TOO_MANY)
        })?;
        Ok(Self(all))
    }
}

#[derive(Deserialize)]
struct SpanRead<'a> {
    #[serde(default, borrow, rename = "traceID")]
    trace: Cow<'a, str>,
    #[serde(default, borrow, rename = "spanID")]
    id: Cow<'a, str>,
    #[serde(default, borrow, rename = "operationName")]
    name: Cow<'a, str>,
    #[serde(default)]
    references: References,
    /// In microseconds since 1970.
    #[serde(default, rename = "startTime")]
    start: u64,
    /// In microseconds.
    #[serde(default)]
    duration: u64,
    #[serde(default)]
    tags: Tags,
}

/// The first of each kind of reference: trace and span.
#[derive(Default)]
struct References {
    child_of: Vec<(Option<u128>, u64)>,
    follows: Option<(Option<u128>, u64)>,
}

/// So many parents of one span are looked at.
const MOST_PARENTS: usize = 8;

impl References {
    fn parent(&self, trace: Option<u128>) -> u64 {
        let all = self.child_of.iter().chain(&self.follows);
        all.into_iter().find(|(of, _)| *of == trace).map_or(0, |(_, span)| *span)
    }
}

impl<'de> Deserialize<'de> for References {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut all = Self::default();
        Each::<Reference<'de>, _>::of(deserializer, |reference| {
            let Some(span) = identifiers::span(&reference.span) else { return Ok(()) };
            let to = (identifiers::trace(&reference.trace), span);
            if reference.kind == "CHILD_OF" && all.child_of.len() < MOST_PARENTS {
                all.child_of.push(to);
            } else if reference.kind == "FOLLOWS_FROM" {
                all.follows.get_or_insert(to);
            }
            Ok(())
        })?;
        Ok(all)
    }
}

#[derive(Deserialize)]
struct Reference<'a> {
    #[serde(default, borrow, rename = "refType")]
    kind: Cow<'a, str>,
    #[serde(default, borrow, rename = "traceID")]
    trace: Cow<'a, str>,
    #[serde(default, borrow, rename = "spanID")]
    span: Cow<'a, str>,
}

/// The tags that are wanted.
#[derive(Default)]
struct Tags {
    kind: SpanKind,
    attributes: Attributes,
}

impl<'de> Deserialize<'de> for Tags {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut tags = Self::default();
        Each::<Tag<'de>, _>::of(deserializer, |tag| {
            let text = match &tag.value {
                Value::Number(number) => Cow::Owned(number.to_string()),
                Value::Text(text) => Cow::Borrowed(&**text),
                Value::Other(_) => return Ok(()),
            };
            if tag.key == "span.kind" {
                tags.kind = SpanKind::of_word(&text);
            } else {
                tags.attributes.put(&tag.key, &text);
            }
            Ok(())
        })?;
        Ok(tags)
    }
}

#[derive(Deserialize)]
struct Tag<'a> {
    #[serde(default, borrow)]
    key: Cow<'a, str>,
    #[serde(default, borrow)]
    value: Value<'a>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Value<'a> {
    Number(i64),
    #[serde(borrow)]
    Text(Cow<'a, str>),
    Other(serde::de::IgnoredAny),
}

impl Default for Value<'_> {
    fn default() -> Self {
        Self::Other(serde::de::IgnoredAny)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Jaeger 1.57 answers, with another system's names.
    const ANSWER: &str = r#"{"data":[{"traceID":"9bfe8376688e9116d9cbae28c0aa2db6","spans":[
      {"traceID":"9bfe8376688e9116d9cbae28c0aa2db6","spanID":"9b321d76f92134d2","operationName":"GET /programs",
       "references":[{"refType":"CHILD_OF","traceID":"9bfe8376688e9116d9cbae28c0aa2db6","spanID":"00f067aa0ba902b7"}],
       "startTime":1729181197748657,"duration":1503,
       "tags":[{"key":"span.kind","type":"string","value":"server"},
               {"key":"http.status_code","type":"int64","value":200},{"key":"error","type":"bool","value":true}],
       "logs":[{"timestamp":1729181197748700,"fields":[{"key":"event","type":"string","value":"x"}]}],
       "processID":"p1","warnings":null},
      {"traceID":"9bfe8376688e9116d9cbae28c0aa2db6","spanID":"1","flags":1,"operationName":"select",
       "references":[{"refType":"FOLLOWS_FROM","traceID":"1","spanID":"2"},
                     {"refType":"CHILD_OF","traceID":"9bfe8376688e9116d9cbae28c0aa2db6","spanID":"9b321d76f92134d2"}],
       "startTime":1729181197748700,"duration":300,
       "tags":[{"key":"span.kind","type":"string","value":"client"},{"key":"db.operation","type":"string","value":"SELECT"},
               {"key":"db.sql.table","type":"string","value":"programs"}],
       "logs":[],"processID":"p1","warnings":["clock skew"]}],
      "processes":{"p1":{"serviceName":"shop","tags":[]}},"warnings":null}],
      "total":0,"limit":0,"offset":0,"errors":null}"#;

    #[test]
    fn an_answer_has_its_spans() {
        let batch = read_jaeger(ANSWER.as_bytes()).unwrap();
        assert_eq!((batch.spans.len(), batch.invalid), (2, 0));
        let [server, query] = &batch.spans[..] else { panic!() };
        assert_eq!(
            (server.parent, server.kind, &*server.name),
            (0x00f0_67aa_0ba9_02b7, SpanKind::Server, "GET /programs")
        );
        assert_eq!(
            (server.begin_ns, server.end_ns - server.begin_ns),
            (1_729_181_197_748_657_000, 1_503_000)
        );
        assert_eq!(
            (query.parent, query.kind, &*query.name),
            (server.id, SpanKind::Client, "db.select programs")
        );
    }

    #[test]
    fn a_trace_that_is_not_there_has_no_spans() {
        let none =
            r#"{"data":null,"total":0,"limit":0,"offset":0,"errors":[{"code":404,"msg":"trace not found"}]}"#;
        assert_eq!(read_jaeger(none.as_bytes()).unwrap(), Batch::default());
        let broken = r#"{"data":null,"errors":[{"code":500,"msg":"storage is\ngone"}]}"#;
        let error = read_jaeger(broken.as_bytes()).unwrap_err().to_string();
        assert_eq!(error, "the answer says: storage is gone");
        assert!(read_jaeger(b"<html>").unwrap_err().to_string().contains("no answer of Jaeger"));
    }
}
