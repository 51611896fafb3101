//! Accepting connections: when there is none to be had, wait a moment and go on, and say so once a second at
//! most.

use std::io;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::bound::Bound;
use crate::connection::Accepted;

/// Waited after the system had no more descriptors or memory for a connection.
const AFTER_EXHAUSTION: Duration = Duration::from_millis(100);
const BETWEEN_LINES: Duration = Duration::from_secs(1);

/// The next connection; there is always one to come.
pub(crate) async fn accept(bound: &Bound, exhaustion: &mut Exhaustion) -> Accepted {
    loop {
        match bound.listener.accept().await {
            Ok((stream, peer)) => return Accepted { stream, peer, tls: bound.tls.clone() },
            Err(error) if is_about_one_connection(&error) => {}
            Err(error) => {
                if let Some(times) = exhaustion.note(Instant::now()) {
                    tracing::error!(%error, times, "cannot accept connections");
                }
                sleep(AFTER_EXHAUSTION).await;
            }
        }
    }
}

/// How often accepting failed, and when that was last said.
#[derive(Debug, Default)]
pub(crate) struct Exhaustion {
    said: Option<Instant>,
    unsaid: u64,
}

impl Exhaustion {
    /// Notes one failure. How many to speak of now, if it is time to.
    fn note(&mut self, now: Instant) -> Option<u64> {
        self.unsaid += 1;
        if self.said.is_some_and(|said| now.duration_since(said) < BETWEEN_LINES) {
            return None;
        }
        self.said = Some(now);
        Some(std::mem::take(&mut self.unsaid))
    }
}

/// The client went away between connecting and being accepted.
fn is_about_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_a_second_tells_of_all() {
        let start = Instant::now();
        let mut exhaustion = Exhaustion::default();
        let said: Vec<Option<u64>> =
            (0..25).map(|tenth| exhaustion.note(start + tenth * AFTER_EXHAUSTION)).collect();
        let told: Vec<u64> = said.into_iter().flatten().collect();
        assert_eq!(told, [1, 10, 10]);
    }
}
