//! A line: what it is of, its tags, its fields, its time.
//!
//! Commas, blanks and equals signs are escaped where they mean something. A line end cannot be in a tag, so control
//! characters are written out (`\n`); a backslash at the end of a text would escape what follows, and is written as
//! `/`.

use std::fmt::Write as _;

use loadline_measure::{Sink, TagSet};

use crate::tags::OfRun;

/// Percentiles that a trend's line has.
const PERCENTILES: [(&str, f64); 3] = [("p90", 0.9), ("p95", 0.95), ("p99", 0.99)];

/// The beginning of the lines of a series: measurement and tags. Tags that are fields are not among them.
pub(super) fn key(metric: &str, tags: &TagSet, run: &OfRun, as_fields: &[String]) -> String {
    // Names of metrics have letters, digits and underscores only.
    let mut key = metric.to_owned();
    for (name, value) in run.pairs(tags).filter(|(name, _)| !as_fields.iter().any(|field| field == name)) {
        key.push(',');
        escape(name, &mut key);
        key.push('=');
        escape(&value, &mut key);
    }
    key
}

/// Tags as fields, each with a comma before it.
pub(super) fn tag_fields(tags: &TagSet, run: &OfRun, as_fields: &[String]) -> String {
    let mut fields = String::new();
    for (name, value) in run.pairs(tags).filter(|(name, _)| as_fields.iter().any(|field| field == name)) {
        fields.push(',');
        escape(name, &mut fields);
        fields.push_str("=\"");
        for character in value.chars() {
            match character {
                '"' | '\\' => fields.extend(['\\', character]),
                _ => fields.push(character),
            }
        }
        fields.push('"');
    }
    fields
}

/// What a second of a series came to, as fields; how many values these are, and none for a second without values.
pub(super) fn fields(sink: &Sink, line: &mut String) -> u64 {
    let mut count = 0;
    let mut add = |name: &str, value: f64| {
        if value.is_finite() {
            let comma = if count == 0 { "" } else { "," };
            // Writing to a String cannot fail.
            let _ = write!(line, "{comma}{name}={value}");
            count += 1;
        }
    };
    match sink {
        Sink::Counter(counter) => {
            add("value", counter.sum);
            add("count", counter.count as f64);
        }
        Sink::Gauge(gauge) => {
            add("value", gauge.last);
            add("min", gauge.min);
            add("max", gauge.max);
        }
        Sink::Rate(rate) => {
            add("value", rate.share().unwrap_or(f64::NAN));
            add("passes", rate.passes as f64);
            add("count", rate.total as f64);
        }
        Sink::Trend(trend) if trend.count() > 0 => {
            let figure = |value: Option<f64>| value.unwrap_or(f64::NAN);
            add("value", figure(trend.avg()));
            add("count", trend.count() as f64);
            add("sum", trend.sum());
            add("min", figure(trend.min()));
            add("max", figure(trend.max()));
            add("med", figure(trend.med()));
            for (name, q) in PERCENTILES {
                add(name, figure(trend.quantile(q)));
            }
        }
        Sink::Trend(_) => {}
    }
    count
}

/// A tag's key or value, or a field's key.
fn escape(text: &str, into: &mut String) {
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            ',' | '=' | ' ' => into.extend(['\\', character]),
            '\\' if characters.peek().is_none_or(|next| matches!(next, ',' | '=' | ' ' | '\\')) => {
                into.push('/');
            }
            control if control.is_control() => into.extend(control.escape_default()),
            other => into.push(other),
        }
    }
}
