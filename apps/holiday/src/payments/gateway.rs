//! The contract of a payment gateway, after Stripe's subscriptions API: the subscription starts `incomplete` and the client secret lets
//! the user's browser pay for it.

use std::{future::Future, pin::Pin};

use crate::store::{Mode, SubscriptionStatus};

/// The future of a gateway's reply.
pub type Reply<'a, T> = Pin<Box<dyn Future<Output = Result<T, GatewayError>> + Send + 'a>>;

/// Someone who pays, to be made known to the gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCustomer {
    /// Whose customer it is.
    pub account: i64,
    /// The account's address.
    pub email: String,
    /// The same key gives the same customer again, however often it is sent.
    pub idempotency_key: String,
}

/// A subscription to be created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Who subscribes.
    pub account: i64,
    /// The gateway's customer of that account, like `cus_Na…`.
    pub customer: String,
    /// The price's identifier, like `price_monthly`.
    pub price: String,
    /// The same key gives the same subscription again, however often it is sent.
    pub idempotency_key: String,
}

/// A subscription as the gateway has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewaySubscription {
    /// Like `sub_1Qx…`.
    pub id: String,
    /// Where it was made.
    pub mode: Mode,
    /// Whose it is; `None` when it was not made by this service.
    pub account: Option<i64>,
    /// The price subscribed to.
    pub price: String,
    /// How far it has come.
    pub status: SubscriptionStatus,
    /// When it had come so far, in seconds since 1970 by the gateway's clock; rather too early than too late.
    pub told_at: i64,
    /// Like `pi_3Qx…`; empty when the gateway did not send it along.
    pub payment_intent: String,
    /// Like `pi_3Qx…_secret_…`; empty when the gateway did not send it along.
    pub client_secret: String,
    /// Seconds since 1970.
    pub created_at: i64,
}

/// Some of the gateway's subscriptions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GatewayPage {
    /// Newest first.
    pub subscriptions: Vec<GatewaySubscription>,
    /// The last one's identifier, when there are more.
    pub next: Option<String>,
}

/// Why there is no reply.
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
    /// The gateway does not know the order's customer (any more).
    #[error("the payment gateway does not know the customer")]
    NoSuchCustomer,
    /// The key is spent: what was asked for under it has failed for good, and will be answered so for as long as the key is kept. Another
    /// key may be used once it is known that nothing was made.
    #[error("the payment gateway keeps a failure under the idempotency key: {0}")]
    Spent(String),
    /// The gateway gave no usable answer. What was asked for may have been done: ask again with the same key.
    #[error("the payment gateway failed: {0}")]
    Failed(String),
}

/// A company that takes payments.
pub trait PaymentGateway: Send + Sync + 'static {
    /// Whether what it does costs money.
    fn mode(&self) -> Mode;
    /// Makes someone known and gives the identifier; the same customer again for the same key.
    fn create_customer(&self, customer: NewCustomer) -> Reply<'_, String>;
    /// Creates a subscription, or returns the one the order's key created before, as it was then.
    fn create_subscription(&self, order: Order) -> Reply<'_, GatewaySubscription>;
    /// A subscription as it is now; `None` when the gateway has none of that identifier.
    fn subscription(&self, id: String) -> Reply<'_, Option<GatewaySubscription>>;
    /// A customer's subscriptions of a price in any state: what has been made, whatever became of the answers.
    fn subscriptions_of(&self, customer: String, price: String) -> Reply<'_, Vec<GatewaySubscription>>;
    /// All subscriptions in any state, newest first, from the one after `after`.
    fn subscriptions(&self, after: Option<String>) -> Reply<'_, GatewayPage>;
}
