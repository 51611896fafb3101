//! The queues of a pgbouncer, and whether a pooler is where none may be.

use super::super::address::Address;
use super::super::connect::{ConnectError, Session};
use super::ask::{MARK, ask};
use crate::cost::Pool;

/// How a session with the administration begins; it knows no settings.
pub(super) const HELLO: &str = "SHOW VERSION";
/// Looks at who is at the other end.
const LOOKS: usize = 3;

/// The queue of each pool.
pub(super) async fn pools(session: &Session) -> Result<Vec<Pool>, String> {
    let rows = ask(session, "SHOW POOLS").await?;
    let pools = rows.iter().filter(|row| row.get("database") != Some("pgbouncer")).map(|row| {
        let text = |name: &str| row.try_get(name).ok().flatten().unwrap_or_default();
        let number = |name: &str| text(name).parse::<f64>().unwrap_or_default();
        Pool {
            name: format!("{}/{}", text("database"), text("user")),
            waiting: number("cl_waiting") as u64,
            longest_ms: number("maxwait") * 1_000.0 + number("maxwait_us") / 1_000.0,
        }
    });
    Ok(pools.collect())
}

/// Whether something in between gives each statement to any session of the server: a pooler in transaction mode. What
/// we set there would be set for whoever comes next, so this is found out before anything is set.
///
/// Two connections to one server are two processes, and each stays the same.
pub(super) async fn is_pooled(address: &Address) -> Result<bool, ConnectError> {
    let own = format!("SELECT {MARK} pg_backend_pid()");
    let first = Session::open_with(address, "").await?;
    let second = Session::open_with(address, "").await?;
    let mut seen: [Option<String>; 2] = [None, None];
    for _ in 0..LOOKS {
        for (session, seen) in [&first, &second].into_iter().zip(&mut seen) {
            let Ok(rows) = ask(session, &own).await else { return Ok(false) };
            let process = rows.first().and_then(|row| row.get(0)).map(str::to_owned);
            if seen.as_ref().is_some_and(|seen| Some(seen) != process.as_ref()) {
                return Ok(true);
            }
            *seen = process;
        }
        if seen[0] == seen[1] {
            return Ok(true);
        }
    }
    Ok(false)
}
