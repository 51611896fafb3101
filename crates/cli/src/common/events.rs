//! `--events FILE`: what others do to the system while a run goes on. Whoever does it writes a line into the file; the
//! run keeps it, and its charts mark it.
//!
//! Of a file, because everything that deploys can write one. It is looked at once in each second of the run, and what
//! stood in it before is not of this run.

use std::fs::{File, metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Args;
use loadline_measure::{EventKind, Run, RunEvent};
use loadline_report::{Event, Output, OutputError};
use loadline_runner::SendOutput;
use loadline_secrets::masked;
use loadline_verdict::{Verdict, escape};

/// Bytes that are read in a second. What is more waits for the next one.
const AT_ONCE: u64 = 64 * 1024;
/// Bytes of a line that are looked at.
const LONGEST: usize = 1_024;

/// Where others say what they do.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct EventsArguments {
    /// Mark on the charts what is written into FILE while the run goes on, a line each, such as `deploy: 1.4.2`
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    events: Option<PathBuf>,
}

impl EventsArguments {
    /// What looks at the file, if there is to be one. It may come later than the run.
    ///
    /// # Errors
    /// When it is there and is no file that can be read.
    pub(crate) fn output(&self) -> Result<Option<SendOutput>> {
        let Some(path) = &self.events else { return Ok(None) };
        let name = path.display().to_string();
        let read = match metadata(path) {
            Ok(found) if !found.is_file() => {
                bail!("`--events {}` is no file: name one that lines are added to", escape(&name))
            }
            Ok(found) => {
                File::open(path).with_context(|| format!("cannot read `--events {}`", escape(&name)))?;
                found.len()
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(error) => {
                return Err(error).with_context(|| format!("cannot read `--events {}`", escape(&name)));
            }
        };
        let lines = Lines { path: path.clone(), read, begun: Vec::new() };
        Ok(Some(Box::new(EventsFile { name, lines, happened: Vec::new() })))
    }
}

/// What is written into a file, line by line.
struct Lines {
    path: PathBuf,
    /// Bytes of it that are known.
    read: u64,
    /// A line that has no end yet.
    begun: Vec<u8>,
}

impl Lines {
    /// The lines that came since it was asked last. One without an end is whole once nothing was added to it.
    fn more(&mut self) -> io::Result<Vec<String>> {
        let mut added = Vec::new();
        match File::open(&self.path) {
            Ok(mut file) => {
                // Somebody began it anew.
                if file.metadata()?.len() < self.read {
                    self.read = 0;
                }
                file.seek(SeekFrom::Start(self.read))?;
                file.take(AT_ONCE).read_to_end(&mut added)?;
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.read = 0,
            Err(error) => return Err(error),
        }
        self.read += added.len() as u64;
        if added.is_empty() && !self.begun.is_empty() {
            added.push(b'\n');
        }
        let mut lines = Vec::new();
        for piece in added.split_inclusive(|byte| *byte == b'\n') {
            let room = LONGEST.saturating_sub(self.begun.len());
            self.begun.extend(piece.iter().filter(|byte| **byte != b'\n').take(room));
            if piece.ends_with(b"\n") {
                let line = String::from_utf8_lossy(&self.begun).trim().to_owned();
                self.begun.clear();
                lines.extend((!line.is_empty()).then_some(line));
            }
        }
        Ok(lines)
    }
}

/// Marks them in the run.
struct EventsFile {
    name: String,
    lines: Lines,
    happened: Vec<RunEvent>,
}

impl Output for EventsFile {
    fn name(&self) -> &str {
        &self.name
    }

    fn event(&mut self, event: &Event<'_>) -> Result<(), OutputError> {
        let Event::Second { second, .. } = event else { return Ok(()) };
        let lines = self.lines.more();
        let lines = lines.map_err(|source| OutputError::Read { path: self.name.clone(), source })?;
        self.happened.extend(lines.iter().map(|line| RunEvent {
            at_ms: second.saturating_mul(1_000),
            kind: EventKind::said(line),
            words: escape(&masked(line)).into_owned(),
        }));
        Ok(())
    }

    fn happened(&mut self) -> Vec<RunEvent> {
        std::mem::take(&mut self.happened)
    }

    fn finish(&mut self, _: &Run, _: &[Verdict]) -> Result<(), OutputError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn lines_are_those_that_were_added_whole_and_in_their_order() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events");
        let mut lines = Lines { path: path.clone(), read: 0, begun: Vec::new() };
        assert_eq!(lines.more().unwrap(), Vec::<String>::new(), "it is not there yet");
        let mut steps = String::new();
        for (added, told) in [
            ("deploy: 1\n\n  pause  \r\nhalf ", vec!["deploy: 1", "pause"]),
            ("of a line", vec![]),
            ("", vec!["half of a line"]),
            ("", vec![]),
            ("é".repeat(5_000).as_str(), vec![]),
            ("\nnext\n", vec!["é".repeat(LONGEST / 2).as_str(), "next"]),
        ] {
            steps.push_str(added);
            fs::write(&path, &steps).unwrap();
            assert_eq!(lines.more().unwrap(), told, "{added:.20}");
        }
        // Begun anew, and gone.
        fs::write(&path, "anew\n").unwrap();
        assert_eq!(lines.more().unwrap(), ["anew"]);
        fs::remove_file(&path).unwrap();
        assert_eq!(lines.more().unwrap(), Vec::<String>::new());
        fs::write(&path, "again\n").unwrap();
        assert_eq!(lines.more().unwrap(), ["again"]);
    }

    #[test]
    fn what_stood_there_before_is_not_of_the_run() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events");
        fs::write(&path, "deploy: 0.9\n").unwrap();
        let of = |events| EventsArguments { events: Some(events) }.output();
        assert!(of(path).unwrap().is_some());
        assert!(of(folder.path().join("later")).unwrap().is_some());
        let refused = of(folder.path().to_owned()).err().unwrap().to_string();
        assert!(refused.contains("is no file"), "{refused}");
    }

    #[test]
    fn the_first_word_says_what_it_is() {
        for (line, is) in [
            ("deploy: 1.4.2", EventKind::Deploy),
            ("Rollback to 1.4.1", EventKind::Deploy),
            ("pause", EventKind::Pause),
            ("restarted the database", EventKind::Restart),
            ("the cache was emptied", EventKind::Other),
            ("deploying", EventKind::Other),
        ] {
            assert_eq!(EventKind::said(line), is, "{line}");
        }
    }
}
