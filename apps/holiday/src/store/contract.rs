//! What the service asks of a database.
//!
//! The methods are asynchronous and speak in the service's own types, so that an embedded database on blocking threads and a
//! database server behind a socket fit alike. They return boxed futures because the store is chosen at run time.

use std::{error::Error, future::Future, pin::Pin};

use loadline_monitor::PoolWaits;

use super::{Mode, SubscriptionStatus};
use crate::{
    catalogue::{Ages, Listed, Program, ProgramId, Provider, ProviderId},
    place::Point,
    sample::Sample,
};

/// How long an event's identifier is kept: Stripe sends an event again for three days.
pub const EVENT_KEPT_SECONDS: i64 = 7 * 24 * 3_600;

/// The future of a store's answer.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Why a store gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// All connections stayed in use for the time a request may wait.
    #[error("all database connections are in use")]
    Busy,
    /// The database does not answer just now: it restarts, or is too slow.
    #[error("the database is not available for {action}")]
    Unavailable {
        /// What was being done.
        action: &'static str,
        /// What went wrong.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The database failed.
    #[error("the database failed during {action}")]
    Failed {
        /// What was being done.
        action: &'static str,
        /// What the database said.
        source: Box<dyn Error + Send + Sync>,
    },
}

/// Active programmes around a place, nearest first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Vicinity {
    /// The middle.
    pub centre: Point,
    /// No programme is farther away than this.
    pub radius_km: f64,
    /// Only programmes for some of these ages.
    pub ages: Option<Ages>,
    /// How many of the nearest to leave out.
    pub skip: u32,
    /// How many to return at most.
    pub limit: u32,
}

/// Someone who can log in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// From 1.
    pub id: i64,
    /// In lower case.
    pub email: String,
    /// A PHC string.
    pub password_hash: String,
}

/// An account to be created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAccount {
    /// In lower case.
    pub email: String,
    /// A PHC string.
    pub password_hash: String,
}

/// A login that lasts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// SHA-256 of the token in the user's cookie: a stolen database opens no session.
    pub token_hash: [u8; 32],
    /// Whose session it is.
    pub account: i64,
    /// Seconds since 1970.
    pub expires_at: i64,
}

/// A session that is alive, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenSession {
    /// Whose session it is.
    pub account: i64,
    /// The account's address.
    pub email: String,
    /// Seconds since 1970.
    pub expires_at: i64,
}

/// Who pays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payer {
    /// The account's address.
    pub email: String,
    /// The payment gateway's identifier of the customer, once it has one.
    pub customer: Option<String>,
}

/// A subscription as the service keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// The gateway's identifier.
    pub id: String,
    /// Where it was made; `None` when it was kept before modes were told apart.
    pub mode: Option<Mode>,
    /// Whose it is.
    pub account: i64,
    /// The price subscribed to.
    pub price: String,
    /// The gateway's payment intent; empty when the gateway did not send it along.
    pub payment_intent: String,
    /// Its state.
    pub status: SubscriptionStatus,
    /// When the gateway said so, in seconds since 1970 by its clock.
    pub told_at: i64,
    /// Seconds since 1970.
    pub created_at: i64,
}

/// How much of its connections a store uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PoolStatus {
    /// At most this many connections.
    pub limit: u64,
    /// Connections at work.
    pub in_use: u64,
    /// Connections that wait for work.
    pub idle: u64,
    /// Requests that wait for a connection.
    pub waiting: u64,
}

