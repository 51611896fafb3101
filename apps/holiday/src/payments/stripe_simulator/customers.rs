//! Who pays and what is paid: the ledger's customers and prices.

use serde_json::{Map, Value, json};

use super::{
    ledger::{Asked, Change, Ledger, Outcome, Refused, done, event, limit, missing, only, page, refused},
    objects::Subscription,
};
use crate::{payments::identifier::identifier, store::SubscriptionEvent};

impl Ledger {
    pub(super) fn create_customer(&mut self, asked: &Asked<'_>) -> Result<Outcome, Refused> {
        only(asked, &["email", "name", "description", "metadata", "payment_method", "invoice_settings"])?;
        let mut metadata = Map::new();
        asked.form.update_metadata(&mut metadata);
        let customer = json!({
            "id": identifier("cus_"), "object": "customer", "created": asked.now, "email": asked.form.get("email"),
            "name": asked.form.get("name"), "livemode": self.livemode, "metadata": metadata,
        });
        self.change(Change::Customer(customer.clone()));
        let events = vec![event("customer.created", &customer, self.livemode, asked.now)];
        Ok(done(customer, events))
    }

    pub(super) fn list_customers(&self, asked: &Asked<'_>) -> Result<Outcome, Refused> {
        only(asked, &["email", "limit", "expand"])?;
        let limit = limit(&asked.form)?;
        let email = asked.form.get("email");
        let mut all: Vec<Value> = self
            .customers
            .values()
            .filter(|one| !is_deleted(one) && email.is_none_or(|email| one["email"] == email))
            .cloned()
            .collect();
        all.sort_by(|left, right| {
            (right["created"].as_i64(), right["id"].as_str())
                .cmp(&(left["created"].as_i64(), left["id"].as_str()))
        });
        let more = all.len() > limit;
        all.truncate(limit);
        Ok(done(page("/v1/customers", &all, more), Vec::new()))
    }

    /// One that is not deleted.
    pub(super) fn customer(&self, id: &str) -> Option<&Value> {
        self.customers.get(id).filter(|customer| !is_deleted(customer))
    }

    pub(super) fn update_customer(&mut self, id: &str, asked: &Asked<'_>) -> Result<Outcome, Refused> {
        only(asked, &["email", "name", "description", "metadata", "payment_method", "invoice_settings"])?;
        let Some(mut customer) = self.customer(id).cloned() else { return Err(missing("customer", id)) };
        for field in ["email", "name"] {
            if let Some(value) = asked.form.get(field) {
                customer[field] = Value::from(value);
            }
        }
        if let Some(metadata) = customer["metadata"].as_object_mut() {
            asked.form.update_metadata(metadata);
        }
        self.change(Change::Customer(customer.clone()));
        let events = vec![event("customer.updated", &customer, self.livemode, asked.now)];
        Ok(done(customer, events))
    }

    /// For good, and with all subscriptions.
    pub(super) fn delete_customer(&mut self, id: &str, now: i64) -> Result<Outcome, Refused> {
        let Some(customer) = self.customer(id).cloned() else { return Err(missing("customer", id)) };
        let its: Vec<Subscription> =
            self.subscriptions.iter().filter(|one| one.customer == id).cloned().collect();
        let mut events = Vec::new();
        for mut subscription in its {
            events.extend(self.happens(&mut subscription, SubscriptionEvent::Canceled, now));
        }
        events.push(event("customer.deleted", &customer, self.livemode, now));
        let deleted = json!({ "id": id, "object": "customer", "deleted": true });
        self.change(Change::Customer(deleted.clone()));
        Ok(done(deleted, events))
    }

    pub(super) fn create_price(&mut self, asked: &Asked<'_>) -> Result<Outcome, Refused> {
        for field in ["currency", "unit_amount"] {
            if asked.form.get(field).is_none() {
                let message = format!("missing required param: {field}");
                return Err(refused(400, "parameter_missing", field, &message));
            }
        }
        let price = json!({
            "id": identifier("price_1"), "object": "price", "currency": asked.form.get("currency"),
            "livemode": self.livemode,
            "unit_amount": asked.form.get("unit_amount").and_then(|amount| amount.parse::<i64>().ok()),
        });
        self.change(Change::Price(price.clone()));
        Ok(done(price, Vec::new()))
    }

    /// Any identifier of a price's form is one: a load test brings its own.
    pub(super) fn price(&self, id: &str) -> Option<Value> {
        let usual = || {
            id.starts_with("price_")
                .then(|| json!({ "id": id, "object": "price", "currency": "aud", "livemode": self.livemode }))
        };
        self.prices.get(id).cloned().or_else(usual)
    }
}

fn is_deleted(customer: &Value) -> bool {
    customer["deleted"] == true
}
