//! The contract of a payment gateway, after Stripe's subscriptions API: the subscription starts `incomplete` and the client secret lets
//! the user's browser pay for it.

use std::{future::Future, pin::Pin};

/// The future of a gateway's reply.
pub type Reply<'a, T> = Pin<Box<dyn Future<Output = Result<T, GatewayError>> + Send + 'a>>;

/// A subscription to be created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Who subscribes.
    pub account: i64,
    /// The price's identifier, like `price_monthly`.
    pub price: String,
    /// The same key gives the same subscription again, however often it is sent.
    pub idempotency_key: String,
}

/// A subscription the gateway created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewaySubscription {
    /// Like `sub_1Qx…`.
    pub id: String,
    /// Like `pi_3Qx…`.
    pub payment_intent: String,
    /// Like `pi_3Qx…_secret_…`.
    pub client_secret: String,
}

/// Why there is no subscription.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GatewayError {
    /// The order is wrong; sending it again won't help.
    #[error("{message}")]
    Invalid {
        /// Which part of the order.
        field: &'static str,
        /// What is wrong with it.
        message: String,
    },
    /// The gateway failed; nothing was created.
    #[error("the payment gateway failed: {0}")]
    Failed(String),
}

/// A company that takes payments.
pub trait PaymentGateway: Send + Sync + 'static {
    /// Creates a subscription, or returns the one the order's key created before.
    fn create_subscription(&self, order: Order) -> Reply<'_, GatewaySubscription>;
}
