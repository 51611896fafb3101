//! `loadline scale simulate`: one policy, or many, over one day.

use std::io::IsTerminal;

use anyhow::Context;
use loadline_report::{Content, check_file, plain, render};
use loadline_runner::{Ending, Ends, Failure};

use super::arguments::SimulateArguments;
use super::kept::write_day;
use super::{contradictions, foreseen, judged, policy, scenario, sweep, words};
use crate::common::{json_text, print, screen, told};

/// Simulates what was asked for.
pub(super) fn simulate(arguments: &SimulateArguments) -> Result<Ending, Failure> {
    arguments.ci.check().ends(Ending::OutputNotWritten)?;
    judged::check(&arguments.judging).ends(Ending::Configuration)?;
    if let Some(path) = &arguments.output {
        check_file(path, Content::Run)
            .with_context(|| format!("cannot write `{}`", path.display()))
            .ends(Ending::OutputNotWritten)?;
    }
    let (tried, deployed) =
        policy::declared(&arguments.manifests, &arguments.policy).ends(Ending::Configuration)?;
    contradictions::check(&tried, deployed.as_ref(), arguments.scenario.cpu_request)
        .ends(Ending::Configuration)?;
    let mut scenario = scenario::scenario(&arguments.scenario, deployed.as_ref())?;
    // What cannot work is said before anything takes time.
    tried.autoscaler(&scenario).ends(Ending::Configuration)?;
    scenario.initial =
        arguments.scenario.initial.unwrap_or_else(|| tried.initial(&scenario, deployed.as_ref()));
    if !arguments.sweep.is_empty() {
        return sweep::sweep(arguments, &tried, &scenario, deployed.as_ref());
    }
    foreseen::caution(&tried, &scenario);
    let judged = judged::judged(&tried, &scenario, &arguments.judging).ends(Ending::CouldNotRun)?;
    let text = if arguments.json {
        json_text(&words::json(&judged, &scenario, &arguments.judging, &tried.what))
            .ends(Ending::CouldNotRun)?
    } else {
        let theme = screen::theme(arguments.no_color, std::io::stdout().is_terminal());
        let lines = words::text(&judged, &scenario, &arguments.judging, &tried.what, screen::result_width());
        let answer = words::answer(&judged, &scenario, &arguments.judging);
        render(&lines, &theme) + &plain(&format!("{answer}\n"))
    };
    let written = write_day(arguments.output.as_deref(), &judged.run);
    let ending = if judged.fails() { Ending::Failed } else { Ending::Passed };
    let reported = arguments.ci.report(&judged.run, &judged.verdicts, None);
    let printed = print(text.as_bytes());
    Ok(told(written.and(reported), told(printed, ending)))
}
