//! Where everything is kept: one contract, one folder per database.

mod contract;
pub mod sqlite;

pub use contract::{
    Account, Answer, EVENT_KEPT_SECONDS, NewAccount, OpenSession, Payer, Session, Store, StoreError,
    Subscription, SubscriptionStatus, Vicinity,
};
