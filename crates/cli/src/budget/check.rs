//! `loadline budget check`: a Run, judged again.

use std::io::IsTerminal;

use loadline_config::Workload;
use loadline_ledger::explain;
use loadline_report::{Requirement, render, verdict_table, verdicts_json};
use loadline_runner::{Ending, Ends, Failure, only_request};
use loadline_verdict::{Budgets, escape, judge_whole};

use super::arguments::CheckArguments;
use crate::common::{EndsByHistory as _, find, json_text, not_whole, pick, print, screen, told};

/// Judges a Run by the project's budgets beside its own thresholds.
pub(crate) fn check(arguments: &CheckArguments) -> Result<Ending, Failure> {
    let found = find(&arguments.project).ends(Ending::Configuration)?;
    let run = pick(&arguments.run, &arguments.place, &found).ends_reading()?;
    if let Some(words) = not_whole(&arguments.run, &run) {
        screen::complain(&words);
    }
    let mut budgets = Budgets::of_run(&run).ends(Ending::CouldNotRun)?;
    // The project as it is now, in place of what it was when the run was recorded.
    if let Some(path) = &found.path {
        if arguments.all_budgets {
            found.project.judges_all(&mut budgets);
        } else {
            let only = only_request(&run.meta);
            let request = only.as_ref().map(|(method, url)| (method.as_str(), url.as_str()));
            let workload = Workload { name: &run.meta.name, request };
            let elsewhere = found.project.judges(&workload, &mut budgets, run.schema());
            if !elsewhere.is_empty() {
                screen::remark(&format!("{}: {elsewhere}", escape(&path.display().to_string())));
            }
        }
    }
    if budgets.budgets.is_empty() && budgets.project.is_empty() {
        let what = match &found.path {
            Some(path) => format!(
                "there is nothing to judge `{}` by: `{}` has no budget for it, and it has no thresholds\nhint: `--all-budgets` takes those for others, too",
                run.meta.name,
                path.display()
            ),
            None => "there is nothing to judge by: no `loadline.toml` here, and the run has no thresholds\nhint: name a project file with `--project FILE`".to_owned(),
        };
        return Err(Failure::new(Ending::Configuration, what));
    }
    let mut verdicts = judge_whole(&run, &budgets, arguments.incomplete.rule());
    explain(&mut verdicts, &run);
    let text = if arguments.json {
        json_text(&verdicts_json(&run, &verdicts)).ends(Ending::CouldNotRun)?
    } else {
        let rows: Vec<Requirement> = verdicts
            .iter()
            .map(|verdict| {
                Requirement::new(&format!("{} {}", verdict.selector, verdict.aggregate), &run, verdict)
            })
            .collect();
        let theme = screen::theme(arguments.no_color, std::io::stdout().is_terminal());
        let table = verdict_table(&rows, run.meta.saturation.as_ref(), screen::result_width());
        format!("\n{}", render(&table, &theme))
    };
    let printed = print(text.as_bytes());
    let fails = verdicts.iter().any(|verdict| verdict.fails)
        || arguments.unproven.or(found.project.judge.unproven_fails).fails(&verdicts);
    let ending = if fails { Ending::Failed } else { Ending::Passed };
    Ok(told(arguments.ci.report(&run, &verdicts, Some(&found)), told(printed, ending)))
}
