//! What was kept by what was counted, but by so little, or in so short a time, that nobody can say it would be kept
//! again; and slopes and comparisons that too little evidence leaves open. It fails nothing by itself: a run that was
//! too short is no slow system, and a build that turns red for it would be made green by turning the budget off.
//! `--unproven fail` is for those who would rather run longer than not know.

use clap::{Args, ValueEnum};
use loadline_runner::is_unproven;
use loadline_verdict::Verdict;

/// `--unproven`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub(crate) enum Unproven {
    /// Pass with a note
    #[default]
    Warn,
    /// Fail
    Fail,
}

/// The flag, the same wherever verdicts are.
#[derive(Clone, Copy, Debug, Default, Args)]
pub(crate) struct UnprovenArguments {
    /// What to do about a pass that may be chance: pass with a note, or fail [default: warn]
    #[arg(
        long,
        alias = "on-inconclusive",
        value_enum,
        value_name = "warn|fail",
        env = "LOADLINE_UNPROVEN",
        hide_possible_values = true
    )]
    unproven: Option<Unproven>,
}

impl UnprovenArguments {
    /// What was asked for, here or by the project.
    pub(crate) fn or(self, project: Option<bool>) -> Unproven {
        let of_project = project.map(|fails| if fails { Unproven::Fail } else { Unproven::Warn });
        self.unproven.or(of_project).unwrap_or_default()
    }
}

impl Unproven {
    /// Whether the command fails by these verdicts.
    pub(crate) fn fails(self, verdicts: &[Verdict]) -> bool {
        self == Self::Fail && is_unproven(verdicts)
    }
}
