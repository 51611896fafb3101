//! The `loadline` command: arguments → plan → run → judge → report → exit code.
//!
//! Only this crate parses arguments, reads the environment, prints, and chooses exit codes.

mod arguments;
mod baseline;
mod budget;
mod ci;
mod compare;
mod demo;
mod flags;
mod history;
mod hit;
mod incomplete;
mod inconclusive;
mod input;
mod inspect;
mod picked;
mod project;
mod reference_system;
mod run;
mod sampling;
mod screen;
mod scripted;
mod session;
mod standard_input;
mod trust;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;
use loadline_runner::Ending;

use crate::arguments::{Arguments, Command};

fn main() -> ExitCode {
    let ended = match arguments() {
        Ok(Command::Run(arguments)) => run::run(&arguments),
        Ok(Command::Budget(arguments)) => budget::budget(&arguments),
        Ok(Command::Compare(arguments)) => compare::compare(&arguments),
        Ok(Command::Aa(arguments)) => compare::aa(&arguments),
        Ok(Command::History(arguments)) => history::history(&arguments),
        Ok(Command::Baseline(arguments)) => baseline::baseline(&arguments),
        Ok(Command::Report(arguments)) => baseline::report(&arguments),
        Ok(Command::Inspect(arguments)) => inspect::inspect(&arguments),
        Ok(Command::Hit(arguments)) => hit::hit(&arguments),
        Ok(Command::Demo(arguments)) => demo::demo(&arguments),
        Ok(Command::Holiday(arguments)) => {
            return holiday::main(std::iter::once(OsString::from("holiday")).chain(arguments.arguments));
        }
        Err(code) => return code,
    };
    match ended {
        Ok(ending) => ending.into(),
        Err(failure) => {
            screen::complain(&failure.text());
            failure.ending.into()
        }
    }
}

/// The command, or the exit code after help or a usage error. `run` and `inspect` keep k6's code for those.
fn arguments() -> Result<Command, ExitCode> {
    Arguments::try_parse().and_then(Arguments::checked).map(|arguments| arguments.command).map_err(|error| {
        screen::usage(&error);
        let runs = std::env::args_os().nth(1).is_some_and(|command| command == "run" || command == "inspect");
        match error.exit_code() {
            0 => ExitCode::SUCCESS,
            _ if runs => Ending::InvalidConfiguration.into(),
            code => ExitCode::from(u8::try_from(code).unwrap_or(2)),
        }
    })
}
