//! Writing a Run file while the run goes on, so that a killed run leaves everything up to its last second.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use rustc_hash::FxHashMap;

use super::format::{End, Kind, MAGIC, News, STREAMED, Second, describe, write_frame};
use crate::frame;
use crate::meta::RunMeta;
use crate::run::Run;
use crate::schema::Schema;
use crate::window::{Series, Window};

/// Writes a run second by second. After each call everything so far is handed to the writer, and flushed.
pub struct RunWriter<W: Write> {
    stream: zstd::stream::write::Encoder<'static, W>,
    schema: Arc<Schema>,
    metrics: usize,
    tag_sets: usize,
    totals: FxHashMap<Series, u64>,
}

impl<W: Write> RunWriter<W> {
    /// Begins a file with the run's description.
    ///
    /// # Errors
    /// Those of the writer, here as in all other functions.
    pub fn new(mut writer: W, meta: &RunMeta, schema: Arc<Schema>) -> io::Result<Self> {
        writer.write_all(MAGIC)?;
        writer.write_all(&STREAMED.to_le_bytes())?;
        let stream = zstd::stream::write::Encoder::new(writer, zstd::DEFAULT_COMPRESSION_LEVEL)?;
        let description = describe(meta, &schema)?;
        let mut this = Self { stream, schema, metrics: 0, tag_sets: 0, totals: FxHashMap::default() };
        this.frame(Kind::Description, description.as_bytes())?;
        Ok(this)
    }

    /// Adds what was recorded in a second, counted from 0 at the start of the run. A second may come in several parts.
    pub fn write_second(&mut self, second: u64, window: &Window) -> io::Result<()> {
        for (series, sink) in window.iter() {
            if let Some(trend) = sink.as_trend() {
                *self.totals.entry(series).or_default() += trend.count();
            }
        }
        let window = frame::encode(window, |series| self.totals.get(&series).copied().unwrap_or_default());
        let news = self.news();
        let payload =
            postcard::to_stdvec(&Second { number: second, news, window }).map_err(io::Error::other)?;
        self.frame(Kind::Second, &payload)
    }

    /// Ends the file with the final description and duration, and gives the writer back.
    pub fn finish(mut self, meta: &RunMeta, duration: Duration) -> io::Result<W> {
        let end = End::new(self.news(), meta, &self.schema, duration)?;
        let payload = postcard::to_stdvec(&end).map_err(io::Error::other)?;
        self.frame(Kind::End, &payload)?;
        let mut writer = self.stream.finish()?;
        writer.flush()?;
        Ok(writer)
    }

    fn news(&mut self) -> News {
        let news = News::since(&self.schema, self.metrics, self.tag_sets);
        self.metrics += news.metrics.len();
        self.tag_sets += news.tag_sets.len();
        news
    }

    fn frame(&mut self, kind: Kind, payload: &[u8]) -> io::Result<()> {
        write_frame(&mut self.stream, kind, payload)?;
        self.stream.flush()
    }
}

impl<W: Write> std::fmt::Debug for RunWriter<W> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("RunWriter").field("series", &self.totals.len()).finish_non_exhaustive()
    }
}

/// Writes a run that is over.
///
/// # Errors
/// Those of the writer.
pub fn write_run<W: Write>(run: &Run, writer: W) -> io::Result<W> {
    let mut file = RunWriter::new(writer, &run.meta, Arc::clone(run.schema()))?;
    for (second, window) in run.seconds() {
        file.write_second(second, &window)?;
    }
    file.finish(&run.meta, run.duration)
}
