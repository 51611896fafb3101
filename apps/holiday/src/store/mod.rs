//! Where everything is kept: one contract, one folder per database.

mod contract;
pub mod sqlite;

pub use contract::{
    Account, Answer, NewAccount, NewSubscription, Session, Store, StoreError, SubscriptionStatus, Vicinity,
};
