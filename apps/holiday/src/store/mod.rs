//! Where everything is kept: one contract, one folder per database.

mod asker;
mod contract;
mod database;
mod monitored;
pub mod postgres;
pub mod sqlite;
mod status;

#[cfg(test)]
mod suite;

pub(crate) use asker::asked_by;
pub use contract::{
    Account, Answer, EVENT_KEPT_SECONDS, NewAccount, OpenSession, Payer, PoolStatus, Session, Store,
    StoreError, Subscription, Vicinity,
};
pub use database::Database;
pub(crate) use monitored::MonitoredStore;
pub use status::{Mode, STATUSES, SUBSCRIPTION_EVENTS, SubscriptionEvent, SubscriptionStatus};
