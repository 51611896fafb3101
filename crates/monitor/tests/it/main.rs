//! The crate as its users see it: on axum, on a plain tower service, scraped, and with a collector behind a socket.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise, in its helpers too")]

#[cfg(feature = "otlp")]
mod collector;
#[cfg(feature = "otlp")]
mod otlp;
mod promtool;
mod requests;
mod running;
mod text;
mod timing;
mod timing_browser;
mod waits;
