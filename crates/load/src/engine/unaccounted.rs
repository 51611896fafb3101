//! An account that does not balance.

use std::fmt;

/// A scenario whose iterations do not add up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unaccounted {
    /// The scenario's name.
    pub scenario: String,
    /// The iterations that this machine was to make.
    pub planned: u64,
    /// The iterations that it started.
    pub made: u64,
    /// The iterations that it dropped, each for a reason.
    pub dropped: u64,
}

impl Unaccounted {
    /// What is wrong with a scenario's account, if anything is.
    pub(super) fn of(scenario: &str, planned: u64, made: u64, dropped: u64) -> Option<Self> {
        let balanced = made.checked_add(dropped) == Some(planned);
        (!balanced).then(|| Self { scenario: scenario.to_owned(), planned, made, dropped })
    }
}

impl fmt::Display for Unaccounted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scenario, planned, made, dropped } = self;
        write!(
            f,
            "scenario `{scenario}`: {planned} iterations were planned, but {made} were made and {dropped} dropped"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_add_up_is_told() {
        assert_eq!(Unaccounted::of("a", 10, 10, 0), None);
        assert_eq!(Unaccounted::of("a", 10, 0, 10), None);
        assert_eq!(Unaccounted::of("a", 0, 0, 0), None);
        for (made, dropped) in [(9, 0), (0, 9), (11, 0), (1, 10), (u64::MAX, 11)] {
            assert!(Unaccounted::of("a", 10, made, dropped).is_some(), "{made} {dropped}");
        }
        assert_eq!(
            Unaccounted::of("smoke", 10, 1, 0).unwrap().to_string(),
            "scenario `smoke`: 10 iterations were planned, but 1 were made and 0 dropped"
        );
    }
}
