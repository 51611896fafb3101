//! The API's objects as JSON, with the fields that clients of subscriptions read.

use serde_json::{Map, Value, json};

/// One subscription with its first invoice and payment intent.
#[derive(Clone, Debug)]
pub(super) struct Subscription {
    pub(super) id: String,
    pub(super) customer: String,
    pub(super) price: String,
    pub(super) metadata: Map<String, Value>,
    pub(super) status: &'static str,
    pub(super) invoice: String,
    pub(super) intent: String,
    pub(super) client_secret: String,
    pub(super) created: i64,
}

impl Subscription {
    /// As answers and events have it; `expanded` puts the payment intent in place of its identifier.
    pub(super) fn json(&self, expanded: bool) -> Value {
        let intent = if expanded { self.intent_json() } else { Value::from(self.intent.as_str()) };
        let paid = matches!(self.status, "active" | "canceled");
        json!({
            "id": self.id,
            "object": "subscription",
            "created": self.created,
            "customer": self.customer,
            "items": { "object": "list", "data": [{ "price": { "id": self.price, "object": "price" }, "quantity": 1 }] },
            "latest_invoice": {
                "id": self.invoice,
                "object": "invoice",
                "status": if paid { "paid" } else { "open" },
                "payment_intent": intent,
            },
            "livemode": false,
            "metadata": self.metadata,
            "status": self.status,
        })
    }

    /// The payment intent.
    pub(super) fn intent_json(&self) -> Value {
        let status = match self.status {
            "incomplete" => "requires_payment_method",
            "incomplete_expired" => "canceled",
            _ => "succeeded",
        };
        json!({
            "id": self.intent,
            "object": "payment_intent",
            "client_secret": self.client_secret,
            "created": self.created,
            "customer": self.customer,
            "invoice": self.invoice,
            "livemode": false,
            "status": status,
        })
    }
}

/// An error as the API has it.
pub(super) fn error(kind: &str, code: &str, param: &str, message: &str) -> Value {
    json!({ "error": { "type": kind, "code": code, "param": param, "message": message } })
}
