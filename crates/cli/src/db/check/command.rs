//! Running, explaining, judging, ending.

use std::io::IsTerminal;
use std::path::Path;

use anyhow::{Context, Result};
use loadline_pg::live::{Haunt, MigrateError, migrate, plans, schema};
use loadline_pg::migration::{Checked, Migration, Rate, held};
use loadline_pg::portrait::Loss;
use loadline_report::{
    CheckReport, Content, check_answer, check_file, check_json, check_junit, check_markdown, check_text,
    plain, render, replace_file,
};
use loadline_runner::{Ending, Ends, Failure};
use loadline_units as units;
use loadline_verdict::escape;

use super::arguments::CheckArguments;
use super::files::{migrations, read};
use super::statements::wanted;
use crate::common::{json_text, print, screen, told, without_secrets};
use crate::db::source::{until_interrupted, whose};

/// Things lost that are told one by one.
const TOLD: usize = 5;

/// Checks migrations.
pub(crate) fn check(arguments: &CheckArguments) -> Result<Ending, Failure> {
    // Before anything takes time.
    for (path, content) in outputs(arguments) {
        check_file(path, content)
            .with_context(|| format!("cannot write `{}`", path.display()))
            .ends(Ending::OutputNotWritten)?;
    }
    let report = until_interrupted(report(arguments))?;
    let planned = report.checked.iter().filter(|checked| checked.before.is_ok()).count();
    let ending = if !report.broken.is_empty() {
        Ending::Failed
    } else if arguments.judges_plans() && planned == 0 {
        screen::complain(
            "no statement has a plan, so budgets on plans judged nothing\nhint: `--statements FILE` or `--log FILE` gives some",
        );
        Ending::Failed
    } else {
        Ending::Passed
    };
    let text = if arguments.json {
        json_text(&check_json(&report))
    } else {
        let theme = screen::theme(arguments.no_color, std::io::stdout().is_terminal());
        Ok(render(&check_text(&report, screen::result_width()), &theme) + &plain(&check_answer(&report)))
    };
    let written = write(arguments, &report);
    let printed = text.and_then(|text| print(text.as_bytes()));
    Ok(told(written.and(printed), ending))
}

/// What is to be checked.
enum Wants {
    Migrations(Vec<Migration>),
    /// A file and what it says.
    Schema(String, String),
}

fn wants(arguments: &CheckArguments) -> Result<Wants, Failure> {
    let Some(path) = &arguments.schema else { return Ok(Wants::Migrations(migrations(arguments)?)) };
    Ok(Wants::Schema(path.display().to_string(), read(path)?))
}

fn outputs(arguments: &CheckArguments) -> impl Iterator<Item = (&Path, Content)> {
    let markdown = arguments.markdown.iter().map(|path| (path.as_path(), Content::Markdown));
    markdown.chain(arguments.junit.iter().map(|path| (path.as_path(), Content::JUnit)))
}

fn write(arguments: &CheckArguments, report: &CheckReport) -> Result<()> {
    for (path, content) in outputs(arguments) {
        let text = match content {
            Content::JUnit => check_junit(report).context("cannot make JUnit XML")?,
            _ => check_markdown(report),
        };
        replace_file(path, content, &without_secrets(text.as_bytes()))
            .with_context(|| format!("cannot write `{}`", path.display()))?;
    }
    Ok(())
}

async fn report(arguments: &CheckArguments) -> Result<CheckReport, Failure> {
    let wants = wants(arguments)?;
    let portrait = arguments.source.portrait().await?;
    let (statements, mut notes) = wanted(arguments, &portrait)?;
    let haunt = Haunt { programs: arguments.source.pg_bin.clone() };
    let migrated = match &wants {
        Wants::Migrations(all) => migrate(&portrait, &haunt, all).await,
        Wants::Schema(file, text) => schema(&portrait, &haunt, file, text).await,
    };
    let migrated = migrated.map_err(|error| failure(&error))?;
    if let Wants::Schema(file, _) = &wants {
        notes.push(format!(
            "of `{}` it is said what becomes of plans; what is locked on the way there, migrations tell",
            escape(file)
        ));
    }
    let (before, mut lost) = plans(&portrait, &haunt, &statements).await.ends(Ending::CouldNotRun)?;
    let (after, more) = plans(&migrated.after, &haunt, &statements).await.ends(Ending::CouldNotRun)?;
    let all = statements.into_iter().zip(before).zip(after);
    let checked: Vec<Checked> = all.map(|((text, before), after)| Checked { text, before, after }).collect();
    lost.extend(more);
    lost.extend(migrated.lost);
    lost.sort();
    lost.dedup();
    let rate = Rate(arguments.rate as f64);
    let budgets = arguments.budgets();
    let mut broken = budgets.of_plans(&migrated.after, &checked);
    broken.extend(budgets.of_locks(&held(&migrated.steps, &portrait, rate)));
    if migrated.steps.iter().any(loadline_pg::migration::Step::blocks) {
        notes.push(format!(
            "durations are estimates, as of a server that reads {} each second (`--rate`): they can be half or twice as long; and nobody holds the locks up",
            units::bytes(rate.0)
        ));
    }
    let open = migrated.steps.iter().filter(|step| step.is_open).count();
    if open > 0 {
        let statements = if open == 1 {
            "1 statement reads or changes"
        } else {
            &format!("{open} statements read or change")
        };
        notes.push(format!("{statements} rows: how long that takes is not reckoned, and locks of the same transaction last as long"));
    }
    let neither = checked.iter().filter(|checked| checked.before.is_err() && checked.after.is_err());
    if let Some(why) = neither.clone().find_map(|checked| checked.before.as_ref().err()) {
        notes.push(format!(
            "statements without a plan before and after: {}, one because {why}",
            units::count(neither.count() as u64)
        ));
    }
    notes.extend(told_lost(&lost));
    Ok(CheckReport {
        of: whose(&portrait),
        before: portrait,
        steps: migrated.steps,
        checked,
        rate,
        broken,
        notes,
        most: arguments.top,
    })
}

fn told_lost(lost: &[Loss]) -> Vec<String> {
    let mut notes: Vec<String> =
        lost.iter().take(TOLD).map(|loss| format!("not in the copy: {}: {}", loss.what, loss.why)).collect();
    if lost.len() > TOLD {
        notes.push(format!("and {} more that are not in the copy", lost.len() - TOLD));
    }
    notes
}

fn failure(error: &MigrateError) -> Failure {
    let hint = match error {
        MigrateError::Refused { is_there: true, .. } => {
            "\nhint: has the database got it already? `--after NAME` names the last migration that it has"
        }
        _ => "",
    };
    Failure::new(Ending::CouldNotRun, format!("{error}{hint}"))
}
