//! What the simulated Stripe knows in one mode: a pure state, changed by one request at a time.
//!
//! It is as strict as the real one where a client could come to rely on leniency: unknown fields and paths to expand are refused, a
//! subscription without a way to pay must say `default_incomplete`, customers are deleted for good, and what is canceled stays so.

use std::collections::{HashMap, VecDeque};

use serde_json::{Map, Value, json};

pub(super) use super::entries::{Asked, Change, Kept, Key, Outcome};
use super::{
    form::Form,
    objects::{Subscription, View, error},
};
use crate::{
    payments::identifier::identifier,
    store::{SubscriptionEvent, SubscriptionStatus},
};

/// Keys remembered; the oldest is forgotten first. Stripe forgets them after a day.
const KEYS_KEPT: usize = 100_000;
/// The version of the API that events are written in.
const EVENT_VERSION: &str = "2024-06-20";

#[derive(Default)]
pub(super) struct Ledger {
    pub(super) livemode: bool,
    pub(super) customers: HashMap<String, Value>,
    pub(super) prices: HashMap<String, Value>,
    pub(super) subscriptions: Vec<Subscription>,
    by_id: HashMap<String, usize>,
    by_intent: HashMap<String, usize>,
    keys: HashMap<String, Kept>,
    keys_by_age: VecDeque<String>,
    changes: Vec<Change>,
}

/// An answer that is no success.
pub(super) type Refused = Outcome;

impl Ledger {
    pub(super) fn new(livemode: bool) -> Ledger {
        Ledger { livemode, ..Ledger::default() }
    }

    /// Looks a key up.
    pub(super) fn recall(&self, key: &str, request: &str) -> Key {
        match self.keys.get(key) {
            None => Key::New,
            Some(kept) if kept.request == request => Key::Done(kept.clone()),
            Some(_) => Key::Reused,
        }
    }

    /// Keeps the answer to a request with a new key.
    pub(super) fn remember(&mut self, kept: Kept) {
        self.change(Change::Key(kept));
    }

