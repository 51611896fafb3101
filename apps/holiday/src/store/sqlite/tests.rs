//! What only this store does: its files.

use tokio::runtime::Runtime;

use super::{Location, SqliteStore};
use crate::{
    sample::{Sample, Settings},
    store::Store,
};

#[test]
fn a_kept_file_is_opened_again_and_a_strange_one_refused() {
    let folder = tempfile::tempdir().unwrap();
    let location = Location::File(folder.path().join("kept.sqlite"));
    let runtime = Runtime::new().unwrap();
    {
        let store = SqliteStore::open(&location, 1).unwrap();
        assert!(runtime.block_on(store.is_empty()).unwrap());
        runtime.block_on(store.load(Sample::new(Settings { programs: 10, seed: 1 }))).unwrap();
    }
    let store = SqliteStore::open(&location, 1).unwrap();
    assert!(!runtime.block_on(store.is_empty()).unwrap());
    assert_eq!(runtime.block_on(store.providers(0, 9)).unwrap().len(), 1);

    let strange = folder.path().join("strange.sqlite");
    std::fs::write(&strange, "this is no database, only a text of some length").unwrap();
    assert!(SqliteStore::open(&Location::File(strange), 1).is_err());
}
