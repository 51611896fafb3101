//! Whatever a receiver answers, nothing breaks, nothing is counted that was not sent, and what is quoted and waited
//! for is bounded.
//!
//! An input is a status, header fields, an empty line, and a body.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;
use loadline_measure::{MetricKind, Recorder, Schema, TagSetId, Unit};

use crate::form::{Answer, Form, MOST_QUOTED, Message, Next};
use crate::opentelemetry::{OpenTelemetrySettings, Otlp};
use crate::prometheus::{PrometheusSettings, RemoteWrite};
use crate::sending::{asked, call_answer, wait};
use crate::tags::OfRun;
use crate::variables::Variables;

/// Has each form make something of an answer.
///
/// # Panics
/// When they make anything of it that they must not make.
pub(crate) fn answer(bytes: &[u8]) {
    let answer = read(bytes);
    let waits = wait(1, asked(&answer, Timestamp::UNIX_EPOCH));
    assert!(waits.as_secs() <= 60, "{waits:?}");
    if let Ok(call) = call_answer(&answer.headers, &answer.body) {
        assert!((200..600).contains(&call.status));
    }
    for (mut form, messages) in forms() {
        for message in messages {
            let mut message = message;
            // A receiver that says the same for ever ends the same.
            for _ in 0..4 {
                match form.answered(&message, &answer) {
                    Next::Taken { missing } => {
                        assert!(missing <= message.points, "{missing} of {}", message.points);
                        break;
                    }
                    Next::Instead(other) => {
                        assert!(other.points <= message.points);
                        message = other;
                    }
                    Next::Again | Next::Refused => break,
                }
            }
            let words = form.quoted(&answer);
            assert!(words.chars().count() <= MOST_QUOTED, "{words}");
        }
    }
}

fn read(bytes: &[u8]) -> Answer {
    let end = bytes.windows(2).position(|pair| pair == b"\n\n");
    let (head, body) = end.map_or((bytes, &[][..]), |end| (&bytes[..end], &bytes[end + 2..]));
    let head = String::from_utf8_lossy(head);
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.trim().parse().ok()).unwrap_or(200);
    let field = |line: &str| {
        let (name, value) = line.split_once(':')?;
        Some((HeaderName::try_from(name.trim()).ok()?, HeaderValue::try_from(value.trim()).ok()?))
    };
    let headers: HeaderMap = lines.filter_map(field).collect();
    Answer { status, headers, body: Bytes::copy_from_slice(body), ..Answer::default() }
}

/// Each form that makes something of answers, with a message.
fn forms() -> Vec<(Box<dyn Form>, Vec<Message>)> {
    let schema = Schema::new();
    let metrics =
        [("reqs", MetricKind::Counter, Unit::Plain), ("wait", MetricKind::Trend, Unit::Milliseconds)];
    let mut recorder = Recorder::new(Arc::clone(&schema));
    for (name, kind, unit) in metrics {
        if let Ok(metric) = schema.define(name, kind, unit) {
            recorder.record(metric, 1.0, TagSetId::EMPTY);
        }
    }
    let window = recorder.take_window();
    let mut forms: Vec<Box<dyn Form>> = Vec::new();
    if let Ok(settings) = PrometheusSettings::new(None, &Variables::default()) {
        let (schema, run) = (Arc::clone(&schema), OfRun::default());
        forms.push(Box::new(RemoteWrite::new(schema, run, settings.trends, false, 0)));
    }
    if let Ok(settings) = OpenTelemetrySettings::new(None, &Variables::default()) {
        forms.push(Box::new(Otlp::new(schema, OfRun::default(), settings.said, 0)));
    }
    forms
        .into_iter()
        .map(|mut form| {
            form.take(&window);
            let messages = form.messages(1_000);
            (form, messages)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_answer_is_too_strange() {
        let words = [
            "200\n",
            "415\n",
            "500\n",
            "\n\n",
            "Retry-After: ",
            "X-Prometheus-Remote-Write-Samples-Written: ",
            "grpc-status: ",
            "grpc-message: %ff%",
            "18446744073709551615",
            "-1",
            "native histograms are disabled",
            "\u{0}\u{0}\u{0}\u{0}\u{1}",
            "日",
        ];
        loadline_fuzzed::try_all("telemetry_answers", &words.map(str::as_bytes), 3_000, answer);
    }
}
