//! The samples of a request: each hop of a redirect chain is a request of its own, and so is one that could not be
//! sent.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::{Method, Version};
use loadline_client::{Failure, Hop, Response, Timings, TlsInfo};
use loadline_measure::{Recorder, TagSetId, Tags};

use super::super::state::VuState;
use super::super::tags::TagList;
use super::params::{Call, Target};
use super::send::Answer;
use super::state::KnownUrl;

/// What the tags of a usual answer follow from, beside its URL: one that came from where it was asked for, without tags
/// of the call's own. Most answers of a URL are alike, so the last one's tags are remembered with it.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Plain {
    outer: TagSetId,
    is_get: bool,
    status: u16,
    version: Version,
    tls_version: Option<&'static str>,
    expected: Option<bool>,
}

/// The tags of a plain answer.
#[derive(Clone, Copy)]
pub(super) struct Tagged {
    plain: Plain,
    tags: TagSetId,
}

impl Plain {
    /// The answer as a plain one, if it is one, and where its tags are remembered.
    fn of<'a>(
        vu: &VuState,
        call: &'a Call,
        hop: &Hop,
        expected: Option<bool>,
        outer: &Tags,
    ) -> Option<(Plain, &'a KnownUrl)> {
        let (Target::Known(known), Ok(response)) = (&call.target, &hop.outcome) else { return None };
        let is_get = hop.method == Method::GET;
        let usual = (is_get || hop.method == Method::POST)
            && call.tags.is_empty()
            && call.name.is_none()
            && outer.whole().is_none()
            && !vu.worker.process.system_tags.ip
            && Arc::ptr_eq(&hop.url, &known.url);
        let tls_version = hop.tls.map(|tls| tls.version);
        let (status, version) = (response.status, response.version);
        let outer = outer.id();
        usual.then_some((Plain { outer, is_get, status, version, tls_version, expected }, known))
    }
}

/// Records every hop of an answer. What could not be sent is a request that failed: else a load test whose URL is wrong
/// would have nothing to be judged by.
pub(super) fn record(vu: &VuState, answer: &Answer) {
    match &answer.exchange {
        Ok(exchange) => {
            for hop in &exchange.hops {
                record_hop(vu, &answer.call, hop);
            }
        }
        Err(failure) => record_unsent(vu, &answer.call, failure),
    }
}

fn record_hop(vu: &VuState, call: &Call, hop: &Hop) {
    let status = hop.outcome.as_ref().map_or(0, |response| response.status);
    let expected = call.expected.as_ref().map(|expected| expected.matches(status));
    let mut recorder = vu.worker.recorder.borrow_mut();
    recorder.stamp();
    let outer = vu.tags();
    let tags = match Plain::of(vu, call, hop, expected, &outer) {
        None => hop_tags(vu, call, hop, status, expected, &mut recorder, &outer),
        Some((plain, known)) => match known.tagged.get() {
            Some(tagged) if tagged.plain == plain => tagged.tags.into(),
            _ => {
                let tags = hop_tags(vu, call, hop, status, expected, &mut recorder, &outer);
                // What is known whole beside its id is not all in the id.
                if tags.whole().is_none() {
                    known.tagged.set(Some(Tagged { plain, tags: tags.id() }));
                }
                tags
            }
        },
    };
    let waited = vu.wait_before(hop.timings.blocked);
    if hop.outcome.is_ok() {
        let answered = waited + hop.timings.duration();
        recorder.record_whole(
            vu.worker.process.builtin.response_time,
            answered.as_secs_f64() * 1000.0,
            &tags,
        );
    }
    let bytes = (hop.sent_bytes, hop.received_bytes);
    write(vu, &mut recorder, &hop.timings, expected, hop.repeats, bytes, (&tags, &outer));
}

/// A request for which there was no way to send it.
#[cold]
fn record_unsent(vu: &VuState, call: &Call, failure: &Failure) {
    let expected = call.expected.as_ref().map(|expected| expected.matches(0));
    let facts = Facts {
        method: call.method.as_str(),
        url: call.target.url(),
        outcome: Err(failure),
        tls: None,
        remote: None,
    };
    vu.wait_before(Duration::ZERO);
    let mut recorder = vu.worker.recorder.borrow_mut();
    let outer = vu.tags();
    let tags = tags_of(vu, call, &facts, 0, expected, &mut recorder, &outer);
    write(vu, &mut recorder, &Timings::default(), expected, 0, (0, 0), (&tags, &outer));
}

