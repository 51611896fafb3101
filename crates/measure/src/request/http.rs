//! An HTTP request: its metrics, its tags, and the rare cases (never answered, not sent, sent again).

use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::time::Duration;

use super::{LateStart, Phases, ServerTiming, SystemTags};
use crate::builtin::Builtin;
use crate::clock::unix_ns;
use crate::ledger::RequestTimes;
use crate::recorder::Recorder;
use crate::tag_list::TagList;
use crate::tags::Tags;
use crate::traced::TracedRequest;

/// The statuses that are no failure, unless a script says otherwise: as k6 counts.
pub const EXPECTED_STATUSES: RangeInclusive<u16> = 200..=399;

/// What a request is said to have failed of that had no answer when the run was over.
const UNANSWERED: &str = "no answer before the end";
/// k6's code of a request that took too long.
const TIMEOUT: u16 = 1050;
/// What is added to a status that is an error: the rest of k6's codes is below.
const STATUS_CODES: u16 = 1000;

/// One request and what came of it; each hop of a redirect chain is one, and so is one that could not be sent: else a
/// load test whose URL is wrong would have nothing to be judged by.
#[derive(Debug, Clone, Copy)]
pub struct HttpRequest<'a> {
    /// The method that was sent.
    pub method: &'a str,
    /// What it is called: its URL, without credentials, or the name that stands for a thousand URLs.
    pub name: &'a str,
    /// The answer, or why there is none.
    pub outcome: HttpOutcome<'a>,
    /// Whether that was to be expected; `None` where nobody has an opinion, and nothing counts as failed.
    pub expected: Option<bool>,
    /// `tls1.2` or `tls1.3`; `None` on a plain connection.
    pub tls_version: Option<&'a str>,
    /// The address that answered.
    pub remote: Option<IpAddr>,
    /// Where its time went.
    pub phases: Phases,
    /// What the answer says of the server's own part in it.
    pub server_timing: ServerTiming<'a>,
    /// How many times it was sent again, unseen.
    pub repeats: u32,
    /// Bytes put on the wire.
    pub sent_bytes: u64,
    /// Bytes taken from the wire.
    pub received_bytes: u64,
    /// The trace it was in and its own span there, if its spans were asked for.
    pub trace: Option<(u128, u64)>,
}

/// What came of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HttpOutcome<'a> {
    /// The server answered.
    Answered {
        /// 100 to 999.
        status: u16,
        /// `HTTP/1.0`, `HTTP/1.1` or `HTTP/2.0`.
        proto: &'a str,
    },
    /// There was no answer.
    Failed {
        /// k6's code of the failure.
        code: u16,
        /// A few words, the same for every request that fails this way.
        message: &'a str,
    },
}

impl HttpOutcome<'_> {
    /// The status; 0 without an answer.
    pub fn status(&self) -> u16 {
        match self {
            Self::Answered { status, .. } => *status,
            Self::Failed { .. } => 0,
        }
    }

    /// k6's code of what went wrong; 0 for an answer below 400.
    fn code(&self) -> u16 {
        match self {
            Self::Answered { status, .. } if *status < 400 => 0,
            Self::Answered { status, .. } => STATUS_CODES + status,
            Self::Failed { code, .. } => *code,
        }
    }
}

impl<'a> HttpRequest<'a> {
    /// One for which there was no way to send it.
    pub fn unsent(method: &'a str, name: &'a str, code: u16, message: &'a str) -> Self {
        Self {
            method,
            name,
            outcome: HttpOutcome::Failed { code, message },
            expected: Some(false),
            tls_version: None,
            remote: None,
            phases: Phases::default(),
            server_timing: ServerTiming::default(),
            repeats: 0,
            sent_bytes: 0,
            received_bytes: 0,
            trace: None,
        }
    }

    /// One that was given up because the run is over: it took at least this long.
    pub fn unanswered(method: &'a str, name: &'a str, waited: Duration) -> Self {
        let phases = Phases { waiting: waited, ..Phases::default() };
        Self { phases, ..Self::unsent(method, name, TIMEOUT, UNANSWERED) }
    }

