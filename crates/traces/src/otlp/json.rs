//! OTLP's JSON, and Tempo's: protobuf's JSON, in which OTLP has identifiers in hexadecimal and enumerations as numbers,
//! and Tempo both as protobuf has them. Names may be in either of protobuf's two spellings.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer};

use crate::error::ReadError;
use crate::identifiers;
use crate::kind::SpanKind;
use crate::list::{Each, object};
use crate::name::Attributes;
use crate::span::{Batch, Read};

/// What ends the reading of a message that has more spans than it may have.
const TOO_MANY: &str = "too many spans";

/// Reads the spans of a message: `resourceSpans` of OTLP, `batches` of Tempo, or Tempo's `trace` around them.
///
/// # Errors
/// It is no such message, or has too many of them.
pub fn read_json(message: &[u8]) -> Result<Batch, ReadError> {
    let read: Message = object(message).map_err(|error| {
        let why = error.to_string();
        if why.starts_with(TOO_MANY) {
            return ReadError::TooMany;
        }
        ReadError::Malformed { form: "OTLP in JSON", why }
    })?;
    let mut batch = read.resources.0;
    if let Some(trace) = read.trace {
        append(&mut batch, trace.resources.0).map_err(|_| ReadError::TooMany)?;
    }
    Ok(batch)
}

#[derive(Deserialize)]
struct Message {
    #[serde(default, alias = "resource_spans", alias = "resourceSpans", alias = "batches")]
    resources: Resources,
    #[serde(default)]
    trace: Option<Trace>,
}

#[derive(Deserialize)]
struct Trace {
    #[serde(default, alias = "resource_spans", alias = "resourceSpans", alias = "batches")]
    resources: Resources,
}

#[derive(Deserialize)]
struct Resource {
    #[serde(
        default,
        alias = "scope_spans",
        alias = "scopeSpans",
        alias = "instrumentationLibrarySpans",
        alias = "instrumentation_library_spans"
    )]
    scopes: Scopes,
}

#[derive(Deserialize)]
struct Scope {
    #[serde(default)]
    spans: Spans,
}

/// All spans below, in one list.
#[derive(Default)]
struct Resources(Batch);
#[derive(Default)]
struct Scopes(Batch);
#[derive(Default)]
struct Spans(Batch);

impl<'de> Deserialize<'de> for Resources {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut all = Batch::default();
        Each::of(deserializer, |resource: Resource| append(&mut all, resource.scopes.0))?;
        Ok(Self(all))
    }
}

impl<'de> Deserialize<'de> for Scopes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut all = Batch::default();
        Each::of(deserializer, |scope: Scope| append(&mut all, scope.spans.0))?;
        Ok(Self(all))
    }
}

impl<'de> Deserialize<'de> for Spans {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut all = Batch::default();
        Each::<SpanRead<'de>, _>::of(deserializer, |span| {
            let read = Read {
                trace: identifiers::trace(&span.trace),
                id: identifiers::span(&span.id),
                parent: identifiers::parent(span.parent.as_deref().unwrap_or_default()),
                kind: span.kind.0,
                begin_ns: span.begin.0,
                end_ns: span.end.0,
                name: &span.name,
                attributes: span.attributes.0,
            };
            all.add(&read).then_some(()).ok_or(TOO_MANY)
        })?;
        Ok(Self(all))
    }
}

fn append(all: &mut Batch, mut more: Batch) -> Result<(), &'static str> {
    all.invalid += more.invalid;
    if all.spans.len() + more.spans.len() > crate::span::MOST {
        return Err(TOO_MANY);
    }
    all.spans.append(&mut more.spans);
    Ok(())
}

#[derive(Deserialize)]
struct SpanRead<'a> {
    #[serde(default, borrow, rename = "traceId", alias = "trace_id")]
    trace: Cow<'a, str>,
    #[serde(default, borrow, rename = "spanId", alias = "span_id")]
    id: Cow<'a, str>,
    #[serde(default, borrow, rename = "parentSpanId", alias = "parent_span_id")]
    parent: Option<Cow<'a, str>>,
    #[serde(default, borrow)]
    name: Cow<'a, str>,
    #[serde(default)]
    kind: Kind,
    #[serde(default, rename = "startTimeUnixNano", alias = "start_time_unix_nano")]
    begin: Number,
    #[serde(default, rename = "endTimeUnixNano", alias = "end_time_unix_nano")]
    end: Number,
    #[serde(default)]
    attributes: Kept,
}

/// A number, or its word.
#[derive(Default)]
struct Kind(SpanKind);

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(match NumberOrText::deserialize(deserializer)? {
            NumberOrText::Number(number) => SpanKind::of_number(number),
            NumberOrText::Text(word) => SpanKind::of_word(&word),
        }))
    }
}

/// A number of 64 bits: protobuf's JSON has it as a text.
#[derive(Default)]
struct Number(u64);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match NumberOrText::deserialize(deserializer)? {
            NumberOrText::Number(number) => Ok(Self(number)),
            NumberOrText::Text(text) => text
                .parse()
                .map(Self)
                .map_err(|_| serde::de::Error::custom("a time that is no number of nanoseconds")),
        }
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum NumberOrText<'a> {
    Number(u64),
    #[serde(borrow)]
    Text(Cow<'a, str>),
}

/// The attributes that are wanted.
#[derive(Default)]
struct Kept(Attributes);

impl<'de> Deserialize<'de> for Kept {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut kept = Attributes::default();
        Each::<Attribute<'de>, _>::of(deserializer, |attribute| {
            if let Some(value) = &attribute.value {
                if let Some(text) = &value.text {
                    kept.put(&attribute.key, text);
                }
                if let Some(number) = &value.number {
                    kept.put(&attribute.key, &number.0.to_string());
                }
            }
            Ok(())
        })?;
        Ok(Self(kept))
    }
}

#[derive(Deserialize)]
struct Attribute<'a> {
    #[serde(default, borrow)]
    key: Cow<'a, str>,
    #[serde(default, borrow)]
    value: Option<AnyValue<'a>>,
}

#[derive(Deserialize)]
struct AnyValue<'a> {
    #[serde(default, borrow, rename = "stringValue", alias = "string_value")]
    text: Option<Cow<'a, str>>,
    #[serde(default, rename = "intValue", alias = "int_value")]
    number: Option<Whole>,
}

/// A whole number that may be negative.
struct Whole(i64);

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either<'a> {
            Number(i64),
            #[serde(borrow)]
            Text(Cow<'a, str>),
        }
        match Either::deserialize(deserializer)? {
            Either::Number(number) => Ok(Self(number)),
            Either::Text(text) => {
                text.parse().map(Self).map_err(|_| serde::de::Error::custom("a whole number that is none"))
            }
        }
    }
}
