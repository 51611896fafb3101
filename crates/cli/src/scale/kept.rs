//! A simulated day as a file.

use std::path::Path;

use anyhow::{Context, Result};
use loadline_measure::{Run, write_run};
use loadline_report::{Content, replace_file};

/// Writes a Run where one is asked for.
pub(super) fn write_day(path: Option<&Path>, run: &Run) -> Result<()> {
    let Some(path) = path else { return Ok(()) };
    let bytes = write_run(run, Vec::new()).context("cannot make the Run file")?;
    replace_file(path, Content::Run, &bytes).with_context(|| format!("cannot write `{}`", path.display()))
}