    /// Its tags within `outer`. Those that are `given` with the call give way to what was measured.
    pub fn tags<'b>(
        &self,
        recorder: &mut Recorder,
        switches: &SystemTags,
        outer: &Tags,
        given: impl IntoIterator<Item = (&'b str, &'b str)>,
    ) -> Tags {
        let (mut status, mut code) = ([0; 5], [0; 5]);
        let mut list = TagList::new();
        for (key, value) in given {
            list.push(key, value);
        }
        let mut put = |is_on: bool, key, value| {
            if is_on {
                list.push(key, value);
            }
        };
        put(switches.method, "method", self.method);
        put(switches.url, "url", self.name);
        put(switches.name, "name", self.name);
        put(switches.status, "status", decimal(self.outcome.status(), &mut status));
        match &self.outcome {
            HttpOutcome::Answered { proto, .. } => put(switches.proto, "proto", proto),
            HttpOutcome::Failed { message, .. } => put(switches.error, "error", message),
        }
        let number = self.outcome.code();
        put(switches.error_code && number != 0, "error_code", decimal(number, &mut code));
        if let Some(version) = self.tls_version {
            put(switches.tls_version, "tls_version", version);
        }
        if let Some(expected) = self.expected {
            put(switches.expected_response, "expected_response", if expected { "true" } else { "false" });
        }
        let ip = match self.remote {
            Some(remote) if switches.ip => remote.to_string(),
            _ => String::new(),
        };
        put(!ip.is_empty(), "ip", &ip);
        recorder.whole_tags(outer, list.as_slice())
    }

    /// Records it with its tags: `http_reqs`, `http_req_duration` and its phases, `response_time` of an answer,
    /// `http_req_failed` where anything was expected, `http_reqs_repeated` where it was sent again; and `data_sent` and
    /// `data_received` with those around it. Where the response time of an answer went is in the ledger of its tags.
    #[inline]
    pub fn record(
        &self,
        recorder: &mut Recorder,
        builtin: &Builtin,
        late: &LateStart,
        tags: &Tags,
        outer: &Tags,
    ) {
        recorder.stamp();
        let phases = &self.phases;
        let late = late.take();
        let waited = late.map_or(Duration::ZERO, |late| late + phases.blocked);
        let mut time = |metric, duration: Duration| {
            recorder.record_whole(metric, milliseconds(duration), tags);
        };
        if let HttpOutcome::Answered { .. } = self.outcome {
            time(builtin.response_time, self.felt(waited));
        }
        time(builtin.http_req_duration, phases.duration());
        time(builtin.http_req_blocked, phases.blocked);
        time(builtin.http_req_connecting, phases.connecting);
        time(builtin.http_req_tls_handshaking, phases.tls_handshaking);
        time(builtin.http_req_sending, phases.sending);
        time(builtin.http_req_waiting, phases.waiting);
        time(builtin.http_req_receiving, phases.receiving);
        recorder.record_whole(builtin.http_reqs, 1.0, tags);
        if self.repeats > 0 {
            recorder.record_whole(builtin.http_reqs_repeated, f64::from(self.repeats), tags);
        }
        if let Some(expected) = self.expected {
            recorder.record_whole(builtin.http_req_failed, f64::from(u8::from(!expected)), tags);
        }
        let mut told = false;
        if let HttpOutcome::Answered { .. } = self.outcome {
            let times = RequestTimes::new(phases, late);
            let server = self.server_timing.account(recorder, phases.sending + phases.waiting);
            recorder.account(tags.id, &times, server.as_ref());
            if let Some(server) = &server {
                told = !server.is_empty();
                recorder.record_parts(builtin.server_part, server, tags);
            }
        }
        recorder.record_whole(builtin.data_sent, self.sent_bytes as f64, outer);
        recorder.record_whole(builtin.data_received, self.received_bytes as f64, outer);
        if let Some((trace, span)) = self.trace {
            recorder.traced(|| TracedRequest {
                trace,
                span,
                tags: tags.id,
                ended_unix_ns: unix_ns(),
                total_ns: nanoseconds(self.felt(waited)),
                waiting_ns: nanoseconds(phases.waiting),
                answered: matches!(self.outcome, HttpOutcome::Answered { .. }),
                told,
            });
        }
    }

    /// What its user waited, with what was waited before it was sent.
    fn felt(&self, waited: Duration) -> Duration {
        waited + self.phases.duration()
    }
}

