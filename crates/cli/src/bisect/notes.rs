//! What a search has measured so far, in a file, so that it can go on after an interruption.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use loadline_measure::FigureScale;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

const VERSION: u32 = 2;

/// A figure of two builds in each of some rounds.
pub(super) type Rounds = Vec<(f64, f64)>;

/// The notes of one search.
#[derive(Debug)]
pub(super) struct Notes {
    path: PathBuf,
    pub(super) known: Known,
}

/// What is known.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Known {
    /// The figure that got worse.
    pub(super) figure: Option<NamedFigure>,
    /// Rounds of a commit against the good one.
    pub(super) rounds: BTreeMap<String, Rounds>,
    /// Commits that cannot be measured, and why.
    pub(super) skipped: BTreeMap<String, String>,
    /// Rounds of a commit, the second, against one that is not the good one.
    pub(super) beside: BTreeMap<String, Rounds>,
}

/// A figure by its names.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NamedFigure {
    pub(super) subject: String,
    pub(super) quantity: String,
    scale: String,
}

impl NamedFigure {
    pub(super) fn new(subject: &str, quantity: &str, scale: &FigureScale) -> Self {
        Self { subject: subject.to_owned(), quantity: quantity.to_owned(), scale: scale.word() }
    }

    pub(super) fn scale(&self) -> FigureScale {
        FigureScale::of(&self.scale)
    }
}

impl Notes {
    /// Those of a search that is told from others by these words; `fresh` ones know nothing.
    pub(super) fn open(folder: &Path, words: &[&str], fresh: bool) -> Result<Self> {
        let mut hash = Sha256::new();
        for word in words {
            hash.update(word.len().to_le_bytes());
            hash.update(word);
        }
        let number =
            hash.finalize().iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        let path = folder.join(format!("{number:016x}.jsonl"));
        let known = match std::fs::read_to_string(&path) {
            _ if fresh => Known::default(),
            Ok(text) => read(&text).with_context(|| {
                format!("`{}` cannot be used\nhint: `--fresh` begins without it", path.display())
            })?,
            Err(error) if error.kind() == ErrorKind::NotFound => Known::default(),
            Err(error) => {
                return Err(error).with_context(|| {
                    format!("cannot read `{}`\nhint: `--fresh` begins without it", path.display())
                });
            }
        };
        Ok(Self { path, known })
    }

    /// Whether anything is known.
    pub(super) fn is_empty(&self) -> bool {
        self.known.rounds.is_empty() && self.known.skipped.is_empty()
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes them down: all or, when something fails, what was there before.
    pub(super) fn keep(&self) -> Result<()> {
        let write = || -> Result<()> {
            let folder = self.path.parent().context("no folder")?;
            std::fs::create_dir_all(folder)?;
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            file.write_all(written(&self.known)?.as_bytes())?;
            file.persist(&self.path)?;
            Ok(())
        };
        write().with_context(|| format!("cannot write `{}`", self.path.display()))
    }
}

/// The line before what is known: a digit that changed on the disk would be another measurement.
#[derive(Serialize, Deserialize)]
struct Seal {
    version: u32,
    hash: String,
}

fn hash(text: &str) -> String {
    let digest = Sha256::digest(text);
    let number = digest.iter().take(16).fold(0_u128, |number, byte| number << 8 | u128::from(*byte));
    format!("{number:032x}")
}

fn written(known: &Known) -> Result<String> {
    let known = serde_json::to_string(known)?;
    let seal = serde_json::to_string(&Seal { version: VERSION, hash: hash(&known) })?;
    Ok(format!("{seal}\n{known}\n"))
}

fn read(text: &str) -> Result<Known> {
    let (seal, known) = text.split_once('\n').context("it is of another version of loadline, or damaged")?;
    let known = known.trim_end_matches('\n');
    let seal: Seal = serde_json::from_str(seal)?;
    if seal.version != VERSION {
        bail!("it is of another version of loadline");
    }
    if seal.hash != hash(known) {
        bail!("it is damaged: its content is not what was written");
    }
    Ok(serde_json::from_str(known)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_found_again_by_the_same_words_only() {
        let folder = tempfile::tempdir().unwrap();
        let open = |words: &[&str], fresh| Notes::open(folder.path(), words, fresh).unwrap();
        let mut notes = open(&["a", "bc"], false);
        assert!(notes.is_empty());
        notes.known.rounds.insert("1f".to_owned(), vec![(1.0, 1.25), (3.0, 4.0)]);
        notes.known.figure = Some(NamedFigure::new("search", "p95", &FigureScale::LATENCY));
        notes.keep().unwrap();
        let again = open(&["a", "bc"], false);
        assert_eq!(again.known.rounds["1f"], [(1.0, 1.25), (3.0, 4.0)]);
        assert_eq!(again.known.figure.unwrap().scale(), FigureScale::LATENCY);
        assert!(open(&["ab", "c"], false).is_empty());
        assert!(open(&["a", "bc"], true).is_empty());
    }

    #[test]
    fn notes_that_do_not_read_are_said() {
        let folder = tempfile::tempdir().unwrap();
        let notes = Notes::open(folder.path(), &["a"], false).unwrap();
        for wrong in ["", "{", "[]", "{\"version\":9,\"hash\":\"\"}\n{}"] {
            std::fs::write(notes.path(), wrong).unwrap();
            let error = format!("{:#}", Notes::open(folder.path(), &["a"], false).unwrap_err());
            assert!(error.contains("--fresh"), "{error}");
        }
    }

    #[test]
    fn a_digit_that_changed_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let open = || Notes::open(folder.path(), &["a"], false);
        let mut notes = open().unwrap();
        notes.known.rounds.insert("1f".to_owned(), vec![(1.0, 1.25), (0.1 + 0.2, 4.0)]);
        notes.keep().unwrap();
        assert_eq!(open().unwrap().known.rounds["1f"], [(1.0, 1.25), (0.1 + 0.2, 4.0)]);
        let text = std::fs::read_to_string(notes.path()).unwrap();
        std::fs::write(notes.path(), text.replace("1.25", "1.35")).unwrap();
        let error = format!("{:#}", open().unwrap_err());
        assert!(error.contains("is damaged") && error.contains("--fresh"), "{error}");
    }
}
