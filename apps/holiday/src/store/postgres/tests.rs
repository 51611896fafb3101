//! What only this store does: plans, migrations, a bounded pool, and a server that restarts.

use std::sync::Arc;

use futures_util::future::join_all;
use tokio::runtime::Runtime;

use super::{Address, PostgresStore, Restart, Throwaway, migrate, search};
use crate::{
    place::{Point, find_postcode},
    sample::{Sample, Settings},
    store::{
        Database, Mode, NewAccount, Store, StoreError, Vicinity, asked_by,
        suite::{new_database, subscription},
    },
};

/// A new database on the server that the tests share.
fn new_address(runtime: &Runtime) -> Address {
    match new_database(runtime) {
        Database::Postgres(address) => address,
        other => unreachable!("{other:?}"),
    }
}

fn loaded(runtime: &Runtime, programs: u32) -> (PostgresStore, Address) {
    let address = new_address(runtime);
    let store = runtime.block_on(PostgresStore::open(address.clone(), 4)).unwrap();
    runtime.block_on(store.load(Sample::new(Settings { programs, ..Settings::default() }))).unwrap();
    (store, address)
}

/// The plan of the search, as a connection of the pool has it: settled, without knowing the parameters.
async fn plan(address: &Address) -> String {
    let (client, connection) = address.for_requests().connect(address.connector().unwrap()).await.unwrap();
    tokio::spawn(connection);
    let prepared = format!("PREPARE nearest (geography, float8, int4range, bigint) AS {}", search::NEAREST);
    client.batch_execute(&prepared).await.unwrap();
    let explain = "EXPLAIN EXECUTE nearest ('SRID=4326;POINT(151.2093 -33.8688)', 10000, '[5,7]', 50)";
    let rows = client.query(explain, &[]).await.unwrap();
    rows.iter().map(|row| row.get::<_, String>(0)).collect::<Vec<_>>().join("\n")
}

/// The index answers everything: radius, ages, status and order; nothing is sorted or scanned beside it.
fn assert_uses_the_index(plan: &str) {
    assert!(plan.contains("Index Scan using programs_nearby on programs"), "{plan}");
    assert!(plan.contains("Index Cond: ((place && _st_expand($1, $2)) AND (ages && $3))"), "{plan}");
    assert!(plan.contains("Order By: (place <-> $1)"), "{plan}");
    assert!(!plan.contains("Seq Scan") && !plan.contains("Sort"), "{plan}");
}

#[test]
fn the_search_uses_its_index() {
    let runtime = Runtime::new().unwrap();
    let (_store, address) = loaded(&runtime, 20_000);
    assert_uses_the_index(&runtime.block_on(plan(&address)));
}

/// The same index at fifty times the data, where sorting all that the radius holds would take half a second.
#[test]
fn the_search_uses_its_index_among_a_million() {
    let runtime = Runtime::new().unwrap();
    let (store, address) = loaded(&runtime, 20_000);
    runtime.block_on(async {
        let client = address.connect().await.unwrap();
        // The server multiplies what it has, each copy some metres aside; an index is built faster than it is kept up.
        client
            .batch_execute(
                "CREATE TEMP TABLE index_text AS SELECT pg_get_indexdef('programs_nearby'::regclass) AS text;
                 DROP INDEX programs_nearby;
                 SET session_replication_role = replica;
                 INSERT INTO programs
                 SELECT id + 20000 * copy, provider, title, category, ages, price_cents, starts_on, ends_on, capacity, postcode,
                     suburb, ST_Translate(place::geometry, 0.0001 * (copy % 7 - 3), 0.0001 * (copy / 7 - 3))::geography, status,
                     description
                 FROM programs, generate_series(1, 49) copy;
                 DO $$ BEGIN EXECUTE (SELECT text FROM index_text); END $$;
                 ANALYZE programs",
            )
            .await
            .unwrap();
        assert_uses_the_index(&plan(&address).await);
        let row = client.query_one("SELECT count(*) FROM programs", &[]).await.unwrap();
        assert_eq!(row.get::<_, i64>(0), 1_000_000);
        let centre = find_postcode("2000").unwrap().centre;
        let vicinity = Vicinity { centre, radius_km: 10.0, ages: None, skip: 0, limit: 50 };
        assert_eq!(store.nearest(vicinity).await.unwrap().len(), 50);
    });
}

