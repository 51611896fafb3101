//! What a run says of its own generator: whether its figures can be trusted, and who would not yield.
//!
//! A saturated generator spoils a fail as much as a pass, so it is always said, and the Run keeps it. Whether it also
//! fails the run is the caller's choice (`--on-saturation`): by default it does not, because builds run on small shared
//! machines, and a build that was green under k6 must not turn red for something that k6 never looked at. With `fail`
//! it ends in a code of its own, in place of 0 and of 99 alike: neither of them would be true.

use clap::{Args, ValueEnum};

/// `--on-saturation`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub(crate) enum OnSaturation {
    /// Say so; the exit code is that of the thresholds
    #[default]
    Warn,
    /// Say so and end with code 111
    Fail,
}

/// The flag, the same wherever load is made.
#[derive(Clone, Copy, Debug, Default, Args)]
pub(crate) struct SaturationArguments {
    /// What to do when the load generator itself could not keep up, so that nothing it measured can be trusted
    #[arg(
        long,
        value_enum,
        value_name = "warn|fail",
        default_value_t,
        env = "LOADLINE_ON_SATURATION",
        hide_possible_values = true
    )]
    pub(crate) on_saturation: OnSaturation,
}
