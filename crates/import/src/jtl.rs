//! `JMeter`'s results, one sample after another: what CSV and XML have in common.
//!
//! A sample is a request, or the sum of a transaction controller, which is none: it becomes a group. Its time is when
//! it began, its elapsed time whole milliseconds, and what it did not get an answer to has words where a status would
//! be.

use jiff::civil::DateTime;
use jiff::tz::Offset;
use loadline_measure::{Builtin, TagSetId};

use crate::error::{BadLine, ImportError};
use crate::imported::Imported;
use crate::seconds::Seconds;

/// No sample takes longer than a day.
const LONGEST_MS: f64 = 86_400e3;
/// What stands in the message of a transaction controller's sample.
const TRANSACTION: &str = "Number of samples in transaction";
/// Times as people set `JMeter` to write them.
const FORMS: [&str; 4] =
    ["%Y/%m/%d %H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y/%m/%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S%.f"];

/// One sample as it stands in a file; texts that are not there are empty.
#[derive(Debug, Default)]
pub(crate) struct Sample {
    pub(crate) time: String,
    pub(crate) elapsed: String,
    pub(crate) label: String,
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) thread: String,
    pub(crate) success: String,
    pub(crate) received: String,
    pub(crate) sent: String,
    pub(crate) latency: String,
    pub(crate) connect: String,
    pub(crate) url: String,
    pub(crate) users: String,
}

impl Sample {
    /// Whether it only sums up others.
    pub(crate) fn is_transaction(&self) -> bool {
        self.message.starts_with(TRANSACTION)
    }
}

/// A Run in the making from samples.
pub(crate) struct Samples {
    seconds: Seconds,
    builtin: Builtin,
    local: bool,
    bytes: bool,
    urls: bool,
}

impl Samples {
    pub(crate) fn new(name: &str) -> Result<Self, ImportError> {
        let seconds = Seconds::new(name, "JMeter");
        let builtin = Builtin::define(&seconds.schema).map_err(|error| ImportError::Line {
            name: name.to_owned(),
            line: 0,
            tool: "JMeter",
            why: error.into(),
        })?;
        Ok(Self { seconds, builtin, local: false, bytes: false, urls: false })
    }

    /// Adds one.
    ///
    /// # Errors
    /// When it cannot be a sample.
    pub(crate) fn add(&mut self, sample: &Sample) -> Result<(), BadLine> {
        let began = self.time(&sample.time)?;
        let elapsed: f64 =
            sample.elapsed.parse().map_err(|_| BadLine::value(&sample.elapsed, "number of milliseconds"))?;
        if !(0.0..=LONGEST_MS).contains(&elapsed) {
            return Err(BadLine::Form(format!("it took {elapsed} ms")));
        }
        let at = began + (elapsed * 1e6) as i128;
        self.seconds.begun(began);
        let group = thread_group(&sample.thread);
        if sample.is_transaction() {
            let path = format!("::{}", sample.label);
            let tags = self.tags(&[("group", &path), ("scenario", group)]);
            self.seconds.of(&format!("group {path}"));
            return self.seconds.add(at, self.builtin.group_duration, elapsed, tags);
        }
        self.seconds.of(&format!("request {} {}", group, sample.label));
        let status = sample.code.parse::<u16>().ok().filter(|status| (100..1000).contains(status));
        let failed = match sample.success.to_ascii_lowercase().as_str() {
            "true" => false,
            "false" => true,
            "" => status.is_none_or(|status| status >= 400),
            _ => return Err(BadLine::value(&sample.success, "truth")),
        };
        // Samplers of other protocols have words of their own; JMeter's for no answer begin so.
        let unanswered = sample.code.starts_with("Non HTTP") || (sample.code.is_empty() && failed);
        let answered = !unanswered;
        let status = if answered { sample.code.as_str() } else { "0" };
        let error = if failed && !answered { sample.message.as_str() } else { "" };
        let tags = self.tags(&[
            ("status", status),
            ("name", &sample.label),
            ("scenario", group),
            ("url", &sample.url),
            ("error", error),
        ]);
        self.urls |= !sample.url.is_empty();
        self.bytes |= !sample.received.is_empty();
        let optional = |text: &str, wanted| match text {
            "" | "null" => Ok(None),
            text => match text.parse::<f64>() {
                Ok(value) => Ok(Some(value)),
                Err(_) => Err(BadLine::value(text, wanted)),
            },
        };
        let builtin = self.builtin;
        let values = [
            (builtin.http_req_duration, Some(elapsed)),
            (builtin.http_reqs, Some(1.0)),
            (builtin.http_req_failed, Some(f64::from(u8::from(failed)))),
            (builtin.response_time, answered.then_some(elapsed)),
            (builtin.data_received, optional(&sample.received, "number of bytes")?),
            (builtin.data_sent, optional(&sample.sent, "number of bytes")?),
            (builtin.http_req_waiting, optional(&sample.latency, "number of milliseconds")?),
            (builtin.http_req_connecting, optional(&sample.connect, "number of milliseconds")?),
        ];
        for (metric, value) in values {
            if let Some(value) = value {
                self.seconds.add(at, metric, value, tags)?;
            }
        }
        if let Some(users) = optional(&sample.users, "number of threads")? {
            self.seconds.add(at, builtin.vus, users, TagSetId::EMPTY)?;
        }
        Ok(())
    }

    fn tags(&mut self, pairs: &[(&str, &str)]) -> TagSetId {
        let there: Vec<(&str, &str)> = pairs.iter().copied().filter(|(_, value)| !value.is_empty()).collect();
        self.seconds.tags(&there)
    }

    /// When a sample began, in nanoseconds since 1970.
    fn time(&mut self, text: &str) -> Result<i128, BadLine> {
        if let Ok(ms) = text.parse::<i64>() {
            return Ok(i128::from(ms) * 1_000_000);
        }
        let civil = FORMS.iter().find_map(|form| DateTime::strptime(form, text).ok());
        let time = civil.and_then(|civil| Offset::UTC.to_timestamp(civil).ok());
        let time = time.ok_or_else(|| BadLine::value(text, "time"))?;
        self.local = true;
        Ok(time.as_nanosecond())
    }

    /// The Run, and what `JMeter` did not say.
    pub(crate) fn finish(self, name: &str, mut notes: Vec<String>) -> Result<Imported, ImportError> {
        let (local, bytes, urls) = (self.local, self.bytes, self.urls);
        let run = self.seconds.finish().ok_or_else(|| ImportError::Empty { name: name.to_owned() })?;
        notes.push(
            "JMeter's times are whole milliseconds, and it says nothing of methods nor of when a request was due"
                .to_owned(),
        );
        if !urls {
            notes.push(
                "it has no URLs (`jmeter.save.saveservice.url=true` saves them): requests have their labels as names"
                    .to_owned(),
            );
        }
        if !bytes {
            notes.push("it does not say how many bytes there were".to_owned());
        }
        if local {
            notes.push("its times have no time zone and are taken for UTC".to_owned());
        }
        Ok(Imported { run, figures: Vec::new(), notes })
    }
}

/// The thread group of `users 1-12`, which is how `JMeter` calls the twelfth thread of `users`.
fn thread_group(thread: &str) -> &str {
    let Some((group, number)) = thread.rsplit_once(' ') else { return thread };
    let is_number =
        number.split('-').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    if is_number { group } else { thread }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_are_of_their_group() {
        for (thread, group) in [
            ("users 1-12", "users"),
            ("my users 2-3", "my users"),
            ("setUp", "setUp"),
            ("a b", "a b"),
            ("", ""),
        ] {
            assert_eq!(thread_group(thread), group);
        }
    }
}
