//! What an output holds, and whether a file that is there already may be replaced by it.
//!
//! A name that was mistyped must not cost a script or a history with all its runs: a file is overwritten when it is
//! empty or of the same kind, and by its beginning that is told for every kind that has one.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

/// What an output holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// A Run.
    Run,
    /// Samples as lines of JSON.
    Json,
    /// Samples as CSV.
    Csv,
    /// Verdicts as `JUnit` XML.
    JUnit,
    /// A summary as JSON.
    Summary,
    /// Markdown that this program makes.
    Markdown,
    /// Verdicts as SARIF.
    Sarif,
    /// A portrait of a database.
    Portrait,
    /// A page that this program makes.
    Page,
    /// A picture that this program makes.
    Picture,
    /// Whatever a script prints or summarises.
    Text,
}

/// How far into a file it is looked.
const BEGINNING: u64 = 4096;
const RUN: &[u8] = b"LOADLINE";
const PORTRAIT: &[u8] = b"LLPORTR\n";
/// How a page says who made it, in its head.
const PAGE: &str = "<meta name=\"generator\" content=\"loadline\">";
/// … and a picture, behind its title.
const PICTURE: &str = "<metadata>loadline</metadata>";
const SQLITE: &[u8] = b"SQLite format 3\0";
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// How scripts are called.
const SCRIPTS: [&str; 8] = ["js", "ts", "mjs", "mts", "cjs", "cts", "jsx", "tsx"];

impl Content {
    /// Refuses a file that is there and is something else.
    ///
    /// # Errors
    /// `AlreadyExists`, with what it is.
    pub(super) fn may_replace(self, file: &mut File, path: &Path) -> io::Result<()> {
        let mut beginning = Vec::new();
        file.take(BEGINNING).read_to_end(&mut beginning)?;
        if beginning.is_empty() || self.is_of(&beginning, path) {
            return Ok(());
        }
        let is = if beginning.starts_with(RUN) {
            "a Run"
        } else if beginning.starts_with(PORTRAIT) {
            "a portrait"
        } else if beginning.starts_with(SQLITE) {
            "a SQLite database, perhaps a history"
        } else {
            "something else"
        };
        let why =
            format!("it is there already, and is {is}, no {}; name another file, or remove it", self.words());
        Err(io::Error::new(ErrorKind::AlreadyExists, why))
    }

    fn is_of(self, beginning: &[u8], path: &Path) -> bool {
        let text = String::from_utf8_lossy(beginning);
        let text = text.trim_start_matches('\u{feff}').trim_start();
        let compressed = beginning.starts_with(&GZIP) && has_extension(path, &["gz"]);
        match self {
            Self::Run => beginning.starts_with(RUN),
            Self::Portrait => beginning.starts_with(PORTRAIT),
            Self::Json => {
                compressed
                    || text.starts_with("{\"type\":\"Metric\"")
                    || text.starts_with("{\"type\":\"Point\"")
            }
            Self::Csv => compressed || text.starts_with("metric_name,"),
            Self::JUnit => text.starts_with('<') && text.contains("<testsuite"),
            Self::Summary => text.starts_with('{') && text.contains("\"metrics\""),
            Self::Sarif => text.starts_with('{') && text.contains("sarif"),
            Self::Markdown => text.starts_with("<!-- loadline") || has_extension(path, &["md"]),
            Self::Page => text.starts_with("<!doctype html>") && text.contains(PAGE),
            Self::Picture => text.starts_with("<svg ") && text.contains(PICTURE),
            Self::Text => {
                let is_binary = beginning.starts_with(RUN) || beginning.contains(&0);
                !is_binary && !has_extension(path, &SCRIPTS)
            }
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Portrait => "portrait",
            Self::Run => "Run",
            Self::Json => "samples as JSON",
            Self::Csv => "samples as CSV",
            Self::JUnit => "JUnit XML",
            Self::Summary => "summary",
            Self::Sarif => "SARIF",
            Self::Markdown => "Markdown of this program",
            Self::Page => "page of this program",
            Self::Picture => "picture of this program",
            Self::Text => "text to be overwritten",
        }
    }
}

fn has_extension(path: &Path, extensions: &[&str]) -> bool {
    path.extension()
        .and_then(|extension| extension.to_str())
        .is_some_and(|extension| extensions.iter().any(|known| known.eq_ignore_ascii_case(extension)))
}
