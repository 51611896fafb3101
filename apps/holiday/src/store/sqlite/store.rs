//! The store itself: which connection answers what.
//!
//! One file in write-ahead mode: readers never wait for the writer. Unless the operator names a file to keep, it lies in a private
//! temporary folder that is removed as soon as every connection has its files open: Unix keeps them alive without a name, and
//! however this process ends, nothing is left behind.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use loadline_monitor::PoolWaits;

use super::{
    accounts, listing, load, payers,
    pool::Pool,
    schema::{self, Durability},
    search, subscriptions,
};
use crate::{
    catalogue::{Listed, Program, ProgramId, Provider, ProviderId},
    sample::Sample,
    store::{
        Account, Answer, Mode, NewAccount, OpenSession, Payer, PoolStatus, Session, Store, StoreError,
        Subscription, Vicinity,
    },
};

/// Where the file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// In a file without a name, which ends with the store.
    Temporary,
    /// At this path, to stay.
    File(PathBuf),
}

/// SQLite behind a bounded number of connections.
pub struct SqliteStore {
    readers: Arc<Pool>,
    writer: Arc<Pool>,
    /// About how many active programmes there are; a hint to the search, see there.
    programs: Arc<AtomicU32>,
}

impl SqliteStore {
    /// Opens or makes the file, with this many connections for reading. Blocks for some milliseconds.
    ///
    /// # Errors
    /// The file can't be made or read, or another version of the service made it.
    pub fn open(location: &Location, readers: usize) -> Result<SqliteStore, StoreError> {
        let failed = |source: Box<dyn std::error::Error + Send + Sync>| StoreError::Failed {
            action: "opening the file",
            source,
        };
        let (path, folder, durability) = match location {
            Location::Temporary => {
                let folder = tempfile::Builder::new()
                    .prefix("holiday-")
                    .tempdir()
                    .map_err(|error| failed(error.into()))?;
                (folder.path().join("holiday.sqlite"), Some(folder), Durability::Process)
            }
            Location::File(path) => (path.clone(), None, Durability::Machine),
        };
        let writer = schema::open_writer(&path, durability).map_err(|error| failed(error.into()))?;
        let programs: u32 = writer
            .query_row("SELECT count(*) FROM program_places", [], |row| row.get(0))
            .map_err(|error| failed(error.into()))?;
        let readers = (0..readers.max(1))
            .map(|_| schema::open_reader(&path))
            .collect::<rusqlite::Result<Vec<_>>>()
            .map_err(|error| failed(error.into()))?;
        drop(folder);
        Ok(SqliteStore {
            readers: Arc::new(Pool::new(readers)),
            writer: Arc::new(Pool::new(vec![writer])),
            programs: Arc::new(AtomicU32::new(programs)),
        })
    }
}

