//! Indexes forgotten and found again: the story's "database queries optimized".
//!
//! The private server's indexes are taken away, but for those that keys need. A first run shows what that costs, and
//! the server's own log keeps its statements with their values. From these the indexes are searched, proven on the
//! database itself, which is nobody else's, and built; then the load runs again.

use std::fs::File;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use loadline_advise::replay::{Fate, Mark, Piece, Task, Verified, Writes};
use loadline_advise::search::{Aim, Goal};
use loadline_advise::verify::{Executions, Limits, Logged};
use loadline_advise::workload::Workload;
use loadline_pg::cost::OWN_MARK;
use loadline_pg::ghost::{literal, parameters, quoted};
use loadline_pg::live::{Address, Session, Sitting, explain, portray};
use loadline_runner::{Ending, Ends, Failure};
use loadline_verdict::{brief, escape};

use super::stage::{Ran, Stage, was_stopped};
use crate::common::ScreenSettings;
use crate::db::source::address;
use crate::db::verify::{Proven, Proving, Weighed, executions, proven, weighed};

/// What stands in the server's log of the statements of a run, at the most: so many executions in each run of the demo.
const LOGGED: f64 = 100_000.0;
/// What a user does in a second, at the most.
const PER_USER: f64 = 2.0;
/// Rounds at the most: the machine is the demo's own.
const ROUNDS: usize = 16;
/// No statement of the story takes longer.
const LONGEST: Duration = Duration::from_secs(30);
const LOCK_WAIT: Duration = Duration::from_secs(5);
/// Who writes has to keep an index up, and nobody else is to feel it: a tenth for reads, more for writes of a few
/// microseconds.
const LIMITS: Limits = Limits { reads: 0.1, writes: 0.5 };

/// What the service sets for its sessions.
const SETTINGS: [(&str, &str); 2] = [("plan_cache_mode", "force_generic_plan"), ("jit", "off")];

/// Indexes that were forgotten, and what was found in their place.
pub(super) struct Optimized {
    /// Names of what was taken away.
    pub(super) forgotten: Vec<String>,
    /// The run without them; nothing where no index was proven, because then it is the only run.
    pub(super) before: Option<Ran>,
    /// What was found and measured.
    pub(super) proven: Proven,
    /// What the statements that ran took in the database, in milliseconds, for shares of it.
    pub(super) weights: Vec<(String, f64)>,
    /// Statements that ran.
    pub(super) ran: usize,
}

impl Optimized {
    /// What was proven.
    pub(super) fn confirmed(&self) -> Vec<&Piece> {
        let last = self.proven.last.iter().flat_map(|verified| &verified.pieces);
        last.filter(|piece| matches!(piece.fate, Fate::Confirmed(_))).collect()
    }

    /// The last of what was measured.
    pub(super) fn verified(&self) -> Option<&Verified> {
        self.proven.last.as_ref()
    }
}

/// Takes the indexes away, runs the load, finds them, proves them, builds them and runs the load again.
pub(super) fn without_indexes(
    stage: &Stage<'_>,
    url: &str,
    settings: ScreenSettings,
) -> Result<(Ran, Option<Optimized>), Failure> {
    let address = address(url)?;
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().ends(Ending::CouldNotRun)?;
    let load = stage.arguments.users as f64 * PER_USER * stage.arguments.length().as_secs_f64();
    let (forgotten, log) = runtime.block_on(forget(&address, (LOGGED / load).min(1.0)))?;
    stage.around.screen.note(&format!("without the indexes that a team forgets: {}", forgotten.join(", ")));
    // What is kept of the first run stands beside the second.
    let beside = stage.arguments.run.clone().map(|path| {
        let mut name = path.into_os_string();
        name.push(".without-indexes");
        PathBuf::from(name)
    });
    let before = stage.run(beside, "demo-without-indexes", |_| None)?;
    stage.around.screen.note(&format!("run without indexes kept in {}", before.kept.display()));
    if stage.around.interrupts.any() || was_stopped(&before.finished) {
        return Ok((before, None));
    }
    let weighed = of_log(&log)?;
    let weights = weighed.iter().map(|one| (one.wanted.text.clone(), one.asked.ms.unwrap_or(0.0))).collect();
    let ran = weighed.len();
    let mark = Mark::draw();
    let proven = runtime.block_on(async {
        tokio::select! {
            done = find(stage, &address, weighed, &mark) => done,
            () = stage.around.interrupts.first() => Err(Failure::new(Ending::Signal, "stopped by a signal")),
        }
    });
    let proven = match proven {
        Ok(proven) => proven,
        // The server and all that was built there go with the demo.
        Err(failure) if failure.ending == Ending::Signal => return Ok((before, None)),
        Err(failure) => return Err(failure),
    };
    let mut optimized = Optimized { forgotten, before: None, proven, weights, ran };
    if optimized.confirmed().is_empty() {
        return Ok((before, Some(optimized)));
    }
    for piece in optimized.confirmed() {
        stage.around.screen.note(&format!("building {}", brief(&escape(&piece.definition.given))));
        runtime.block_on(build(&address, &piece.definition.given))?;
    }
    stage.around.screen.note("the same load again, with them");
    stage.around.screen.open_again(settings);
    let after = stage.run(stage.arguments.run.clone(), "demo", |_| None)?;
    optimized.before = Some(before);
    Ok((after, Some(optimized)))
}

