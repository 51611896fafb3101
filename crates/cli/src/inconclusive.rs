//! What too few values leave open: it fails nothing by itself, because a run that was too short is no slow system, and
//! a build that turns red for it would be made green by turning the budget off. `--on-inconclusive fail` is for those who
//! would rather run longer than not know.

use clap::{Args, ValueEnum};
use loadline_runner::is_open;
use loadline_verdict::Verdict;

/// `--on-inconclusive`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub(crate) enum OnInconclusive {
    /// Say so
    #[default]
    Warn,
    /// Say so and fail
    Fail,
}

/// The flag, the same wherever verdicts are.
#[derive(Clone, Copy, Debug, Default, Args)]
pub(crate) struct InconclusiveArguments {
    /// What to do about what too little evidence leaves open
    #[arg(
        long,
        value_enum,
        value_name = "warn|fail",
        default_value_t,
        env = "LOADLINE_ON_INCONCLUSIVE",
        hide_possible_values = true
    )]
    pub(crate) on_inconclusive: OnInconclusive,
}

impl OnInconclusive {
    /// Whether the command fails by these verdicts.
    pub(crate) fn fails(self, verdicts: &[Verdict]) -> bool {
        self == Self::Fail && is_open(verdicts)
    }
}
