//! How many changes are taken in a second: whoever asks in a loop must not keep the workers busy with reading what is
//! new.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// So many changes in a second; more than any person makes.
pub(crate) const MOST: u32 = 50;

/// Counts the changes of a second.
#[derive(Debug, Default)]
pub(crate) struct Pace(Mutex<Option<(Instant, u32)>>);

impl Pace {
    /// Whether there may be one more.
    pub(crate) fn admits(&self, now: Instant) -> bool {
        let mut second = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *second {
            Some((since, count)) if now.saturating_duration_since(*since) < Duration::from_secs(1) => {
                *count = count.saturating_add(1);
                *count <= MOST
            }
            _ => {
                *second = Some((now, 1));
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_has_so_many_changes() {
        let (pace, now) = (Pace::default(), Instant::now());
        let admitted = (0..500).filter(|_| pace.admits(now)).count();
        assert_eq!(admitted, MOST as usize);
        assert!(!pace.admits(now + Duration::from_millis(999)));
        assert!(pace.admits(now + Duration::from_secs(1)));
    }
}
