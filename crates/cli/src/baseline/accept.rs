//! `baseline accept`: what got worse is meant to be so.

use anyhow::Result;
use jiff::Timestamp;
use loadline_history::{Acceptance, Filter, History, Pick};
use loadline_measure::RunRecord;
use loadline_report::plain;
use loadline_runner::{Ending, Failure, origin};
use loadline_verdict::{Checked, check_figures};

use super::arguments::{AcceptArguments, BaselineArguments};
use super::past::Before;
use crate::common::{EndsByHistory as _, ProjectFile, open_existing, picked, print, told};

/// Keeps that a level is what is normal from a run on.
pub(super) fn accept(
    arguments: &BaselineArguments,
    accept: &AcceptArguments,
    found: &ProjectFile,
) -> Result<Ending, Failure> {
    if accept.why.trim().is_empty() {
        return Err(Failure::new(
            Ending::Configuration,
            "`--why` is empty: whoever reads the history later wants to know it",
        ));
    }
    let made = || -> Result<(History, Acceptance)> {
        let mut history = open_existing(&arguments.place, found)?;
        let record = match &accept.run {
            Some(run) => {
                let id = picked(&mut history, &run.parse::<Pick>()?)?;
                history.record(id)?
            }
            None => changed(&mut history)?,
        };
        if record.fingerprint.is_empty() {
            anyhow::bail!("run {} does not say what it is of, so nothing is held against it", record.id);
        }
        let acceptance = Acceptance {
            fingerprint: record.fingerprint,
            run: record.id,
            run_started_unix_ms: record.started_unix_ms,
            subject: accept.subject.clone().unwrap_or_default(),
            quantity: accept.quantity.clone().unwrap_or_default(),
            why: accept.why.trim().to_owned(),
            who: origin::who(),
            commit: record.commit,
            accepted_unix_ms: Timestamp::now().as_millisecond(),
        };
        check_figure(&mut history, &acceptance)?;
        Ok((history, acceptance))
    };
    let (mut history, acceptance) = made().ends_writing()?;
    history.accept(&acceptance).map_err(anyhow::Error::from).ends_writing()?;
    let Acceptance { run, subject, quantity, .. } = &acceptance;
    let what = match (subject.as_str(), quantity.as_str()) {
        ("", _) => "all figures".to_owned(),
        (subject, "") => format!("all figures of {subject}"),
        (subject, quantity) => format!("{subject} {quantity}"),
    };
    let text = format!("accepted: {what} from run {run} on; runs before it are no baseline any more\n");
    Ok(told(print(plain(&text).as_bytes()), Ending::Passed))
}

/// The first run of the earliest change that nobody accepted, of the newest run.
fn changed(history: &mut History) -> Result<RunRecord> {
    let latest = picked(history, &Pick::Latest(1))?;
    let record = history.record(latest)?;
    let before = Before::of(history, &record, 20)?;
    let checked = check_figures(history.figures(latest)?, &before.earlier());
    let left = |one: &Checked| one.left.filter(|left| left.certain).map(|left| left.run);
    match checked.iter().filter_map(left).min() {
        Some(run) => Ok(history.record(run)?),
        None => anyhow::bail!(
            "nothing of run {latest} is worse for certain since an earlier run, so there is nothing to accept\nhint: `loadline baseline accept RUN --why TEXT` accepts what is normal from a run on"
        ),
    }
}

/// A figure that is named has to be there.
fn check_figure(history: &mut History, acceptance: &Acceptance) -> Result<()> {
    let Acceptance { subject, quantity, .. } = acceptance;
    let names = history.subjects(&Filter::default())?;
    let known = names
        .iter()
        .any(|name| name.subject == *subject && (quantity.is_empty() || name.quantity == *quantity));
    if !subject.is_empty() && !known {
        anyhow::bail!(
            "no run has a figure `{subject}` {quantity}\nhint: `loadline history show latest` lists them"
        );
    }
    Ok(())
}
