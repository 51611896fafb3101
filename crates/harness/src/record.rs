//! An exchange into samples: the metrics and tags that a script's requests have, for requests without a script.
//!
//! Each hop of a redirect chain is a request of its own. Nothing here knows who sent it, so whatever drives a
//! [`Client`](loadline_client::Client) can record with it.

use std::time::Duration;

use loadline_client::{Exchange, Hop};
use loadline_measure::{Builtin, Recorder, TagSetId, Tags};

/// What a request is called, beside what was measured of it.
#[derive(Debug, Clone, Copy, Default)]
pub struct RequestTags<'a> {
    /// Stands for the URL in the tags `name` and `url`, so that a thousand addresses are one series.
    pub name: Option<&'a str>,
    /// Further tags; they win over those that are measured.
    pub more: &'a [(&'a str, &'a str)],
}

/// Records every hop: `http_reqs`, `http_reqs_repeated` where a request was sent again, `http_req_failed` (statuses below 200 or from 400, and no answer), `http_req_duration`
/// and its phases with the tags `method`, `url`, `name`, `status`, `proto`, `error`, `error_code`, `tls_version` and
/// `expected_response` over those of `outer`; `data_sent` and `data_received` with those of `outer` alone.
///
/// `late` is how late the iteration has started whose first request this is: [`Iteration::lag`](loadline_load::Iteration::lag),
/// nothing for its further ones, and `None` in a closed model.
pub fn record_exchange(
    recorder: &mut Recorder,
    builtin: &Builtin,
    outer: TagSetId,
    exchange: &Exchange,
    late: Option<Duration>,
    tags: RequestTags<'_>,
) {
    let mut late = late;
    for hop in &exchange.hops {
        record_hop(recorder, builtin, outer, hop, late, tags);
        late = late.map(|_| Duration::ZERO);
    }
}

fn record_hop(
    recorder: &mut Recorder,
    builtin: &Builtin,
    outer: TagSetId,
    hop: &Hop,
    late: Option<Duration>,
    tags: RequestTags<'_>,
) {
    let expected = hop.outcome.as_ref().is_ok_and(|response| (200..400).contains(&response.status));
    let tags = hop_tags(recorder, outer, hop, expected, tags);
    let timings = &hop.timings;
    if hop.outcome.is_ok() {
        let waited = late.map_or(Duration::ZERO, |late| late + timings.blocked);
        recorder.record_whole(
            builtin.response_time,
            (waited + timings.duration()).as_secs_f64() * 1000.0,
            &tags,
        );
    }
    for (metric, phase) in [
        (builtin.http_req_duration, timings.duration()),
        (builtin.http_req_blocked, timings.blocked),
        (builtin.http_req_connecting, timings.connecting),
        (builtin.http_req_tls_handshaking, timings.tls_handshaking),
        (builtin.http_req_sending, timings.sending),
        (builtin.http_req_waiting, timings.waiting),
        (builtin.http_req_receiving, timings.receiving),
    ] {
        recorder.record_whole(metric, phase.as_secs_f64() * 1000.0, &tags);
    }
    recorder.record_whole(builtin.http_reqs, 1.0, &tags);
    if hop.repeats > 0 {
        recorder.record_whole(builtin.http_reqs_repeated, f64::from(hop.repeats), &tags);
    }
    recorder.record_whole(builtin.http_req_failed, f64::from(u8::from(!expected)), &tags);
    recorder.record(builtin.data_sent, hop.sent_bytes as f64, outer);
    recorder.record(builtin.data_received, hop.received_bytes as f64, outer);
}

fn hop_tags(
    recorder: &mut Recorder,
    outer: TagSetId,
    hop: &Hop,
    expected: bool,
    tags: RequestTags<'_>,
) -> Tags {
    let (mut status_digits, mut code_digits) = ([0; 5], [0; 5]);
    let url = tags.name.unwrap_or(hop.url.as_str());
    // On the stack: the steady state allocates nothing per request.
    let mut pairs = [("", ""); 16];
    let mut used = 0;
    let mut put = |key, value| {
        if let Some(pair) = pairs.get_mut(used) {
            *pair = (key, value);
            used += 1;
        }
    };
    put("method", hop.method.as_str());
    put("url", url);
    put("name", url);
    put("expected_response", if expected { "true" } else { "false" });
    let (status, code) = match &hop.outcome {
        Ok(response) => {
            put("proto", response.proto());
            (response.status, response.error_code())
        }
        Err(failure) => {
            put("error", &failure.message);
            (0, failure.code)
        }
    };
    put("status", decimal(status, &mut status_digits));
    if code != 0 {
        put("error_code", decimal(code, &mut code_digits));
    }
    if let Some(tls) = &hop.tls {
        put("tls_version", tls.version);
    }
    let tagged = recorder.whole_tags(&outer.into(), &pairs[..used]);
    recorder.whole_tags(&tagged, tags.more)
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