/// Drops what no key needs, and has the server log this share of what runs. The names, and where the log is.
async fn forget(address: &Address, share: f64) -> Result<(Vec<String>, PathBuf), Failure> {
    let session =
        Session::open_with(address, "SET client_min_messages = warning").await.ends(Ending::CouldNotRun)?;
    let rows = session
        .query(
            "SELECT n.nspname, c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid \
             JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND NOT i.indisunique \
             AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = i.indrelid AND d.deptype = 'e') ORDER BY 2",
            &[],
        )
        .await
        .map_err(|error| failed(&explain(&error)))?;
    let mut names = Vec::new();
    for row in rows {
        let (schema, name): (String, String) = (row.get(0), row.get(1));
        let statement = format!("DROP INDEX {}.{}", quoted(&schema), quoted(&name));
        session.batch_execute(&statement).await.map_err(|error| failed(&explain(&error)))?;
        names.push(name);
    }
    for (name, value) in [
        ("log_statement_sample_rate", share.to_string()),
        ("log_min_duration_sample", "0".to_owned()),
        ("log_line_prefix", "%m [%p] ".to_owned()),
        ("lc_messages", "C".to_owned()),
    ] {
        let statement = format!("ALTER SYSTEM SET {name} = {}", literal(&value));
        session.batch_execute(&statement).await.map_err(|error| failed(&explain(&error)))?;
    }
    let rows = session
        .query("SELECT pg_reload_conf(), current_setting('data_directory')", &[])
        .await
        .map_err(|error| failed(&explain(&error)))?;
    let data: String = rows.first().map(|row| row.get(1)).unwrap_or_default();
    // The private server's folder has its data in one folder and its log beside that.
    Ok((names, PathBuf::from(data).with_file_name("log")))
}

fn failed(why: &str) -> Failure {
    Failure::new(Ending::CouldNotRun, format!("cannot take the indexes away: {why}"))
}

/// What ran, out of the server's log, with values.
fn of_log(log: &PathBuf) -> Result<Vec<Weighed>, Failure> {
    let read = || -> anyhow::Result<_> { Ok(executions(File::open(log)?)?) };
    let executions = read().context("cannot read the private server's log").ends(Ending::CouldNotRun)?;
    let all = executions.map(Executions::statements).unwrap_or_default();
    // Whoever follows the run looks at catalogues, and prepares what ran to see its plan.
    let is_load = |one: &Logged| {
        !one.asked.text.contains(OWN_MARK)
            && !one.asked.text.contains("pg_catalog.")
            && (parameters(&one.asked.text) == 0 || !one.kept.is_empty())
    };
    Ok(all.into_iter().filter(is_load).map(weighed).collect())
}

async fn find(
    stage: &Stage<'_>,
    address: &Address,
    weighed: Vec<Weighed>,
    mark: &Mark,
) -> Result<Proven, Failure> {
    let portrait = portray(address, &Sitting::default()).await.ends(Ending::CouldNotRun)?;
    let task = Task {
        address: address.clone(),
        indexes: Vec::new(),
        statements: weighed.iter().map(|one| one.wanted.clone()).collect(),
        settings: SETTINGS.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        writes: Writes::RolledBack,
        limits: LIMITS,
        rounds: ROUNDS,
        longest: LONGEST,
        lock_wait: LOCK_WAIT,
        production: Vec::new(),
        may_be_production: true,
    };
    let proving = Proving {
        task,
        workload: Workload::of(weighed.into_iter().map(|one| one.asked)),
        goal: Goal { aim: Aim::Cost, within: None },
        portrait: Some(portrait),
        programs: None,
        again: 1,
    };
    let mut tell = |text: String| stage.around.screen.note(&brief(&escape(&text)));
    proven(proving, mark, &mut tell).await
}

async fn build(address: &Address, statement: &str) -> Result<(), Failure> {
    let session = Session::open_with(address, "SET lock_timeout = 30000").await.ends(Ending::CouldNotRun)?;
    session.batch_execute(statement).await.map_err(|error| {
        Failure::new(Ending::CouldNotRun, format!("cannot build an index: {}", explain(&error)))
    })
}
