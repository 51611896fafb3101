//! The service as its clients see it: a real server on a free port, spoken to over a socket.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise, in its helpers too")]

mod batch;
mod client;
mod http;
mod payment;
mod process;
mod search;
mod service;
