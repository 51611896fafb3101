//! One subscription for an account and price, however often it is asked for, whatever fails between.
//!
//! The store and the gateway cannot change together, so every step can be repeated instead:
//!
//! - The key of the order is made of the customer, the price, and how many subscriptions of the two have ended. Two requests at once,
//!   a retry after a lost answer, and a retry after this process died all send the same key and get the same subscription.
//! - An account that has one that is alive gets that one again, as the gateway has it now: an unpaid one can still be paid, and nobody
//!   subscribes twice.
//! - What is made at the gateway carries the account's number, so that webhooks and reconciliation can store it when this could not.

use super::{GatewayError, GatewaySubscription, NewCustomer, Order, PaymentGateway};
use crate::store::{Store, StoreError, Subscription, SubscriptionStatus};

/// Rounds through ended subscriptions; each round ends one, and more than a few mean that something else is wrong.
const ROUNDS: usize = 4;

/// Why there is no subscription.
#[derive(Debug, thiserror::Error)]
pub enum SubscribeError {
    /// The account is gone.
    #[error("there is no account {0}")]
    NoAccount(i64),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The gateway failed or refused.
    #[error(transparent)]
    Gateway(#[from] GatewayError),
}

/// The account's subscription of a price: the one it has, or a new one.
///
/// # Errors
/// The order is refused, or the store or the gateway fails; then the same call again is safe.
pub async fn subscribe(
    store: &dyn Store,
    gateway: &dyn PaymentGateway,
    account: i64,
    price: &str,
) -> Result<GatewaySubscription, SubscribeError> {
    let mut customer = customer_of(store, gateway, account).await?;
    for _ in 0..ROUNDS {
        let earlier = store.subscriptions_of(account, price.to_owned()).await?;
        if let Some(live) = earlier.iter().find(|earlier| earlier.status.is_live()) {
            // What the gateway does not know any more can't be paid any more.
            let found = gateway.subscription(live.id.clone()).await?;
            let status = found.as_ref().map_or(ended(live.status), |found| found.status);
            if status != live.status {
                store.add_subscription(Subscription { status, ..live.clone() }).await?;
            }
            match found {
                Some(found) if status.is_live() => return Ok(found),
                _ => continue,
            }
        }
        let order = Order {
            account,
            customer: customer.clone(),
            price: price.to_owned(),
            idempotency_key: format!("{customer}:{price}:{}", earlier.len()),
        };
        match gateway.create_subscription(order).await {
            Ok(made) => {
                store.add_subscription(made.kept(account, price)).await?;
                return Ok(made);
            }
            Err(GatewayError::NoSuchCustomer) => customer = new_customer(store, gateway, account).await?,
            Err(error) => return Err(error.into()),
        }
    }
    Err(GatewayError::Failed("its subscriptions end as soon as they are made".to_owned()).into())
}

impl GatewaySubscription {
    /// As the store keeps it.
    pub(in crate::payments) fn kept(&self, account: i64, price: &str) -> Subscription {
        Subscription {
            id: self.id.clone(),
            account,
            price: price.to_owned(),
            payment_intent: self.payment_intent.clone(),
            status: self.status,
            created_at: self.created_at,
        }
    }
}

fn ended(status: SubscriptionStatus) -> SubscriptionStatus {
    match status {
        SubscriptionStatus::Active | SubscriptionStatus::Canceled => SubscriptionStatus::Canceled,
        _ => SubscriptionStatus::IncompleteExpired,
    }
}

async fn customer_of(
    store: &dyn Store,
    gateway: &dyn PaymentGateway,
    account: i64,
) -> Result<String, SubscribeError> {
    let payer = store.payer(account).await?.ok_or(SubscribeError::NoAccount(account))?;
    match payer.customer {
        Some(customer) => Ok(customer),
        None => new_customer(store, gateway, account).await,
    }
}

async fn new_customer(
    store: &dyn Store,
    gateway: &dyn PaymentGateway,
    account: i64,
) -> Result<String, SubscribeError> {
    let payer = store.payer(account).await?.ok_or(SubscribeError::NoAccount(account))?;
    let customer = gateway.create_customer(NewCustomer { account, email: payer.email }).await?;
    store.set_customer(account, customer.clone()).await?;
    Ok(customer)
}
