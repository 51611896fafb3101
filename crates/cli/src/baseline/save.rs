//! `baseline save` and `show`.

use anyhow::Result;
use jiff::Timestamp;
use loadline_history::{Baseline, Filter, Pick};
use loadline_report::plain;
use loadline_runner::{Ending, Ends, Failure};
use serde_json::json;

use super::arguments::{BaselineArguments, SaveArguments};
use crate::history::{comparable, open, open_to_read};
use crate::project::Found;
use crate::run::print;

/// Keeps the newest runs of a kind under a name.
pub(super) fn save(
    arguments: &BaselineArguments,
    save: &SaveArguments,
    found: &Found,
) -> Result<Ending, Failure> {
    let saved = || -> Result<String> {
        let mut history = open(&arguments.place, found)?;
        let like = history.resolve(&save.like.parse::<Pick>()?, &Filter::default())?;
        let record = history.record(like)?;
        if record.fingerprint.is_empty() {
            anyhow::bail!(
                "run {like} does not say what it is of, so nothing is comparable to it\nhint: runs of other tools can be shown, not compared"
            );
        }
        let records = comparable(&mut history, &record.fingerprint, None)?;
        let runs: Vec<i64> =
            records.iter().rev().take(save.runs as usize).rev().map(|record| record.id).collect();
        let baseline = Baseline {
            name: save.name.clone(),
            fingerprint: record.fingerprint,
            saved_unix_ms: Timestamp::now().as_millisecond(),
            runs,
        };
        history.save_baseline(&baseline)?;
        let few = if baseline.runs.len() < loadline_verdict::FEWEST_RUNS {
            format!("; below {} it advises only", loadline_verdict::FEWEST_RUNS)
        } else {
            String::new()
        };
        let count = baseline.runs.len();
        Ok(plain(&format!("baseline `{}`: {count} runs of `{}`{few}\n", baseline.name, record.name)))
    };
    saved().and_then(|text| print(text.as_bytes())).ends(Ending::CouldNotRun)?;
    Ok(Ending::Passed)
}

/// The baselines, or one.
pub(super) fn show(
    arguments: &BaselineArguments,
    name: Option<&str>,
    found: &Found,
) -> Result<Ending, Failure> {
    let shown = || -> Result<String> {
        let mut history = open_to_read(&arguments.place, found)?;
        let baselines = match name {
            Some(name) => vec![history.baseline(name)?],
            None => history.baselines()?,
        };
        if arguments.json {
            let list: Vec<_> = baselines
                .iter()
                .map(|one| json!({ "name": one.name, "fingerprint": one.fingerprint, "saved_unix_ms": one.saved_unix_ms, "runs": one.runs }))
                .collect();
            return Ok(serde_json::to_string_pretty(&json!({ "version": 1, "baselines": list }))? + "\n");
        }
        let mut text = String::new();
        for one in &baselines {
            text += &format!(
                "{}: {} runs, saved {}\n",
                one.name,
                one.runs.len(),
                crate::history::time(one.saved_unix_ms)
            );
            if name.is_some() {
                for run in &one.runs {
                    let record = history.record(*run)?;
                    text += &format!(
                        "  {run:>6}  {}  {}\n",
                        crate::history::time(record.started_unix_ms),
                        crate::history::short(&record.commit)
                    );
                }
            }
        }
        Ok(if text.is_empty() {
            "no baseline is saved; `loadline baseline save NAME` keeps the last runs\n".to_owned()
        } else {
            plain(&text)
        })
    };
    shown().and_then(|text| print(text.as_bytes())).ends(Ending::CouldNotRun)?;
    Ok(Ending::Passed)
}
