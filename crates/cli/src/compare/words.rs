//! A comparison in words, and its ending.

use std::io::IsTerminal;

use anyhow::Context;
use loadline_report::{
    ComparisonReport, Content, check_file, comparison_json, comparison_markdown, comparison_table, render,
    replace_file,
};
use loadline_runner::{Ending, Ends, Failure};
use loadline_verdict::Outcome;

use super::arguments::ComparisonOutput;
use crate::common::{Unproven, json_text, print, screen, told, without_secrets};

/// Prints a comparison and chooses the ending.
pub(super) fn show(
    report: &ComparisonReport<'_>,
    output: &ComparisonOutput,
    unproven: Unproven,
) -> Result<Ending, Failure> {
    let written = written(output, || comparison_markdown(report));
    let text = if output.json {
        json_text(&comparison_json(report)).ends(Ending::CouldNotRun)?
    } else {
        let theme = screen::theme(output.no_color, std::io::stdout().is_terminal());
        format!("\n{}", render(&comparison_table(report, screen::result_width()), &theme))
    };
    let ending = match report.outcome() {
        Outcome::Fail => Ending::Failed,
        Outcome::Inconclusive | Outcome::NoData if unproven == Unproven::Fail => Ending::Failed,
        Outcome::NoData => Ending::CouldNotRun,
        _ => Ending::Passed,
    };
    Ok(told(written, told(print(text.as_bytes()), ending)))
}

impl ComparisonOutput {
    /// Refuses a file that is in the way, before there is something to write.
    ///
    /// # Errors
    /// When it is something else, or cannot be there.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        let Some(path) = &self.markdown else { return Ok(()) };
        check_file(path, Content::Markdown).with_context(|| format!("cannot write `{}`", path.display()))
    }
}

/// Writes a comment for a pull request where one was asked for.
pub(super) fn written(output: &ComparisonOutput, text: impl FnOnce() -> String) -> anyhow::Result<()> {
    output.markdown.as_ref().map_or(Ok(()), |path| {
        replace_file(path, Content::Markdown, &without_secrets(text().as_bytes()))
            .with_context(|| format!("cannot write `{}`", path.display()))
    })
}
