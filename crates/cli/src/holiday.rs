//! `loadline holiday`: the reference system in this binary, as the demo starts it.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Args;

/// `loadline holiday`: everything after it goes to the reference system's own command line.
#[derive(Debug, Args)]
pub(crate) struct HolidayArguments {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) arguments: Vec<OsString>,
}

/// Runs it; the exit code is its own.
pub(crate) fn holiday(arguments: HolidayArguments) -> ExitCode {
    holiday::main(std::iter::once(OsString::from("holiday")).chain(arguments.arguments))
}
