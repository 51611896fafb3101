//! One of the two copies of the repository, with the commit that is served from it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use loadline_children::{LogFile, Order, Ward, last_lines};
use loadline_runner::children_folder;

use super::row::{Commit, Row, check_out};
use crate::compare::{Build, Load, RoundOutcome, Site, shell};

/// How often it is looked whether the user wants it stopped.
const LOOKS: Duration = Duration::from_millis(50);
/// How long a build that nobody waits for any more may take to end.
const PATIENCE: Duration = Duration::from_secs(5);
/// So many lines of what a build printed are shown when it failed.
const SHOWN: usize = 10;

/// How commits are built and served.
pub(super) struct Recipe<'a> {
    pub(super) build: Option<&'a str>,
    pub(super) serve: &'a str,
    pub(super) load: &'a Load<'a>,
    pub(super) site: Site<'a>,
}

/// A copy, and what is served from it.
pub(super) struct Side {
    name: &'static str,
    folder: PathBuf,
    serves: Option<(usize, Build)>,
}

/// What came of building and serving a commit.
pub(super) enum Served {
    Yes,
    /// It cannot be, for this reason.
    No(String),
    /// The user stopped it.
    Stopped,
}

impl Side {
    /// A copy in a folder of its own below this one; `name` is what its output is called.
    pub(super) fn new(row: &Row, name: &'static str, below: &Path) -> Result<Self> {
        let folder = below.join(name);
        row.copy_to(&folder)?;
        Ok(Self { name, folder, serves: None })
    }

    /// The build that is served.
    pub(super) fn build(&mut self) -> Result<&mut Build> {
        self.serves.as_mut().map(|(_, build)| build).context("nothing is served")
    }

    /// Serves the commit of this place of the row, unless it is served already, and lets it do once what it does for
    /// the first time.
    pub(super) fn serve(&mut self, row: &Row, place: usize, recipe: &Recipe<'_>) -> Result<Served> {
        if self.serves.as_ref().is_some_and(|(served, _)| *served == place) {
            return Ok(Served::Yes);
        }
        self.serves = None;
        let commit = &row.commits[place];
        check_out(&self.folder, commit)?;
        match self.make(commit, recipe)? {
            Served::Yes => {}
            other => return Ok(other),
        }
        let site = Site { home: Some(&self.folder), ..recipe.site };
        let mut build = match Build::start(recipe.serve, self.name, &site) {
            Ok(Some(build)) => build,
            Ok(None) => return Ok(Served::Stopped),
            Err(error) => return Ok(Served::No(format!("is not served: {error:#}"))),
        };
        match recipe.load.run(&mut build) {
            Ok(RoundOutcome::Run(_)) => {}
            Ok(RoundOutcome::Stopped) => return Ok(Served::Stopped),
            Err(error) => return Ok(Served::No(cannot_be_loaded(&error))),
        }
        self.serves = Some((place, build));
        Ok(Served::Yes)
    }

    /// Builds what is checked out.
    fn make(&self, commit: &Commit, recipe: &Recipe<'_>) -> Result<Served> {
        let Some(command) = recipe.build else { return Ok(Served::Yes) };
        let log = LogFile::create(&format!("{}-build", self.name), &children_folder(), recipe.site.folder)
            .context("there is no file for what a build prints")?;
        let path = std::path::absolute(log.path()).context("there is no path to what a build prints")?;
        let order = Order {
            words: shell(command, Some(&self.folder)),
            log: Some(path.clone()),
            patience: PATIENCE,
            ..Order::default()
        };
        let mut ward = Ward::start(&order).with_context(|| format!("cannot start `{command}`"))?;
        let status = loop {
            if recipe.site.interrupts.any() {
                return Ok(Served::Stopped);
            }
            if let Some(status) = ward.wait_for(LOOKS).context("cannot ask how a build is")? {
                break status;
            }
        };
        if status.success() {
            return Ok(Served::Yes);
        }
        Ok(Served::No(match last_lines(&path, SHOWN) {
            lines if lines.is_empty() => format!("does not build: `{command}` ended with {status}"),
            lines => format!(
                "does not build: `{command}` ended with {status}\n{} at {} ends with\n{lines}",
                path.display(),
                commit.short()
            ),
        }))
    }
}

/// In words that follow a commit.
fn cannot_be_loaded(error: &anyhow::Error) -> String {
    format!("cannot be loaded: {error:#}")
}

/// One round of both sides, in this order; nothing when the user stopped it.
pub(super) fn round(
    base: &mut Side,
    head: &mut Side,
    base_first: bool,
    load: &Load<'_>,
) -> Result<Option<Pair>> {
    let mut runs = [None, None];
    for side in if base_first { [0, 1] } else { [1, 0] } {
        let build = if side == 0 { base.build()? } else { head.build()? };
        match load.run(build) {
            Ok(RoundOutcome::Run(run)) => runs[side] = Some(*run),
            Ok(RoundOutcome::Stopped) => return Ok(None),
            // The commit in question may be what is wrong; the good one may not.
            Err(error) if side == 1 => return Ok(Some(Pair::HeadFailed(cannot_be_loaded(&error)))),
            Err(error) => return Err(error),
        }
    }
    match runs {
        [Some(base), Some(head)] => Ok(Some(Pair::Runs(Box::new((base, head))))),
        _ => bail!("a round has no Run"),
    }
}

/// What a round has come to.
pub(super) enum Pair {
    Runs(Box<(loadline_measure::Run, loadline_measure::Run)>),
    /// The head could not be loaded, in words that follow its name.
    HeadFailed(String),
}
