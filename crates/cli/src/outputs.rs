//! `--out KIND=FILE`, and where a Run is kept when nobody said.

use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use loadline_measure::{RunMeta, Schema};
use loadline_report::{CsvOutput, Destination, JsonOutput, MetricNotes, RunOutput};
use loadline_verdict::Budgets;

use crate::samples::SendOutput;

/// Where runs are kept when nobody said, below the working directory.
const RUNS: &str = ".loadline/runs";
/// What this program keeps for itself, below the working directory.
const FOLDER: &str = ".loadline";

/// An output as typed: `json=samples.json`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum OutSpec {
    Json(PathBuf),
    Csv(PathBuf),
    Run(PathBuf),
}

impl FromStr for OutSpec {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let hint = "use `json=FILE`, `csv=FILE` or `run=FILE`";
        let Some((kind, file)) = text.split_once('=') else {
            bail!("output `{text}` names no file\nhint: {hint}")
        };
        if file.is_empty() {
            bail!("output `{text}` names no file\nhint: {hint}");
        }
        match kind {
            "json" => Ok(Self::Json(file.into())),
            "csv" => Ok(Self::Csv(file.into())),
            "run" => Ok(Self::Run(file.into())),
            _ => bail!("there is no output `{kind}`\nhint: {hint}"),
        }
    }
}

/// Creates all outputs, so that a path that cannot be written is told before any load goes out.
pub(crate) fn open(
    specs: &[OutSpec],
    meta: &RunMeta,
    schema: &Arc<Schema>,
    budgets: &Budgets,
    system_tags: &[&str],
) -> Result<Vec<SendOutput>> {
    specs
        .iter()
        .map(|spec| -> Result<SendOutput> {
            Ok(match spec {
                OutSpec::Json(path) => Box::new(JsonOutput::new(
                    Destination::create(path)?,
                    Arc::clone(schema),
                    MetricNotes::of(budgets),
                )),
                OutSpec::Csv(path) => {
                    Box::new(CsvOutput::new(Destination::create(path)?, Arc::clone(schema), system_tags))
                }
                OutSpec::Run(path) => Box::new(RunOutput::create(path, meta, Arc::clone(schema))?),
            })
        })
        .collect()
}

/// Makes the folder below the working directory where runs are kept; it ignores itself in git.
pub(crate) fn own_folder() -> Result<()> {
    std::fs::create_dir_all(FOLDER).with_context(|| format!("cannot create the folder `{FOLDER}`"))?;
    let ignore = Path::new(FOLDER).join(".gitignore");
    if !ignore.exists() {
        std::fs::write(&ignore, "*\n").with_context(|| format!("cannot write `{}`", ignore.display()))?;
    }
    Ok(())
}

/// A fresh path for the Run of `name`, below the working directory: `.loadline/runs/2026-11-23T18-04-05-search.run`.
///
/// The folder ignores itself in git.
pub(crate) fn default_run_path(name: &str, started: &str) -> Result<PathBuf> {
    let folder = Path::new(RUNS);
    own_folder()?;
    std::fs::create_dir_all(folder).with_context(|| format!("cannot create the folder `{RUNS}`"))?;
    let stem = Path::new(name)
        .file_stem()
        .map_or_else(|| "run".to_owned(), |stem| stem.to_string_lossy().into_owned());
    let safe: String = stem
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '-' })
        .collect();
    let mut path = folder.join(format!("{started}-{safe}.run"));
    let mut number = 2;
    // Creating it takes the name, also from another process that starts in the same second.
    while let Err(error) = File::create_new(&path) {
        if error.kind() != ErrorKind::AlreadyExists {
            return Err(error).with_context(|| format!("cannot create `{}`", path.display()));
        }
        path = folder.join(format!("{started}-{safe}-{number}.run"));
        number += 1;
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<OutSpec, &str>) {
        match (text.parse::<OutSpec>(), expected) {
            (Ok(spec), Ok(expected)) => assert_eq!(spec, expected),
            (Err(error), Err(fragment)) => assert!(error.to_string().contains(fragment), "{error}"),
            (left, right) => panic!("{left:?} is not {right:?}"),
        }
    }

    #[test]
    fn outputs_as_typed() {
        check("json=a.json", Ok(OutSpec::Json("a.json".into())));
        check("csv=b=c.csv", Ok(OutSpec::Csv("b=c.csv".into())));
        check("run=/tmp/x.run", Ok(OutSpec::Run("/tmp/x.run".into())));
        check("json", Err("names no file"));
        check("json=", Err("names no file"));
        check("influxdb=http://localhost", Err("no output `influxdb`"));
    }
}
