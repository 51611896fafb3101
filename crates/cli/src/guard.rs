//! `loadline guard`: a process between this one and a child that ends with it. Not for people.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use loadline_children::{Farewell, Guard, RunAs};

use crate::common::screen;

/// As shells have it, for a command that cannot be started.
const NOT_STARTED: u8 = 127;

/// `loadline guard`.
#[derive(Debug, Args)]
pub(crate) struct GuardArguments {
    /// Who the guard ends with
    #[arg(long)]
    parent: i32,
    /// Where what the command prints goes
    #[arg(long)]
    log: Option<PathBuf>,
    /// What it prints on standard output is for the parent
    #[arg(long)]
    talks: bool,
    /// How long the command may take to end, in milliseconds
    #[arg(long, default_value_t = 5000)]
    patience_ms: u64,
    /// How the command is asked to end: TERM, INT or QUIT
    #[arg(long, default_value_t)]
    farewell: Farewell,
    /// The numbers of the user and the group that the command runs as
    #[arg(long)]
    run_as: Option<RunAs>,
    /// Become the command, and be killed with the parent
    #[arg(long)]
    become_it: bool,
    /// The command
    #[arg(last = true, required = true)]
    command: Vec<OsString>,
}

/// Keeps the command; the exit code is its own.
pub(crate) fn guard(arguments: GuardArguments) -> ExitCode {
    let GuardArguments { parent, log, talks, patience_ms, farewell, run_as, become_it, command } = arguments;
    let patience = Duration::from_millis(patience_ms);
    let guard = Guard { parent, log, talks, patience, farewell, run_as, become_it, command };
    guard.keep().map_or_else(
        |error| {
            let command = guard.command.first().map(|word| word.to_string_lossy()).unwrap_or_default();
            screen::complain(&format!("cannot start `{command}`: {error}"));
            ExitCode::from(NOT_STARTED)
        },
        ExitCode::from,
    )
}
