//! A store whose every call is timed, whatever database it asks.
//!
//! The time is the service's: with the wait for a connection in it. `model` is what the call is about, `operation` what it does to it.

use std::sync::Arc;

use loadline_monitor::{Monitor, PoolLevels, Query};

use super::{
    Account, Answer, Mode, NewAccount, OpenSession, Payer, PoolStatus, Session, Store, Subscription, Vicinity,
};
use crate::{
    catalogue::{Listed, Program, ProgramId, Provider, ProviderId},
    sample::Sample,
};

/// A store and its timers.
pub(crate) struct MonitoredStore {
    store: Arc<dyn Store>,
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
        monitor.observe_pool("holiday", move || {
            let PoolStatus { limit, in_use, idle, waiting } = pool.pool_status();
            PoolLevels { limit, in_use, idle, waiting }
        });
        MonitoredStore {
            store,
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
