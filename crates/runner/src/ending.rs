//! How a command ends, and the number the shell sees.
//!
//! What an ending means is said once; its number depends on who reads it. Jobs that called k6 go on reading k6's
//! numbers from whatever runs a load test in its place; every other command has four of its own, as Unix commands do.

/// How a command ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Ending {
    /// Everything that was judged passed.
    Passed,
    /// A threshold or a budget failed, had no data, or was left open where that fails.
    Failed,
    /// What was typed or configured is wrong: nothing was run.
    Configuration,
    /// It could not be run, or an error of ours.
    CouldNotRun,
    /// An output could not be written, and everything else is well.
    OutputNotWritten,
    /// Stopped by a signal.
    Signal,
    /// The generator could not keep up, where that fails.
    Saturated,
    /// `setup()` took longer than `setupTimeout`.
    SetupTimeout,
    /// `teardown()` took longer than `teardownTimeout`.
    TeardownTimeout,
    /// Stopped by a person, at the control of the run.
    StoppedByApi,
    /// An exception in init code or in `setup()`.
    ScriptException,
    /// The script called `test.abort()`, or an iteration asked for the end.
    Aborted,
    /// The script called `test.fail()`.
    MarkedFailed,
}

/// Whose numbers the shell gets.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Dialect {
    /// k6's, and two behind them that k6 does not have: `run`, `demo`, scenarios in Rust.
    K6,
    /// Our own: every other command. What only a script can end in is for them that they could not run.
    Own,
}

impl Ending {
    /// Every ending.
    pub const ALL: [Self; 13] = [
        Self::Passed,
        Self::Failed,
        Self::Configuration,
        Self::CouldNotRun,
        Self::OutputNotWritten,
        Self::Signal,
        Self::Saturated,
        Self::SetupTimeout,
        Self::TeardownTimeout,
        Self::StoppedByApi,
        Self::ScriptException,
        Self::Aborted,
        Self::MarkedFailed,
    ];

    /// The process's exit code.
    ///
    /// k6's numbers: <https://github.com/grafana/k6/blob/master/errext/exitcodes/codes.go>.
    pub const fn code(self, dialect: Dialect) -> u8 {
        const COULD_NOT_RUN: u8 = 3;
        let (k6, own) = match self {
            Self::Passed => (0, 0),
            Self::Failed => (99, 1),
            Self::Configuration => (104, 2),
            Self::CouldNotRun => (109, COULD_NOT_RUN),
            Self::OutputNotWritten => (112, 4),
            Self::Signal => (105, 105),
            Self::Saturated => (111, 111),
            Self::SetupTimeout => (100, COULD_NOT_RUN),
            Self::TeardownTimeout => (101, COULD_NOT_RUN),
            Self::StoppedByApi => (103, 103),
            Self::ScriptException => (107, COULD_NOT_RUN),
            Self::Aborted => (108, COULD_NOT_RUN),
            Self::MarkedFailed => (110, COULD_NOT_RUN),
        };
        match dialect {
            Dialect::K6 => k6,
            Dialect::Own => own,
        }
    }

    /// What a process of ours that ended with this code came to.
    pub fn of_code(code: i32, dialect: Dialect) -> Option<Self> {
        Self::ALL.into_iter().find(|ending| i32::from(ending.code(dialect)) == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn k6s_numbers_tell_all_endings_apart() {
        for ending in Ending::ALL {
            assert_eq!(Ending::of_code(i32::from(ending.code(Dialect::K6)), Dialect::K6), Some(ending));
        }
        assert_eq!(Ending::of_code(102, Dialect::K6), None);
    }

    #[test]
    fn a_signal_and_a_saturated_generator_have_one_number() {
        for ending in [Ending::Passed, Ending::Signal, Ending::StoppedByApi, Ending::Saturated] {
            assert_eq!(ending.code(Dialect::K6), ending.code(Dialect::Own), "{ending:?}");
        }
        // What they share is what could not run, which is found first.
        let own = |code| Ending::of_code(code, Dialect::Own);
        assert_eq!(own(1), Some(Ending::Failed));
        assert_eq!(own(3), Some(Ending::CouldNotRun));
        assert_eq!(own(99), None);
    }
}
