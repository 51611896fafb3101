//! Compares the store with the gateway, from both sides.
//!
//! Both lists are read whole, the store's first: what is made while this runs may then look lost, and repairing that is harmless, but
//! never unknown to the gateway. Only subscriptions with an account are this service's. Repairing stores what the gateway says; it never asks the gateway for
//! anything, since who was charged twice is for a person to decide.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
};

use super::{GatewayError, GatewaySubscription, PaymentGateway, subscribe::ended};
use crate::store::{Mode, Store, StoreError, Subscription, SubscriptionStatus};

const PAGE: u32 = 1_000;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reconciliation {
    /// This service's subscriptions at the gateway.
    pub at_gateway: usize,
    /// Those that began to run and have not ended.
    pub charged: usize,
    /// The store's subscriptions.
    pub in_store: usize,
    /// Running at the gateway, but not in the store.
    pub lost: Vec<String>,
    /// Running on both sides, but not in the same state.
    pub behind: Vec<String>,
    /// Alive in the store, but the gateway has ended it or does not know it.
    pub unknown: Vec<String>,
    /// Accounts and prices with more than one running subscription, at the gateway or in the store.
    pub doubled: Vec<(i64, String)>,
    /// How many of the lost and the unknown were put right.
    pub repaired: usize,
}

/// Why the two could not be compared.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The gateway failed.
    #[error(transparent)]
    Gateway(#[from] GatewayError),
}

impl Reconciliation {
    /// Whether both sides agree and nobody has two.
    pub fn is_clean(&self) -> bool {
        self.lost.len() + self.behind.len() + self.unknown.len() == self.repaired && self.doubled.is_empty()
    }
}

impl fmt::Display for Reconciliation {
    /// A line per finding, then one for the verdict.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for id in &self.lost {
            writeln!(formatter, "charged, but not active in the database: {id}")?;
        }
        for id in &self.behind {
            writeln!(formatter, "not in the gateway's state in the database: {id}")?;
        }
        for id in &self.unknown {
            writeln!(formatter, "alive in the database, but not at the gateway: {id}")?;
        }
        for (account, price) in &self.doubled {
            writeln!(formatter, "more than one running: account {account}, price `{price}`")?;
        }
        let Reconciliation { at_gateway, charged, in_store, repaired, .. } = self;
        let verdict = if self.is_clean() { "both sides agree" } else { "the sides differ" };
        writeln!(
            formatter,
            "{verdict}: {at_gateway} subscriptions at the gateway, {charged} of them charged; {in_store} in the database; \
             {repaired} repaired"
        )
    }
}

/// Compares both sides; `repair` brings the store to what the gateway says.
///
/// # Errors
/// One of the two fails.
pub async fn reconcile(
    store: &dyn Store,
    gateway: &dyn PaymentGateway,
    repair: bool,
) -> Result<Reconciliation, ReconcileError> {
    let in_store = all_in_store(store, gateway.mode()).await?;
    let at_gateway = all_at_gateway(gateway).await?;
    let mut found = Reconciliation {
        at_gateway: at_gateway.len(),
        in_store: in_store.len(),
        ..Reconciliation::default()
    };
    let mut running: BTreeMap<(i64, String), [u32; 2]> = BTreeMap::new();
    for (account, subscription) in at_gateway.values() {
        if !subscription.status.is_running() {
            continue;
        }
        found.charged += 1;
        running.entry((*account, subscription.price.clone())).or_default()[0] += 1;
        let stored = in_store.get(&subscription.id).map(|stored| stored.status);
        match stored {
            Some(stored) if stored == subscription.status => continue,
            Some(stored) if stored.is_running() => found.behind.push(subscription.id.clone()),
            _ => found.lost.push(subscription.id.clone()),
        }
        // One that the store has as canceled stays so: an end is final, and this is for a person to see.
        if repair
            && stored != Some(SubscriptionStatus::Canceled)
            && store.payer(*account, gateway.mode()).await?.is_some()
        {
            store.add_subscription(subscription.kept(*account, &subscription.price)).await?;
            found.repaired += 1;
        }
    }
    for stored in in_store.values().filter(|stored| stored.status.is_live()) {
        if stored.status.is_running() {
            running.entry((stored.account, stored.price.clone())).or_default()[1] += 1;
        }
        if at_gateway.get(&stored.id).is_some_and(|(_, known)| known.status.is_live()) {
            continue;
        }
        found.unknown.push(stored.id.clone());
        // Without a mode it may be the other gateway's; the service gives it one when it starts.
        if repair && stored.mode.is_some() {
            let status = ended(stored.status);
            store.add_subscription(Subscription { status, ..stored.clone() }).await?;
            found.repaired += 1;
        }
    }
    let doubled = running.into_iter().filter(|(_, counts)| counts.iter().any(|count| *count > 1));
    found.doubled = doubled.map(|(whose, _)| whose).collect();
    Ok(found)
}

async fn all_at_gateway(
    gateway: &dyn PaymentGateway,
) -> Result<HashMap<String, (i64, GatewaySubscription)>, GatewayError> {
    let mut all = HashMap::new();
    let mut after = None;
    loop {
        let page = gateway.subscriptions(after).await?;
        let ours =
            page.subscriptions.into_iter().filter_map(|one| Some((one.id.clone(), (one.account?, one))));
        all.extend(ours);
        after = page.next;
        if after.is_none() {
            return Ok(all);
        }
    }
}

/// Those of a mode, and those from before modes were told apart.
async fn all_in_store(store: &dyn Store, mode: Mode) -> Result<HashMap<String, Subscription>, StoreError> {
    let mut all = HashMap::new();
    let mut after = String::new();
    loop {
        let page = store.subscriptions(after.clone(), PAGE).await?;
        let Some(last) = page.last() else { return Ok(all) };
        after.clone_from(&last.id);
        let ours = page.into_iter().filter(|one| one.mode.is_none_or(|its| its == mode));
        all.extend(ours.map(|one| (one.id.clone(), one)));
    }
}