/// The samples themselves. `tags` are those of the request, and those of all that is recorded around it.
fn write(
    vu: &VuState,
    recorder: &mut Recorder,
    timings: &Timings,
    expected: Option<bool>,
    repeats: u32,
    bytes: (u64, u64),
    (tags, outer): (&Tags, &Tags),
) {
    let builtin = &vu.worker.process.builtin;
    let mut time = |metric, duration: Duration| {
        recorder.record_whole(metric, duration.as_secs_f64() * 1000.0, tags);
    };
    time(builtin.http_req_duration, timings.duration());
    time(builtin.http_req_blocked, timings.blocked);
    time(builtin.http_req_connecting, timings.connecting);
    time(builtin.http_req_tls_handshaking, timings.tls_handshaking);
    time(builtin.http_req_sending, timings.sending);
    time(builtin.http_req_waiting, timings.waiting);
    time(builtin.http_req_receiving, timings.receiving);
    recorder.record_whole(builtin.http_reqs, 1.0, tags);
    if repeats > 0 {
        recorder.record_whole(builtin.http_reqs_repeated, f64::from(repeats), tags);
    }
    if let Some(expected) = expected {
        recorder.record_whole(builtin.http_req_failed, f64::from(u8::from(!expected)), tags);
    }
    recorder.record_whole(builtin.data_sent, bytes.0 as f64, outer);
    recorder.record_whole(builtin.data_received, bytes.1 as f64, outer);
}

fn hop_tags(
    vu: &VuState,
    call: &Call,
    hop: &Hop,
    status: u16,
    expected: Option<bool>,
    recorder: &mut Recorder,
    outer: &Tags,
) -> Tags {
    let facts = Facts {
        method: hop.method.as_str(),
        url: hop.url.as_str(),
        outcome: hop.outcome.as_ref(),
        tls: hop.tls,
        remote: hop.remote,
    };
    tags_of(vu, call, &facts, status, expected, recorder, outer)
}

/// What the tags of a request tell of it.
struct Facts<'a> {
    method: &'a str,
    url: &'a str,
    outcome: Result<&'a Response, &'a Failure>,
    tls: Option<TlsInfo>,
    remote: Option<SocketAddr>,
}

fn tags_of(
    vu: &VuState,
    call: &Call,
    facts: &Facts<'_>,
    status: u16,
    expected: Option<bool>,
    recorder: &mut Recorder,
    outer: &Tags,
) -> Tags {
    let switches = &vu.worker.process.system_tags;
    let mut number = [0; 5];
    let mut code_number = [0; 5];
    let url = call.name.as_deref().unwrap_or(facts.url);
    let mut list = TagList::new();
    list.extend(&call.tags);
    let mut put = |on: bool, key, value| {
        if on {
            list.push(key, value);
        }
    };
    put(switches.method, "method", facts.method);
    put(switches.url, "url", url);
    put(switches.name, "name", url);
    put(switches.status, "status", decimal(status, &mut number));
    let code = match facts.outcome {
        Ok(response) => {
            put(switches.proto, "proto", response.proto());
            response.error_code()
        }
        Err(failure) => {
            put(switches.error, "error", &failure.message);
            failure.code
        }
    };
    put(switches.error_code && code != 0, "error_code", decimal(code, &mut code_number));
    if let Some(tls) = &facts.tls {
        put(switches.tls_version, "tls_version", tls.version);
    }
    if let Some(expected) = expected {
        put(switches.expected_response, "expected_response", if expected { "true" } else { "false" });
    }
    let ip = match facts.remote {
        Some(remote) if switches.ip => remote.ip().to_string(),
        _ => String::new(),
    };
    put(!ip.is_empty(), "ip", &ip);
    recorder.whole_tags(outer, list.as_slice())
}

/// A number's decimal digits, without an allocation.
fn decimal(mut number: u16, digits: &mut [u8; 5]) -> &str {
    let mut start = digits.len();
    loop {
        start -= 1;
        digits[start] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    std::str::from_utf8(&digits[start..]).expect("digits are ASCII")
}

#[cfg(test)]
mod tests {
    use super::decimal;

    #[test]
    fn numbers_as_text() {
        for number in [0, 7, 200, 1404, u16::MAX] {
            assert_eq!(decimal(number, &mut [0; 5]), number.to_string());
        }
    }
}
