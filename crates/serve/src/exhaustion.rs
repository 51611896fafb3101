//! What to do when no connection can be accepted: wait a moment and go on, and say so once a second at most.

use std::io;
use std::time::Duration;

use tokio::time::Instant;

/// Waited after the system had no more descriptors or memory for a connection.
pub(crate) const AFTER_EXHAUSTION: Duration = Duration::from_millis(100);
const BETWEEN_LINES: Duration = Duration::from_secs(1);

/// How often accepting failed, and when that was last said.
#[derive(Debug, Default)]
pub(crate) struct Exhaustion {
    said: Option<Instant>,
    unsaid: u64,
}

impl Exhaustion {
    /// Notes one failure. How many to speak of now, if it is time to.
    pub(crate) fn note(&mut self, now: Instant) -> Option<u64> {
        self.unsaid += 1;
        if self.said.is_some_and(|said| now.duration_since(said) < BETWEEN_LINES) {
            return None;
        }
        self.said = Some(now);
        Some(std::mem::take(&mut self.unsaid))
    }
}

/// The client went away between connecting and being accepted.
pub(crate) fn is_about_one_connection(error: &io::Error) -> bool {
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
