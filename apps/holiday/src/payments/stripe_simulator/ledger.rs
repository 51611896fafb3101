//! What the simulated Stripe knows: a pure state, changed by one request at a time.

use std::collections::{HashMap, VecDeque};

use serde_json::{Map, Value, json};

use super::objects::{Subscription, error};
use crate::payments::identifier::identifier;

/// Keys remembered; the oldest is forgotten first. Stripe forgets them after a day.
const KEYS_KEPT: usize = 100_000;

/// A request's fields, from its form or its query.
pub(super) type Form = HashMap<String, String>;

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
    Done(u16, Value),
    /// It was used for something else.
    Reused,
}

#[derive(Default)]
pub(super) struct Ledger {
    customers: HashMap<String, Value>,
    prices: HashMap<String, Value>,
    subscriptions: Vec<Subscription>,
    by_id: HashMap<String, usize>,
    by_intent: HashMap<String, usize>,
    keys: HashMap<String, (String, u16, Value)>,
    keys_by_age: VecDeque<String>,
}

impl Ledger {
    /// Looks a key up; `request` is all that must be the same when it comes again.
    pub(super) fn recall(&self, key: &str, request: &str) -> Key {
        match self.keys.get(key) {
            None => Key::New,
            Some((earlier, status, body)) if earlier == request => Key::Done(*status, body.clone()),
            Some(_) => Key::Reused,
        }
    }

    /// Keeps the answer to a request with a new key.
    pub(super) fn remember(&mut self, key: &str, request: String, status: u16, body: Value) {
        if self.keys_by_age.len() == KEYS_KEPT
            && let Some(oldest) = self.keys_by_age.pop_front()
        {
            self.keys.remove(&oldest);
        }
        self.keys_by_age.push_back(key.to_owned());
        self.keys.insert(key.to_owned(), (request, status, body));
    }

    /// Does what is asked for; `path` is below `/v1/`.
    pub(super) fn answer(&mut self, method: &str, path: &[&str], form: &Form, now: i64) -> Outcome {
        match (method, path) {
            ("POST", ["customers"]) => self.create_customer(form, now),
            ("GET", ["customers", id]) => found(self.customers.get(*id).cloned(), "id"),
            ("POST", ["prices"]) => self.create_price(form),
            ("GET", ["prices", id]) => found(self.price(id), "price"),
            ("POST", ["subscriptions"]) => self.create_subscription(form, now),
            ("GET", ["subscriptions"]) => self.list(form),
            ("GET", ["subscriptions", id]) => {
                let subscription =
                    self.by_id.get(*id).map(|index| self.subscriptions[*index].json(expanded(form)));
                found(subscription, "id")
            }
            ("DELETE", ["subscriptions", id]) => self.cancel(id, now),
            ("GET", ["payment_intents", id]) => {
                found(self.by_intent.get(*id).map(|index| self.subscriptions[*index].intent_json()), "intent")
            }
            ("POST", ["payment_intents", id, "confirm"]) => self.confirm(id, now),
            _ => refused(404, "", "", "unrecognized request URL"),
        }
    }

    /// The user pays.
    pub(super) fn confirm(&mut self, intent: &str, now: i64) -> Outcome {
        let Some(&index) = self.by_intent.get(intent) else { return found(None, "intent") };
        let subscription = &mut self.subscriptions[index];
        match subscription.status {
            "active" => done(subscription.intent_json(), Vec::new()),
            "incomplete" => {
                subscription.status = "active";
                let events = vec![
                    event("payment_intent.succeeded", &subscription.intent_json(), now),
                    event("customer.subscription.updated", &subscription.json(false), now),
                ];
                done(subscription.intent_json(), events)
            }
            _ => refused(400, "payment_intent_unexpected_state", "intent", "the payment intent is canceled"),
        }
    }

    fn create_customer(&mut self, form: &Form, now: i64) -> Outcome {
        let id = identifier("cus_");
        let customer = json!({
            "id": id, "object": "customer", "created": now, "email": form.get("email"), "livemode": false,
            "metadata": metadata(form),
        });
        self.customers.insert(id, customer.clone());
        done(customer, Vec::new())
    }

    fn create_price(&mut self, form: &Form) -> Outcome {
        for field in ["currency", "unit_amount"] {
            if !form.contains_key(field) {
                return refused(400, "parameter_missing", field, &format!("missing required param: {field}"));
            }
        }
        let id = identifier("price_1");
        let price = json!({
            "id": id, "object": "price", "currency": form["currency"],
            "unit_amount": form["unit_amount"].parse::<i64>().unwrap_or_default(),
        });
        self.prices.insert(id, price.clone());
        done(price, Vec::new())
    }

