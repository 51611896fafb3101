//! What is posted where: one shape for all receivers.

use serde_json::Value;

/// Something to post, as JSON.
#[derive(Debug, Clone, PartialEq)]
pub struct Post {
    /// What follows the receiver's address.
    pub path: String,
    /// The body.
    pub body: Value,
    /// The same for the same notice, however often it is sent.
    pub once: String,
}
