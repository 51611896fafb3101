//! Waits for connections beside the queries they were for.

use std::{future::pending, time::Duration};

use loadline_monitor::{Monitor, PoolWaits, Query};
use tokio::time::{sleep, timeout};

use crate::text::{scrape, value};

/// A query of 20 ms after a wait.
async fn ask(query: &Query, waits: &PoolWaits, wait_ms: u64, gets: bool) -> Result<(), &'static str> {
    query
        .time(async {
            let wait = async {
                sleep(Duration::from_millis(wait_ms)).await;
                if gets { Ok(()) } else { Err("busy") }
            };
            waits.time(wait).await?;
            sleep(Duration::from_millis(20)).await;
            Ok(())
        })
        .await
}

#[tokio::test(start_paused = true)]
async fn a_query_is_timed_without_the_wait_for_its_connection() {
    let monitor = Monitor::default();
    let (query, waits) = (monitor.query("select", "users"), monitor.pool_waits("main"));
    let queries = |le: &str| {
        let labels = r#"operation="select",model="users""#;
        value(&scrape(&monitor), &format!(r#"db_query_duration_ms_bucket{{{labels},le="{le}"}}"#))
    };
    let waited = |le: &str| {
        value(&scrape(&monitor), &format!(r#"db_pool_wait_duration_ms_bucket{{pool="main",le="{le}"}}"#))
    };
    ask(&query, &waits, 200, true).await.unwrap();
    assert_eq!((queries("10"), queries("25"), queries("+Inf")), (Some(0.0), Some(1.0), Some(1.0)));
    assert_eq!((waited("100"), waited("250"), waited("+Inf")), (Some(0.0), Some(1.0), Some(1.0)));
    let seconds = r#"db_client_connection_wait_time_seconds_count{db_client_connection_pool_name="main"}"#;
    assert_eq!(value(&scrape(&monitor), seconds), Some(1.0));

    // Queries that take turns on one thread are told apart.
    let (long, short) = (ask(&query, &waits, 400, true), ask(&query, &waits, 2, true));
    let (long, short) = tokio::join!(long, short);
    assert_eq!((long, short), (Ok(()), Ok(())));
    assert_eq!((queries("25"), queries("+Inf")), (Some(3.0), Some(3.0)));
    assert_eq!((waits.count(), waits.at_most(0.5)), (3, Some(Duration::from_millis(250))));
}

#[tokio::test(start_paused = true)]
async fn a_query_without_a_connection_is_none() {
    let monitor = Monitor::default();
    let (query, waits) = (monitor.query("select", "users"), monitor.pool_waits("main"));
    let queries = || {
        let series = r#"db_query_duration_ms_count{operation="select",model="users"}"#;
        value(&scrape(&monitor), series).unwrap_or_default()
    };
    assert_eq!(ask(&query, &waits, 250, false).await, Err("busy"));
    assert_eq!((queries(), waits.count()), (0.0, 1));
    // Given up while it waits: the wait counts, the query does not.
    assert!(timeout(Duration::from_millis(100), ask(&query, &waits, 250, true)).await.is_err());
    assert_eq!((queries(), waits.count()), (0.0, 2));
    // Given up afterwards: both count.
    let hangs = query.time(async {
        waits.time(async { Ok::<_, ()>(()) }).await?;
        pending::<Result<(), ()>>().await
    });
    assert!(timeout(Duration::from_millis(40), hangs).await.is_err());
    assert_eq!((queries(), waits.count()), (1.0, 3));
    // A second wait within a query that has run is left out as well.
    let twice = query.time(async {
        for _ in 0..2 {
            waits
                .time(async {
                    sleep(Duration::from_millis(300)).await;
                    Ok::<_, ()>(())
                })
                .await?;
        }
        Ok::<_, ()>(())
    });
    twice.await.unwrap();
    let fast = r#"db_query_duration_ms_bucket{operation="select",model="users",le="1"}"#;
    assert_eq!((queries(), value(&scrape(&monitor), fast)), (2.0, Some(1.0)));
}
