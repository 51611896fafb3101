//! A run in the form of remote write.

use std::sync::Arc;

use loadline_measure::{Schema, Window};

use super::encoded::{Draft, again};
use super::identity::Identity;
use super::names::{AllNames, Names};
use super::points::{Point, Times, points, stale};
use super::trends::Trends;
use super::version::{Version, written};
use crate::accumulated::{Accumulated, Total};
use crate::form::{Answer, Form, Message, Next, by_status};
use crate::tags::OfRun;

/// Values in a message, so that none is large; Prometheus sends twice as many.
const MOST_POINTS: u64 = 1_000;
/// What a Prometheus says that was not told to take native histograms.
const NO_HISTOGRAMS: &str = "native histograms are disabled";

/// What makes messages of remote write.
pub(crate) struct RemoteWrite {
    schema: Arc<Schema>,
    run: OfRun,
    trends: Trends,
    stale_markers: bool,
    names: AllNames,
    all: Accumulated<Identity>,
    version: Version,
    /// The receiver has said which version it takes.
    is_settled: bool,
    /// When something was said last.
    before_ms: i64,
    remark: Option<String>,
}

impl RemoteWrite {
    /// Of a run that begins now, in milliseconds since 1970 UTC.
    pub(crate) fn new(
        schema: Arc<Schema>,
        run: OfRun,
        trends: Trends,
        stale_markers: bool,
        now_ms: i64,
    ) -> Self {
        Self {
            all: Accumulated::new(Arc::clone(&schema), trends.native),
            schema,
            run,
            trends,
            stale_markers,
            names: AllNames::default(),
            version: Version::Two,
            is_settled: false,
            before_ms: now_ms,
            remark: None,
        }
    }

    /// Messages about these series.
    fn say(
        &mut self,
        numbers: &[u32],
        make: impl for<'a> Fn(&'a Total<Identity>, &'a Names) -> Vec<Point<'a>>,
    ) -> Vec<Message> {
        let mut messages = Vec::new();
        let (mut draft, mut series) = (Draft::new(), Vec::new());
        for number in numbers {
            let total = self.all.total(*number);
            let names = self.names.of(&self.schema, total.identity.metric, &self.trends);
            let points = make(total, &names);
            if points.is_empty() {
                continue;
            }
            for point in points {
                draft.add(point);
            }
            total.is_new = false;
            series.push(*number);
            if draft.points >= MOST_POINTS {
                let full = std::mem::replace(&mut draft, Draft::new());
                messages.push(message(full, std::mem::take(&mut series), self.version));
            }
        }
        if !series.is_empty() {
            messages.push(message(draft, series, self.version));
        }
        messages
    }

    /// The message as the receiver wants it now.
    fn instead(&self, message: &Message) -> Option<Message> {
        let is_1 = Version::of(message.fields) == Version::One;
        let (body, points) = again(&message.body, is_1, self.version == Version::One, self.trends.native)?;
        let fields = self.version.fields();
        Some(Message { body, fields, points, series: message.series.clone() })
    }

    /// The answer to a message that is to be said in other words, or left out.
    fn otherwise(&self, message: &Message) -> Next {
        self.instead(message).map_or(Next::Taken { missing: 0 }, Next::Instead)
    }
}

impl Form for RemoteWrite {
    fn take(&mut self, window: &Window) {
        self.all.take(window, |schema, series| {
            Identity::of(series.metric, &schema.tag_set(series.tags), &self.run)
        });
    }

    fn messages(&mut self, time_ms: i64) -> Vec<Message> {
        let changed = self.all.changed();
        let times = Times { now_ms: time_ms, before_ms: self.before_ms.min(time_ms - 1) };
        self.before_ms = time_ms;
        self.say(&changed, |total, names| points(total, names, times))
    }

    fn last_words(&mut self, time_ms: i64) -> Vec<Message> {
        if !self.stale_markers {
            return Vec::new();
        }
        let all: Vec<u32> = self.all.all().collect();
        self.say(&all, |total, names| stale(total, names, time_ms))
    }

    fn repeat(&mut self, series: &[u32]) {
        self.all.repeat(series);
    }

    fn answered(&mut self, message: &Message, answer: &Answer) -> Next {
        let version = Version::of(message.fields);
        if version == Version::Two {
            let is_good = (200..300).contains(&answer.status);
            if let (true, Some(written)) = (is_good, written(&answer.headers)) {
                self.is_settled = true;
                return Next::Taken { missing: message.points.saturating_sub(written) };
            }
            match answer.status {
                // It was sent in version 2 before that was known.
                _ if self.version == Version::One => return self.otherwise(message),
                200..=299 | 400 | 415 if !self.is_settled => {
                    self.version = Version::One;
                    return self.otherwise(message);
                }
                _ => {}
            }
        }
        if self.trends.native && answer.plain_text().contains(NO_HISTOGRAMS) {
            if self.trends.stats.is_empty() {
                return Next::Refused;
            }
            self.trends.native = false;
            self.remark = Some(
                "takes no native histograms; trends go there as single figures alone\n\
                 hint: start Prometheus with `--enable-feature=native-histograms`, or set \
                 `K6_PROMETHEUS_RW_TREND_AS_NATIVE_HISTOGRAM=false`"
                    .to_owned(),
            );
        }
        if !self.trends.native && answer.plain_text().contains(NO_HISTOGRAMS) {
            return self.otherwise(message);
        }
        by_status(answer.status)
    }

    fn remark(&mut self) -> Option<String> {
        self.remark.take()
    }
}

fn message(draft: Draft, series: Vec<u32>, version: Version) -> Message {
    let points = draft.points;
    Message { body: draft.finish(version == Version::One), fields: version.fields(), points, series }
}
