//! Waiting until a database's sessions have reported what they did.
//!
//! What a statement costs is counted when it ends. Transactions, deadlocks and temporary files of a database as a whole
//! are counted by each session for itself: it reports them when it falls idle, but not more often than once a second,
//! and what is left then up to ten seconds later (`PGSTAT_IDLE_INTERVAL`). Nobody can make another's session report. So
//! the end of a run that is judged by one of these has to wait, and any other does not.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use super::super::connect::Session;
use super::ask;
use super::facts::Facts;
use super::read;
use super::shared::Voiced;

/// Sessions are waited for so long …
const LONGEST: Duration = Duration::from_secs(12);
/// … and asked for so often.
const AGAIN: Duration = Duration::from_millis(500);
/// An answer may take so long.
const ANSWER: Duration = Duration::from_secs(5);

/// Waits, and says how many sessions have not reported in the end.
///
/// # Errors
/// Why the server could not be asked.
pub(super) async fn wait(session: &Session, facts: &Facts, voice: &Voiced) -> Result<u64, String> {
    let begun = Instant::now();
    let mut is_told = false;
    loop {
        let asked = timeout(ANSWER, ask::ask(session, &ask::unreported(facts))).await;
        let rows = asked.unwrap_or_else(|_| Err("it did not answer in time".to_owned()))?;
        let left = rows.first().and_then(|row| read::number::<u64>(row, 0)).unwrap_or(0);
        if left == 0 || begun.elapsed() >= LONGEST {
            return Ok(left);
        }
        if !std::mem::replace(&mut is_told, true) {
            voice(
                "a requirement is on what the database as a whole counts: waiting up to 12s until its sessions have \
                 reported it",
            );
        }
        sleep(AGAIN).await;
    }
}
