//! The thread of an output: windows come in, messages go out, nobody waits.
//!
//! - `mailbox.rs`: windows on their way to the thread; when there are too many, the newest become one.
//! - `outbox.rs`: messages that wait to be taken, in order; when there are too many, the oldest are lost and counted.
//! - `retry.rs`: when a receiver that did not take a message is asked again.
//! - `post.rs`, `grpc.rs`, `datagrams.rs`: one message, by each of the ways.
//! - `way.rs`: which of them.
//! - `courier.rs`: what becomes of each message.
//! - `thread.rs`: all of it, from the first window to the last flush.

mod courier;
mod datagrams;
mod grpc;
mod mailbox;
mod outbox;
mod post;
mod retry;
#[cfg(test)]
mod tests;
mod thread;
mod way;

pub(crate) use courier::Sent;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use grpc::answer as call_answer;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use retry::{asked, wait};
pub(crate) use thread::{Pace, Sender, now_ms};
pub(crate) use way::Way;
