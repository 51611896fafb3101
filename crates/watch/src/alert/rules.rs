//! How patient alerts are.

/// When an alert begins and when it is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AlertRules {
    /// An objective must burn for so many seconds before somebody is told. Burn windows have this in them, so it is 0.
    pub pending_s: u64,
    /// It must have burnt no more for so many seconds before the alert is over.
    pub resolve_after_s: u64,
    /// An alert that comes again within so many seconds is flapping: each time it takes twice as long to be over.
    pub flapping_within_s: u64,
    /// The longest time that it takes to be over.
    pub longest_s: u64,
    /// Somebody who was told is told again after so many seconds, as long as it goes on; 0 is never.
    pub repeat_s: u64,
}

impl Default for AlertRules {
    fn default() -> Self {
        Self {
            pending_s: 0,
            resolve_after_s: 15 * 60,
            flapping_within_s: 6 * 3600,
            longest_s: 2 * 3600,
            repeat_s: 4 * 3600,
        }
    }
}

impl AlertRules {
    /// How long it takes until an alert is over that has come again so many times.
    pub fn hold_s(&self, again: u32) -> u64 {
        let doubled = self.resolve_after_s.saturating_mul(1 << again.min(32));
        doubled.min(self.longest_s.max(self.resolve_after_s))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_flaps_is_held_for_longer() {
        let rules = AlertRules::default();
        assert_eq!([0, 1, 2, 3, 99].map(|again| rules.hold_s(again)), [900, 1800, 3600, 7200, 7200]);
        let slow = AlertRules { resolve_after_s: 9000, ..rules };
        assert_eq!(slow.hold_s(5), 9000);
    }
}