    /// What is new since this was called last.
    pub(super) fn take_changes(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.changes)
    }

    /// Takes over what was known before.
    pub(super) fn restore(&mut self, change: Change) {
        match change {
            Change::Customer(customer) => {
                self.customers.insert(id_of(&customer), customer);
            }
            Change::Price(price) => {
                self.prices.insert(id_of(&price), price);
            }
            Change::Subscription(subscription) => {
                if let Some(&index) = self.by_id.get(&subscription.id) {
                    self.subscriptions[index] = subscription;
                    return;
                }
                let index = self.subscriptions.len();
                self.by_id.insert(subscription.id.clone(), index);
                self.by_intent.insert(subscription.intent.clone(), index);
                self.subscriptions.push(subscription);
            }
            Change::Key(kept) => {
                if self.keys_by_age.len() == KEYS_KEPT
                    && let Some(oldest) = self.keys_by_age.pop_front()
                {
                    self.keys.remove(&oldest);
                }
                self.keys_by_age.push_back(kept.key.clone());
                self.keys.insert(kept.key.clone(), kept);
            }
        }
    }

    pub(super) fn change(&mut self, change: Change) {
        self.changes.push(change.clone());
        self.restore(change);
    }

    /// Does what is asked for.
    pub(super) fn answer(&mut self, asked: &Asked<'_>) -> Outcome {
        let answered = match (asked.method, asked.path) {
            ("POST", ["customers"]) => self.create_customer(asked),
            ("GET", ["customers"]) => self.list_customers(asked),
            ("GET", ["customers", id]) => found(self.customers.get(*id).cloned(), "customer", id),
            ("POST", ["customers", id]) => self.update_customer(id, asked),
            ("DELETE", ["customers", id]) => self.delete_customer(id, asked.now),
            ("POST", ["prices"]) => self.create_price(asked),
            ("GET", ["prices", id]) => found(self.price(id), "price", id),
            ("POST", ["subscriptions"]) => self.create_subscription(asked),
            ("GET", ["subscriptions"]) => self.list(asked),
            ("GET", ["subscriptions", id]) => self.retrieve(id, asked),
            ("POST", ["subscriptions", id]) => self.update(id, asked),
            ("DELETE", ["subscriptions", id]) => self.cancel(id, asked),
            ("GET", ["payment_intents", id]) => {
                let intent = self.by_intent.get(*id).map(|index| self.subscriptions[*index].intent_json());
                found(intent, "payment_intent", id)
            }
            ("POST", ["payment_intents", id, "confirm"]) => Ok(self.confirm(id, asked.now)),
            (method, path) => {
                let message = format!("unrecognized request URL ({method}: /v1/{})", path.join("/"));
                Err(refused(404, "", "", &message))
            }
        };
        answered.unwrap_or_else(|refused| refused)
    }

    /// The payment intent of a subscription.
    pub(super) fn intent_of(&self, subscription: &str) -> Option<String> {
        self.by_id.get(subscription).map(|index| self.subscriptions[*index].intent.clone())
    }

    /// The user pays.
    pub(super) fn confirm(&mut self, intent: &str, now: i64) -> Outcome {
        let Some(&index) = self.by_intent.get(intent) else { return missing("payment_intent", intent) };
        let mut subscription = self.subscriptions[index].clone();
        match subscription.status {
            SubscriptionStatus::Incomplete => {
                let events = self.happens(&mut subscription, SubscriptionEvent::Paid, now);
                let intent = subscription.intent_json();
                let paid = event("payment_intent.succeeded", &intent, self.livemode, now);
                done(intent, [vec![paid], events].concat())
            }
            SubscriptionStatus::IncompleteExpired => {
                refused(400, "payment_intent_unexpected_state", "intent", "the payment intent is canceled")
            }
            _ => done(subscription.intent_json(), Vec::new()),
        }
    }

    /// Moves a subscription on and keeps it; what webhooks tell of it.
    pub(super) fn happens(
        &mut self,
        subscription: &mut Subscription,
        event: SubscriptionEvent,
        now: i64,
    ) -> Vec<Value> {
        let Some(status) = subscription.status.after(event) else { return Vec::new() };
        subscription.status = status;
        let kind = if status.is_live() { "updated" } else { "deleted" };
        self.keep(subscription, kind, now)
    }

    fn keep(&mut self, subscription: &Subscription, kind: &str, now: i64) -> Vec<Value> {
        self.change(Change::Subscription(subscription.clone()));
        let body = subscription.json(&View::default(), None);
        vec![event(&format!("customer.subscription.{kind}"), &body, self.livemode, now)]
    }

    fn create_subscription(&mut self, asked: &Asked<'_>) -> Result<Outcome, Refused> {
        only(
            asked,
            &[
                "customer",
                "items",
                "payment_behavior",
                "payment_settings",
                "metadata",
                "expand",
                "off_session",
            ],
        )?;
        let view = view(asked, "")?;
        let field = |name: &str| asked.form.get(name).unwrap_or_default();
        let (customer, price) = (field("customer"), field("items[0][price]"));
        if self.customer(customer).is_none() {
            let message = format!("No such customer: '{customer}'");
            return Err(refused(400, "resource_missing", "customer", &message));
        }
        if self.price(price).is_none() {
            let message = format!("No such price: '{price}'; identifiers of prices begin with `price_`");
            return Err(refused(400, "resource_missing", "items[0][price]", &message));
        }
        if field("payment_behavior") != "default_incomplete" {
            let message = "This customer has no attached payment source or default payment method; \
                           only `payment_behavior=default_incomplete` can do without";
            return Err(refused(400, "resource_missing", "", message));
        }
        let intent = identifier("pi_3");
        let mut metadata = Map::new();
        asked.form.update_metadata(&mut metadata);
        let subscription = Subscription {
            id: identifier("sub_1"),
            livemode: self.livemode,
            customer: customer.to_owned(),
            price: price.to_owned(),
            quantity: asked.form.get("items[0][quantity]").and_then(|text| text.parse().ok()).unwrap_or(1),
            metadata,
            status: SubscriptionStatus::Incomplete,
            cancel_at_period_end: false,
            invoice: identifier("in_1"),
            client_secret: format!("{intent}_secret_{}", identifier("")),
            intent,
            created: asked.now,
        };
        let events = self.keep(&subscription, "created", asked.now);
        Ok(done(self.json(&subscription, &view), events))
    }

    fn json(&self, subscription: &Subscription, view: &View) -> Value {
        subscription.json(view, self.customers.get(&subscription.customer))
    }

    fn subscription(&self, id: &str) -> Result<Subscription, Refused> {
        let index = self.by_id.get(id).ok_or_else(|| missing("subscription", id))?;
        Ok(self.subscriptions[*index].clone())
    }

    fn retrieve(&self, id: &str, asked: &Asked<'_>) -> Result<Outcome, Refused> {
        let view = view(asked, "")?;
        Ok(done(self.json(&self.subscription(id)?, &view), Vec::new()))
    }

    fn update(&mut self, id: &str, asked: &Asked<'_>) -> Result<Outcome, Refused> {
        only(asked, &["metadata", "cancel_at_period_end", "items", "payment_settings", "expand"])?;
        let view = view(asked, "")?;
        let mut subscription = self.subscription(id)?;
        if !subscription.status.is_live() {
            let message = "A canceled subscription can only update its cancellation_details and metadata.";
            return Err(refused(400, "", "", message));
        }
        asked.form.update_metadata(&mut subscription.metadata);
        match asked.form.get("cancel_at_period_end") {
            None => {}
            Some("true") => subscription.cancel_at_period_end = true,
            Some("false") => subscription.cancel_at_period_end = false,
            Some(other) => {
                let message = format!("Invalid boolean: {other}");
                return Err(refused(400, "parameter_invalid", "cancel_at_period_end", &message));
            }
        }
        if let Some(price) = asked.form.get("items[0][price]") {
            if self.price(price).is_none() {
                let message = format!("No such price: '{price}'");
                return Err(refused(400, "resource_missing", "items[0][price]", &message));
            }
            price.clone_into(&mut subscription.price);
        }
        let events = self.keep(&subscription, "updated", asked.now);
        Ok(done(self.json(&subscription, &view), events))
    }

    fn cancel(&mut self, id: &str, asked: &Asked<'_>) -> Result<Outcome, Refused> {
        let view = view(asked, "")?;
        let mut subscription = self.subscription(id)?;
        if !subscription.status.is_live() {
            return Err(missing("subscription", id));
        }
        let events = self.happens(&mut subscription, SubscriptionEvent::Canceled, asked.now);
        Ok(done(self.json(&subscription, &view), events))
    }

    fn list(&self, asked: &Asked<'_>) -> Result<Outcome, Refused> {
        let form = &asked.form;
        only(asked, &["customer", "price", "status", "limit", "starting_after", "ending_before", "expand"])?;
        let view = view(asked, "data.")?;
        let limit = limit(form)?;
        let place = |name: &'static str| match form.get(name) {
            None => Ok(None),
            Some(id) => match self.by_id.get(id) {
                Some(&index) => Ok(Some(index)),
                None => Err(refused(400, "resource_missing", name, &format!("No such subscription: '{id}'"))),
            },
        };
        let (below, above) = (place("starting_after")?, place("ending_before")?);
        let status = form.get("status");
        let known = |word: &str| SubscriptionStatus::from_word(word).is_some();
        if let Some(word) = status.filter(|word| !["all", "ended"].contains(word) && !known(word)) {
            return Err(refused(400, "", "status", &format!("Invalid status: {word}")));
        }
        let fits = |one: &&Subscription| {
            form.get("customer").is_none_or(|customer| customer == one.customer)
                && form.get("price").is_none_or(|price| price == one.price)
                && match status {
                    None => one.status != SubscriptionStatus::Canceled,
                    Some("all") => true,
                    Some("ended") => !one.status.is_live(),
                    Some(word) => one.status.as_str() == word,
                }
        };
        let range = above.map_or(0, |above| above + 1)..below.unwrap_or(self.subscriptions.len());
        let range = self.subscriptions.get(range).unwrap_or_default();
        let mut data: Vec<Value>;
        let more;
        if above.is_some() {
            let mut rest = range.iter().filter(fits);
            data = rest.by_ref().take(limit).map(|one| self.json(one, &view)).collect();
            data.reverse();
            more = rest.next().is_some();
        } else {
            let mut rest = range.iter().rev().filter(fits);
            data = rest.by_ref().take(limit).map(|one| self.json(one, &view)).collect();
            more = rest.next().is_some();
        }
        Ok(done(page("/v1/subscriptions", &data, more), Vec::new()))
    }
}

