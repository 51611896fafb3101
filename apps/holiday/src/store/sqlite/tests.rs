//! What only this store does: its files.

use tokio::runtime::Runtime;

use super::{Location, SqliteStore};
use crate::{
    catalogue::Ages,
    place::find_postcode,
    sample::{Sample, Settings},
    store::{Account, Mode, Payer, Store, Subscription, SubscriptionStatus, Vicinity},
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

/// A file of the first version keeps its data, and can do afterwards what that version could not.
#[test]
fn a_file_of_the_first_version_is_brought_up_to_date_with_its_data() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("old.sqlite");
    let old = rusqlite::Connection::open(&path).unwrap();
    old.execute_batch(include_str!("fixtures/version-1.sql")).unwrap();
    drop(old);
    let runtime = Runtime::new().unwrap();
    let subscription = |id: &str, account, status, created_at| Subscription {
        id: id.to_owned(),
        mode: None,
        account,
        price: "price_a".to_owned(),
        payment_intent: id.replace("sub", "pi"),
        status,
        told_at: 0,
        created_at,
    };
    // Twice: the second time there is nothing left to do.
    for _ in 0..2 {
        let store = SqliteStore::open(&Location::File(path.clone()), 1).unwrap();
        runtime.block_on(async {
            assert!(!store.is_empty().await.unwrap());
            let (program, provider) = store.program(1).await.unwrap().unwrap();
            assert_eq!((program.title.as_str(), provider.name.as_str()), ("Kayaks", "Harbour Camps"));
            assert_eq!((program.ages, program.price_cents), ("5-9".parse::<Ages>().unwrap(), 4_900));
            let centre = find_postcode("2000").unwrap().centre;
            let vicinity = Vicinity { centre, radius_km: 10.0, ages: None, skip: 0, limit: 9 };
            let near = store.nearest(vicinity).await.unwrap();
            assert_eq!(near.iter().map(|listed| listed.program.id).collect::<Vec<_>>(), [1]);

            let email = "loadtest-1@test.holiday-aggregator.com".to_owned();
            let account = Account { id: 1, email: email.clone(), password_hash: "hash-1".to_owned() };
            assert_eq!(store.account(email.clone()).await.unwrap(), Some(account));
            assert_eq!(store.payer(1, Mode::Live).await.unwrap(), Some(Payer { email, customer: None }));
            assert_eq!(store.session_account([0; 32], 3_999_999_999).await.unwrap(), Some(2));
            assert_eq!(
                store.subscriptions(String::new(), 9).await.unwrap(),
                [
                    subscription("sub_0", 1, SubscriptionStatus::IncompleteExpired, 1_600_000_000),
                    subscription("sub_1", 1, SubscriptionStatus::Incomplete, 1_700_000_000),
                    subscription("sub_2", 2, SubscriptionStatus::Incomplete, 1_700_000_001),
                ]
            );
        });
    }
    // Customers, events, payments.
    let store = SqliteStore::open(&Location::File(path.clone()), 1).unwrap();
    runtime.block_on(async {
        store.set_customer(1, Mode::Live, "cus_1".to_owned()).await.unwrap();
        store.adopt(Mode::Live).await.unwrap();
        let paid = Subscription {
            mode: Some(Mode::Live),
            told_at: 1,
            ..subscription("sub_1", 1, SubscriptionStatus::Active, 1_700_000_000)
        };
        assert!(store.apply_event("evt_1".to_owned(), paid.clone(), 1).await.unwrap());
        assert!(!store.apply_event("evt_1".to_owned(), paid.clone(), 1).await.unwrap());
        assert_eq!(store.payer(1, Mode::Live).await.unwrap().unwrap().customer.as_deref(), Some("cus_1"));
        let found = store.subscriptions_of(1, Mode::Live, "price_a".to_owned()).await.unwrap();
        assert!(found.contains(&paid), "{found:?}");
    });
    drop(store);
    let new = rusqlite::Connection::open(&path).unwrap();
    let migrated = schema_of(&new);
    let fresh = folder.path().join("fresh.sqlite");
    drop(SqliteStore::open(&Location::File(fresh.clone()), 1).unwrap());
    assert_eq!(migrated, schema_of(&rusqlite::Connection::open(&fresh).unwrap()));
}

/// What was kept before modes were told apart is of the mode in which users pay.
#[test]
fn customers_of_before_are_adopted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("old.sqlite");
    let old = rusqlite::Connection::open(&path).unwrap();
    old.execute_batch(include_str!("fixtures/version-1.sql")).unwrap();
    drop(old);
    drop(SqliteStore::open(&Location::File(path.clone()), 1).unwrap());
    rusqlite::Connection::open(&path)
        .unwrap()
        .execute("UPDATE accounts SET customer = 'cus_old' WHERE id = 1", [])
        .unwrap();
    let store = SqliteStore::open(&Location::File(path), 1).unwrap();
    Runtime::new().unwrap().block_on(async {
        store.adopt(Mode::Test).await.unwrap();
        store.adopt(Mode::Live).await.unwrap();
        let customer = async |mode| store.payer(1, mode).await.unwrap().unwrap().customer;
        assert_eq!(customer(Mode::Test).await.as_deref(), Some("cus_old"));
        assert_eq!(customer(Mode::Live).await, None);
        assert_eq!(store.subscriptions_of(1, Mode::Test, "price_a".to_owned()).await.unwrap().len(), 2);
    });
}

/// Version, tables and indexes, as SQLite keeps them.
fn schema_of(connection: &rusqlite::Connection) -> (i64, Vec<(String, Option<String>)>) {
    let version = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    let mut statement = connection.prepare("SELECT name, sql FROM sqlite_schema ORDER BY name").unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    (version, rows.map(Result::unwrap).collect())
}
