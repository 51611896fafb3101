//! Spans: what one request did, sent to a collector. They are made only while an exporter runs.

mod context;
mod identifier;
mod sampler;
mod span;
mod tracer;

pub(crate) use context::{Context, Scope, current, parse_traceparent};
pub use sampler::{Sampler, SamplerError};
pub(crate) use span::{Detail, Span};
pub(crate) use tracer::{OpenSpan, Tracer, now_ns};
