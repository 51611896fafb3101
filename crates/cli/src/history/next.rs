//! What one would do next.

use super::arguments::{HistoryArguments, HistoryCommand};

/// The command that usually comes after this one; none for machines.
pub(super) fn next(arguments: &HistoryArguments) -> Option<String> {
    if arguments.json {
        return None;
    }
    let (command, does) = match &arguments.command {
        None | Some(HistoryCommand::List(_)) => {
            ("loadline history show latest".to_owned(), "has the figures of the newest run")
        }
        Some(HistoryCommand::Show { run }) => {
            (format!("loadline baseline check {run}"), "holds it against the runs before it")
        }
        Some(HistoryCommand::Trend { .. }) => {
            ("loadline report baselines".to_owned(), "writes down what is normal")
        }
        Some(HistoryCommand::Prune { .. } | HistoryCommand::Repair | HistoryCommand::Import { .. }) => {
            ("loadline history".to_owned(), "lists the newest runs")
        }
        Some(HistoryCommand::Bisect(_)) => return None,
        Some(HistoryCommand::Export { run, .. }) if run == "all" => return None,
        Some(HistoryCommand::Export { to, .. }) => {
            (format!("loadline budget check {}", to.display()), "judges it by the project's budgets")
        }
    };
    Some(format!("next: `{command}` {does}"))
}
