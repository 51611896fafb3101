//! vegeta's results as JSON, one request a line.

use std::io::BufRead;

use jiff::Timestamp;
use loadline_measure::Builtin;
use serde::Deserialize;

use crate::error::{BadLine, ImportError};
use crate::imported::Imported;
use crate::lines::lines;
use crate::seconds::Seconds;

/// No answer takes longer than a day.
const LONGEST_NS: f64 = 86_400e9;

#[derive(Deserialize)]
struct Request {
    code: u16,
    timestamp: String,
    /// Nanoseconds.
    latency: f64,
    #[serde(default)]
    bytes_in: f64,
    #[serde(default)]
    bytes_out: f64,
    #[serde(default)]
    error: String,
    #[serde(default)]
    method: String,
    #[serde(default)]
    url: String,
}

pub(crate) fn read(reader: impl BufRead, name: &str) -> Result<Imported, ImportError> {
    let mut seconds = Seconds::new(name, "vegeta");
    let builtin = Builtin::define(&seconds.schema).map_err(|error| ImportError::Line {
        name: name.to_owned(),
        line: 0,
        tool: "vegeta",
        why: error.into(),
    })?;
    let mut notes = Vec::new();
    lines(reader, name, "vegeta", &mut notes, |line| {
        let request: Request = serde_json::from_str(line)?;
        let time: Timestamp =
            request.timestamp.parse().map_err(|_| BadLine::value(&request.timestamp, "time"))?;
        if !(0.0..=LONGEST_NS).contains(&request.latency) {
            return Err(BadLine::Form(format!("it has a latency of {} ns", request.latency)));
        }
        let status = request.code.to_string();
        let mut pairs = vec![("status", status.as_str())];
        for (key, value) in [("method", &request.method), ("url", &request.url), ("error", &request.error)] {
            if !value.is_empty() {
                pairs.push((key, value));
            }
        }
        let tags = seconds.tags(&pairs);
        seconds.of(&format!("{} {}", request.method, shape(&request.url)));
        // As vegeta counts: everything from 200 to 399 is a success.
        let failed = !(200..400).contains(&request.code);
        // A request is counted when it was answered, as everywhere here.
        let at = time.as_nanosecond() + request.latency as i128;
        seconds.begun(time.as_nanosecond());
        // Without a status there was no answer. Its latency counts from when the request was due.
        let answered = (request.code > 0).then_some((builtin.response_time, request.latency / 1e6));
        let always = [
            (builtin.http_req_duration, request.latency / 1e6),
            (builtin.http_reqs, 1.0),
            (builtin.http_req_failed, f64::from(u8::from(failed))),
            (builtin.data_received, request.bytes_in),
            (builtin.data_sent, request.bytes_out),
        ];
        for (metric, value) in always.into_iter().chain(answered) {
            seconds.add(at, metric, value, tags)?;
        }
        Ok(())
    })?;
    let run = seconds.finish().ok_or_else(|| ImportError::Empty { name: name.to_owned() })?;
    Ok(Imported { run, figures: Vec::new(), notes })
}

/// A URL without what differs from request to request: its query, and parts of its path that are numbers or long.
fn shape(url: &str) -> String {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let parts = path.split('/').map(|part| {
        let varies = part.len() > 24 || part.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        if varies && !part.is_empty() { ":id" } else { part }
    });
    parts.collect::<Vec<_>>().join("/")
}
