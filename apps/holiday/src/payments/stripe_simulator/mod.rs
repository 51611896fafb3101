//! A simulator of the part of Stripe's REST API that this service uses, as strict as the real one, with faults to order: `holiday stripe-simulator`.

mod api;
mod customers;
mod entries;
mod form;
mod journal;
mod ledger;
mod objects;
mod pending;
mod settings;
mod webhooks;

pub(crate) use api::{Control, simulator};
pub use settings::{StripeSimulatorSettings, WebhookTarget};