impl Store for SqliteStore {
    fn is_empty(&self) -> Answer<'_, bool> {
        Box::pin(Arc::clone(&self.readers).run("looking for data", |connection| {
            connection.query_row("SELECT NOT EXISTS (SELECT 1 FROM programs)", [], |row| row.get(0))
        }))
    }

    fn load(&self, sample: Sample) -> Answer<'_, ()> {
        let programs = Arc::clone(&self.programs);
        Box::pin(Arc::clone(&self.writer).run("loading the sample data", move |connection| {
            load::load(connection, sample)?;
            let count = connection.query_row("SELECT count(*) FROM program_places", [], |row| row.get(0))?;
            programs.store(count, Ordering::Relaxed);
            Ok(())
        }))
    }

    fn put_accounts(&self, new: Vec<NewAccount>) -> Answer<'_, ()> {
        Box::pin(
            Arc::clone(&self.writer)
                .run("making accounts", move |connection| accounts::put(connection, &new)),
        )
    }

    fn ping(&self) -> Answer<'_, ()> {
        Box::pin(Arc::clone(&self.readers).run("a health check", |connection| {
            connection.prepare_cached("SELECT 1")?.query_row([], |_| Ok(()))
        }))
    }

    fn time_waits(&self, waits: PoolWaits) {
        self.readers.time_waits(waits.clone());
        self.writer.time_waits(waits);
    }

    fn pool_status(&self) -> PoolStatus {
        let (readers, writer) = (self.readers.status(), self.writer.status());
        PoolStatus {
            limit: readers.limit + writer.limit,
            in_use: readers.in_use + writer.in_use,
            idle: readers.idle + writer.idle,
            waiting: readers.waiting + writer.waiting,
        }
    }

    fn nearest(&self, vicinity: Vicinity) -> Answer<'_, Vec<Listed>> {
        let programs = self.programs.load(Ordering::Relaxed);
        Box::pin(
            Arc::clone(&self.readers)
                .run("a search", move |connection| search::nearest(connection, &vicinity, programs)),
        )
    }

    fn program(&self, id: ProgramId) -> Answer<'_, Option<(Program, Provider)>> {
        Box::pin(
            Arc::clone(&self.readers)
                .run("reading a programme", move |connection| listing::details(connection, id)),
        )
    }

    fn programs(&self, after: ProgramId, limit: u32) -> Answer<'_, Vec<Listed>> {
        Box::pin(
            Arc::clone(&self.readers)
                .run("listing programmes", move |connection| listing::programs(connection, after, limit)),
        )
    }

    fn providers(&self, after: ProviderId, limit: u32) -> Answer<'_, Vec<Provider>> {
        Box::pin(
            Arc::clone(&self.readers)
                .run("listing providers", move |connection| listing::providers(connection, after, limit)),
        )
    }

    fn account(&self, email: String) -> Answer<'_, Option<Account>> {
        Box::pin(
            Arc::clone(&self.readers)
                .run("finding an account", move |connection| accounts::account(connection, &email)),
        )
    }

    fn open_session(&self, session: Session, now: i64) -> Answer<'_, ()> {
        Box::pin(
            Arc::clone(&self.writer).run("opening a session", move |connection| {
                accounts::open_session(connection, &session, now)
            }),
        )
    }

    fn session_account(&self, token_hash: [u8; 32], now: i64) -> Answer<'_, Option<i64>> {
        Box::pin(Arc::clone(&self.readers).run("finding a session", move |connection| {
            accounts::session_account(connection, &token_hash, now)
        }))
    }

    fn session(&self, token_hash: [u8; 32], now: i64) -> Answer<'_, Option<OpenSession>> {
        Box::pin(
            Arc::clone(&self.readers)
                .run("finding a session", move |connection| accounts::session(connection, &token_hash, now)),
        )
    }

    fn close_session(&self, token_hash: [u8; 32]) -> Answer<'_, ()> {
        Box::pin(
            Arc::clone(&self.writer)
                .run("closing a session", move |connection| accounts::close_session(connection, &token_hash)),
        )
    }

    fn payer(&self, account: i64, mode: Mode) -> Answer<'_, Option<Payer>> {
        Box::pin(
            Arc::clone(&self.readers)
                .run("finding a payer", move |connection| payers::payer(connection, account, mode)),
        )
    }

    fn set_customer(&self, account: i64, mode: Mode, customer: String) -> Answer<'_, ()> {
        Box::pin(Arc::clone(&self.writer).run_patiently("noting a customer", move |connection| {
            payers::set_customer(connection, account, mode, &customer)
        }))
    }

    fn forget_customer(&self, account: i64, mode: Mode, customer: String) -> Answer<'_, bool> {
        Box::pin(Arc::clone(&self.writer).run_patiently("forgetting a customer", move |connection| {
            payers::forget_customer(connection, account, mode, &customer)
        }))
    }

    fn adopt(&self, mode: Mode) -> Answer<'_, ()> {
        Box::pin(
            Arc::clone(&self.writer)
                .run("telling modes apart", move |connection| payers::adopt(connection, mode)),
        )
    }

    fn round(&self, key: String) -> Answer<'_, u32> {
        Box::pin(
            Arc::clone(&self.readers)
                .run("finding a key's round", move |connection| payers::round(connection, &key)),
        )
    }

    fn next_round(&self, key: String, after: u32) -> Answer<'_, ()> {
        Box::pin(Arc::clone(&self.writer).run_patiently("counting a key's round", move |connection| {
            payers::next_round(connection, &key, after)
        }))
    }

    fn add_subscription(&self, subscription: Subscription) -> Answer<'_, ()> {
        Box::pin(Arc::clone(&self.writer).run_patiently("storing a subscription", move |connection| {
            subscriptions::add(connection, &subscription)
        }))
    }

    fn apply_event(&self, event: String, subscription: Subscription, now: i64) -> Answer<'_, bool> {
        Box::pin(Arc::clone(&self.writer).run_patiently("applying an event", move |connection| {
            subscriptions::apply_event(connection, &event, &subscription, now)
        }))
    }

    fn subscriptions_of(&self, account: i64, mode: Mode, price: String) -> Answer<'_, Vec<Subscription>> {
        Box::pin(Arc::clone(&self.readers).run("finding subscriptions", move |connection| {
            subscriptions::of(connection, account, mode, &price)
        }))
    }

    fn subscriptions(&self, after: String, limit: u32) -> Answer<'_, Vec<Subscription>> {
        Box::pin(
            Arc::clone(&self.readers).run("listing subscriptions", move |connection| {
                subscriptions::page(connection, &after, limit)
            }),
        )
    }

    fn live_subscriptions(&self, account: i64) -> Answer<'_, u64> {
        Box::pin(
            Arc::clone(&self.readers)
                .run("counting subscriptions", move |connection| subscriptions::live(connection, account)),
        )
    }
}