#[test]
fn distances_are_those_of_postgis() {
    let runtime = Runtime::new().unwrap();
    let (store, address) = loaded(&runtime, 500);
    let centre = find_postcode("2000").unwrap().centre;
    let vicinity = Vicinity { centre, radius_km: 200.0, ages: None, skip: 0, limit: 500 };
    runtime.block_on(async {
        let client = address.connect().await.unwrap();
        let rows = client
            .query(
                "SELECT id, ST_Distance(place, ST_MakePoint($1, $2)::geography) FROM programs WHERE status = 'active'",
                &[&centre.longitude, &centre.latitude],
            )
            .await
            .unwrap();
        let found = store.nearest(vicinity).await.unwrap();
        assert_eq!(found.len(), rows.len());
        for listed in found {
            let row = rows.iter().find(|row| row.get::<_, i64>(0) == listed.program.id).unwrap();
            let (ours, theirs) = (listed.distance_km.unwrap(), row.get::<_, f64>(1) / 1_000.0);
            assert!((ours - theirs).abs() < 1e-8, "{ours} km, {theirs} km");
        }
    });
}

#[test]
fn programmes_at_one_spot_come_by_number() {
    let runtime = Runtime::new().unwrap();
    let (store, address) = loaded(&runtime, 200);
    let centre = Point { latitude: -33.9, longitude: 151.1 };
    runtime.block_on(async {
        let client = address.connect().await.unwrap();
        client
            .batch_execute("UPDATE programs SET place = 'POINT(151.1 -33.9)', status = 'active'")
            .await
            .unwrap();
        for skip in [0, 7, 190] {
            let vicinity = Vicinity { centre, radius_km: 1.0, ages: None, skip, limit: 20 };
            let found = store.nearest(vicinity).await.unwrap();
            let expected = i64::from(skip) + 1..=(i64::from(skip) + 20).min(200);
            assert!(found.iter().map(|listed| listed.program.id).eq(expected), "{skip}");
        }
    });
}

/// The index walks on the sphere, where a hundred to the east come before twenty to the north that are truly nearer.
#[test]
fn the_nearest_are_found_where_the_index_finds_others_first() {
    let runtime = Runtime::new().unwrap();
    let (store, address) = loaded(&runtime, 120);
    let centre = Point { latitude: -33.9, longitude: 151.1 };
    runtime.block_on(async {
        let client = address.connect().await.unwrap();
        client
            .batch_execute(
                "UPDATE programs SET status = 'active', ages = '[0,17]',
                     place = CASE WHEN id <= 100 THEN 'POINT(151.20836 -33.9)' ELSE 'POINT(151.1 -33.80995)' END::geography",
            )
            .await
            .unwrap();
        let vicinity = Vicinity { centre, radius_km: 50.0, ages: None, skip: 0, limit: 20 };
        let found = store.nearest(vicinity).await.unwrap();
        assert!(found.iter().map(|listed| listed.program.id).eq(101..=120), "{found:?}");
        let far = store.nearest(Vicinity { skip: 20, ..vicinity }).await.unwrap();
        assert!(far[0].distance_km > found[0].distance_km);
        assert!(centre.sphere_km(far[0].program.place) < centre.sphere_km(found[0].program.place));
    });
}

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

