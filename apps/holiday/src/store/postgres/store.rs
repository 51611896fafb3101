//! The store itself: short work goes to the pool, long work to a connection of its own.

use std::sync::Arc;

use loadline_monitor::PoolWaits;

use super::{
    accounts,
    connect::Address,
    errors::store_error,
    listing, load,
    migrate::{self, MIGRATIONS},
    payers,
    pool::Pool,
    search, subscriptions,
    throwaway::{Restart, Throwaway},
};
use crate::{
    catalogue::{Listed, Program, ProgramId, Provider, ProviderId},
    sample::Sample,
    store::{
        Account, Answer, Mode, NewAccount, OpenSession, Payer, PoolStatus, Session, Store, StoreError,
        Subscription, Vicinity, asker::commented,
    },
};

/// PostgreSQL behind a bounded number of connections.
pub struct PostgresStore {
    pool: Pool,
    address: Address,
    /// The private server it talks to, which ends after the connections.
    throwaway: Option<Arc<Throwaway>>,
}

impl PostgresStore {
    /// Connects and brings the database to this service's version; requests will use at most this many connections.
    ///
    /// # Errors
    /// There is no server at the address, or it has no PostGIS; the database belongs to a newer service.
    pub async fn open(address: Address, connections: usize) -> Result<PostgresStore, StoreError> {
        let mut client = address.connect().await?;
        migrate::migrate(&mut client, MIGRATIONS)
            .await
            .map_err(|error| StoreError::Failed { action: "migrating the database", source: error.into() })?;
        let pool = Pool::new(&address, connections)?;
        Ok(PostgresStore { pool, address, throwaway: None })
    }

    /// Starts a private server that ends with the store.
    ///
    /// # Errors
    /// PostgreSQL or PostGIS is not installed.
    pub async fn open_throwaway(connections: usize) -> Result<PostgresStore, StoreError> {
        const ACTION: &str = "starting a private PostgreSQL";
        // What its statements cost is counted, for whoever asks.
        let start = || Throwaway::start_with(&["shared_preload_libraries=pg_stat_statements"]);
        let throwaway = tokio::task::spawn_blocking(start)
            .await
            .map_err(|error| StoreError::Failed { action: ACTION, source: error.into() })?
            .map_err(|error| StoreError::Failed { action: ACTION, source: error.into() })?;
        let client = throwaway.address().connect().await?;
        let counting = client.batch_execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements").await;
        counting.map_err(|error| store_error("counting statements", &error))?;
        let store = PostgresStore::open(throwaway.address(), connections).await?;
        Ok(PostgresStore { throwaway: Some(Arc::new(throwaway)), ..store })
    }
}

