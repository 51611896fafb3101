//! `ExportTraceServiceRequest`, which is also what Tempo answers with: a list of `ResourceSpans` in field 1.

use std::borrow::Cow;

use super::wire::{Fields, Value};
use crate::error::ReadError;
use crate::identifiers;
use crate::kind::SpanKind;
use crate::name::Attributes;
use crate::span::{Batch, Read};

/// Reads the spans of a message.
///
/// # Errors
/// It is no such message, or has too many of them.
pub fn read_protobuf(message: &[u8]) -> Result<Batch, ReadError> {
    let mut batch = Batch::default();
    for resource in messages(message, 1) {
        for scope in messages(resource?, 2) {
            for span in messages(scope?, 2) {
                if !read_span(span?, &mut batch)? {
                    return Err(ReadError::TooMany);
                }
            }
        }
    }
    Ok(batch)
}

/// The messages in a field that may be there many times.
fn messages(message: &[u8], number: u64) -> impl Iterator<Item = Result<&[u8], ReadError>> {
    Fields::of(message).filter_map(move |field| match field {
        Ok((found, Value::Bytes(bytes))) if found == number => Some(Ok(bytes)),
        Ok(_) => None,
        Err(why) => Some(Err(malformed(why))),
    })
}

fn read_span(message: &[u8], batch: &mut Batch) -> Result<bool, ReadError> {
    let mut read = Read { parent: Some(0), ..Read::default() };
    let mut name = Cow::Borrowed("");
    for field in Fields::of(message) {
        match field.map_err(malformed)? {
            (1, Value::Bytes(bytes)) => read.trace = identifiers::trace_of(bytes),
            (2, Value::Bytes(bytes)) => read.id = identifiers::span_of(bytes),
            (4, Value::Bytes(bytes)) => read.parent = identifiers::parent_of(bytes),
            (5, Value::Bytes(bytes)) => name = String::from_utf8_lossy(bytes),
            (6, Value::Varint(number)) => read.kind = SpanKind::of_number(number),
            (7, Value::Fixed64(at)) => read.begin_ns = at,
            (8, Value::Fixed64(at)) => read.end_ns = at,
            (9, Value::Bytes(attribute)) => read_attribute(attribute, &mut read.attributes)?,
            _ => {}
        }
    }
    Ok(batch.add(&Read { name: &name, ..read }))
}

fn read_attribute(message: &[u8], attributes: &mut Attributes) -> Result<(), ReadError> {
    let (mut key, mut value) = ("", None);
    for field in Fields::of(message) {
        match field.map_err(malformed)? {
            (1, Value::Bytes(bytes)) => key = std::str::from_utf8(bytes).unwrap_or_default(),
            (2, Value::Bytes(bytes)) => value = Some(bytes),
            _ => {}
        }
    }
    if !Attributes::wants(key) {
        return Ok(());
    }
    for field in Fields::of(value.unwrap_or_default()) {
        match field.map_err(malformed)? {
            (1, Value::Bytes(text)) => attributes.put(key, &String::from_utf8_lossy(text)),
            (3, Value::Varint(number)) => attributes.put(key, &(number as i64).to_string()),
            _ => {}
        }
    }
    Ok(())
}

fn malformed(why: &str) -> ReadError {
    ReadError::Malformed { form: "OTLP in protobuf", why: why.to_owned() }
}
