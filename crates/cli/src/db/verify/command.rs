//! `loadline db verify`: what is asked for, gathered; and the end, whatever it is, with nothing left behind.

use std::path::Path;

use anyhow::anyhow;
use loadline_advise::replay::{Fate, Mark, Replayed, Task, clear, system_of};
use loadline_advise::search::Goal;
use loadline_advise::verify::{Definition, Limits, of_script};
use loadline_advise::workload::Workload;
use loadline_pg::ghost::statements as parted;
use loadline_pg::live::Address;
use loadline_pg::portrait::Portrait;
use loadline_runner::{Ending, Ends, Failure, find_project};
use loadline_units as units;
use loadline_verdict::{brief, escape};

use super::arguments::VerifyArguments;
use super::rounds::{Proven, Proving, proven};
use super::statements::statements;
use super::words::{json, words};
use crate::common::{input, json_text, print, screen, told};
use crate::db::source::{address, read, unreadable, until_interrupted};

/// The most bytes of a file of statements.
const LARGEST: u64 = 64 << 20;

/// Verifies a set of indexes.
pub(crate) fn verify(arguments: &VerifyArguments) -> Result<Ending, Failure> {
    loadline_secrets::learn_url(&arguments.verify);
    let test = address(&arguments.verify)?;
    let (indexes, weighed) =
        (definitions(&arguments.index, arguments.indexes.as_deref())?, statements(arguments)?);
    let portrait = arguments.portrait.as_deref().map(read).transpose()?;
    let mark = Mark::draw();
    let done = until_interrupted(async {
        let task = Task {
            production: production(arguments, portrait.as_ref()).await?,
            address: test.clone(),
            indexes,
            statements: weighed.iter().map(|one| one.wanted.clone()).collect(),
            settings: arguments.set.clone(),
            writes: arguments.writes.into(),
            limits: Limits {
                reads: arguments.slower,
                writes: arguments.slower_writes.unwrap_or(arguments.slower),
            },
            rounds: arguments.rounds.into(),
            longest: arguments.longest,
            lock_wait: arguments.lock_wait,
            may_be_production: arguments.verify_production,
        };
        let proving = Proving {
            task,
            workload: Workload::of(weighed.into_iter().map(|one| one.asked)),
            goal: arguments.goal.into(),
            portrait,
            programs: arguments.pg_bin.clone(),
            again: arguments.again.into(),
        };
        let mut tell = |text: String| screen::remark(&brief(&escape(&text)));
        proven(proving, &mark, &mut tell).await
    });
    match done {
        Ok(proven) => Ok(say(arguments, &test, &proven)),
        Err(failure) => {
            take_down(&test, &mark, &failure);
            Err(failure)
        }
    }
}

/// What was built by a run that was broken off goes too; if that fails, the next run has it to do.
fn take_down(test: &Address, mark: &Mark, failure: &Failure) {
    if failure.ending != Ending::Signal {
        return;
    }
    let cleared = until_interrupted(async { clear(test, mark).await.ends(Ending::CouldNotRun) });
    if cleared.is_err() {
        screen::caution(&format!(
            "indexes named `{mark}_…` may still be there; the next `loadline db verify` drops them"
        ));
    }
}

/// The indexes that are typed or stand in a file, each once.
pub(crate) fn definitions(typed: &[String], file: Option<&Path>) -> Result<Vec<Definition>, Failure> {
    let one = |text: &String| {
        Definition::parse(text)
            .map_err(|error| anyhow!("`{}` {error}", escape(text)))
            .ends(Ending::Configuration)
    };
    let mut parsed = typed.iter().map(one).collect::<Result<Vec<Definition>, Failure>>()?;
    if let Some(path) = file {
        parsed.extend(wanted(path)?);
    }
    let mut all: Vec<Definition> = Vec::new();
    for one in parsed {
        if !all.iter().any(|other| other.is_same(&one)) {
            all.push(one);
        }
    }
    Ok(all)
}

fn wanted(path: &Path) -> Result<Vec<Definition>, Failure> {
    let shown = escape(&path.display().to_string()).into_owned();
    let hint = "the path goes by the working directory";
    let text = input::text(path, LARGEST).map_err(|error| unreadable(path, &error, hint))?;
    let script = parted(&text);
    if script.is_empty() {
        return Err(Failure::new(Ending::Configuration, format!("there is no statement in `{shown}`")));
    }
    of_script(&script).map_err(|(place, error)| {
        let statement = script.get(place).copied().unwrap_or_default();
        let why = format!("`{}` {error}\n --> {shown}: statement {}", brief(&escape(statement)), place + 1);
        Failure::new(Ending::Configuration, why)
    })
}

/// The system identifiers of production: the portrait's, and that of the project's database if it answers.
async fn production(
    arguments: &VerifyArguments,
    portrait: Option<&Portrait>,
) -> Result<Vec<String>, Failure> {
    let mut systems = Vec::new();
    if arguments.verify_production {
        return Ok(systems);
    }
    systems.extend(portrait.and_then(|portrait| portrait.server.system.clone()));
    let project = find_project(None).ends(Ending::Configuration)?.project;
    if let Some(url) = &project.database.url {
        match system_of(&address(url)?).await {
            Ok(system) => systems.extend(system),
            Err(error) => screen::caution(&format!(
                "whether this is the database of the project file is not known: {}",
                escape(&error.to_string())
            )),
        }
    }
    Ok(systems)
}

fn say(arguments: &VerifyArguments, test: &Address, proven: &Proven) -> Ending {
    let Some(verified) = &proven.last else {
        let room = Goal::from(arguments.goal).within;
        let room = room.map_or_else(String::new, |within| format!(" within {}", units::bytes(within)));
        screen::complain(&format!("no index pays for these statements{room}, so there is none to verify"));
        return Ending::Failed;
    };
    if let Some(why) = &proven.unsearched {
        screen::caution(&format!(
            "no other indexes were searched in place of those withdrawn: {}",
            escape(why)
        ));
    }
    for name in &verified.invalid {
        screen::caution(&format!(
            "`{}` is invalid: its building was broken off, and no query uses it; drop or rebuild it",
            escape(name)
        ));
    }
    if !verified.swept.is_empty() {
        screen::remark(&format!(
            "dropped what a run that was killed had left: {}",
            verified.swept.join(", ")
        ));
    }
    let is_measured = |one: &loadline_advise::replay::Statement| !matches!(one.replayed, Replayed::Not(_));
    let all = verified.pieces.iter().all(|piece| matches!(piece.fate, Fate::Confirmed(_)));
    let within = Goal::from(arguments.goal).within;
    let fits = within.is_none_or(|within| verified.confirmed_bytes() as f64 <= within);
    let passes = all && fits && verified.statements.iter().any(is_measured);
    let text = if arguments.json {
        json_text(&json(proven, verified))
    } else {
        Ok(words(proven, verified, within, &test.to_string()))
    };
    let ending = if passes { Ending::Passed } else { Ending::Failed };
    told(text.and_then(|text| print(text.as_bytes())), ending)
}
