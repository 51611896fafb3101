//! What a server has counted of its statements, on each version.

use loadline_pg::cost::Snapshot;
use loadline_pg::live::Statistics;

use crate::servers::{on_each, say};

const TEXT: &str = "SELECT count(*) FROM t WHERE a = $1 AND id IN ($2 /*, ... */)";

/// The numbers and counters of the statement.
async fn found(statistics: &mut Statistics, snapshot: &Snapshot) -> Option<(u64, u64, Option<i64>)> {
    let keys: Vec<_> = snapshot.statements.keys().copied().collect();
    let names = statistics.name(keys).await.unwrap();
    let mut of_it = snapshot
        .statements
        .iter()
        .filter(|(key, _)| names.texts.get(&key.query).and_then(Option::as_deref) == Some(TEXT));
    let (_, counters) = of_it.next()?;
    assert!(of_it.next().is_none(), "it is counted twice");
    Some((counters.calls, counters.rows, counters.since_us))
}

pub(crate) fn window() {
    on_each(&async |production| {
        let session = production.session().await;
        say(&session, "CREATE EXTENSION IF NOT EXISTS pg_stat_statements").await;
        let mut statistics = Statistics::open(&production.address("holiday", "postgres")).await.unwrap();
        assert_eq!(statistics.warnings(), [""; 0]);
        let before = statistics.snapshot().await.unwrap();
        assert_eq!(found(&mut statistics, &before).await, None);
        for value in 0..3 {
            say(&session, &format!("SELECT count(*) FROM t WHERE a = {value} AND id IN (1, {value})")).await;
        }
        let after = statistics.snapshot().await.unwrap();
        let (calls, rows, since) = found(&mut statistics, &after).await.unwrap();
        assert_eq!((calls, rows), (3, 3));
        // Since 17 each entry says since when it counts.
        assert_eq!(since.is_some(), production.major >= 17);
        assert!(since.is_none_or(|since| since >= before.at_us && since <= after.at_us));
        assert_eq!(after.evictions, Some(0));
    });
}
