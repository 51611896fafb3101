//! One round of one build: a run of its own, in a process of its own, whose Run is read and forgotten.
//!
//! A process for each run, because what one run leaves behind (connections, memory, a warm heap) is a difference that
//! no randomised order takes away.

use std::ffi::OsString;
use std::fs::File;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use loadline_children::{Order, Ward, last_lines};
use loadline_measure::{Run, read_run};
use loadline_runner::{Dialect, Ending, Interrupts};

use super::builds::Build;

/// How addresses without a script are loaded unless told otherwise.
const HIT: Duration = Duration::from_secs(5);
const HIT_CONNECTIONS: &str = "10";
/// How often it is looked whether the user wants it stopped.
const LOOKS: Duration = Duration::from_millis(50);
/// How long a run may take to end that nobody wants any more.
const PATIENCE: Duration = Duration::from_secs(2);
/// So many lines of what a run said are shown when it failed.
const SHOWN: usize = 40;

/// What is run in each round.
pub(crate) struct Load<'a> {
    /// The script; without one the build's address is hit.
    pub(crate) script: Option<&'a str>,
    pub(crate) duration: Option<Duration>,
    pub(crate) options: &'a [String],
    /// Where a round's files are.
    pub(crate) folder: &'a Path,
    pub(crate) interrupts: &'a Interrupts,
}

/// How a run ended.
pub(crate) enum RoundOutcome {
    Run(Box<Run>),
    /// The user stopped it.
    Stopped,
}

impl Load<'_> {
    /// Runs it against a build.
    pub(crate) fn run(&self, build: &mut Build) -> Result<RoundOutcome> {
        let (file, log) = (self.folder.join("round.run"), self.folder.join("round.log"));
        // A Run of another round is not taken for this one's.
        for old in [&file, &log] {
            let _ = std::fs::remove_file(old);
        }
        File::create(&log).context("cannot write what a round says")?;
        let mut ward = Ward::start(&self.order(build, &file, &log)?).context("cannot run a round")?;
        let mut asked = 0;
        let status = loop {
            if let Some(status) = ward.wait_for(LOOKS).context("cannot ask how a round is")? {
                break status;
            }
            // As if each interrupt were for the run itself: it may end its iterations, then it may not.
            let count = u8::from(self.interrupts.any()) + u8::from(self.interrupts.twice());
            if asked < count {
                ward.ask_to_end();
                asked += 1;
            }
        };
        if self.interrupts.any() {
            return Ok(RoundOutcome::Stopped);
        }
        build.check()?;
        let said = last_lines(&log, SHOWN);
        let dialect = if self.script.is_some() { Dialect::K6 } else { Dialect::Own };
        let ended = |code| Ending::of_code(code, dialect);
        match status.code() {
            Some(code) if ended(code) == Some(Ending::Passed) => {}
            Some(code) if ended(code) == Some(Ending::Signal) => return Ok(RoundOutcome::Stopped),
            code => {
                let code = code.map_or("a signal".to_owned(), |code| format!("code {code}"));
                bail!("a round against {} ended with {code}:\n{said}", build.name);
            }
        }
        let reader = File::open(&file).with_context(|| format!("a round left no Run:\n{said}"))?;
        let (run, _) = read_run(reader).context("a round's Run does not read")?;
        if let Some(what) = run.incomplete() {
            bail!("a round against {} left no whole Run: it {what}", build.name);
        }
        Ok(RoundOutcome::Run(Box::new(run)))
    }

    fn order(&self, build: &Build, file: &Path, log: &Path) -> Result<Order> {
        let program = std::env::current_exe().context("cannot find this program's own file")?;
        let mut words: Vec<OsString> = vec![program.into()];
        let milliseconds = |duration: Duration| format!("{}ms", duration.as_millis());
        let common = ["-q", "--no-history", "--project", "none"];
        // The address may hold a password, which other users of the machine would see in an argument.
        let place;
        if let Some(script) = self.script {
            words.push("run".into());
            words.extend(common.map(Into::into));
            words.extend(["--no-summary", "--no-thresholds", "-e", "BASE_URL"].map(Into::into));
            if let Some(duration) = self.duration {
                words.extend(["--duration".into(), milliseconds(duration).into()]);
            }
            words.extend(self.options.iter().map(Into::into));
            words.push(script.into());
            place = "BASE_URL";
        } else {
            words.push("hit".into());
            words.extend(common.map(Into::into));
            words.extend(["--json", "-c", HIT_CONNECTIONS, "-d"].map(Into::into));
            words.push(milliseconds(self.duration.unwrap_or(HIT)).into());
            words.extend(self.options.iter().map(Into::into));
            place = "LOADLINE_URL";
        }
        let mut out = OsString::from("run=");
        out.push(file);
        words.extend(["--out".into(), out]);
        Ok(Order {
            words,
            environment: vec![
                (place.to_owned(), Some(build.url.clone().into())),
                ("LOADLINE_HISTORY".to_owned(), None),
            ],
            ours: true,
            log: Some(log.to_owned()),
            patience: PATIENCE,
            ..Order::default()
        })
    }
}
