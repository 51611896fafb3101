//! Looking, building where it is asked for, and the end, whatever it is, with nothing invalid left behind.

use std::path::Path;

use loadline_advise::apply::{Built, Look, Obstacle, Site, build, clear, look};
use loadline_advise::replay::Mark;
use loadline_advise::verify::Definition;
use loadline_pg::live::Address;
use loadline_runner::{Ending, Ends, Failure};
use loadline_verdict::{brief, escape};

use super::applied::{Applied, is_to_build};
use super::arguments::ApplyArguments;
use super::words::{apply_json, apply_text};
use crate::common::{json_text, print, screen, told};
use crate::db::source::{address, until_interrupted};
use crate::db::verify::definitions;

/// Shows indexes, or builds them.
pub(crate) fn apply(arguments: &ApplyArguments) -> Result<Ending, Failure> {
    loadline_secrets::learn_url(&arguments.database);
    let place = address(&arguments.database)?;
    let indexes = definitions(&arguments.index, arguments.indexes.as_deref())?;
    // Whoever looks at sessions sees which one builds.
    let mark = Mark::draw().to_string().replace("verify", "apply");
    let mut looks = Vec::new();
    let done = until_interrupted(run(arguments, &place, &indexes, &mark, &mut looks));
    let applied = match done {
        Ok(applied) => applied,
        Err(failure) => {
            if failure.ending == Ending::Signal && arguments.build {
                take_down(&place, &mark, &looks, arguments);
            }
            return Err(failure);
        }
    };
    let is_well = |(look, built): (&Look, &Option<Result<Built, String>>)| match built {
        Some(built) => built.is_ok(),
        None => is_to_build(look) || matches!(look.obstacle, Some(Obstacle::There(_))),
    };
    let all = applied.looks.iter().zip(&applied.built).all(is_well) && !applied.is_tight();
    let ending = if all { Ending::Passed } else { Ending::Failed };
    let text = if arguments.json {
        json_text(&apply_json(&applied))
    } else {
        Ok(apply_text(&applied, arguments.build))
    };
    Ok(told(text.and_then(|text| print(text.as_bytes())), ending))
}

async fn run(
    arguments: &ApplyArguments,
    place: &Address,
    indexes: &[Definition],
    mark: &str,
    looks: &mut Vec<Look>,
) -> Result<Applied, Failure> {
    let site = Site::enter(place, mark, arguments.lock_wait).await.ends(Ending::CouldNotRun)?;
    for index in indexes {
        looks.push(look(&site, index).await.ends(Ending::CouldNotRun)?);
    }
    let mut applied = Applied {
        looks: looks.clone(),
        old: site.old_transactions().await.ends(Ending::CouldNotRun)?,
        free: site.data.as_deref().and_then(free),
        built: vec![None; looks.len()],
    };
    if !arguments.build || applied.is_tight() {
        return Ok(applied);
    }
    for (at, look) in looks.iter().enumerate().filter(|(_, look)| is_to_build(look)) {
        if let Some(Obstacle::Invalid(name)) = &look.obstacle {
            screen::remark(&format!("dropping `{}`, which is invalid", escape(name)));
        }
        let statement = look.steps().script().into_iter().next().unwrap_or_default();
        screen::remark(&brief(&escape(&format!("building {} of {}: {statement}", at + 1, looks.len()))));
        applied.built[at] = Some(build(&site, look).await.ends(Ending::CouldNotRun)?);
    }
    Ok(applied)
}

/// What a build that was broken off leaves is invalid: it takes room, and no query uses it.
fn take_down(place: &Address, mark: &str, looks: &[Look], arguments: &ApplyArguments) {
    let cleared = until_interrupted(async {
        clear(place, mark, looks, arguments.lock_wait).await.ends(Ending::CouldNotRun)
    });
    match cleared {
        Ok(dropped) if dropped.is_empty() => {}
        Ok(dropped) => {
            screen::remark(&format!("dropped what was half built: {}", escape(&dropped.join(", "))));
        }
        Err(failure) => {
            let names: Vec<&str> = looks.iter().filter_map(|look| look.definition.name.as_deref()).collect();
            screen::caution(&format!(
                "what was half built may still be there, invalid ({}): {}\nhint: the next `loadline db apply --build` of the same index drops it",
                escape(&names.join(", ")),
                failure.text()
            ));
        }
    }
}

/// Bytes that are free for others than root where this is, if it is on this machine.
fn free(data: &str) -> Option<u64> {
    let path = Path::new(data);
    let of = path.is_dir().then(|| rustix::fs::statvfs(path)).and_then(Result::ok)?;
    Some(of.f_bavail.saturating_mul(of.f_frsize))
}
