//! Verdicts for CI systems: `--junit`, `--github`.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use loadline_measure::Run;
use loadline_report::{Content, check_file, github_annotations, github_summary, junit, replace_file};
use loadline_verdict::Verdict;

use super::places::Places;
use super::print::{print, without_secrets};
use super::project::ProjectFile;

/// Where CI systems find verdicts.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "CI")]
pub(crate) struct CiArguments {
    /// Write the verdicts as `JUnit` XML
    #[arg(long, value_name = "FILE", env = "LOADLINE_JUNIT")]
    pub(crate) junit: Option<PathBuf>,
    /// Annotate the GitHub workflow with what did not pass, and add a table to the summary of its step
    #[arg(long, env = "LOADLINE_GITHUB", value_parser = clap::builder::FalseyValueParser::new())]
    pub(crate) github: bool,
}

impl CiArguments {
    /// Refuses a file that is in the way, before there is something to write.
    ///
    /// # Errors
    /// When it is no `JUnit` XML.
    pub(crate) fn check(&self) -> Result<()> {
        let Some(path) = &self.junit else { return Ok(()) };
        check_file(path, Content::JUnit).with_context(|| format!("cannot write `{}`", path.display()))
    }

    /// Writes what was asked for. The project says where its budgets are written.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub(crate) fn report(&self, run: &Run, verdicts: &[Verdict], found: Option<&ProjectFile>) -> Result<()> {
        if let Some(path) = &self.junit {
            let xml = junit(run, verdicts).context("cannot make JUnit XML")?;
            replace_file(path, Content::JUnit, &without_secrets(xml.as_bytes()))
                .with_context(|| format!("cannot write `{}`", path.display()))?;
        }
        if self.github {
            let places = found.map(|found| Places::of(run, found));
            let place = |verdict: &Verdict| places.as_ref()?.of_verdict(verdict);
            print(github_annotations(run, verdicts, &place).as_bytes())?;
            if let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY") {
                let path = PathBuf::from(path);
                let file = OpenOptions::new().create(true).append(true).open(&path);
                file.and_then(|mut file| {
                    file.write_all(&without_secrets(github_summary(run, verdicts).as_bytes()))
                })
                .with_context(|| format!("cannot write the step summary `{}`", path.display()))?;
            }
        }
        Ok(())
    }
}
