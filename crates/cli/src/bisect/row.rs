//! The commits between two, as git knows them, and copies of the repository to build them in.
//!
//! A copy is a clone that shares the objects of the repository, in a temporary folder: nothing is written into the
//! repository itself, not even for a while.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, anyhow, bail};

use super::arguments::Range;

/// A commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Commit {
    pub(super) hash: String,
    /// The first line of its message.
    pub(super) subject: String,
}

/// A row of commits, the good one first, the bad one last.
#[derive(Debug)]
pub(super) struct Row {
    repository: PathBuf,
    pub(super) commits: Vec<Commit>,
}

impl Commit {
    /// The first letters of its hash.
    pub(super) fn short(&self) -> &str {
        self.hash.get(..10).unwrap_or(&self.hash)
    }
}

impl Row {
    /// The row between two commits of the repository around the working directory.
    pub(super) fn between(range: &Range) -> Result<Self> {
        let repository = git(None, &["rev-parse", "--show-toplevel"])
            .context("there is no git repository here to search in\nhint: run this inside the repository whose commits are to be measured")?;
        let repository = PathBuf::from(repository);
        let resolve = |name: &str| {
            let commit = format!("{name}^{{commit}}");
            git(None, &["rev-parse", "--verify", "--quiet", "--end-of-options", &commit])
                .map_err(|_| anyhow!("git knows no commit `{name}`\nhint: `git log --oneline` lists them; a shallow clone has only the newest: `git fetch --unshallow`"))
        };
        let (good, bad) = (resolve(&range.good)?, resolve(&range.bad)?);
        if good == bad {
            bail!("`{}` and `{}` are the same commit", range.good, range.bad);
        }
        if git(None, &["merge-base", "--is-ancestor", &good, &bad]).is_err() {
            bail!(
                "`{}` does not come before `{}`\nhint: the good commit first: GOOD..BAD; of two branches, the good one is where they parted: `git merge-base A B`",
                range.good,
                range.bad
            );
        }
        let list =
            git(None, &["log", "--first-parent", "--reverse", "--format=%H %s", &format!("{good}..{bad}")])?;
        let first = git(None, &["log", "-1", "--format=%H %s", &good])?;
        let commits = std::iter::once(first.as_str()).chain(list.lines()).map(commit).collect();
        Ok(Self { repository, commits })
    }

    /// A copy of the repository in a folder that is not there yet.
    pub(super) fn copy_to(&self, folder: &Path) -> Result<()> {
        let source = self.repository.to_str().context("the path of the repository is not UTF-8")?;
        let target = folder.to_str().context("the path for copies is not UTF-8")?;
        git(None, &["clone", "--quiet", "--shared", "--no-checkout", source, target])
            .context("cannot copy the repository")?;
        Ok(())
    }
}

/// Makes a copy one of this commit; what builds have left there, and is ignored, stays for the next one.
pub(super) fn check_out(folder: &Path, commit: &Commit) -> Result<()> {
    git(Some(folder), &["checkout", "--quiet", "--force", "--detach", &commit.hash])
        .and_then(|_| git(Some(folder), &["clean", "-fdq"]))
        .with_context(|| format!("cannot check out {}", commit.short()))?;
    Ok(())
}

fn commit(line: &str) -> Commit {
    let (hash, subject) = line.split_once(' ').unwrap_or((line, ""));
    Commit { hash: hash.to_owned(), subject: subject.to_owned() }
}

/// What git says.
fn git(folder: Option<&Path>, words: &[&str]) -> Result<String> {
    let mut command = Command::new("git");
    // Hooks of the repository are for its own work.
    command.args(["-c", "core.hooksPath=/dev/null", "-c", "advice.detachedHead=false"]);
    if let Some(folder) = folder {
        command.arg("-C").arg(folder);
    }
    let output = command.args(words).stdin(Stdio::null()).output().context("cannot start git")?;
    if !output.status.success() {
        bail!("git {}: {}", words[0], String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}
