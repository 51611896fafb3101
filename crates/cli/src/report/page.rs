//! `loadline report RUN -o FILE.html`: a run as one page.

use anyhow::{Context, Result};
use loadline_page::{Document, html};
use loadline_report::{Content, check_file, plain, replace_file};
use loadline_runner::{Ending, Ends, Failure};
use loadline_units as units;
use loadline_verdict::{Budgets, judge_whole};

use super::arguments::ReportArguments;
use crate::common::{EndsByHistory as _, ProjectFile, not_whole, pick, print, screen, told, without_secrets};

/// Writes the page. The run is judged by what it was recorded with, so that the page says what the run said.
pub(super) fn write(arguments: &ReportArguments, found: &ProjectFile) -> Result<Ending, Failure> {
    let (Some(name), Some(output)) = (&arguments.page.run, &arguments.page.output) else {
        return Err(Failure::new(
            Ending::Configuration,
            "name a run and a file: `loadline report latest -o run.html`",
        ));
    };
    let shown = output.display();
    check_file(output, Content::Page)
        .with_context(|| format!("cannot write `{shown}`"))
        .ends(Ending::OutputNotWritten)?;
    let run = pick(name, &arguments.place, found).ends_reading()?;
    if let Some(words) = not_whole(name, &run) {
        screen::complain(&words);
    }
    let budgets = Budgets::of_run(&run).ends(Ending::CouldNotRun)?;
    let verdicts = judge_whole(&run, &budgets, arguments.page.incomplete.rule());
    let document = Document::of(&run, &verdicts);
    let page = html(&document).ends(Ending::CouldNotRun)?;
    let page = without_secrets(page.as_bytes());
    let written = || -> Result<()> {
        replace_file(output, Content::Page, &page).with_context(|| format!("cannot write `{shown}`"))
    };
    written().ends(Ending::OutputNotWritten)?;
    let size = units::bytes(page.len() as f64);
    let text = plain(&format!("{shown} written, {size}: {}\n", document.verdict.words));
    Ok(told(print(text.as_bytes()), Ending::Passed))
}
