//! A run as lines. Nothing is added up here: what a second came to is said once, and lost when its line is.

use std::sync::Arc;

use bytes::Bytes;
use loadline_measure::{Schema, Series, Window};
use rustc_hash::FxHashMap;

use super::line::{fields, key, tag_fields};
use crate::form::{Field, Form, Message};
use crate::tags::OfRun;

/// Bytes of a message, so that none is large; `InfluxDB` takes 25 MB.
const MOST_BYTES: usize = 512 << 10;
const FIELDS: [Field; 1] = [("content-type", "text/plain; charset=utf-8")];
const NS_PER_MS: i64 = 1_000_000;

/// What makes lines.
pub(crate) struct Lines {
    schema: Arc<Schema>,
    run: OfRun,
    as_fields: Vec<String>,
    /// The beginning of each series' lines, and its tags that are fields.
    known: FxHashMap<Series, Known>,
    /// How many series have the same key.
    twins: FxHashMap<String, i64>,
    window: Window,
}

struct Known {
    key: String,
    tag_fields: String,
    /// The number by which losses are told.
    number: u32,
    /// Of those that are called the same, as tags that are fields do not tell apart: lines are told apart by the
    /// nanosecond.
    twin: i64,
}

impl Lines {
    pub(crate) fn new(schema: Arc<Schema>, run: OfRun, as_fields: Vec<String>) -> Self {
        Self {
            schema,
            run,
            as_fields,
            known: FxHashMap::default(),
            twins: FxHashMap::default(),
            window: Window::default(),
        }
    }

    fn know(&mut self, series: Series) -> &Known {
        let next = self.known.len() as u32;
        if !self.known.contains_key(&series) {
            let metric = self.schema.metric(series.metric).name;
            let tags = self.schema.tag_set(series.tags);
            let key = key(&metric, &tags, &self.run, &self.as_fields);
            let twins = self.twins.entry(key.clone()).or_default();
            let twin = *twins;
            *twins += 1;
            let tag_fields = tag_fields(&tags, &self.run, &self.as_fields);
            self.known.insert(series, Known { key, tag_fields, number: next, twin });
        }
        &self.known[&series]
    }
}

impl Form for Lines {
    fn take(&mut self, window: &Window) {
        self.window.merge(window.clone());
    }

    fn messages(&mut self, time_ms: i64) -> Vec<Message> {
        let window = std::mem::take(&mut self.window);
        let mut messages = Vec::new();
        let (mut text, mut points, mut series) = (String::new(), 0, Vec::new());
        let mut line = String::new();
        for (of, sink) in window.iter() {
            line.clear();
            let count = fields(sink, &mut line);
            if count == 0 {
                continue;
            }
            let known = self.know(of);
            let time_ns = time_ms * NS_PER_MS + known.twin;
            text.push_str(&known.key);
            text.push(' ');
            text.push_str(&line);
            text.push_str(&known.tag_fields);
            text.push_str(&format!(" {time_ns}\n"));
            points += count;
            series.push(known.number);
            if text.len() >= MOST_BYTES {
                messages.push(message(&mut text, &mut points, &mut series));
            }
        }
        if points > 0 {
            messages.push(message(&mut text, &mut points, &mut series));
        }
        messages
    }

    /// What is lost is lost: later lines say nothing of it.
    fn repeat(&mut self, _series: &[u32]) {}

    fn adds_up(&self) -> bool {
        false
    }
}

fn message(text: &mut String, points: &mut u64, series: &mut Vec<u32>) -> Message {
    let (body, points) = (Bytes::from(std::mem::take(text)), std::mem::take(points));
    Message { body, fields: &FIELDS, points, series: std::mem::take(series) }
}
