//! A store whose every call is timed, whatever database it asks.
//!
//! Waits for a connection are timed by themselves and are no part of a query's time. `model` is what the call is about, `operation` what it does to it.

use std::sync::Arc;

use loadline_monitor::{Monitor, PoolLevels, PoolWaits, Query};

use super::{
    Account, Answer, Mode, NewAccount, OpenSession, Payer, PoolStatus, Session, Store, Subscription, Vicinity,
};
use crate::{
    catalogue::{Listed, Program, ProgramId, Provider, ProviderId},
    sample::Sample,
};

/// The pool's name in metrics.
const POOL: &str = "holiday";

/// A store and its timers.
pub(crate) struct MonitoredStore {
    store: Arc<dyn Store>,
    waits: PoolWaits,
    ping: Query,
    select_programs: Query,
    insert_programs: Query,
    select_providers: Query,
    select_accounts: Query,
    insert_accounts: Query,
    upsert_customers: Query,
    delete_customers: Query,
    select_rounds: Query,
    upsert_rounds: Query,
    select_sessions: Query,
    insert_sessions: Query,
    delete_sessions: Query,
    select_subscriptions: Query,
    upsert_subscriptions: Query,
}

impl MonitoredStore {
    /// Times a store's calls, and shows its pool.
    pub(crate) fn new(store: Arc<dyn Store>, monitor: &Monitor) -> MonitoredStore {
        let pool = Arc::clone(&store);
        monitor.observe_pool(POOL, move || {
            let PoolStatus { limit, in_use, idle, waiting } = pool.pool_status();
            PoolLevels { limit, in_use, idle, waiting }
        });
        let waits = monitor.pool_waits(POOL);
        store.time_waits(waits.clone());
        MonitoredStore {
            store,
            waits,
            ping: monitor.query("ping", "database"),
            select_programs: monitor.query("select", "programs"),
            insert_programs: monitor.query("insert", "programs"),
            select_providers: monitor.query("select", "providers"),
            select_accounts: monitor.query("select", "accounts"),
            insert_accounts: monitor.query("insert", "accounts"),
            upsert_customers: monitor.query("upsert", "customers"),
            delete_customers: monitor.query("delete", "customers"),
            select_rounds: monitor.query("select", "key_rounds"),
            upsert_rounds: monitor.query("upsert", "key_rounds"),
            select_sessions: monitor.query("select", "sessions"),
            insert_sessions: monitor.query("insert", "sessions"),
            delete_sessions: monitor.query("delete", "sessions"),
            select_subscriptions: monitor.query("select", "subscriptions"),
            upsert_subscriptions: monitor.query("upsert", "subscriptions"),
        }
    }
}

