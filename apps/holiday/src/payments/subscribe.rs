//! One subscription for an account and price, however often it is asked for, whatever fails between.
//!
//! The store and the gateway cannot change together, so every step can be repeated instead:
//!
//! - The key of the order is made of the customer, the price, and how many subscriptions of the two have ended. Two requests at once,
//!   a retry after a lost answer, and a retry after this process died all send the same key and get the same subscription.
//! - The gateway keeps outcomes under their keys, failures too. When one is known to be final, and the gateway shows that nothing was
//!   made, the key gets another round; after an outcome that is unknown the key stays, or two could be made.
//! - An account that has one that is alive gets that one again, as the gateway has it now: an unpaid one can still be paid, and nobody
//!   subscribes twice.
//! - What is made at the gateway carries the account's number, so that webhooks and reconciliation can store it when this could not.
//!
//! All of it within the gateway's mode: what is live is neither read nor written for a test, nor the other way round.

use super::{GatewayError, GatewaySubscription, NewCustomer, Order, PaymentGateway};
use crate::store::{Mode, Store, StoreError, Subscription, SubscriptionStatus};

/// Rounds through ended subscriptions, lost customers and spent keys; each round ends one, and more than a few mean that something else
/// is wrong.
const ROUNDS: usize = 6;

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
    let mode = gateway.mode();
    for _ in 0..ROUNDS {
        let customer = customer_of(store, gateway, account).await?;
        let earlier = store.subscriptions_of(account, mode, price.to_owned()).await?;
        if let Some(live) = earlier.iter().find(|earlier| earlier.status.is_live()) {
            match still_there(store, gateway, live).await? {
                Some(found) => return Ok(found),
                None => continue,
            }
        }
        let key = Key::find(store, mode, format!("{customer}:{price}:{}", earlier.len())).await?;
        let order = Order {
            account,
            customer: customer.clone(),
            price: price.to_owned(),
            idempotency_key: key.text(),
        };
        match gateway.create_subscription(order).await {
            Ok(made) => {
                store.add_subscription(made.kept(account, price)).await?;
                return Ok(made);
            }
            Err(GatewayError::NoSuchCustomer) => lost_customer(store, mode, account, &customer).await?,
            Err(GatewayError::Spent(reason)) => {
                tracing::info!(account, reason, "an order's key is spent");
                let made = match gateway.subscriptions_of(customer.clone(), price.to_owned()).await {
                    Err(GatewayError::NoSuchCustomer) => Vec::new(),
                    made => made?,
                };
                let unknown = |made: &&GatewaySubscription| earlier.iter().all(|known| known.id != made.id);
                let mut unknown = made.iter().filter(unknown).peekable();
                if unknown.peek().is_none() {
                    key.spend(store).await?;
                }
                for made in unknown {
                    store.add_subscription(made.kept(account, price)).await?;
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(GatewayError::Failed("its subscriptions end as soon as they are made".to_owned()).into())
}

/// A subscription that was alive, as the gateway has it now; `None` when it has ended.
async fn still_there(
    store: &dyn Store,
    gateway: &dyn PaymentGateway,
    known: &Subscription,
) -> Result<Option<GatewaySubscription>, SubscribeError> {
    let Some(found) = gateway.subscription(known.id.clone()).await? else {
        // What the gateway does not know any more can't be paid any more.
        store.add_subscription(Subscription { status: ended(known.status), ..known.clone() }).await?;
        return Ok(None);
    };
    if found.status != known.status {
        store.add_subscription(found.kept(known.account, &known.price)).await?;
    }
    Ok(Some(found).filter(|found| found.status.is_live()))
}

impl GatewaySubscription {
    /// As the store keeps it.
    pub(in crate::payments) fn kept(&self, account: i64, price: &str) -> Subscription {
        Subscription {
            id: self.id.clone(),
            mode: Some(self.mode),
            account,
            price: price.to_owned(),
            payment_intent: self.payment_intent.clone(),
            status: self.status,
            told_at: self.told_at,
            created_at: self.created_at,
        }
    }
}

/// The end of one that the gateway does not know any more.
pub(super) fn ended(status: SubscriptionStatus) -> SubscriptionStatus {
    if status.is_running() { SubscriptionStatus::Canceled } else { SubscriptionStatus::IncompleteExpired }
}

/// What is ordered once: the words it is made of, and how often it failed for good.
struct Key {
    mode: Mode,
    words: String,
    round: u32,
}

impl Key {
    async fn find(store: &dyn Store, mode: Mode, words: String) -> Result<Key, StoreError> {
        let mut key = Key { mode, words, round: 0 };
        key.round = store.round(key.name()).await?;
        Ok(key)
    }

    /// As the gateway gets it. It keeps the keys of its modes apart by itself.
    fn text(&self) -> String {
        match self.round {
            0 => self.words.clone(),
            round => format!("{}:again-{round}", self.words),
        }
    }

    /// As the store has it, for both modes.
    fn name(&self) -> String {
        format!("{}:{}", self.mode.as_str(), self.words)
    }

    /// Never again under this key.
    async fn spend(&self, store: &dyn Store) -> Result<(), StoreError> {
        store.next_round(self.name(), self.round).await
    }
}

fn customer_key(account: i64, email: &str) -> String {
    format!("customer:{account}:{email}")
}

/// The account's customer: the one it has, or a new one.
async fn customer_of(
    store: &dyn Store,
    gateway: &dyn PaymentGateway,
    account: i64,
) -> Result<String, SubscribeError> {
    let mode = gateway.mode();
    for _ in 0..ROUNDS {
        let payer = store.payer(account, mode).await?.ok_or(SubscribeError::NoAccount(account))?;
        if let Some(customer) = payer.customer {
            return Ok(customer);
        }
        let key = Key::find(store, mode, customer_key(account, &payer.email)).await?;
        let new = NewCustomer { account, email: payer.email, idempotency_key: key.text() };
        match gateway.create_customer(new).await {
            Ok(customer) => {
                store.set_customer(account, mode, customer.clone()).await?;
                return Ok(customer);
            }
            // One that was made all the same costs nothing.
            Err(GatewayError::Spent(reason)) => {
                tracing::info!(account, reason, "a customer's key is spent");
                key.spend(store).await?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(GatewayError::Failed("it can't make the customer known".to_owned()).into())
}

/// The gateway does not know the customer any more, and would give the same one again for the same key.
async fn lost_customer(
    store: &dyn Store,
    mode: Mode,
    account: i64,
    customer: &str,
) -> Result<(), SubscribeError> {
    let payer = store.payer(account, mode).await?.ok_or(SubscribeError::NoAccount(account))?;
    let key = Key::find(store, mode, customer_key(account, &payer.email)).await?;
    // Of several who notice, one counts.
    if store.forget_customer(account, mode, customer.to_owned()).await? {
        key.spend(store).await?;
    }
    Ok(())
}
