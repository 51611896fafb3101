//! One round of one build: a run of its own, in a process of its own, whose Run is read and forgotten.
//!
//! A process for each run, because what one run leaves behind (connections, memory, a warm heap) is a difference that
//! no randomised order takes away.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use loadline_measure::{Run, read_run};
use loadline_runner::{Dialect, Ending};

use super::builds::Build;

/// How addresses without a script are loaded unless told otherwise.
const HIT: Duration = Duration::from_secs(5);
const HIT_CONNECTIONS: &str = "10";

/// What is run in each round.
pub(super) struct Load<'a> {
    /// The script; without one the build's address is hit.
    pub(super) script: Option<&'a str>,
    pub(super) duration: Option<Duration>,
    pub(super) options: &'a [String],
}

/// How a run ended.
pub(super) enum RoundOutcome {
    Run(Box<Run>),
    /// The user stopped it.
    Stopped,
}

impl Load<'_> {
    /// Runs it against a build.
    pub(super) fn run(&self, build: &Build, folder: &Path) -> Result<RoundOutcome> {
        let file = folder.join("round.run");
        let program = std::env::current_exe().context("cannot find this program's own file")?;
        let mut command = Command::new(program);
        if let Some(script) = self.script {
            command.args([
                "run",
                "-q",
                "--no-summary",
                "--no-thresholds",
                "--no-history",
                "--project",
                "none",
            ]);
            command.args(["-e", &format!("BASE_URL={}", build.url)]);
            if let Some(duration) = self.duration {
                command.args(["--duration", &format!("{}ms", duration.as_millis())]);
            }
            command.args(self.options).arg(script);
        } else {
            command.args(["hit", "-q", "--json", "--no-history", "--project", "none", "-c", HIT_CONNECTIONS]);
            command.args(["-d", &format!("{}ms", self.duration.unwrap_or(HIT).as_millis())]);
            command.args(self.options).arg(&build.url);
        }
        command.arg("--out").arg(format!("run={}", file.display()));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let output = command.output().context("cannot run a round")?;
        let said = String::from_utf8_lossy(&output.stderr);
        let dialect = if self.script.is_some() { Dialect::K6 } else { Dialect::Own };
        let ended = |code| Ending::of_code(code, dialect);
        match output.status.code() {
            Some(code) if ended(code) == Some(Ending::Passed) => {}
            Some(code) if ended(code) == Some(Ending::Signal) => return Ok(RoundOutcome::Stopped),
            code => {
                let code = code.map_or("a signal".to_owned(), |code| format!("code {code}"));
                bail!("a round against {} ended with {code}:\n{}", build.name, said.trim_end());
            }
        }
        let reader =
            File::open(&file).with_context(|| format!("a round left no Run:\n{}", said.trim_end()))?;
        let (run, _) = read_run(reader).context("a round's Run does not read")?;
        Ok(RoundOutcome::Run(Box::new(run)))
    }
}
