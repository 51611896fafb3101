//! OTLP's messages of spans, in protobuf and in JSON.
//!
//! Both are read in one pass into what is kept, without a tree of messages between: a message of a few megabytes can
//! stand for hundreds of times as much of it.
//!
//! Source: <https://github.com/open-telemetry/opentelemetry-proto>, `trace.proto`, `common.proto`.

mod json;
mod protobuf;
mod wire;

pub use json::read_json;
pub use protobuf::read_protobuf;

#[cfg(test)]
mod tests;
