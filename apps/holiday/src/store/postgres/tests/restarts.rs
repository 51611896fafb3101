//! A server that restarts or crashes loses nothing that was confirmed.

use std::sync::Arc;

use tokio::runtime::Runtime;

use crate::store::{
    NewAccount, Store, StoreError,
    postgres::{PostgresStore, Restart, Throwaway},
    suite::subscription,
};

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
