//! HTTP/2 (RFC 9113) through the `h2` crate.

mod connection;
mod request;
mod tapped;
mod wire;

pub(crate) use connection::{H2, H2Error, H2Request};
pub(crate) use request::{RequestError, request};
