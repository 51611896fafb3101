//! `loadline report BASE HEAD -o FILE.html`: two runs side by side, as one page.

use std::path::Path;

use loadline_page::{ComparedDocument, compared_html};
use loadline_report::{ComparisonReport, Content, plain};
use loadline_runner::{Ending, Ends, Failure};
use loadline_verdict::Gate;

use super::arguments::ReportArguments;
use crate::common::{ProjectFile, check_page, print, told, write_page};
use crate::compare::{Two, compare_two, documents};

/// Compares both as `loadline compare` does, and writes what there is to see of it.
pub(super) fn write(
    arguments: &ReportArguments,
    (base, head): (&str, &str),
    output: &Path,
    found: &ProjectFile,
) -> Result<Ending, Failure> {
    check_page(output, Content::Page).ends(Ending::OutputNotWritten)?;
    let delta = found.project.compare.delta.unwrap_or(Gate::default().delta);
    let two = Two { base, head, place: &arguments.place, force: arguments.page.force, found };
    let gate = Gate { delta, ..Gate::default() };
    let incomplete = arguments.page.incomplete.rule();
    compare_two(&two, &gate, |report, runs| {
        let document = ComparedDocument::of(report, Some(documents(runs, incomplete)?));
        let said = said(report, &document, output)?;
        Ok(told(print(plain(&said).as_bytes()), Ending::Passed))
    })
}

fn said(
    report: &ComparisonReport<'_>,
    document: &ComparedDocument,
    output: &Path,
) -> Result<String, Failure> {
    let made = compared_html(document).ends(Ending::CouldNotRun)?;
    let written = write_page(output, Content::Page, &made).ends(Ending::OutputNotWritten)?;
    Ok(format!("{written}: {}\n", report.sentence()))
}