#[test]
fn an_exhausted_pool_says_so_quickly() {
    let runtime = Runtime::new().unwrap();
    let address = new_address(&runtime);
    runtime.block_on(async {
        let store = Arc::new(PostgresStore::open(address.clone(), 2).await.unwrap());
        store.put_accounts(vec![NewAccount { email: "a".into(), password_hash: "h".into() }]).await.unwrap();
        let mut other = address.connect().await.unwrap();
        let held = other.transaction().await.unwrap();
        held.batch_execute("LOCK TABLE accounts").await.unwrap();
        let stuck: Vec<_> = (0..2)
            .map(|_| {
                let store = Arc::clone(&store);
                tokio::spawn(async move { store.account("a".to_owned()).await })
            })
            .collect();
        while store.pool_status().in_use < 2 {
            tokio::task::yield_now().await;
        }
        let before = tokio::time::Instant::now();
        let waiting = join_all((0..50).map(|_| store.ping())).await;
        let waited = before.elapsed();
        assert!(waiting.iter().all(|answer| matches!(answer, Err(StoreError::Busy))), "{waiting:?}");
        assert!(waited < std::time::Duration::from_secs(1), "{waited:?}");
        let status = store.pool_status();
        assert_eq!((status.limit, status.in_use, status.idle), (2, 2, 0));
        held.rollback().await.unwrap();
        for stuck in stuck {
            stuck.await.unwrap().unwrap();
        }
        store.ping().await.unwrap();
    });
}

#[test]
fn a_statement_that_takes_too_long_is_stopped() {
    let runtime = Runtime::new().unwrap();
    let address = new_address(&runtime);
    runtime.block_on(async {
        let store = PostgresStore::open(address.clone(), 2).await.unwrap();
        let mut other = address.connect().await.unwrap();
        let held = other.transaction().await.unwrap();
        held.batch_execute("LOCK TABLE accounts").await.unwrap();
        let error = store.account("a".to_owned()).await.unwrap_err();
        assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
        held.rollback().await.unwrap();
        assert_eq!(store.account("a".to_owned()).await.unwrap(), None);
    });
}

