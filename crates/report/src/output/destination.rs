//! A file that remembers its name for error messages, and compresses when its name ends in `.gz`.
//!
//! Closing is explicit: dropping a buffered writer would swallow the error of a full disk.

use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::content::Content;
use super::create::{Witness, create_file};
use super::error::OutputError;
use super::terminal::Harmless;

const BUFFER_BYTES: usize = 256 * 1024;

type Sink = BufWriter<Box<dyn Write + Send>>;

/// An open file, or anything that takes bytes, with the name it has in messages.
pub struct Destination {
    path: String,
    writer: Writer,
    witness: Option<Witness>,
}

enum Writer {
    Plain(Sink),
    Gzip(GzEncoder<Sink>),
    Closed,
}

impl Destination {
    /// Creates the file, or empties one of this content. A name that ends in `.gz` is compressed.
    ///
    /// # Errors
    /// When the file cannot be created.
    pub fn create(path: &Path, content: Content) -> Result<Destination, OutputError> {
        if path == Path::new("-") {
            let out = io::stdout();
            let writer: Box<dyn Write + Send> =
                if out.is_terminal() { Box::new(Harmless::new(out)) } else { Box::new(out) };
            return Ok(Destination::new("standard output", writer));
        }
        let name = path.display().to_string();
        let created = create_file(path, content).and_then(|file| Ok((Witness::of(&file, path)?, file)));
        let (witness, file) = created.map_err(|source| OutputError::creating(&name, source))?;
        Ok(Destination { witness: Some(witness), ..Destination::new(name, Box::new(file)) })
    }

    /// Writes to something already open, under the name it shall have in messages; `.gz` compresses here too.
    pub fn new(path: impl Into<String>, writer: Box<dyn Write + Send>) -> Destination {
        let path = path.into();
        let sink = BufWriter::with_capacity(BUFFER_BYTES, writer);
        let gzip = Path::new(&path).extension().is_some_and(|extension| extension == "gz");
        let writer =
            if gzip { Writer::Gzip(GzEncoder::new(sink, Compression::fast())) } else { Writer::Plain(sink) };
        Destination { path, writer, witness: None }
    }

    /// The name for messages.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Adds bytes.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), OutputError> {
        let result = match &mut self.writer {
            Writer::Plain(sink) => sink.write_all(bytes),
            Writer::Gzip(encoder) => encoder.write_all(bytes),
            Writer::Closed => Err(io::Error::other("it is already closed")),
        };
        result.map_err(|source| self.error(source))
    }

    /// Hands everything written so far to the system, so that a killed process leaves it behind.
    pub(super) fn flush(&mut self) -> Result<(), OutputError> {
        let result = match &mut self.writer {
            Writer::Plain(sink) => sink.flush(),
            Writer::Gzip(encoder) => encoder.flush(),
            Writer::Closed => Ok(()),
        };
        result.map_err(|source| self.error(source))
    }

    /// Writes what is left and closes. Closing twice does nothing.
    pub(super) fn close(&mut self) -> Result<(), OutputError> {
        let result = match std::mem::replace(&mut self.writer, Writer::Closed) {
            Writer::Plain(mut sink) => sink.flush(),
            Writer::Gzip(encoder) => encoder.finish().and_then(|mut sink| sink.flush()),
            Writer::Closed => Ok(()),
        };
        let result = result.and_then(|()| self.witness.take().map_or(Ok(()), |witness| witness.check()));
        result.map_err(|source| self.error(source))
    }

    fn error(&self, source: io::Error) -> OutputError {
        OutputError::Write { path: self.path.clone(), source }
    }
}
