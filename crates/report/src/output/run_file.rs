//! `--out run=FILE`: the Run itself, second by second, so that a killed process leaves a file that can be read, judged
//! and shown.

use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use loadline_measure::{Run, RunMeta, RunWriter, Schema, Window};
use loadline_verdict::Verdict;

use super::content::Content;
use super::create::{Witness, create_file};
use super::error::OutputError;
use super::event::{Event, Output};

/// Writes the Run while it grows.
#[derive(Debug)]
pub struct RunOutput {
    path: String,
    /// Nothing once the file is finished.
    writer: Option<RunWriter<Box<dyn Write + Send>>>,
    witness: Option<Witness>,
}

impl RunOutput {
    /// Creates the file, or empties it, and writes the run's description.
    ///
    /// # Errors
    /// When the file cannot be created or written.
    pub fn create(path: &Path, meta: &RunMeta, schema: Arc<Schema>) -> Result<RunOutput, OutputError> {
        let name = path.display().to_string();
        let created = create_file(path, Content::Run).and_then(|file| Ok((Witness::of(&file, path)?, file)));
        let (witness, file) = created.map_err(|source| OutputError::creating(&name, source))?;
        Ok(RunOutput { witness: Some(witness), ..RunOutput::new(name, Box::new(file), meta, schema)? })
    }

    /// Writes to something already open, under the name it shall have in messages.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn new(
        path: impl Into<String>,
        writer: Box<dyn Write + Send>,
        meta: &RunMeta,
        schema: Arc<Schema>,
    ) -> Result<RunOutput, OutputError> {
        let path = path.into();
        let writer = RunWriter::new(writer, meta, schema).map_err(|source| failed(&path, source))?;
        Ok(RunOutput { path, writer: Some(writer), witness: None })
    }
}

impl RunOutput {
    /// Adds what was recorded in a second.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn second(&mut self, second: u64, window: &Window) -> Result<(), OutputError> {
        let Some(writer) = &mut self.writer else { return Ok(()) };
        writer.write_second(second, window).map_err(|source| failed(&self.path, source))
    }
}

impl Output for RunOutput {
    fn name(&self) -> &str {
        &self.path
    }

    fn event(&mut self, event: &Event<'_>) -> Result<(), OutputError> {
        if let Event::Second { second, window, .. } = event { self.second(*second, window) } else { Ok(()) }
    }

    fn finish(&mut self, run: &Run, _verdicts: &[Verdict]) -> Result<(), OutputError> {
        if let Some(writer) = self.writer.take() {
            writer.finish(&run.meta, run.duration).map_err(|source| failed(&self.path, source))?;
        }
        self.witness
            .take()
            .map_or(Ok(()), |witness| witness.check())
            .map_err(|source| failed(&self.path, source))
    }
}

fn failed(path: &str, source: io::Error) -> OutputError {
    OutputError::Write { path: path.to_owned(), source }
}
