//! Spans of a system under test, and what a request's time in it went into.
//!
//! A request that carries a W3C `traceparent` is the parent of the span that its server makes of it, so that all that
//! is below can be put together to the server's parts of its time: [`explain`]. Spans come in OTLP's messages
//! ([`read_protobuf`], [`read_json`]), or as Jaeger ([`read_jaeger`]) and Tempo ([`read_tempo`]) answer; requests wait
//! for theirs in a [`Collector`], which is bounded in count, bytes and time.
//!
//! Nothing here has sockets or a clock but the feature `live`.
//!
//! ```
//! use loadline_traces::{explain, read_json};
//!
//! let message = br#"{"resourceSpans":[{"scopeSpans":[{"spans":[
//!   {"traceId":"5b8efff798038103d269b633813fc60c","spanId":"0000000000000002","parentSpanId":"0000000000000001",
//!    "name":"GET /users","kind":2,"startTimeUnixNano":"1000","endTimeUnixNano":"9000"},
//!   {"traceId":"5b8efff798038103d269b633813fc60c","spanId":"0000000000000003","parentSpanId":"0000000000000002",
//!    "name":"query","kind":3,"startTimeUnixNano":"2000","endTimeUnixNano":"5000","attributes":[
//!      {"key":"db.operation.name","value":{"stringValue":"SELECT"}},
//!      {"key":"db.collection.name","value":{"stringValue":"users"}}]}]}]}]}"#;
//! let batch = read_json(message)?;
//! let explained = explain(&batch.spans, 1).expect("the server's span is there");
//! assert_eq!(explained.server_ns, 8000);
//! assert_eq!(explained.parts, [("app".to_owned(), 5000), ("db.select users".to_owned(), 3000)]);
//! assert!(read_json(b"<html>").is_err());
//! # Ok::<(), loadline_traces::ReadError>(())
//! ```

mod account;
mod collector;
mod error;
#[cfg(any(test, feature = "fuzzing"))]
mod fuzz;
mod identifiers;
mod jaeger;
mod kind;
mod list;
#[cfg(feature = "live")]
pub mod live;
mod name;
mod otlp;
mod parts;
mod span;
mod tempo;

pub use self::account::Account;
pub use self::collector::{Collector, Limits, Settled};
pub use self::error::ReadError;
pub use self::jaeger::read_jaeger;
pub use self::kind::SpanKind;
pub use self::otlp::{read_json, read_protobuf};
pub use self::parts::{Explained, MOST_PARTS, OTHER, OWN, Unexplained, explain};
pub use self::span::{Batch, LONGEST_NS, Span};
pub use self::tempo::read_tempo;

/// Entry points of `fuzz/`; no part of the library.
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing {
    /// Reads any bytes as OTLP, Jaeger's and Tempo's answers, and explains what comes of it.
    pub fn spans(bytes: &[u8]) {
        crate::fuzz::spans(bytes);
    }
}
