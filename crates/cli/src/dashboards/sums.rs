//! What was written, by its checksums: so that a file that somebody has changed since is known from one that only a
//! changed project makes different.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, Result};
use loadline_report::{Content, replace_file};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The file that says it, in the folder of all.
const NAME: &str = "loadline.sums.json";

/// Checksums (SHA-256) by path.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Sums(BTreeMap<String, String>);

impl Sums {
    /// Those of a folder; none where there are none, or none that read: then every file counts as somebody's own.
    pub(super) fn of(folder: &Path) -> Result<Self> {
        let path = folder.join(NAME);
        match std::fs::read(&path) {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes).unwrap_or_default()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error).with_context(|| format!("cannot read `{}`", path.display())),
        }
    }

    /// Whether this is what was written there.
    pub(super) fn has(&self, path: &str, bytes: &[u8]) -> bool {
        self.0.get(path).is_some_and(|known| *known == sum(bytes))
    }

    /// Files that were written there.
    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Puts down what is written.
    pub(super) fn put(&mut self, path: &str, bytes: &[u8]) {
        self.0.insert(path.to_owned(), sum(bytes));
    }

    /// Keeps them in the folder.
    pub(super) fn keep(&self, folder: &Path) -> Result<()> {
        let path = folder.join(NAME);
        let text = serde_json::to_string_pretty(self)? + "\n";
        if std::fs::read(&path).is_ok_and(|there| there == text.as_bytes()) {
            return Ok(());
        }
        replace_file(&path, Content::Text, text.as_bytes())
            .with_context(|| format!("cannot write `{}`", path.display()))
    }
}

fn sum(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
