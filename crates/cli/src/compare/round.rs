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
use loadline_runner::{Dialect, Ending, Failure, Interrupts};

use super::arguments::RoundArguments;
use super::builds::Build;
use super::flags::Flags;

/// How often it is looked whether the user wants it stopped.
const LOOKS: Duration = Duration::from_millis(50);
/// How long a run may take to end that nobody wants any more.
const PATIENCE: Duration = Duration::from_secs(2);
/// So many lines of what a run said are shown when it failed.
const SHOWN: usize = 40;

/// What is run in each round.
pub(crate) struct Load<'a> {
    flags: Flags,
    /// Whose numbers its exit code is of.
    dialect: Dialect,
    /// Where a round's files are.
    folder: &'a Path,
    interrupts: &'a Interrupts,
}

/// How a run ended.
pub(crate) enum RoundOutcome {
    Run(Box<Run>),
    /// The user stopped it.
    Stopped,
}

impl<'a> Load<'a> {
    /// The load of a script, or of the build's address without one.
    ///
    /// # Errors
    /// When no round takes its options.
    pub(crate) fn new(
        script: Option<&str>,
        arguments: &RoundArguments,
        folder: &'a Path,
        interrupts: &'a Interrupts,
    ) -> std::result::Result<Self, Failure> {
        let flags = Flags::new(script, arguments.duration, &arguments.options)?;
        let dialect = if script.is_some() { Dialect::K6 } else { Dialect::Own };
        Ok(Self { flags, dialect, folder, interrupts })
    }

    /// Whether rounds take their options, before anything is started.
    ///
    /// # Errors
    /// When they do not.
    pub(crate) fn check(
        script: Option<&str>,
        arguments: &RoundArguments,
    ) -> std::result::Result<(), Failure> {
        Flags::new(script, arguments.duration, &arguments.options).map(|_| ())
    }
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
        let ended = |code| Ending::of_code(code, self.dialect);
        match status.code() {
            // What the run's own thresholds say of it is another question.
            Some(code) if matches!(ended(code), Some(Ending::Passed | Ending::Failed)) => {}
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
        let mut out = OsString::from("run=");
        out.push(file);
        // Options before, a script's name after.
        let (command, rest) = self.flags.words.split_first().context("a round has no command")?;
        words.extend([command.clone(), "--out".into(), out]);
        words.extend(rest.iter().cloned());
        Ok(Order {
            words,
            environment: vec![
                (self.flags.place.to_owned(), Some(build.url.clone().into())),
                ("LOADLINE_HISTORY".to_owned(), None),
            ],
            ours: true,
            log: Some(log.to_owned()),
            patience: PATIENCE,
            ..Order::default()
        })
    }
}
