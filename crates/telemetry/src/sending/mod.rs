//! The thread of an output: windows come in, messages go out, nobody waits.
//!
//! - `mailbox.rs`: windows on their way to the thread; when there are too many, the newest become one.
//! - `outbox.rs`: messages that wait to be taken, in order; when there are too many, the oldest are lost and counted.
//! - `retry.rs`: when a receiver that did not take a message is asked again.
//! - `post.rs`: one request.
//! - `courier.rs`: what becomes of each message.
//! - `thread.rs`: all of it, from the first window to the last flush.

mod courier;
mod mailbox;
mod outbox;
mod post;
mod retry;
#[cfg(test)]
mod tests;
mod thread;

pub(crate) use courier::Sent;
pub(crate) use post::Post;
pub(crate) use thread::{Pace, Sender, now_ms};