impl Store for PostgresStore {
    fn is_empty(&self) -> Answer<'_, bool> {
        Box::pin(self.pool.run("looking for data", |client| {
            Box::pin(async {
                client.query_one("SELECT NOT EXISTS (SELECT 1 FROM programs)", &[]).await?.try_get(0)
            })
        }))
    }

    fn load(&self, sample: Sample) -> Answer<'_, ()> {
        Box::pin(async move {
            let mut client = self.address.connect().await?;
            let loaded = load::load(&mut client, sample).await;
            loaded.map_err(|error| store_error("loading the sample data", &error))
        })
    }

    fn put_accounts(&self, new: Vec<NewAccount>) -> Answer<'_, ()> {
        Box::pin(async move {
            let client = self.address.connect().await?;
            accounts::put(&client, &new).await.map_err(|error| store_error("making accounts", &error))
        })
    }

    fn ping(&self) -> Answer<'_, ()> {
        Box::pin(self.pool.run("a health check", |client| {
            Box::pin(async { client.batch_execute(&commented("SELECT 1")).await })
        }))
    }

    fn own_server(&self) -> Option<String> {
        self.throwaway.as_ref().map(|throwaway| throwaway.url())
    }

    fn time_waits(&self, waits: PoolWaits) {
        self.pool.time_waits(waits);
    }

    fn pool_status(&self) -> PoolStatus {
        self.pool.status()
    }

    fn crash(&self) -> Answer<'_, ()> {
        const ACTION: &str = "restarting the private PostgreSQL";
        Box::pin(async move {
            let Some(throwaway) = self.throwaway.clone() else {
                let source = "it is not this process's own".into();
                return Err(StoreError::Failed { action: ACTION, source });
            };
            tokio::task::spawn_blocking(move || throwaway.restart(Restart::Crash))
                .await
                .map_err(|error| StoreError::Failed { action: ACTION, source: error.into() })?
                .map_err(|error| StoreError::Failed { action: ACTION, source: error.into() })
        })
    }

    fn nearest(&self, vicinity: Vicinity) -> Answer<'_, Vec<Listed>> {
        Box::pin(self.pool.run("a search", move |client| Box::pin(search::nearest(client, vicinity))))
    }

    fn program(&self, id: ProgramId) -> Answer<'_, Option<(Program, Provider)>> {
        Box::pin(self.pool.run("reading a programme", move |client| Box::pin(listing::details(client, id))))
    }

    fn programs(&self, after: ProgramId, limit: u32) -> Answer<'_, Vec<Listed>> {
        Box::pin(
            self.pool
                .run("listing programmes", move |client| Box::pin(listing::programs(client, after, limit))),
        )
    }

    fn providers(&self, after: ProviderId, limit: u32) -> Answer<'_, Vec<Provider>> {
        Box::pin(
            self.pool
                .run("listing providers", move |client| Box::pin(listing::providers(client, after, limit))),
        )
    }

    fn account(&self, email: String) -> Answer<'_, Option<Account>> {
        let email: Arc<str> = email.into();
        Box::pin(self.pool.run_patiently("finding an account", move |client| {
            let email = Arc::clone(&email);
            Box::pin(async move { accounts::account(client, &email).await })
        }))
    }

    fn open_session(&self, session: Session, now: i64) -> Answer<'_, ()> {
        Box::pin(self.pool.run_patiently("opening a session", move |client| {
            let session = session.clone();
            Box::pin(async move { accounts::open_session(client, &session, now).await })
        }))
    }

    fn session_account(&self, token_hash: [u8; 32], now: i64) -> Answer<'_, Option<i64>> {
        Box::pin(self.pool.run_patiently("finding a session", move |client| {
            Box::pin(async move { accounts::session_account(client, &token_hash, now).await })
        }))
    }

    fn session(&self, token_hash: [u8; 32], now: i64) -> Answer<'_, Option<OpenSession>> {
        Box::pin(self.pool.run("finding a session", move |client| {
            Box::pin(async move { accounts::session(client, &token_hash, now).await })
        }))
    }

    fn close_session(&self, token_hash: [u8; 32]) -> Answer<'_, ()> {
        Box::pin(self.pool.run("closing a session", move |client| {
            Box::pin(async move { accounts::close_session(client, &token_hash).await })
        }))
    }

    fn payer(&self, account: i64, mode: Mode) -> Answer<'_, Option<Payer>> {
        Box::pin(
            self.pool.run_patiently("finding a payer", move |client| {
                Box::pin(payers::payer(client, account, mode))
            }),
        )
    }

    fn set_customer(&self, account: i64, mode: Mode, customer: String) -> Answer<'_, ()> {
        let customer: Arc<str> = customer.into();
        Box::pin(self.pool.run_patiently("noting a customer", move |client| {
            let customer = Arc::clone(&customer);
            Box::pin(async move { payers::set_customer(client, account, mode, &customer).await })
        }))
    }

    fn forget_customer(&self, account: i64, mode: Mode, customer: String) -> Answer<'_, bool> {
        let customer: Arc<str> = customer.into();
        Box::pin(self.pool.run_patiently("forgetting a customer", move |client| {
            let customer = Arc::clone(&customer);
            Box::pin(async move { payers::forget_customer(client, account, mode, &customer).await })
        }))
    }

    fn adopt(&self, mode: Mode) -> Answer<'_, ()> {
        Box::pin(self.pool.run("telling modes apart", move |client| Box::pin(payers::adopt(client, mode))))
    }

    fn round(&self, key: String) -> Answer<'_, u32> {
        let key: Arc<str> = key.into();
        Box::pin(self.pool.run_patiently("finding a key's round", move |client| {
            let key = Arc::clone(&key);
            Box::pin(async move { payers::round(client, &key).await })
        }))
    }

    fn next_round(&self, key: String, after: u32) -> Answer<'_, ()> {
        let key: Arc<str> = key.into();
        Box::pin(self.pool.run_patiently("counting a key's round", move |client| {
            let key = Arc::clone(&key);
            Box::pin(async move { payers::next_round(client, &key, after).await })
        }))
    }

    fn add_subscription(&self, subscription: Subscription) -> Answer<'_, ()> {
        let subscription = Arc::new(subscription);
        Box::pin(self.pool.run_patiently("storing a subscription", move |client| {
            let subscription = Arc::clone(&subscription);
            Box::pin(async move { subscriptions::add(client, &subscription).await })
        }))
    }

    fn apply_event(&self, event: String, subscription: Subscription, now: i64) -> Answer<'_, bool> {
        let told = Arc::new((event, subscription));
        Box::pin(self.pool.run_patiently("applying an event", move |client| {
            let told = Arc::clone(&told);
            Box::pin(async move { subscriptions::apply_event(client, &told.0, &told.1, now).await })
        }))
    }

    fn subscriptions_of(&self, account: i64, mode: Mode, price: String) -> Answer<'_, Vec<Subscription>> {
        let price: Arc<str> = price.into();
        Box::pin(self.pool.run_patiently("finding subscriptions", move |client| {
            let price = Arc::clone(&price);
            Box::pin(async move { subscriptions::of(client, account, mode, &price).await })
        }))
    }

    fn subscriptions(&self, after: String, limit: u32) -> Answer<'_, Vec<Subscription>> {
        let after: Arc<str> = after.into();
        Box::pin(self.pool.run("listing subscriptions", move |client| {
            let after = Arc::clone(&after);
            Box::pin(async move { subscriptions::page(client, &after, limit).await })
        }))
    }

    fn live_subscriptions(&self, account: i64) -> Answer<'_, u64> {
        Box::pin(
            self.pool
                .run("counting subscriptions", move |client| Box::pin(subscriptions::live(client, account))),
        )
    }
}