/// What the connections of this store ran last.
async fn ran_last(client: &tokio_postgres::Client) -> Vec<(String, String)> {
    // A connection that is being made has neither.
    let of_the_store = "SELECT query, state FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() \
                        AND backend_type = 'client backend' AND query IS NOT NULL AND state IS NOT NULL";
    let rows = client.query(of_the_store, &[]).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

#[test]
fn statements_say_which_endpoint_makes_them() {
    let runtime = Runtime::new().unwrap();
    let address = new_address(&runtime);
    runtime.block_on(async {
        let store = PostgresStore::open(address.clone(), 1).await.unwrap();
        store.put_accounts(vec![NewAccount { email: "a".into(), password_hash: "h".into() }]).await.unwrap();
        let other = address.connect().await.unwrap();
        for (endpoint, comment) in
            [("a", "/*endpoint='a',route='%2Fa'*/"), ("b", "/*endpoint='b',route='%2Fa'*/")]
        {
            let found = asked_by(Some(endpoint), "/a", store.account("a".to_owned())).await;
            assert!(found.unwrap().is_some());
            let ran = ran_last(&other).await;
            assert!(
                ran.iter().any(|(query, _)| query.ends_with(&format!("email = $1 {comment}"))),
                "{ran:?}"
            );
        }
        let kept = subscription("s", "p");
        asked_by(None, "/pay", store.add_subscription(kept)).await.unwrap();
        let ran = ran_last(&other).await;
        assert!(ran.iter().any(|(query, _)| query == "COMMIT /*route='%2Fpay'*/"), "{ran:?}");
    });
}

#[test]
fn a_transaction_that_is_given_up_leaves_its_connection_as_it_was() {
    let runtime = Runtime::new().unwrap();
    let address = new_address(&runtime);
    runtime.block_on(async {
        let store = Arc::new(PostgresStore::open(address.clone(), 1).await.unwrap());
        store.put_accounts(vec![NewAccount { email: "a".into(), password_hash: "h".into() }]).await.unwrap();
        let mut other = address.connect().await.unwrap();
        let held = other.transaction().await.unwrap();
        held.batch_execute("LOCK TABLE subscriptions").await.unwrap();
        let watch = address.connect().await.unwrap();
        let task = tokio::spawn({
            let store = Arc::clone(&store);
            async move { store.add_subscription(subscription("s", "p")).await }
        });
        while !ran_last(&watch)
            .await
            .iter()
            .any(|(query, state)| query.contains("FROM subscriptions") && state == "active")
        {
            tokio::task::yield_now().await;
        }
        // Its client has gone, in the middle of it.
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
        held.rollback().await.unwrap();
        // The only connection is used again, and not within what was begun.
        assert_eq!(store.subscriptions(String::new(), 10).await.unwrap(), []);
        let ran = ran_last(&watch).await;
        assert!(ran.iter().all(|(_, state)| !state.starts_with("idle in transaction")), "{ran:?}");
        store.add_subscription(subscription("s", "p")).await.unwrap();
        assert_eq!(store.subscriptions(String::new(), 10).await.unwrap().len(), 1);
    });
}

/// Subscribes all the time while the server restarts, and looks afterwards for each subscription that was confirmed.
fn survives(how: Restart) {
    let runtime = Runtime::new().unwrap();
    let server = Arc::new(Throwaway::start().unwrap());
    runtime.block_on(async {
        let store = Arc::new(PostgresStore::open(server.address(), 4).await.unwrap());
        store.put_accounts(vec![NewAccount { email: "a".into(), password_hash: "h".into() }]).await.unwrap();
        let (restarted, is_restarted) = tokio::sync::watch::channel(false);
        let subscribers = (0..4).map(|user| {
            let (store, is_restarted) = (Arc::clone(&store), is_restarted.clone());
            tokio::spawn(async move {
                let (mut confirmed, mut refused, mut after) = (Vec::new(), 0_u32, 0);
                // Until service resumed by itself: ten confirmations after the restart.
                for number in 0.. {
                    let id = format!("sub_{user}_{number}");
                    match store.add_subscription(subscription(&id, &id)).await {
                        Ok(()) => {
                            confirmed.push(id);
                            after += u32::from(*is_restarted.borrow());
                        }
                        Err(StoreError::Unavailable { .. } | StoreError::Busy) => refused += 1,
                        Err(error) => panic!("{error:?}"),
                    }
                    if after >= 10 {
                        break;
                    }
                    tokio::task::yield_now().await;
                }
                (confirmed, refused)
            })
        });
        let subscribers: Vec<_> = subscribers.collect();
        // The subscribers have all connections: on a busy machine one does not come free in time.
        loop {
            match store.live_subscriptions(1).await {
                Ok(live) if live >= 20 => break,
                Ok(_) | Err(StoreError::Busy) => {}
                Err(error) => panic!("{error:?}"),
            }
        }
        let control = Arc::clone(&server);
        tokio::task::spawn_blocking(move || control.restart(how)).await.unwrap().unwrap();
        restarted.send(true).unwrap();
        let client = server.address().connect().await.unwrap();
        let (mut lost, mut total) = (Vec::new(), 0);
        for subscriber in subscribers {
            for id in subscriber.await.unwrap().0 {
                total += 1;
                let found =
                    client.query_opt("SELECT 1 FROM subscriptions WHERE id = $1", &[&id]).await.unwrap();
                if found.is_none() {
                    lost.push(id);
                }
            }
        }
        assert!(total >= 60, "{total}");
        assert!(lost.is_empty(), "{how:?}: {lost:?} of {total}");
    });
}

#[test]
fn a_restart_loses_no_subscription() {
    survives(Restart::Fast);
}

#[test]
fn a_crash_loses_no_subscription() {
    survives(Restart::Crash);
}

#[test]
fn a_server_that_is_not_there_is_a_clear_error() {
    let runtime = Runtime::new().unwrap();
    let address: Address = "postgres:///db?host=/nowhere/at/all".parse().unwrap();
    let error = runtime.block_on(PostgresStore::open(address, 1)).err().unwrap();
    let text = std::error::Error::source(&error).unwrap().to_string();
    assert!(text.contains("No such file or directory"), "{text}");
}

/// An authority, and a certificate of it for these names.
fn authority_and_certificate(names: &[&str]) -> (String, String, String) {
    let authority_key = rcgen::KeyPair::generate().unwrap();
    let mut authority = rcgen::CertificateParams::default();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority_pem = authority.self_signed(&authority_key).unwrap().pem();
    let issuer = rcgen::Issuer::new(authority, authority_key);
    let key = rcgen::KeyPair::generate().unwrap();
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let certificate = rcgen::CertificateParams::new(names).unwrap().signed_by(&key, &issuer).unwrap();
    (authority_pem, certificate.pem(), key.serialize_pem())
}

#[test]
fn a_server_is_believed_by_its_certificate() {
    let runtime = Runtime::new().unwrap();
    let server = Throwaway::start().unwrap();
    let (authority, certificate, key) = authority_and_certificate(&["db.test"]);
    // Free when it was picked; another process may be quicker.
    let port = (0..10)
        .find_map(|_| {
            let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            server.listen_with_tls(port, &certificate, &key).map(|()| port)
        })
        .expect("one of ten ports is free");
    let folder = tempfile::tempdir().unwrap();
    let [ours, strange, empty] =
        ["ours.pem", "strange.pem", "empty.pem"].map(|name| folder.path().join(name));
    std::fs::write(&ours, authority).unwrap();
    std::fs::write(&strange, authority_and_certificate(&["db.test"]).0).unwrap();
    std::fs::write(&empty, "").unwrap();
    let (ours, strange, empty) = (ours.display(), strange.display(), empty.display());
    let connect = |parameters: String| {
        let url = format!("postgres://holiday@db.test:{port}/postgres?hostaddr=127.0.0.1&{parameters}");
        runtime.block_on(async {
            let client = url.parse::<Address>().unwrap().connect().await.map_err(|error| {
                std::error::Error::source(&error).map_or_else(String::new, ToString::to_string)
            })?;
            let protected = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
            Ok::<bool, String>(client.query_one(protected, &[]).await.unwrap().get(0))
        })
    };
    for (parameters, outcome) in [
        (format!("sslmode=verify-full&sslrootcert={ours}"), Ok(true)),
        (format!("sslmode=verify-ca&sslrootcert={ours}"), Ok(true)),
        (format!("sslmode=require&sslrootcert={ours}"), Ok(true)),
        ("sslmode=require".to_owned(), Ok(true)),
        ("sslmode=disable".to_owned(), Ok(false)),
        ("application_name=plain".to_owned(), Ok(false)),
        (format!("sslmode=verify-full&sslrootcert={strange}"), Err("invalid peer certificate")),
        (format!("sslmode=verify-ca&sslrootcert={strange}"), Err("invalid peer certificate")),
        (format!("sslmode=require&sslrootcert={strange}"), Err("invalid peer certificate")),
        (format!("sslmode=verify-full&sslrootcert={empty}"), Err("there is no certificate in it")),
    ] {
        match (connect(parameters.clone()), outcome) {
            (Ok(protected), Ok(expected)) => assert_eq!(protected, expected, "{parameters}"),
            (Err(text), Err(expected)) => assert!(text.contains(expected), "{parameters}: {text}"),
            (found, _) => panic!("{parameters}: {found:?}"),
        }
    }
    // Another name is refused only when names count.
    let named = |mode: &str| {
        let url = format!("postgres://holiday@127.0.0.1:{port}/postgres?sslmode={mode}&sslrootcert={ours}");
        runtime.block_on(url.parse::<Address>().unwrap().connect()).map(drop)
    };
    assert!(named("verify-ca").is_ok());
    let refused = named("verify-full").unwrap_err();
    let text = std::error::Error::source(&refused).unwrap().to_string();
    assert!(text.contains("not valid for name"), "{text}");
    // The pool speaks TLS as well.
    let url = format!(
        "postgres://holiday@db.test:{port}/postgres?hostaddr=127.0.0.1&sslmode=verify-full&sslrootcert={ours}"
    );
    let store = runtime.block_on(PostgresStore::open(url.parse().unwrap(), 2)).unwrap();
    runtime.block_on(store.ping()).unwrap();
}