pub(super) fn page(url: &str, data: &[Value], more: bool) -> Value {
    json!({ "object": "list", "url": url, "data": data, "has_more": more })
}

pub(super) fn limit(form: &Form) -> Result<usize, Refused> {
    let limit = form.get("limit").map_or(Some(10), |limit| limit.parse().ok());
    limit
        .filter(|limit| (1..=100).contains(limit))
        .ok_or_else(|| refused(400, "", "limit", "`limit` must be a number from 1 to 100"))
}

/// Refuses a field that the real one would refuse.
pub(super) fn only(asked: &Asked<'_>, known: &[&str]) -> Result<(), Refused> {
    match asked.form.unknown(known) {
        None => Ok(()),
        Some(name) => {
            Err(refused(400, "parameter_unknown", name, &format!("Received unknown parameter: {name}")))
        }
    }
}

fn view(asked: &Asked<'_>, prefix: &str) -> Result<View, Refused> {
    View::of(&asked.form, asked.version, prefix)
        .map_err(|path| refused(400, "", "expand", &format!("This property cannot be expanded ({path}).")))
}

fn id_of(object: &Value) -> String {
    object["id"].as_str().unwrap_or_default().to_owned()
}

pub(super) fn done(body: Value, events: Vec<Value>) -> Outcome {
    Outcome { status: 200, body, events }
}

pub(super) fn refused(status: u16, code: &str, param: &str, message: &str) -> Outcome {
    Outcome { status, body: error("invalid_request_error", code, param, message), events: Vec::new() }
}

pub(super) fn missing(what: &str, id: &str) -> Outcome {
    refused(404, "resource_missing", "id", &format!("No such {what}: '{id}'"))
}

fn found(body: Option<Value>, what: &str, id: &str) -> Result<Outcome, Refused> {
    body.map(|body| done(body, Vec::new())).ok_or_else(|| missing(what, id))
}

pub(super) fn event(kind: &str, object: &Value, livemode: bool, now: i64) -> Value {
    json!({
        "id": identifier("evt_1"), "object": "event", "api_version": EVENT_VERSION, "type": kind, "created": now,
        "livemode": livemode, "pending_webhooks": 1, "request": { "id": null, "idempotency_key": null },
        "data": { "object": object },
    })
}
