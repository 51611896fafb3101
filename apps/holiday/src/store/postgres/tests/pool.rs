//! A bounded pool: what waits says so, what takes too long is stopped, and what is given up leaves nothing behind.

use std::sync::Arc;

use futures_util::future::join_all;
use tokio::runtime::Runtime;

use super::scene::new_address;
use crate::store::{NewAccount, Store, StoreError, asked_by, postgres::PostgresStore, suite::subscription};

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
