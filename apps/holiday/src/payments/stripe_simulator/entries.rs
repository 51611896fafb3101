//! What goes into the ledger and comes out of it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{form::Form, objects::Subscription};

/// A request to the API; the path is below `/v1/`.
pub(super) struct Asked<'a> {
    pub(super) method: &'a str,
    pub(super) path: &'a [&'a str],
    pub(super) form: Form,
    /// What `Stripe-Version` says.
    pub(super) version: Option<&'a str>,
    pub(super) now: i64,
}

/// What a request gives: a status, a body, and what webhooks tell of it.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    pub(super) status: u16,
    pub(super) body: Value,
    pub(super) events: Vec<Value>,
}

/// What is known of an idempotency key.
#[derive(Debug)]
pub(super) enum Key {
    /// Nothing.
    New,
    /// The request was done before: this was the answer.
    Done(Kept),
    /// It was used for something else.
    Reused,
}

/// An answer that is kept under a key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) key: String,
    /// All that must be the same when it comes again.
    pub(super) request: String,
    /// The identifier of the first request.
    pub(super) id: String,
    pub(super) status: u16,
    pub(super) body: Value,
}

/// Something new that the ledger knows; all of them in order are the ledger.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Change {
    Customer(Value),
    Price(Value),
    Subscription(Subscription),
    Key(Kept),
}
