//! `loadline report RUN -o FILE.html --svg FILE.svg`: a run as one page, and as a picture.

use loadline_page::{Document, html, svg};
use loadline_report::{Content, plain};
use loadline_runner::{Ending, Ends, Failure};
use loadline_verdict::{Budgets, judge_whole};

use super::arguments::ReportArguments;
use crate::common::{
    EndsByHistory as _, ProjectFile, check_page, not_whole, pick, print, screen, told, write_page,
};

/// Writes the page, the picture, or both. The run is judged by what it was recorded with, so that they say what the run
/// said.
pub(super) fn write(arguments: &ReportArguments, found: &ProjectFile) -> Result<Ending, Failure> {
    let asked = &arguments.page;
    let (Some(name), true) = (&asked.run, asked.output.is_some() || asked.svg.is_some()) else {
        return Err(Failure::new(
            Ending::Configuration,
            "name a run and a file: `loadline report latest -o run.html`",
        ));
    };
    let files = [(asked.output.as_deref(), Content::Page), (asked.svg.as_deref(), Content::Picture)];
    for (path, content) in files {
        path.map_or(Ok(()), |path| check_page(path, content)).ends(Ending::OutputNotWritten)?;
    }
    let run = pick(name, &arguments.place, found).ends_reading()?;
    if let Some(words) = not_whole(name, &run) {
        screen::complain(&words);
    }
    let budgets = Budgets::of_run(&run).ends(Ending::CouldNotRun)?;
    let verdicts = judge_whole(&run, &budgets, asked.incomplete.rule());
    let document = Document::of(&run, &verdicts);
    let mut text = String::new();
    for (path, content) in files {
        let Some(path) = path else { continue };
        let made = match content {
            Content::Picture => svg(&document),
            _ => html(&document).ends(Ending::CouldNotRun)?,
        };
        let written = write_page(path, content, &made).ends(Ending::OutputNotWritten)?;
        text += &format!("{written}: {}\n", document.verdict.words);
    }
    Ok(told(print(plain(&text).as_bytes()), Ending::Passed))
}
