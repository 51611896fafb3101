//! Databases on the server that the tests share.

use tokio::runtime::Runtime;

use crate::{
    sample::{Sample, Settings},
    store::{
        Database, Store,
        postgres::{Address, PostgresStore},
        suite::new_database,
    },
};

/// A new database on the server that the tests share.
pub(super) fn new_address(runtime: &Runtime) -> Address {
    match new_database(runtime) {
        Database::Postgres(address) => address,
        other => unreachable!("{other:?}"),
    }
}

/// One with so many programmes, and its store.
pub(super) fn loaded(runtime: &Runtime, programs: u32) -> (PostgresStore, Address) {
    let address = new_address(runtime);
    let store = runtime.block_on(PostgresStore::open(address.clone(), 4)).unwrap();
    runtime.block_on(store.load(Sample::new(Settings { programs, ..Settings::default() }))).unwrap();
    (store, address)
}
