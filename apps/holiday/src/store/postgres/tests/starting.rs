//! Migrations: once, whole or not at all, and with what was there before.

use futures_util::future::join_all;
use tokio::runtime::Runtime;

use super::scene::new_address;
use crate::{
    sample::{Sample, Settings},
    store::{
        Mode, Store, StoreError,
        postgres::{PostgresStore, migrate},
    },
};

#[test]
fn several_starts_at_once_are_safe() {
    let runtime = Runtime::new().unwrap();
    let address = new_address(&runtime);
    runtime.block_on(async {
        let start = async || {
            let store = PostgresStore::open(address.clone(), 2).await?;
            store.load(Sample::new(Settings { programs: 100, seed: 1 })).await?;
            Ok::<_, StoreError>(store.providers(0, 100).await?.len())
        };
        for count in join_all((0..4).map(|_| start())).await {
            assert_eq!(count.unwrap(), 10);
        }
        let client = address.connect().await.unwrap();
        let row = client.query_one("SELECT count(*) FROM holiday_migrations", &[]).await.unwrap();
        assert_eq!(row.get::<_, i64>(0), migrate::MIGRATIONS.len() as i64);
    });
}

#[test]
fn a_strange_or_broken_migration_is_refused() {
    let runtime = Runtime::new().unwrap();
    let address = new_address(&runtime);
    runtime.block_on(async {
        drop(PostgresStore::open(address.clone(), 1).await.unwrap());
        let mut client = address.connect().await.unwrap();
        let next = migrate::MIGRATIONS.len() as i32 + 1;
        let known = |number: usize| {
            let migrate::Migration { version, name, text } = migrate::MIGRATIONS[number];
            migrate::Migration { version, name, text }
        };
        let text = "CREATE TABLE half (); SELECT nonsense";
        let broken: Vec<_> = (0..migrate::MIGRATIONS.len())
            .map(known)
            .chain([migrate::Migration { version: next, name: "broken", text }])
            .collect();
        let error = migrate::migrate(&mut client, &broken).await.unwrap_err().to_string();
        let expected = format!("migration {next} (`broken`) failed: column \"nonsense\"");
        assert!(error.starts_with(&expected), "{error}");
        let row = client.query_one("SELECT to_regclass('half') IS NULL", &[]).await.unwrap();
        assert!(row.get::<_, bool>(0), "half a migration stayed");

        for (change, expected) in [
            ("INSERT INTO holiday_migrations (version, name, checksum) VALUES (99, 'future', '')", "version 99"),
            ("DELETE FROM holiday_migrations WHERE version = 99; UPDATE holiday_migrations SET checksum = 'x'", "differs"),
        ] {
            client.batch_execute(change).await.unwrap();
            let error = PostgresStore::open(address.clone(), 1).await.err().unwrap();
            let text = std::error::Error::source(&error).unwrap().to_string();
            assert!(text.contains(expected), "{text}");
        }
    });
}

/// What was kept before modes were told apart is of the mode in which users pay.
#[test]
fn a_database_of_the_first_version_is_brought_up_to_date_with_its_data() {
    let runtime = Runtime::new().unwrap();
    let address = new_address(&runtime);
    runtime.block_on(async {
        let mut client = address.connect().await.unwrap();
        migrate::migrate(&mut client, &migrate::MIGRATIONS[..1]).await.unwrap();
        client
            .batch_execute(
                "INSERT INTO accounts (email, password_hash, customer) VALUES ('a@b.c', 'hash', 'cus_1');
                 INSERT INTO subscriptions VALUES ('sub_1', 1, 'price_a', 'pi_1', 'active', to_timestamp(7))",
            )
            .await
            .unwrap();
        let store = PostgresStore::open(address.clone(), 1).await.unwrap();
        let all = store.subscriptions(String::new(), 9).await.unwrap();
        assert_eq!((all.len(), all[0].mode, all[0].created_at), (1, None, 7));
        store.adopt(Mode::Test).await.unwrap();
        store.adopt(Mode::Live).await.unwrap();
        let of = async |mode| store.subscriptions_of(1, mode, "price_a".to_owned()).await.unwrap().len();
        assert_eq!((of(Mode::Test).await, of(Mode::Live).await), (1, 0));
        let customer = async |mode| store.payer(1, mode).await.unwrap().unwrap().customer;
        assert_eq!(customer(Mode::Test).await.as_deref(), Some("cus_1"));
        assert_eq!(customer(Mode::Live).await, None);
    });
}
