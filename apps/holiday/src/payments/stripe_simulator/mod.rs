//! A simulator of the part of Stripe's REST API that this service uses, in memory, with faults to order: `holiday stripe-simulator`.

mod api;
mod ledger;
mod objects;
mod pending;
mod settings;
mod webhooks;

pub(crate) use api::{Control, simulator};
pub use settings::{StripeSimulatorSettings, WebhookTarget};
