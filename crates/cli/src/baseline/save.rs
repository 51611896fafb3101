//! `baseline save` and `show`.

use std::collections::BTreeMap;

use anyhow::Result;
use jiff::Timestamp;
use loadline_history::{Baseline, History, Pick};
use loadline_report::{SavedBaseline, baselines_json, baselines_text, plain};
use loadline_runner::{Ending, Ends as _, Failure};
use loadline_verdict::no_baseline;

use super::arguments::{BaselineArguments, SaveArguments};
use crate::common::{
    EndsByHistory as _, ProjectFile, comparable, json_text, of_what_is_left, open_existing, open_to_read,
    picked, print, screen, told,
};

/// Keeps the newest runs of a kind under a name.
pub(super) fn save(
    arguments: &BaselineArguments,
    save: &SaveArguments,
    found: &ProjectFile,
) -> Result<Ending, Failure> {
    check_name(&save.name).ends(Ending::Configuration)?;
    let saved = || -> Result<(History, Baseline, String)> {
        let mut history = open_existing(&arguments.place, found)?;
        let like = picked(&mut history, &save.like.parse::<Pick>()?)?;
        let record = history.record(like)?;
        if record.fingerprint.is_empty() {
            anyhow::bail!(
                "run {like} does not say what it is of, so nothing is comparable to it\nhint: runs of other tools can be shown, not compared"
            );
        }
        if let Some(what) = history.incomplete(like)? {
            anyhow::bail!(
                "run {like} is not a whole run: it {what}\nhint: name another one with `--like RUN`"
            );
        }
        let (mut runs, mut others) = (Vec::new(), BTreeMap::<&str, Vec<String>>::new());
        for other in comparable(&mut history, &record.fingerprint, None)?.iter().rev() {
            if runs.len() >= save.runs as usize {
                break;
            }
            match no_baseline(other, other, &history.figures(other.id)?) {
                Some(why) => others.entry(why).or_default().push(other.id.to_string()),
                None => runs.push(other.id),
            }
        }
        runs.reverse();
        let others: Vec<String> =
            others.iter().map(|(why, runs)| format!("{why}: run {}", runs.join(", "))).collect();
        if runs.is_empty() {
            let why = if others.is_empty() { String::new() } else { format!("; {}", others.join("; ")) };
            anyhow::bail!(
                "no run like run {like} can be part of a baseline: they have to be whole, with a generator that kept up, and to have passed{why}\nhint: `loadline history` lists the runs"
            );
        }
        if !others.is_empty() {
            screen::remark(&format!("left out: {}", others.join("; ")));
        }
        for run in &runs {
            if let Some(what) = history.incomplete(*run)? {
                anyhow::bail!(
                    "run {run} cannot be part of a baseline: it {what}\nhint: `--runs` takes fewer of the newest"
                );
            }
        }
        let baseline = Baseline {
            name: save.name.clone(),
            fingerprint: record.fingerprint,
            saved_unix_ms: Timestamp::now().as_millisecond(),
            runs,
        };
        Ok((history, baseline, record.name))
    };
    let (mut history, baseline, name) = saved().ends_writing()?;
    history.save_baseline(&baseline).map_err(anyhow::Error::from).ends_writing()?;
    let few = if baseline.runs.len() < loadline_verdict::FEWEST_RUNS {
        format!("; below {} it advises only", loadline_verdict::FEWEST_RUNS)
    } else {
        String::new()
    };
    let count = baseline.runs.len();
    let text = plain(&format!("baseline `{}`: {count} runs of `{name}`{few}\n", baseline.name));
    Ok(told(print(text.as_bytes()), Ending::Passed))
}

/// Refuses what is no name: a variable that was not set, a text that went astray.
fn check_name(name: &str) -> Result<()> {
    const LONGEST: usize = 200;
    if name.trim().is_empty() {
        anyhow::bail!(
            "the name of the baseline is empty\nhint: such as `loadline baseline save release-1.4`"
        );
    }
    if name.chars().any(char::is_control) || name.chars().count() > LONGEST {
        anyhow::bail!("the name of a baseline is one line of at most {LONGEST} characters");
    }
    Ok(())
}

/// The baselines, or one.
pub(super) fn show(
    arguments: &BaselineArguments,
    name: Option<&str>,
    found: &ProjectFile,
) -> Result<Ending, Failure> {
    let shown = || -> Result<(String, Ending)> {
        let mut history = open_to_read(&arguments.place, found)?;
        let baselines = match name {
            Some(name) => vec![history.baseline(name)?],
            None => history.baselines()?,
        };
        let mut list = Vec::new();
        for one in &baselines {
            // Of one that was asked for, its runs as well.
            let shown = if name.is_some() { one.runs.as_slice() } else { &[] };
            list.push(SavedBaseline {
                name: &one.name,
                fingerprint: &one.fingerprint,
                saved_unix_ms: one.saved_unix_ms,
                runs: &one.runs,
                records: shown.iter().map(|run| history.record(*run)).collect::<Result<_, _>>()?,
            });
        }
        let text = if arguments.json { json_text(&baselines_json(&list))? } else { baselines_text(&list) };
        // One that was asked for is whole.
        let ending = if name.is_some() { Ending::Passed } else { of_what_is_left(&history) };
        Ok((text, ending))
    };
    let (text, ending) = shown().ends_reading()?;
    Ok(told(print(text.as_bytes()), ending))
}
