//! A simulator of the part of Stripe's REST API that this service uses, in memory, with faults to order: `holiday stripe-simulator`.

mod api;
mod ledger;
mod objects;
mod settings;
mod webhooks;

pub(crate) use api::router;
pub use settings::{StripeSimulatorSettings, WebhookTarget};
