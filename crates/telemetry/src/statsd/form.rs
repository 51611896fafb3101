//! A run as datagrams. Nothing is added up here: whoever listens adds up.

use std::fmt::Write as _;
use std::sync::Arc;

use bytes::Bytes;
use loadline_measure::{Metric, Schema, Series, Sink, TagSet, Trend, Window};
use rustc_hash::FxHashMap;

use super::settings::Said;
use crate::form::{Form, Message};
use crate::tags::OfRun;

/// Bytes of a datagram that passes an Ethernet in one piece, whatever is around it.
const MOST_BYTES: usize = 1432;

/// What makes datagrams.
pub(crate) struct Datagrams {
    schema: Arc<Schema>,
    run: OfRun,
    said: Said,
    known: FxHashMap<Series, Arc<Known>>,
    window: Window,
}

/// What the lines of a series have in common.
struct Known {
    name: String,
    /// What a rate with a check is called.
    check: Option<String>,
    tags: String,
    number: u32,
}

impl Datagrams {
    pub(crate) fn new(schema: Arc<Schema>, run: OfRun, said: Said) -> Self {
        Self { schema, run, said, known: FxHashMap::default(), window: Window::default() }
    }

    fn know(&mut self, series: Series) -> Arc<Known> {
        if let Some(known) = self.known.get(&series) {
            return Arc::clone(known);
        }
        let metric = self.schema.metric(series.metric);
        let tags = self.schema.tag_set(series.tags);
        let known = Arc::new(known(&metric, &tags, &self.run, &self.said, self.known.len() as u32));
        self.known.insert(series, Arc::clone(&known));
        known
    }
}

impl Form for Datagrams {
    fn take(&mut self, window: &Window) {
        self.window.merge(window.clone());
    }

    fn messages(&mut self, _time_ms: i64) -> Vec<Message> {
        let window = std::mem::take(&mut self.window);
        let mut draft = Draft::default();
        for (series, sink) in window.iter() {
            let known = self.know(series);
            let Known { name, check, tags, number } = &*known;
            let mut add = |line: String| draft.add(&format!("{line}{tags}"), *number);
            match sink {
                Sink::Counter(counter) => add(format!("{name}:{}|c", counter.sum)),
                Sink::Gauge(gauge) => {
                    // A sign would mean: so much less than before.
                    if gauge.last < 0.0 {
                        add(format!("{name}:0|g"));
                    }
                    add(format!("{name}:{}|g", gauge.last));
                }
                Sink::Rate(rate) => {
                    if let Some(check) = check {
                        add(format!("{check}.pass:{}|c", rate.passes));
                        add(format!("{check}.fail:{}|c", rate.fails()));
                    } else {
                        add(format!("{name}:{}|c", rate.passes));
                        add(format!("{name}.total:{}|c", rate.total));
                    }
                }
                Sink::Trend(trend) => timings(trend, |value, times| {
                    let mut line = format!("{name}:{value}|ms");
                    if times > 1 {
                        // Writing to a String cannot fail.
                        let _ = write!(line, "|@{}", 1.0 / times as f64);
                    }
                    add(line);
                }),
            }
        }
        draft.finish()
    }

    fn repeat(&mut self, _series: &[u32]) {}

    fn adds_up(&self) -> bool {
        false
    }
}

/// The values of a trend, each with how often it came.
fn timings(trend: &Trend, mut say: impl FnMut(f64, u64)) {
    let Some(values) = trend.raw() else {
        for (value, times) in trend.histogram().values() {
            say(value, times);
        }
        return;
    };
    for same in values.chunk_by(|left, right| left == right) {
        say(same[0], same.len() as u64);
    }
}

fn known(metric: &Metric, tags: &TagSet, run: &OfRun, said: &Said, number: u32) -> Known {
    let Said { namespace, tags: wanted } = said;
    let mut shown = String::new();
    if let Some(blocked) = wanted {
        for (key, value) in run.pairs(tags).filter(|(key, _)| !blocked.iter().any(|blocked| blocked == key)) {
            shown.push_str(if shown.is_empty() { "|#" } else { "," });
            shown.push_str(&plain(key));
            shown.push(':');
            shown.push_str(&plain(&value));
        }
    }
    Known {
        name: format!("{namespace}{}", metric.name),
        check: tags.get("check").map(|check| format!("{namespace}check.{}", plain(check).replace(':', "_"))),
        tags: shown,
        number,
    }
}

/// A text without what would end it.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || matches!(c, ',' | '|' | '#' | '@') { '_' } else { c }).collect()
}

/// Datagrams that fill up.
#[derive(Default)]
struct Draft {
    done: Vec<Message>,
    text: String,
    points: u64,
    series: Vec<u32>,
}

impl Draft {
    fn add(&mut self, line: &str, number: u32) {
        if !self.text.is_empty() && self.text.len() + 1 + line.len() > MOST_BYTES {
            self.close();
        }
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text.push_str(line);
        self.points += 1;
        if self.series.last() != Some(&number) {
            self.series.push(number);
        }
    }

    fn close(&mut self) {
        let body = Bytes::from(std::mem::take(&mut self.text));
        let (points, series) = (std::mem::take(&mut self.points), std::mem::take(&mut self.series));
        self.done.push(Message { body, fields: &[], points, series });
    }

    fn finish(mut self) -> Vec<Message> {
        if !self.text.is_empty() {
            self.close();
        }
        self.done
    }
}
