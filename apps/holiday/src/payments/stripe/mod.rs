//! Stripe over HTTP: the client, the retries beneath it, and the signatures of its webhooks.

mod event;
mod gateway;
mod retry;
mod signature;
mod transport;

pub use event::{EventError, apply_event};
pub(crate) use gateway::mode_of_key;
pub use gateway::{StripeGateway, StripeSettings, StripeSettingsError};
pub use signature::{SignatureError, TOLERANCE, sign, verify};