    /// Any identifier of a price's form is one: a load test brings its own.
    fn price(&self, id: &str) -> Option<Value> {
        let usual =
            || id.starts_with("price_").then(|| json!({ "id": id, "object": "price", "currency": "aud" }));
        self.prices.get(id).cloned().or_else(usual)
    }

    fn create_subscription(&mut self, form: &Form, now: i64) -> Outcome {
        let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
        let (customer, price) = (field("customer"), field("items[0][price]"));
        if !self.customers.contains_key(customer) {
            return refused(400, "resource_missing", "customer", &format!("no such customer: `{customer}`"));
        }
        if self.price(price).is_none() {
            let message = format!("no such price: `{price}`; identifiers of prices begin with `price_`");
            return refused(400, "resource_missing", "items[0][price]", &message);
        }
        let intent = identifier("pi_3");
        let subscription = Subscription {
            id: identifier("sub_1"),
            customer: customer.to_owned(),
            price: price.to_owned(),
            metadata: metadata(form),
            status: "incomplete",
            invoice: identifier("in_1"),
            client_secret: format!("{intent}_secret_{}", identifier("")),
            intent,
            created: now,
        };
        let index = self.subscriptions.len();
        self.by_id.insert(subscription.id.clone(), index);
        self.by_intent.insert(subscription.intent.clone(), index);
        let events = vec![event("customer.subscription.created", &subscription.json(false), now)];
        let body = subscription.json(expanded(form));
        self.subscriptions.push(subscription);
        done(body, events)
    }

    fn cancel(&mut self, id: &str, now: i64) -> Outcome {
        let Some(&index) = self.by_id.get(id) else { return found(None, "id") };
        let subscription = &mut self.subscriptions[index];
        subscription.status = match subscription.status {
            "incomplete" | "incomplete_expired" => "incomplete_expired",
            _ => "canceled",
        };
        let body = subscription.json(false);
        let events = vec![event("customer.subscription.deleted", &body, now)];
        done(body, events)
    }

    fn list(&self, form: &Form) -> Outcome {
        let limit = form.get("limit").map_or(Ok(10), |limit| limit.parse::<usize>());
        let Some(limit) = limit.ok().filter(|limit| (1..=100).contains(limit)) else {
            return refused(400, "", "limit", "`limit` must be a number from 1 to 100");
        };
        let end = match form.get("starting_after") {
            None => self.subscriptions.len(),
            Some(id) => match self.by_id.get(id) {
                Some(&index) => index,
                None => return refused(400, "resource_missing", "starting_after", "no such subscription"),
            },
        };
        let mut rest = self.subscriptions[..end]
            .iter()
            .rev()
            .filter(|one| form.get("customer").is_none_or(|customer| *customer == one.customer));
        let data: Vec<_> = rest.by_ref().take(limit).map(|one| one.json(false)).collect();
        let more = rest.next().is_some();
        done(
            json!({ "object": "list", "url": "/v1/subscriptions", "data": data, "has_more": more }),
            Vec::new(),
        )
    }
}

fn done(body: Value, events: Vec<Value>) -> Outcome {
    Outcome { status: 200, body, events }
}

fn refused(status: u16, code: &str, param: &str, message: &str) -> Outcome {
    Outcome { status, body: error("invalid_request_error", code, param, message), events: Vec::new() }
}

fn found(body: Option<Value>, param: &str) -> Outcome {
    match body {
        Some(body) => done(body, Vec::new()),
        None => refused(404, "resource_missing", param, "no such object"),
    }
}

fn event(kind: &str, object: &Value, now: i64) -> Value {
    json!({
        "id": identifier("evt_1"), "object": "event", "type": kind, "created": now, "livemode": false,
        "data": { "object": object },
    })
}

fn metadata(form: &Form) -> Map<String, Value> {
    form.iter()
        .filter_map(|(name, value)| {
            let name = name.strip_prefix("metadata[")?.strip_suffix(']')?;
            Some((name.to_owned(), Value::from(value.as_str())))
        })
        .collect()
}

fn expanded(form: &Form) -> bool {
    form.get("expand[]").is_some_and(|path| path == "latest_invoice.payment_intent")
}
