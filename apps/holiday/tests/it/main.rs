//! The service as its clients see it: a real server on a free port, spoken to over a socket.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise, in its helpers too")]

mod auth;
mod bad_input;
mod batch;
mod client;
mod compression;
mod http;
mod overload;
mod payment;
mod process;
mod real_clients;
mod search;
mod server_timing;
mod service;
mod stripe;
mod stripe_keys;
mod stripe_node;
mod telemetry;
