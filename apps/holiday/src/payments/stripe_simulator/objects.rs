//! The API's objects as JSON, with the fields that clients of subscriptions read.
//!
//! What is not expanded is an identifier, as in the real API. How the first payment is found depends on the API's version: until
//! 2025-03-31 by the invoice's `payment_intent`, since then by its `confirmation_secret`.
//!
//! Source: <https://docs.stripe.com/changelog/basil/2025-03-31/add-support-for-multiple-partial-payments-on-invoices>.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::form::Form;
use crate::store::SubscriptionStatus;

/// From this version on, invoices have no single payment intent.
const WITHOUT_INTENT: &str = "2025-03-31";
const INVOICE: &str = "latest_invoice";
const INTENT: &str = "latest_invoice.payment_intent";
const SECRET: &str = "latest_invoice.confirmation_secret";
const CUSTOMER: &str = "customer";

/// One subscription with its first invoice and payment intent.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Subscription {
    pub(super) id: String,
    pub(super) livemode: bool,
    pub(super) customer: String,
    pub(super) price: String,
    pub(super) quantity: u32,
    pub(super) metadata: Map<String, Value>,
    pub(super) status: SubscriptionStatus,
    pub(super) cancel_at_period_end: bool,
    pub(super) invoice: String,
    pub(super) intent: String,
    pub(super) client_secret: String,
    pub(super) created: i64,
}

/// How a request wants its answer.
#[derive(Clone, Debug, Default)]
pub(super) struct View {
    expand: Vec<String>,
    without_intent: bool,
}

impl View {
    /// By the fields of a request and its API version; `prefix` stands before each path, like `data.` in lists.
    ///
    /// # Errors
    /// A path that can't be expanded.
    pub(super) fn of(form: &Form, version: Option<&str>, prefix: &str) -> Result<View, String> {
        let without_intent = version.is_some_and(|version| version >= WITHOUT_INTENT);
        let invoice = if without_intent { SECRET } else { INTENT };
        let mut expand = Vec::new();
        for path in form.list("expand") {
            match path.strip_prefix(prefix) {
                Some(inner) if [INVOICE, invoice, CUSTOMER].contains(&inner) => expand.push(inner.to_owned()),
                _ => return Err(path.to_owned()),
            }
        }
        Ok(View { expand, without_intent })
    }

    fn has(&self, path: &str) -> bool {
        self.expand.iter().any(|known| known == path)
    }
}

impl Subscription {
    /// As answers and events have it; `customer` is the whole one.
    pub(super) fn json(&self, view: &View, customer: Option<&Value>) -> Value {
        let deep = [INVOICE, INTENT, SECRET].iter().any(|path| view.has(path));
        let invoice = if deep { self.invoice_json(view) } else { Value::from(self.invoice.as_str()) };
        let customer = customer.filter(|_| view.has(CUSTOMER)).cloned();
        json!({
            "id": self.id,
            "object": "subscription",
            "cancel_at_period_end": self.cancel_at_period_end,
            "collection_method": "charge_automatically",
            "created": self.created,
            "customer": customer.unwrap_or_else(|| Value::from(self.customer.as_str())),
            "items": {
                "object": "list",
                "data": [{
                    "id": format!("si_{}", &self.id[4..]), "object": "subscription_item", "subscription": self.id,
                    "price": { "id": self.price, "object": "price" }, "quantity": self.quantity,
                }],
                "has_more": false,
            },
            "latest_invoice": invoice,
            "livemode": self.livemode,
            "metadata": self.metadata,
            "status": self.status,
        })
    }

    fn invoice_json(&self, view: &View) -> Value {
        let status = match self.status {
            SubscriptionStatus::Incomplete => "open",
            SubscriptionStatus::IncompleteExpired => "void",
            _ => "paid",
        };
        let mut invoice = json!({
            "id": self.invoice, "object": "invoice", "created": self.created, "customer": self.customer,
            "livemode": self.livemode, "status": status,
        });
        if view.has(SECRET) {
            invoice["confirmation_secret"] =
                json!({ "client_secret": self.client_secret, "type": "payment_intent" });
        }
        if !view.without_intent {
            invoice["subscription"] = Value::from(self.id.as_str());
            invoice["payment_intent"] =
                if view.has(INTENT) { self.intent_json() } else { Value::from(self.intent.as_str()) };
        }
        invoice
    }

    /// The payment intent.
    pub(super) fn intent_json(&self) -> Value {
        let status = match self.status {
            SubscriptionStatus::Incomplete => "requires_payment_method",
            SubscriptionStatus::IncompleteExpired => "canceled",
            _ => "succeeded",
        };
        json!({
            "id": self.intent,
            "object": "payment_intent",
            "client_secret": self.client_secret,
            "created": self.created,
            "customer": self.customer,
            "invoice": self.invoice,
            "livemode": self.livemode,
            "status": status,
        })
    }
}

/// An error as the API has it; empty fields are left out.
pub(super) fn error(kind: &str, code: &str, param: &str, message: &str) -> Value {
    let mut inner = json!({ "type": kind, "message": message });
    for (name, value) in [("code", code), ("param", param)] {
        if !value.is_empty() {
            inner[name] = Value::from(value);
        }
    }
    json!({ "error": inner })
}
