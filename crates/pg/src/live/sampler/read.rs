//! Rows of a server's answers as what they mean.

use tokio_postgres::SimpleQueryRow;

use super::super::connect::Session;
use super::ask;
use super::facts::Facts;
use crate::cost::{
    Activity, ActivitySample, Blocked, Counters, DatabaseCounters, Snapshot, StatementKey, Wait,
};
use crate::shape::{Kind, Tokens};

/// The oldest version whose activity tells statements apart by number.
const OLDEST: u32 = 140_000;

/// Asks a server what it is.
pub(super) async fn facts(session: &Session) -> Result<Facts, String> {
    let rows = ask::ask(session, &ask::facts()).await?;
    let facts = Facts::read(rows.first().ok_or("it says nothing of itself")?);
    if facts.version < OLDEST {
        let major = facts.version / 10_000;
        return Err(format!("it is PostgreSQL {major}, and statements are told apart since version 14"));
    }
    Ok(facts)
}

/// Takes a snapshot, and how many sessions are idle.
pub(super) async fn snapshot(session: &Session, facts: &Facts) -> Result<(Snapshot, u64), String> {
    let text = ask::snapshot(facts);
    // A reset in the middle of it would leave half of each: it is taken again then.
    for _ in 0..3 {
        let rows = ask::ask(session, &text).await?;
        let mut infos = rows.iter().filter(|row| row.get("part") == Some("info"));
        if let (Some(first), Some(last)) = (infos.next(), infos.next())
            && (first.get("reset"), first.get("dealloc")) != (last.get("reset"), last.get("dealloc"))
        {
            continue;
        }
        return Ok(read_snapshot(&rows, facts));
    }
    Err("its statistics are reset or evicted faster than they can be read".to_owned())
}

fn read_snapshot(rows: &[SimpleQueryRow], facts: &Facts) -> (Snapshot, u64) {
    let mut snapshot = Snapshot::default();
    let mut idle = 0;
    for row in rows {
        match row.get("part") {
            Some("info") => {
                snapshot.evictions = number(row, 1);
                snapshot.reset_us = number(row, 2);
            }
            Some("server") => {
                snapshot.at_us = number(row, 1).unwrap_or_default();
                snapshot.started_us = number(row, 2).unwrap_or_default();
                snapshot.database = DatabaseCounters {
                    commits: number(row, 3).unwrap_or_default(),
                    rollbacks: number(row, 4).unwrap_or_default(),
                    deadlocks: number(row, 5).unwrap_or_default(),
                    temp_files: number(row, 6).unwrap_or_default(),
                };
                idle = number(row, 7).unwrap_or_default();
                snapshot.database_reset_us = number(row, 8);
            }
            _ => {
                if let Some(query) = number(row, 2) {
                    let user = number(row, 1).unwrap_or_default();
                    let key = StatementKey { user, database: facts.database, query, top_level: true };
                    snapshot.statements.insert(key, counters(row));
                } else {
                    snapshot.hidden += 1;
                    snapshot.hidden_calls += number::<u64>(row, 3).unwrap_or_default();
                }
            }
        }
    }
    (snapshot, idle)
}

fn counters(row: &SimpleQueryRow) -> Counters {
    let count = |at| number::<u64>(row, at).unwrap_or_default();
    let time = |at| number::<f64>(row, at).unwrap_or_default();
    Counters {
        calls: count(3),
        rows: count(4),
        time_ms: time(5),
        mean_ms: time(6),
        deviation_ms: time(7),
        blocks_hit: count(8),
        blocks_read: count(9),
        read_ms: time(10),
        write_ms: time(11),
        temp_blocks_written: count(12),
        wal_bytes: count(13),
        since_us: number(row, 14),
    }
}

/// Looks at the sessions, and at who holds what they wait for.
pub(super) async fn activity(session: &Session, facts: &Facts, text: &str) -> Result<Activity, String> {
    let mut activity = Activity::default();
    for row in ask::ask(session, text).await? {
        match row.get(2) {
            Some(state) => activity.sessions.push(sample(&row, state, facts)),
            None => activity.hidden += 1,
        }
    }
    let waiting: Vec<i32> = activity
        .sessions
        .iter()
        .filter(|session| session.active && session.wait.is_lock())
        .map(|session| session.process)
        .collect();
    if !waiting.is_empty() {
        let rows = ask::ask(session, &ask::blockers(&waiting)).await?;
        let of = |process: i32| activity.sessions.iter().find(|session| session.process == process);
        activity.blocked = rows
            .iter()
            .filter_map(|row| Some((of(number(row, 0)?)?, of(number(row, 1)?))))
            .map(|(waiting, blocking)| Blocked {
                waiting: waiting.query,
                blocking: blocking.and_then(|session| session.query),
                blocker_idle: blocking.is_some_and(|session| session.idle_in_transaction),
            })
            .collect();
    }
    Ok(activity)
}

fn sample(row: &SimpleQueryRow, state: &str, facts: &Facts) -> ActivitySample {
    let bytes: usize = number(row, 7).unwrap_or_default();
    let front = row.get(5).unwrap_or_default();
    ActivitySample {
        process: number(row, 0).unwrap_or_default(),
        query: number(row, 1).filter(|query| *query != 0),
        active: state == "active",
        idle_in_transaction: state.starts_with("idle in transaction"),
        wait: Wait::of(row.get(3)),
        transaction_ms: number(row, 4),
        text: row.get(6).map_or_else(|| front.to_owned(), |end| comments(front, end)),
        // A character is never cut in two, so up to three bytes less.
        is_cut: bytes + 4 >= facts.text_bytes,
        started_us: number(row, 8).map(|started: f64| started.round() as i64),
        age_ms: number(row, 9),
    }
}

/// The comments at both ends of a long text.
fn comments(front: &str, end: &str) -> String {
    let whole = Tokens::of(front).filter(|token| token.kind == Kind::Comment && !token.is_open);
    let texts = whole.map(|token| &front[token.range]);
    let mut comments: Vec<&str> = texts.filter(|text| text.starts_with("/*")).collect();
    // What is before the first one may be the middle of anything.
    comments.extend(end.find("/*").map(|at| &end[at..]));
    comments.join(" ")
}

/// A number in a column, if there is one.
pub(super) fn number<T: std::str::FromStr>(row: &SimpleQueryRow, at: usize) -> Option<T> {
    row.get(at)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_its_comments_at_both_ends() {
        let both = comments("/*route='a'*/ SELECT '/*' || x -- /*", "tail', y /*route='b'*/");
        assert_eq!(both, "/*route='a'*/ /*route='b'*/");
        assert_eq!(comments("SELECT 1 /* cut", "no comment"), "");
    }
}
