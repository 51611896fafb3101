//! Why iterations that were planned were not made. Every one that is dropped has a cause, and says it in a tag.

use std::fmt;
use std::sync::atomic::{AtomicU8, Ordering};

/// Why iterations of a plan did not start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum DropCause {
    /// Every virtual user of an open model was busy, and there were `maxVUs` of them.
    NoFreeVu,
    /// `maxDuration` was over.
    MaxDuration,
    /// The run was ended by its own doing: an iteration, or a threshold.
    Aborted,
    /// The run was stopped from outside, by a signal or a handle.
    Interrupted,
    /// The run could not go on, or did not end by itself.
    Failed,
}

impl DropCause {
    /// All causes, each at the position of its number.
    pub(super) const ALL: [Self; 5] =
        [Self::NoFreeVu, Self::MaxDuration, Self::Aborted, Self::Interrupted, Self::Failed];

    /// The tag of `dropped_iterations` that holds the cause.
    pub const TAG: &str = "cause";

    /// The cause as tags and texts say it, for example `maxDuration`.
    pub const fn text(self) -> &'static str {
        match self {
            Self::NoFreeVu => "no free VU",
            Self::MaxDuration => "maxDuration",
            Self::Aborted => "aborted",
            Self::Interrupted => "interrupted",
            Self::Failed => "failed",
        }
    }
}

impl fmt::Display for DropCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// A cause that several may name, each on its own thread; the first one stays.
#[derive(Debug, Default)]
pub(super) struct FirstCause(AtomicU8);

impl FirstCause {
    /// Names a cause.
    pub(super) fn name(&self, cause: DropCause) {
        let _ = self.0.compare_exchange(0, cause as u8 + 1, Ordering::Release, Ordering::Relaxed);
    }

    /// The cause, if somebody named one.
    pub(super) fn get(&self) -> Option<DropCause> {
        let number = self.0.load(Ordering::Acquire);
        usize::from(number).checked_sub(1).map(|position| DropCause::ALL[position])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_cause_stays() {
        for (position, cause) in DropCause::ALL.into_iter().enumerate() {
            assert_eq!(cause as usize, position);
            let first = FirstCause::default();
            assert_eq!(first.get(), None);
            first.name(cause);
            first.name(DropCause::Interrupted);
            assert_eq!(first.get(), Some(cause));
        }
    }
}
