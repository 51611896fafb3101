//! `loadline report RUN -o FILE.html --svg FILE.svg …`: a run as one page, as a picture, and as what CI systems take.

use std::path::Path;

use loadline_ledger::explain;
use loadline_page::{Document, badge, html, svg};
use loadline_report::{Content, github_summary, plain, sarif};
use loadline_runner::{Ending, Ends, Failure};
use loadline_verdict::{Budgets, judge_whole};

use super::arguments::{PageArguments, ReportArguments};
use super::judged_metrics::judged_metrics;
use crate::common::{
    EndsByHistory as _, Places, ProjectFile, check_page, json_text, not_whole, pick, print, screen, told,
    write_page,
};

/// Writes what was asked for. The run is judged by what it was recorded with, so that all of it says what the run said.
pub(super) fn write(arguments: &ReportArguments, found: &ProjectFile) -> Result<Ending, Failure> {
    let asked = &arguments.page;
    let files = files(asked);
    let (Some(name), false) = (&asked.run, files.is_empty()) else {
        return Err(Failure::new(
            Ending::Configuration,
            "name a run and a file: `loadline report latest -o run.html`",
        ));
    };
    for (path, content, _) in &files {
        check_page(path, *content).ends(Ending::OutputNotWritten)?;
    }
    let run = pick(name, &arguments.place, found).ends_reading()?;
    if let Some(words) = not_whole(name, &run) {
        screen::complain(&words);
    }
    let budgets = Budgets::of_run(&run).ends(Ending::CouldNotRun)?;
    let mut verdicts = judge_whole(&run, &budgets, asked.incomplete.rule());
    explain(&mut verdicts, &run);
    let document = Document::of(&run, &verdicts);
    let mut text = String::new();
    for (path, content, kind) in files {
        let made = match kind {
            Kind::Page => html(&document).ends(Ending::CouldNotRun)?,
            Kind::Picture => svg(&document),
            Kind::Badge => badge(&document, asked.badge_shows, asked.badge_label.as_deref())
                .map_err(|why| Failure::new(Ending::CouldNotRun, why))?,
            Kind::Markdown => github_summary(&run, &verdicts),
            Kind::Sarif => {
                let places = Places::of(&run, found);
                json_text(&sarif(&run, &verdicts, &|verdict| places.of_verdict(verdict)))
                    .ends(Ending::CouldNotRun)?
            }
            Kind::Metrics => judged_metrics(&verdicts),
        };
        let written = write_page(path, content, &made).ends(Ending::OutputNotWritten)?;
        text += &format!("{written}: {}\n", document.verdict.words);
    }
    Ok(told(print(plain(&text).as_bytes()), Ending::Passed))
}

/// What a file is to have in it.
#[derive(Clone, Copy)]
enum Kind {
    Page,
    Picture,
    Badge,
    Markdown,
    Sarif,
    Metrics,
}

/// The files that were asked for.
fn files(asked: &PageArguments) -> Vec<(&Path, Content, Kind)> {
    let all = [
        (&asked.output, Content::Page, Kind::Page),
        (&asked.svg, Content::Picture, Kind::Picture),
        (&asked.badge, Content::Picture, Kind::Badge),
        (&asked.markdown, Content::Markdown, Kind::Markdown),
        (&asked.sarif, Content::Sarif, Kind::Sarif),
        (&asked.metrics, Content::Text, Kind::Metrics),
    ];
    all.into_iter().filter_map(|(path, content, kind)| Some((path.as_deref()?, content, kind))).collect()
}
