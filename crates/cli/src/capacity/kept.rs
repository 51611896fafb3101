//! What is known of a search, written after each step, so that one that was interrupted can go on.

use std::fmt::Display;
use std::path::PathBuf;
use std::{fs, io};

use loadline_capacity::live::Evidence;
use loadline_capacity::search::Known;
use loadline_runner::{Ending, Ends, Failure, working_folder};
use serde::{Deserialize, Serialize};

/// The version of the file's form.
const VERSION: u32 = 1;

/// A search in a file.
pub(super) struct KeptSearch {
    path: PathBuf,
    identity: String,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    version: u32,
    /// What is searched, and within which budgets.
    identity: String,
    known: Known,
    evidence: Vec<Evidence>,
}

impl KeptSearch {
    /// The file of a search of something.
    pub(super) fn of(identity: &str) -> Self {
        Self { path: working_folder("capacity.json"), identity: identity.to_owned() }
    }

    /// Writes what is known by now: all of it or nothing, so that whoever is killed in the midst of it has what was
    /// known before.
    pub(super) fn keep(&self, known: &Known, evidence: &[Evidence]) -> io::Result<()> {
        let (known, evidence) = (known.clone(), evidence.to_vec());
        let stored = Stored { version: VERSION, identity: self.identity.clone(), known, evidence };
        let beside = self.path.with_extension("json.new");
        fs::write(&beside, serde_json::to_string(&stored)?)?;
        fs::rename(&beside, &self.path)
    }

    /// Whether there is something to go on with.
    pub(super) fn is_kept(&self) -> bool {
        self.path.is_file()
    }

    /// Where it is.
    pub(super) fn shown(&self) -> impl Display {
        self.path.display()
    }

    /// The search is over: nothing is left to go on with.
    pub(super) fn done(&self) {
        let _ = fs::remove_file(&self.path);
    }

    /// The search that was interrupted.
    ///
    /// # Errors
    /// When there is none, or it is one of something else.
    pub(super) fn read(&self) -> Result<(Known, Vec<Evidence>), Failure> {
        let path = self.path.display();
        let text = fs::read_to_string(&self.path).map_err(|_| {
            let text = format!("there is no search to go on with in `{path}`\nhint: leave `--resume` out");
            Failure::new(Ending::Configuration, text)
        })?;
        let stored: Stored = serde_json::from_str(&text).ends(Ending::Configuration)?;
        if stored.version != VERSION || stored.identity != self.identity {
            let text = format!(
                "the search in `{path}` is of something else, or within other budgets\nhint: leave `--resume` out"
            );
            return Err(Failure::new(Ending::Configuration, text));
        }
        let Stored { mut known, mut evidence, .. } = stored;
        // What was interrupted says nothing.
        known.steps.retain(|step| step.stopped.is_none());
        evidence.truncate(known.steps.len());
        Ok((known, evidence))
    }
}
