//! HTTP/1.1 (RFC 9112): our own codec, because work per request is what a load generator wins or loses by.

mod body;
mod chunked;
mod connection;
mod decoder;
mod encoder;

pub(crate) use body::{Body, Malformed};
pub(crate) use connection::{Broken, Clock, H1, Why};
pub(crate) use decoder::Decoder;
pub(crate) use encoder::{HeadParts, encode, takes_body, write_authority, write_traceparent};
