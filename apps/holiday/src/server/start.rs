//! Opens the database, fills it, makes the load-test accounts, and puts the service together.

use std::{num::NonZero, sync::Arc, thread};

use loadline_monitor::{Monitor, otlp::OtlpError};
use loadline_serve::BindError;

use super::{LoadTestAccounts, Settings};
use crate::{
    app::App,
    auth::{Attempts, Csrf, PasswordError, Passwords},
    payments::{Gateways, stripe::StripeSettingsError},
    sample::Sample,
    store::{MonitoredStore, NewAccount, Store, StoreError},
    timers::Timers,
    web::{Arrivals, Gate, Readiness, Traffic, Workers},
};

/// Why the service did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address can't be listened on.
    #[error(transparent)]
    Listen(#[from] BindError),
    /// The database can't be opened or filled.
    #[error("{error}: {}", source_text(error))]
    Store {
        /// What failed.
        error: StoreError,
    },
    /// The cost of password hashes is not possible.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The payment gateway's settings are not possible.
    #[error(transparent)]
    Stripe(#[from] StripeSettingsError),
    /// The simulator's ledger can't be read.
    #[error(transparent)]
    Ledger(#[from] std::io::Error),
    /// Telemetry can't be exported.
    #[error(transparent)]
    Telemetry(#[from] OtlpError),
}

/// The service's parts, ready to answer.
pub(super) async fn assemble(settings: &Settings, monitor: Option<&Monitor>) -> Result<App, StartError> {
    let cores = thread::available_parallelism().map_or(2, NonZero::get);
    let store = settings.database.open(settings.database_connections, cores).await?;
    let store: Arc<dyn Store> = match monitor {
        Some(monitor) => {
            monitor.set_database_system(settings.database.system_name());
            Arc::new(MonitoredStore::new(store, monitor))
        }
        None => store,
    };
    if store.is_empty().await? {
        store.load(Sample::new(settings.sample)).await?;
    }
    let timers = Timers::of(monitor);
    let passwords = Passwords::new(settings.hash_cost, cores)?;
    passwords.time(&timers);
    if let Some(load_test) = &settings.load_test {
        store.put_accounts(load_test.accounts(&passwords)?).await?;
    }
    let gateways = match &settings.stripe {
        None => Gateways::simulated(settings.payments, &timers),
        Some(stripe) => Gateways::stripe(stripe, monitor)?,
    };
    if let Some(gateway) = gateways.of(Traffic::User) {
        store.adopt(gateway.mode()).await?;
    }
    Ok(App {
        store,
        passwords,
        attempts: Attempts::default(),
        csrf: Csrf::new(settings.secrets.auth.as_deref()),
        gateways,
        webhook_secret: settings.secrets.webhook.clone(),
        test_webhook_secret: settings.secrets.test_webhook.clone(),
        load_test_secret: settings.secrets.load_test.clone(),
        proxies: settings.trusted_proxies.clone(),
        gate: Gate::new(settings.limits),
        arrivals: Arrivals::default(),
        readiness: if settings.never_ready { Readiness::never() } else { Readiness::default() },
        workers: settings.capacity.map(|capacity| Arc::new(Workers::new(capacity))),
        search_delay: settings.search_delay,
        timers,
    })
}

impl LoadTestAccounts {
    /// One hash serves them all: hashing each would take a minute for 5,000.
    fn accounts(&self, passwords: &Passwords) -> Result<Vec<NewAccount>, PasswordError> {
        let password_hash = passwords.hash(&self.password)?;
        let account = |number| NewAccount {
            email: format!("loadtest-{number}@test.holiday-aggregator.com"),
            password_hash: password_hash.clone(),
        };
        Ok((1..=self.count).map(account).collect())
    }
}

impl From<StoreError> for StartError {
    fn from(error: StoreError) -> StartError {
        StartError::Store { error }
    }
}

fn source_text(error: &StoreError) -> String {
    std::error::Error::source(error).map_or_else(|| "try again".to_owned(), ToString::to_string)
}
