//! `loadline db shell`.

use std::process::{Child, Command};
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use loadline_pg::live::Ghost;
use loadline_runner::{Ending, Ends, Failure};
use tokio::signal::unix::{SignalKind, signal};

use super::source::{SourceArguments, tell, until_interrupted, whose};
use crate::common::screen;

const EXAMPLES: &str = "\
Examples:
  loadline db shell -p shop.portrait
  echo '\\d orders' | loadline db shell -p shop.portrait
  loadline db shell -p shop.portrait -- -c 'EXPLAIN SELECT 1'

Exit codes: 0 done, 1 psql failed, 2 wrong arguments, 3 could not.";

/// `loadline db shell`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ShellArguments {
    #[command(flatten)]
    pub(crate) source: SourceArguments,
    /// What else psql is told
    #[arg(last = true, value_name = "ARGUMENT")]
    pub(crate) arguments: Vec<String>,
}

/// How often it is looked whether psql has ended.
const LOOKS: Duration = Duration::from_millis(20);

/// Opens psql on a ghost.
pub(crate) fn shell(arguments: &ShellArguments) -> Result<Ending, Failure> {
    let ghost = until_interrupted(async {
        let portrait = arguments.source.portrait().await?;
        let ghost = arguments.source.ghost(&portrait).await?;
        tell(&ghost.lost, "ghost");
        screen::remark(&format!(
            "an empty copy of {}: EXPLAIN plans as the original does; it is gone when you leave",
            whose(&portrait)
        ));
        Ok(ghost)
    })?;
    let mut psql = start(arguments, &ghost)?;
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().ends(Ending::CouldNotRun)?;
    runtime.block_on(async {
        // An interrupt is psql's: there it ends a statement.
        let _int = signal(SignalKind::interrupt()).ends(Ending::CouldNotRun)?;
        let mut term = signal(SignalKind::terminate()).ends(Ending::CouldNotRun)?;
        let mut hang_up = signal(SignalKind::hangup()).ends(Ending::CouldNotRun)?;
        loop {
            if let Some(status) = psql.try_wait().ends(Ending::CouldNotRun)? {
                return Ok(if status.success() { Ending::Passed } else { Ending::Failed });
            }
            tokio::select! {
                () = tokio::time::sleep(LOOKS) => continue,
                _ = term.recv() => {}
                _ = hang_up.recv() => {}
            }
            let _ = psql.kill();
            let _ = psql.wait();
            return Ok(Ending::Signal);
        }
    })
}

fn start(arguments: &ShellArguments, ghost: &Ghost) -> Result<Child, Failure> {
    let place = ghost.place();
    let beside = ghost.programs().join("psql");
    let program = if beside.is_file() { beside } else { "psql".into() };
    let mut command = Command::new(&program);
    command
        .args(["--no-psqlrc", "--host"])
        .arg(&place.folder)
        .args(["--port", "5432", "--username", place.user, "--dbname", place.database])
        .args(&arguments.arguments);
    for name in ["PGSERVICE", "PGOPTIONS", "PGHOSTADDR", "PGPASSWORD", "PGSSLMODE", "LOADLINE_DATABASE"] {
        command.env_remove(name);
    }
    command
        .spawn()
        .with_context(|| format!("cannot start `{}`; install `postgresql-client`", program.display()))
        .ends(Ending::CouldNotRun)
}