/// A duration as it is recorded, rounded once: whoever shows it beside what is recorded shows the same number.
#[inline]
pub fn milliseconds(duration: Duration) -> f64 {
    nanoseconds(duration) as f64 / 1e6
}

fn nanoseconds(duration: Duration) -> u64 {
    duration.as_secs().saturating_mul(1_000_000_000).saturating_add(duration.subsec_nanos().into())
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
    use std::net::Ipv4Addr;
    use std::sync::Arc;

    use super::*;
    use crate::meta::RunMeta;
    use crate::run::Run;
    use crate::schema::Schema;
    use crate::sink::Sink;
    use crate::tags::TagSetId;

    const MS: Duration = Duration::from_millis(1);

    fn answered(status: u16) -> HttpRequest<'static> {
        HttpRequest {
            method: "GET",
            name: "/",
            outcome: HttpOutcome::Answered { status, proto: "HTTP/1.1" },
            expected: Some(EXPECTED_STATUSES.contains(&status)),
            tls_version: None,
            remote: Some(Ipv4Addr::LOCALHOST.into()),
            phases: Phases { blocked: MS, connecting: MS, sending: MS, waiting: 2 * MS, ..Phases::default() },
            server_timing: ServerTiming::default(),
            repeats: 0,
            sent_bytes: 10,
            received_bytes: 20,
            trace: None,
        }
    }

    /// Its tags, and what it leaves in the Run beside zeros: sums, and of rates what passed.
    fn check(
        request: &HttpRequest<'_>,
        switches: &SystemTags,
        late: Option<Duration>,
        tags: &str,
        values: &[(&str, f64)],
    ) {
        let schema = Schema::new();
        let builtin = Builtin::define(&schema).unwrap();
        let mut recorder = Recorder::new(Arc::clone(&schema));
        let outer = recorder.whole_tags(&TagSetId::EMPTY.into(), &[("scenario", "s")]);
        let own = request.tags(&mut recorder, switches, &outer, [("page", "home"), ("status", "given")]);
        request.record(&mut recorder, &builtin, &LateStart::new(late), &own, &outer);
        let mut run = Run::new(RunMeta::default(), Arc::clone(&schema));
        run.push(0, recorder.take_window());

        let set = schema.tag_set(own.id());
        let shown: Vec<String> = set.iter().map(|(key, value)| format!("{key}={value}")).collect();
        assert_eq!(shown.join(" "), tags);
        let mut left = Vec::new();
        for (series, _, sink) in run.series() {
            let name = schema.metric(series.metric).name;
            let expected = if name.starts_with("data_") { &outer } else { &own };
            assert_eq!(series.tags, expected.id(), "{name}");
            let value = match sink {
                Sink::Trend(trend) => trend.sum(),
                Sink::Counter(counter) => counter.sum,
                Sink::Rate(rate) => rate.passes as f64,
                Sink::Gauge(_) => panic!("a request has no gauge: {name}"),
            };
            left.push((name.clone(), value));
        }
        left.retain(|(_, value)| *value != 0.0);
        left.sort_by(|one, other| one.0.cmp(&other.0));
        let left: Vec<(&str, f64)> = left.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        assert_eq!(left, values);
    }

    #[test]
    fn an_answer_is_felt_from_when_it_was_due() {
        let tags =
            "expected_response=true method=GET name=/ page=home proto=HTTP/1.1 scenario=s status=200 url=/";
        let values = [
            ("data_received", 20.0),
            ("data_sent", 10.0),
            ("http_req_blocked", 1.0),
            ("http_req_connecting", 1.0),
            ("http_req_duration", 3.0),
            ("http_req_sending", 1.0),
            ("http_req_waiting", 2.0),
            ("http_reqs", 1.0),
            ("response_time", 11.0),
        ];
        check(&answered(200), &SystemTags::default(), Some(7 * MS), tags, &values);
        let closed = values.map(|(name, value)| (name, if name == "response_time" { 3.0 } else { value }));
        check(&answered(200), &SystemTags::default(), None, tags, &closed);
    }

    #[test]
    fn an_error_has_its_code_and_what_was_sent_again_is_counted() {
        let request = HttpRequest {
            phases: Phases::default(),
            repeats: 2,
            tls_version: Some("tls1.3"),
            sent_bytes: 0,
            received_bytes: 0,
            ..answered(503)
        };
        let values = [("http_req_failed", 1.0), ("http_reqs", 1.0), ("http_reqs_repeated", 2.0)];
        let tags = "error_code=1503 expected_response=false ip=127.0.0.1 method=GET name=/ page=home \
                    proto=HTTP/1.1 scenario=s status=503 tls_version=tls1.3 url=/";
        check(&request, &SystemTags { ip: true, ..SystemTags::default() }, None, tags, &values);
        let unjudged = HttpRequest { expected: None, ..request };
        let bare = SystemTags {
            proto: false,
            url: false,
            error_code: false,
            tls_version: false,
            ..SystemTags::default()
        };
        check(&unjudged, &bare, None, "method=GET name=/ page=home scenario=s status=503", &values[1..]);
    }

    #[test]
    fn without_an_answer_it_failed_and_has_no_response_time() {
        let tags = "error=no answer before the end error_code=1050 expected_response=false method=PUT name=/ \
                    page=home scenario=s status=0 url=/";
        check(
            &HttpRequest::unanswered("PUT", "/", 9 * MS),
            &SystemTags::default(),
            Some(MS),
            tags,
            &[
                ("http_req_duration", 9.0),
                ("http_req_failed", 1.0),
                ("http_req_waiting", 9.0),
                ("http_reqs", 1.0),
            ],
        );
        check(
            &HttpRequest::unsent("GET", "nowhere", 1020, "invalid URL"),
            &SystemTags::default(),
            Some(MS),
            "error=invalid URL error_code=1020 expected_response=false method=GET name=nowhere page=home \
             scenario=s status=0 url=nowhere",
            &[("http_req_failed", 1.0), ("http_reqs", 1.0)],
        );
    }

    #[test]
    fn the_first_request_takes_the_late_start_even_if_it_fails() {
        let schema = Schema::new();
        let builtin = Builtin::define(&schema).unwrap();
        let mut recorder = Recorder::new(Arc::clone(&schema));
        let (late, tags) = (LateStart::new(Some(100 * MS)), Tags::default());
        for request in [HttpRequest::unsent("GET", "/", 1020, "invalid URL"), answered(200)] {
            request.record(&mut recorder, &builtin, &late, &tags, &tags);
        }
        let mut run = Run::new(RunMeta::default(), schema);
        run.push(0, recorder.take_window());
        let felt = run.select::<&str, &str>(builtin.response_time, &[]).unwrap();
        assert_eq!((felt.count(), felt.as_trend().unwrap().sum()), (1, 4.0));
    }

    #[test]
    fn numbers_as_text() {
        for number in [0, 7, 200, 1404, u16::MAX] {
            assert_eq!(decimal(number, &mut [0; 5]), number.to_string());
        }
    }

    #[test]
    fn durations_are_rounded_once() {
        assert_eq!(milliseconds(Duration::from_nanos(2_855_001)), 2.855_001);
        assert_eq!(milliseconds(Duration::new(3, 1)), 3_000.000_001);
    }
}
