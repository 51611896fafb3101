//! Why a run is not changed as somebody asked.

/// Why a run is not changed as somebody asked: nothing is changed then, also where several things were asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SteerError {
    /// There is nothing yet that could be set.
    #[error("the run is still being prepared; its scenarios can be set as soon as its virtual users are")]
    Preparing,
    /// There is nothing any more.
    #[error("the run is over")]
    Over,
    /// The plan has no such scenario.
    #[error("there is no scenario `{name}`; there are {}", .known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "))]
    NoScenario {
        /// As it was asked for.
        name: String,
        /// All that there are.
        known: Vec<String>,
    },
    /// A scenario starts nothing more.
    #[error("scenario `{0}` is over: nothing of it can be set any more")]
    ScenarioOver(String),
    /// A closed model was given a rate.
    #[error(
        "scenario `{scenario}` has no rate: `{executor}` starts an iteration when a user is done with the one before; set its `vus`, where it has some to set"
    )]
    NoRate {
        /// The scenario.
        scenario: String,
        /// What starts its iterations.
        executor: &'static str,
    },
    /// An open model was given users.
    #[error(
        "scenario `{scenario}` has no number of VUs of its own: `{executor}` takes as many as its rate needs; set its rate, or the most it may take (`--max-vus`)"
    )]
    NoVus {
        /// The scenario.
        scenario: String,
        /// What starts its iterations.
        executor: &'static str,
    },
    /// Iterations that are counted beforehand.
    #[error(
        "scenario `{scenario}` cannot be set: `{executor}` is a number of iterations by a number of users, which it makes or drops; it can be paused and stopped"
    )]
    Counted {
        /// The scenario.
        scenario: String,
        /// What starts its iterations.
        executor: &'static str,
    },
    /// More users than there may be.
    #[error(
        "`{vus}` VUs are more than scenario `{scenario}` may have, which is `{max}`; raise that with them (`--max-vus`)"
    )]
    BeyondMax {
        /// The scenario.
        scenario: String,
        /// What was asked for.
        vus: u64,
        /// What there may be.
        max: u64,
    },
    /// Fewer users than were prepared.
    #[error(
        "the most VUs of scenario `{scenario}` cannot be lowered to `{asked}`: it is `{max}`; lower its `vus`"
    )]
    BelowMax {
        /// The scenario.
        scenario: String,
        /// What was asked for.
        asked: u64,
        /// What there may be.
        max: u64,
    },
    /// A slip of the keyboard.
    #[error("`{option}` is at most `{most}`")]
    TooMuch {
        /// What was set.
        option: &'static str,
        /// What it may be.
        most: u64,
    },
    /// Nothing was asked for.
    #[error("there is nothing to set: give `--vus`, `--max-vus` or `--rate`")]
    Nothing,
}
