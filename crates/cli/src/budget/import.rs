//! `loadline budget import`: objectives in `OpenSLO`'s form, as budgets.

use std::path::Path;

use anyhow::{Context, anyhow};
use loadline_provision::{imported, project_text};
use loadline_report::plain;
use loadline_runner::{Ending, Ends, Failure};
use loadline_verdict::escape;

use super::arguments::ImportArguments;
use crate::common::{input, print, screen, told};

/// The most bytes of a file of objectives.
const LARGEST: u64 = 16 << 20;

/// Prints a part of a project file.
pub(crate) fn import(arguments: &ImportArguments) -> Result<Ending, Failure> {
    let path: &Path = &arguments.file;
    let shown = escape(&path.display().to_string()).into_owned();
    let text = input::text(path, LARGEST).map_err(|error| {
        anyhow!("cannot read `{shown}`: {error}\nhint: name a file with `apiVersion: openslo/v1` and `kind: SLO` in it")
    });
    let text = text.ends(Ending::Configuration)?;
    let all = imported(&text).with_context(|| format!("in `{shown}`")).ends(Ending::Configuration)?;
    for one in &all {
        if let Err(why) = &one.budget {
            screen::caution(&format!("`{}` is no budget: {}", escape(&one.name), escape(why)));
        }
    }
    let budgets = all.iter().filter(|one| one.budget.is_ok());
    let routes = budgets.clone().filter(|one| one.route.is_none()).count();
    if routes > 0 {
        screen::remark("fill in which routes the endpoints are: OpenSLO does not say it");
    }
    let answer = format!("# {} of {} objectives are budgets.\n", budgets.count(), all.len());
    let text = plain(&format!("{answer}{}", project_text(&all)));
    let ending = if all.iter().all(|one| one.budget.is_ok()) { Ending::Passed } else { Ending::Failed };
    Ok(told(print(text.as_bytes()), ending))
}
