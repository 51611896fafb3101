//! How a run's seconds become steps: as few as a chart shows.

/// Numbers that all courses of a document may have together, so that a page stays below a megabyte.
const MOST_NUMBERS: u64 = 110_000;
/// Steps that a chart can show.
const MOST_STEPS: u64 = 600;
/// Steps below which nobody sees anything.
const FEWEST_STEPS: u64 = 60;

/// Seconds in a step, and the number of steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Steps {
    pub(crate) seconds: u64,
    pub(crate) count: u64,
}

impl Steps {
    /// For a run of so many seconds of which so many numbers are shown for each step.
    pub(crate) fn of(seconds: u64, columns: u64) -> Self {
        let most = (MOST_NUMBERS / columns.max(1)).clamp(FEWEST_STEPS, MOST_STEPS);
        let each = seconds.div_ceil(most).max(1);
        Self { seconds: each, count: seconds.div_ceil(each).max(1) }
    }

    /// The step of a second.
    pub(crate) fn at(self, second: u64) -> u64 {
        (second / self.seconds).min(self.count - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_shown_second_by_second_until_there_are_too_many() {
        assert_eq!(Steps::of(20, 100), Steps { seconds: 1, count: 20 });
        assert_eq!(Steps::of(600, 100), Steps { seconds: 1, count: 600 });
        assert_eq!(Steps::of(3_600, 100), Steps { seconds: 6, count: 600 });
        assert_eq!(Steps::of(600, 800), Steps { seconds: 5, count: 120 });
        assert_eq!(Steps::of(0, 0), Steps { seconds: 1, count: 1 });
        assert_eq!(Steps::of(3_600, 1_000_000).count, 60);
    }
}
