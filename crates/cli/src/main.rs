//! The `loadline` command: arguments → plan → run → judge → report → exit code.
//!
//! Only this crate parses arguments, reads the environment, prints, and chooses exit codes.

mod arguments;
mod baseline;
mod bisect;
mod budget;
mod capacity;
mod comment;
mod common;
mod compare;
mod control;
mod dashboards;
mod db;
mod demo;
mod edge;
mod guard;
mod history;
mod hit;
mod holiday;
mod inspect;
mod report;
mod run;
mod scale;
mod typed;
mod ui;
mod watch;

use std::process::ExitCode;

use loadline_runner::{Dialect, Ending};

use crate::arguments::Command;
use crate::common::limits::enough_threads;
use crate::common::screen;

fn main() -> ExitCode {
    common::secrets::learn();
    let dialect = dialect();
    if let Err(failure) = common::limits::survive() {
        screen::complain(&failure.text());
        return failure.ending.code(dialect).into();
    }
    let command = match arguments() {
        Ok(command) => command,
        Err(ending) => return ending.code(dialect).into(),
    };
    let ended = match command {
        Command::Run(arguments) => enough_threads().and_then(|()| run::run(&arguments)),
        Command::Ui(arguments) => ui::ui(&arguments),
        Command::Budget(arguments) => budget::budget(&arguments),
        Command::Compare(arguments) => enough_threads().and_then(|()| compare::compare(&arguments)),
        Command::Aa(arguments) => enough_threads().and_then(|()| compare::aa(&arguments)),
        Command::History(arguments) => history::history(&arguments),
        Command::Baseline(arguments) => baseline::baseline(&arguments),
        Command::Report(arguments) => report::report(&arguments),
        Command::Comment(arguments) => comment::comment(&arguments),
        Command::Control(arguments) => control::control(&arguments),
        Command::Inspect(arguments) => enough_threads().and_then(|()| inspect::inspect(&arguments)),
        Command::Hit(arguments) => enough_threads().and_then(|()| hit::hit(&arguments)),
        Command::Capacity(arguments) => enough_threads().and_then(|()| capacity::capacity(&arguments)),
        Command::Db(arguments) => db::db(&arguments),
        Command::Edge(arguments) => edge::edge(&arguments),
        Command::Scale(arguments) => scale::scale(arguments),
        Command::Watch(arguments) => watch::watch(&arguments),
        Command::Dashboards(arguments) => dashboards::dashboards(&arguments),
        Command::Demo(arguments) => enough_threads().and_then(|()| demo::demo(&arguments)),
        Command::Holiday(arguments) => return holiday::holiday(arguments),
        Command::Guard(arguments) => return guard::guard(arguments),
    };
    let ending = ended.unwrap_or_else(|failure| {
        screen::complain(&failure.text());
        failure.ending
    });
    ending.code(dialect).into()
}

/// The command, or the ending after help or a usage error.
fn arguments() -> Result<Command, Ending> {
    match typed::arguments(std::env::args_os()) {
        Ok(arguments) => {
            common::secrets::show(arguments.show_secrets);
            Ok(arguments.command)
        }
        Err(error) => {
            screen::usage(&error);
            Err(if error.use_stderr() { Ending::Configuration } else { Ending::Passed })
        }
    }
}

/// Whose numbers the command typed ends in, also when what follows it is wrong: k6's where k6 has the command, and for
/// the demo of it.
fn dialect() -> Dialect {
    let command = std::env::args_os().nth(1);
    match command.as_ref().and_then(|command| command.to_str()) {
        Some("run" | "inspect" | "demo") => Dialect::K6,
        _ => Dialect::Own,
    }
}