/// A database of the service.
pub trait Store: Send + Sync + 'static {
    /// Whether there are no programmes yet.
    fn is_empty(&self) -> Answer<'_, bool>;
    /// Fills an empty database with programmes and providers: all of them or none.
    fn load(&self, sample: Sample) -> Answer<'_, ()>;
    /// Makes accounts; those that exist get the new password.
    fn put_accounts(&self, accounts: Vec<NewAccount>) -> Answer<'_, ()>;
    /// Whether the database answers.
    fn ping(&self) -> Answer<'_, ()>;
    /// How much of its connections is in use at this moment.
    fn pool_status(&self) -> PoolStatus;
    /// From now on times what is waited for its connections. Only the first call counts.
    fn time_waits(&self, waits: PoolWaits);
    /// What was waited for its connections, where that is timed.
    fn waits(&self) -> Option<&PoolWaits> {
        None
    }
    /// Where its server can be looked at by whoever started this process; only one that is this process's own.
    fn own_server(&self) -> Option<String> {
        None
    }
    /// Ends the server in the middle of its work and starts it again; only one that is this process's own can be treated so.
    fn crash(&self) -> Answer<'_, ()> {
        let source = "only the private PostgreSQL (`throwaway-postgres`) can be restarted from here".into();
        Box::pin(async { Err(StoreError::Failed { action: "crashing the database", source }) })
    }

    /// Active programmes around a place, by distance, then by number.
    fn nearest(&self, vicinity: Vicinity) -> Answer<'_, Vec<Listed>>;
    /// One active programme and its provider.
    fn program(&self, id: ProgramId) -> Answer<'_, Option<(Program, Provider)>>;
    /// Active programmes with a number above `after`, by number.
    fn programs(&self, after: ProgramId, limit: u32) -> Answer<'_, Vec<Listed>>;
    /// Providers with a number above `after`, by number.
    fn providers(&self, after: ProviderId, limit: u32) -> Answer<'_, Vec<Provider>>;

    /// The account of an email address in lower case.
    fn account(&self, email: String) -> Answer<'_, Option<Account>>;
    /// Keeps a session, and forgets those that expired before `now` (seconds since 1970).
    fn open_session(&self, session: Session, now: i64) -> Answer<'_, ()>;
    /// The account of a session that has not expired at `now` (seconds since 1970).
    fn session_account(&self, token_hash: [u8; 32], now: i64) -> Answer<'_, Option<i64>>;

    /// A session that has not expired at `now` (seconds since 1970), with its account's address.
    fn session(&self, token_hash: [u8; 32], now: i64) -> Answer<'_, Option<OpenSession>>;
    /// Forgets a session; one that is not there is no error.
    fn close_session(&self, token_hash: [u8; 32]) -> Answer<'_, ()>;

    /// What is known of who pays for an account in a mode.
    fn payer(&self, account: i64, mode: Mode) -> Answer<'_, Option<Payer>>;
    /// Notes the payment gateway's identifier of an account in a mode.
    fn set_customer(&self, account: i64, mode: Mode, customer: String) -> Answer<'_, ()>;
    /// Forgets that identifier, if it is still this one; whether it was.
    fn forget_customer(&self, account: i64, mode: Mode, customer: String) -> Answer<'_, bool>;
    /// What was kept before modes were told apart is of this mode from now on.
    fn adopt(&self, mode: Mode) -> Answer<'_, ()>;

    /// How often what is ordered under a key has had an outcome that is final and a failure; 0 when it never had.
    fn round(&self, key: String) -> Answer<'_, u32>;
    /// Counts one more such outcome after `after` of them, once however often it is said.
    fn next_round(&self, key: String, after: u32) -> Answer<'_, ()>;

    /// Keeps what is known of a subscription, all in one transaction that other calls for the same account wait for:
    ///
    /// - one that is known (by `id`) takes on the new status if [`SubscriptionStatus::is_replaced_by`] says so, and is otherwise left
    ///   alone; its mode never changes;
    /// - others of the same account, price and mode that are incomplete expire when the new one is alive;
    /// - a new one that is incomplete is kept as expired when another of the same account, price and mode runs.
    ///
    /// So at most one of an account, price and mode is alive, unless the gateway charged twice: what was charged is always kept.
    fn add_subscription(&self, subscription: Subscription) -> Answer<'_, ()>;
    /// [`Store::add_subscription`] once for each event: the event's identifier is kept in the same transaction, and an event that was
    /// seen before changes nothing. Identifiers are forgotten [`EVENT_KEPT_SECONDS`] after they came. Whether the event was new.
    fn apply_event(&self, event: String, subscription: Subscription, now: i64) -> Answer<'_, bool>;
    /// An account's subscriptions of a price in a mode, dead ones too, by `created_at` and `id`.
    fn subscriptions_of(&self, account: i64, mode: Mode, price: String) -> Answer<'_, Vec<Subscription>>;
    /// All subscriptions with an `id` above `after`, by `id` (bytewise).
    fn subscriptions(&self, after: String, limit: u32) -> Answer<'_, Vec<Subscription>>;
    /// How many subscriptions of an account are alive.
    fn live_subscriptions(&self, account: i64) -> Answer<'_, u64>;
}