impl Store for MonitoredStore {
    fn is_empty(&self) -> Answer<'_, bool> {
        Box::pin(self.select_programs.time(self.store.is_empty()))
    }

    fn load(&self, sample: Sample) -> Answer<'_, ()> {
        Box::pin(self.insert_programs.time(self.store.load(sample)))
    }

    fn put_accounts(&self, accounts: Vec<NewAccount>) -> Answer<'_, ()> {
        Box::pin(self.insert_accounts.time(self.store.put_accounts(accounts)))
    }

    fn ping(&self) -> Answer<'_, ()> {
        Box::pin(self.ping.time(self.store.ping()))
    }

    fn pool_status(&self) -> PoolStatus {
        self.store.pool_status()
    }

    fn time_waits(&self, waits: PoolWaits) {
        self.store.time_waits(waits);
    }

    fn waits(&self) -> Option<&PoolWaits> {
        Some(&self.waits)
    }

    fn own_server(&self) -> Option<String> {
        self.store.own_server()
    }

    fn crash(&self) -> Answer<'_, ()> {
        self.store.crash()
    }

    fn nearest(&self, vicinity: Vicinity) -> Answer<'_, Vec<Listed>> {
        Box::pin(self.select_programs.time(self.store.nearest(vicinity)))
    }

    fn program(&self, id: ProgramId) -> Answer<'_, Option<(Program, Provider)>> {
        Box::pin(self.select_programs.time(self.store.program(id)))
    }

    fn programs(&self, after: ProgramId, limit: u32) -> Answer<'_, Vec<Listed>> {
        Box::pin(self.select_programs.time(self.store.programs(after, limit)))
    }

    fn providers(&self, after: ProviderId, limit: u32) -> Answer<'_, Vec<Provider>> {
        Box::pin(self.select_providers.time(self.store.providers(after, limit)))
    }

    fn account(&self, email: String) -> Answer<'_, Option<Account>> {
        Box::pin(self.select_accounts.time(self.store.account(email)))
    }

    fn open_session(&self, session: Session, now: i64) -> Answer<'_, ()> {
        Box::pin(self.insert_sessions.time(self.store.open_session(session, now)))
    }

    fn session_account(&self, token_hash: [u8; 32], now: i64) -> Answer<'_, Option<i64>> {
        Box::pin(self.select_sessions.time(self.store.session_account(token_hash, now)))
    }

    fn session(&self, token_hash: [u8; 32], now: i64) -> Answer<'_, Option<OpenSession>> {
        Box::pin(self.select_sessions.time(self.store.session(token_hash, now)))
    }

    fn close_session(&self, token_hash: [u8; 32]) -> Answer<'_, ()> {
        Box::pin(self.delete_sessions.time(self.store.close_session(token_hash)))
    }

    fn payer(&self, account: i64, mode: Mode) -> Answer<'_, Option<Payer>> {
        Box::pin(self.select_accounts.time(self.store.payer(account, mode)))
    }

    fn set_customer(&self, account: i64, mode: Mode, customer: String) -> Answer<'_, ()> {
        Box::pin(self.upsert_customers.time(self.store.set_customer(account, mode, customer)))
    }

    fn forget_customer(&self, account: i64, mode: Mode, customer: String) -> Answer<'_, bool> {
        Box::pin(self.delete_customers.time(self.store.forget_customer(account, mode, customer)))
    }

    fn adopt(&self, mode: Mode) -> Answer<'_, ()> {
        self.store.adopt(mode)
    }

    fn round(&self, key: String) -> Answer<'_, u32> {
        Box::pin(self.select_rounds.time(self.store.round(key)))
    }

    fn next_round(&self, key: String, after: u32) -> Answer<'_, ()> {
        Box::pin(self.upsert_rounds.time(self.store.next_round(key, after)))
    }

    fn add_subscription(&self, subscription: Subscription) -> Answer<'_, ()> {
        Box::pin(self.upsert_subscriptions.time(self.store.add_subscription(subscription)))
    }

    fn apply_event(&self, event: String, subscription: Subscription, now: i64) -> Answer<'_, bool> {
        Box::pin(self.upsert_subscriptions.time(self.store.apply_event(event, subscription, now)))
    }

    fn subscriptions_of(&self, account: i64, mode: Mode, price: String) -> Answer<'_, Vec<Subscription>> {
        Box::pin(self.select_subscriptions.time(self.store.subscriptions_of(account, mode, price)))
    }

    fn subscriptions(&self, after: String, limit: u32) -> Answer<'_, Vec<Subscription>> {
        Box::pin(self.select_subscriptions.time(self.store.subscriptions(after, limit)))
    }

    fn live_subscriptions(&self, account: i64) -> Answer<'_, u64> {
        Box::pin(self.select_subscriptions.time(self.store.live_subscriptions(account)))
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::join;
    use tokio::runtime::Runtime;

    use super::*;
    use crate::store::{Database, StoreError, sqlite::Location, suite::new_database};

    /// Of two that want the only connection one is refused: it has waited, and was no query.
    async fn one_is_refused(store: Arc<dyn Store>) {
        let monitor = Monitor::default();
        let store = MonitoredStore::new(store, &monitor);
        let before = store.waits.count();
        let session = |byte| Session { token_hash: [byte; 32], account: 1, expires_at: 100 };
        let (first, second) =
            join(store.open_session(session(1), 0), store.open_session(session(2), 0)).await;
        let refused = [&first, &second].map(|answer| matches!(answer, Err(StoreError::Busy)));
        assert_eq!(refused.iter().filter(|refused| **refused).count(), 1, "{first:?} {second:?}");
        let text = monitor.scrape(&axum::http::HeaderMap::new()).into_body();
        let series = r#"db_query_duration_ms_count{operation="insert",model="sessions"} 1"#;
        assert!(text.contains(series), "{text}");
        assert_eq!(store.waits.count() - before, 2);
        let quick = r#"db_pool_wait_duration_ms_bucket{pool="holiday",le="100"} 1"#;
        assert!(text.contains(quick), "{text}");
    }

    #[test]
    fn a_wait_is_no_part_of_a_query_in_sqlite() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("held.sqlite");
        let runtime = Runtime::new().unwrap();
        let database = Database::Sqlite(Location::File(path.clone()));
        let store = runtime.block_on(database.open(Some(1), 1)).unwrap();
        let other = rusqlite::Connection::open(path).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        runtime.block_on(one_is_refused(store));
    }

    #[test]
    fn a_wait_is_no_part_of_a_query_in_postgres() {
        let runtime = Runtime::new().unwrap();
        let Database::Postgres(address) = new_database(&runtime) else { unreachable!("it is one") };
        runtime.block_on(async {
            let store = Database::Postgres(address.clone()).open(Some(1), 1).await.unwrap();
            store.ping().await.unwrap();
            let mut other = address.connect().await.unwrap();
            let held = other.transaction().await.unwrap();
            held.batch_execute("LOCK TABLE sessions").await.unwrap();
            one_is_refused(store).await;
        });
    }
}
