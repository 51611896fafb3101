//! What the service asks of a database.
//!
//! The methods are asynchronous and speak in the service's own types, so that an embedded database on blocking threads and a
//! database server behind a socket fit alike. They return boxed futures because the store is chosen at run time.

use std::{error::Error, future::Future, pin::Pin};

use crate::{
    catalogue::{Ages, Listed, Program, ProgramId, Provider, ProviderId},
    place::Point,
    sample::Sample,
};

/// The future of a store's answer.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Why a store gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// All connections stayed in use for the time a request may wait.
    #[error("all database connections are in use")]
    Busy,
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

/// How far a subscription has come; the words are Stripe's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubscriptionStatus {
    /// Waiting for its first payment.
    Incomplete,
    /// Replaced before it was paid.
    IncompleteExpired,
    /// Paid.
    Active,
}

/// A subscription to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSubscription {
    /// The gateway's identifier.
    pub id: String,
    /// Whose it is.
    pub account: i64,
    /// The price subscribed to.
    pub price: String,
    /// The gateway's payment intent.
    pub payment_intent: String,
    /// Its state.
    pub status: SubscriptionStatus,
    /// Seconds since 1970.
    pub created_at: i64,
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

    /// Keeps a subscription; earlier ones of the same account and price that were never paid expire with it, so that at most
    /// one of them is alive.
    fn add_subscription(&self, subscription: NewSubscription) -> Answer<'_, ()>;
    /// How many subscriptions of an account are alive.
    fn live_subscriptions(&self, account: i64) -> Answer<'_, u64>;
}

impl SubscriptionStatus {
    /// The word used in stores and by the gateway.
    pub fn as_str(self) -> &'static str {
        match self {
            SubscriptionStatus::Incomplete => "incomplete",
            SubscriptionStatus::IncompleteExpired => "incomplete_expired",
            SubscriptionStatus::Active => "active",
        }
    }
}
