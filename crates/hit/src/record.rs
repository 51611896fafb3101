//! What a request leaves in the Run: k6's metrics with their tags, and the response time as its user felt it.
//!
//! Tags are interned once for each status; after that a request touches numbers only.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use http::Version;
use loadline_client::{Request, Shot, Status, Timings};
use loadline_load::Iteration;
use loadline_measure::{Builtin, Recorder, TagSetId};

/// What a request is called that had no answer when the run was over.
const UNANSWERED: &str = "no answer before the end";

/// Records the requests of one worker.
pub(crate) struct Record {
    builtin: Builtin,
    method: String,
    url: String,
    recorder: Rc<RefCell<Recorder>>,
    /// The tags of each answer that came before; a handful.
    known: Vec<(Status, Option<&'static str>, TagSetId)>,
}

/// What is recorded of one request, besides its tags.
struct Figures<'a> {
    /// `None` when there was no answer.
    response_time: Option<Duration>,
    timings: &'a Timings,
    failed: bool,
    repeats: u32,
    sent: u64,
    received: u64,
}

impl Record {
    pub(crate) fn new(builtin: Builtin, request: &Request, recorder: Rc<RefCell<Recorder>>) -> Self {
        let url = loadline_client::masked(&request.url).into_owned();
        let method = request.method.as_str().to_owned();
        Self { builtin, method, url: url.into(), recorder, known: Vec::new() }
    }

    /// Records a request that has ended.
    pub(crate) fn shot(&mut self, iteration: &Iteration, shot: &Shot) {
        let (tags, failed) = match &shot.outcome {
            Ok(status) => {
                let tls = shot.tls.map(|tls| tls.version);
                (self.tags_of(iteration, *status, tls), !is_expected(status.code))
            }
            Err(failure) => (self.failure_tags(iteration, &failure.message, shot.error_code()), true),
        };
        let figures = Figures {
            response_time: shot.outcome.is_ok().then(|| {
                let waited = iteration.lag.map_or(Duration::ZERO, |late| late + shot.timings.blocked);
                waited + shot.timings.duration()
            }),
            timings: &shot.timings,
            failed,
            repeats: shot.repeats,
            sent: shot.sent_bytes,
            received: shot.received_bytes,
        };
        self.put(iteration, tags, &figures);
    }

    /// Records a request that was given up because the run is over: it took at least this long.
    pub(crate) fn unanswered(&mut self, iteration: &Iteration, waited: Duration) {
        let tags = self.failure_tags(iteration, UNANSWERED, loadline_client::code::TIMEOUT);
        let timings = Timings { waiting: waited, ..Timings::default() };
        let figures = Figures {
            response_time: None,
            timings: &timings,
            failed: true,
            repeats: 0,
            sent: 0,
            received: 0,
        };
        self.put(iteration, tags, &figures);
    }

    fn put(&self, iteration: &Iteration, tags: TagSetId, figures: &Figures<'_>) {
        let (builtin, timings) = (&self.builtin, figures.timings);
        let mut recorder = self.recorder.borrow_mut();
        recorder.stamp();
        let mut time = |metric, duration: Duration| {
            recorder.record(metric, duration.as_nanos() as f64 / 1e6, tags);
        };
        if let Some(response_time) = figures.response_time {
            time(builtin.response_time, response_time);
        }
        time(builtin.http_req_duration, timings.duration());
        time(builtin.http_req_blocked, timings.blocked);
        time(builtin.http_req_connecting, timings.connecting);
        time(builtin.http_req_tls_handshaking, timings.tls_handshaking);
        time(builtin.http_req_sending, timings.sending);
        time(builtin.http_req_waiting, timings.waiting);
        time(builtin.http_req_receiving, timings.receiving);
        recorder.record(builtin.http_reqs, 1.0, tags);
        if figures.repeats > 0 {
            recorder.record(builtin.http_reqs_repeated, f64::from(figures.repeats), tags);
        }
        recorder.record(builtin.http_req_failed, f64::from(u8::from(figures.failed)), tags);
        let outer = iteration.scenario.tags();
        recorder.record(builtin.data_sent, figures.sent as f64, outer);
        recorder.record(builtin.data_received, figures.received as f64, outer);
    }

    fn tags_of(&mut self, iteration: &Iteration, status: Status, tls: Option<&'static str>) -> TagSetId {
        let same =
            |(other, version, _): &&(Status, Option<&str>, TagSetId)| *other == status && *version == tls;
        if let Some((_, _, tags)) = self.known.iter().find(same) {
            return *tags;
        }
        let number = status.code.to_string();
        let proto = match status.version {
            Version::HTTP_10 => "HTTP/1.0",
            Version::HTTP_2 => "HTTP/2.0",
            _ => "HTTP/1.1",
        };
        let expected = if is_expected(status.code) { "true" } else { "false" };
        let error_code = (1000 + status.code).to_string();
        let mut list = self.target_tags();
        list.extend([("status", number.as_str()), ("proto", proto), ("expected_response", expected)]);
        list.extend(tls.map(|version| ("tls_version", version)));
        if status.code >= 400 {
            list.push(("error_code", &error_code));
        }
        let tags = self.recorder.borrow_mut().tags(iteration.scenario.tags(), &list);
        self.known.push((status, tls, tags));
        tags
    }

    fn failure_tags(&self, iteration: &Iteration, message: &str, code: u16) -> TagSetId {
        let code = code.to_string();
        let mut list = self.target_tags();
        list.extend([
            ("status", "0"),
            ("error", message),
            ("error_code", &code),
            ("expected_response", "false"),
        ]);
        self.recorder.borrow_mut().tags(iteration.scenario.tags(), &list)
    }

    fn target_tags(&self) -> Vec<(&str, &str)> {
        vec![("method", &self.method), ("url", &self.url), ("name", &self.url)]
    }
}

/// As k6 counts: from 200 to 399.
fn is_expected(status: u16) -> bool {
    (200..400).contains(&status)
}
