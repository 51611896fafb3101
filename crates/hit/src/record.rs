//! What a hit leaves in the Run: its request as `measure` records requests.
//!
//! Tags are looked up once for each kind of answer; after that a request touches numbers only.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use loadline_client::{FieldNames, Request, Shot, Status};
use loadline_edge::observed::{FIELDS, Outcomes};
use loadline_load::Iteration;
use loadline_measure::{
    Builtin, EXPECTED_STATUSES, HttpOutcome, HttpRequest, KnownTags, LateStart, Phases, Recorder,
    SERVER_TIMING, ServerTiming, SystemTags, Tags,
};

static OF_CACHES: FieldNames = FieldNames::new(&FIELDS);

/// Records the requests of one worker.
pub(crate) struct Record {
    builtin: Builtin,
    method: String,
    url: String,
    recorder: Rc<RefCell<Recorder>>,
    known: KnownTags<(Status, Option<&'static str>)>,
    caches: Arc<Outcomes>,
    path: String,
}

impl Record {
    pub(crate) fn new(
        builtin: Builtin,
        request: &Request,
        caches: Arc<Outcomes>,
        recorder: Rc<RefCell<Recorder>>,
    ) -> Self {
        let url = loadline_client::masked(&request.url).into_owned().into();
        let method = request.method.as_str().to_owned();
        let path = request.url.path().to_owned();
        Self { builtin, method, url, recorder, known: KnownTags::default(), caches, path }
    }

    /// Records a request that has ended.
    pub(crate) fn shot(&self, iteration: &Iteration, shot: &Shot) {
        let (outcome, status) = match &shot.outcome {
            Ok(status) => {
                (HttpOutcome::Answered { status: status.code, proto: status.proto() }, Some(*status))
            }
            Err(failure) => (HttpOutcome::Failed { code: failure.code, message: &failure.message }, None),
        };
        let tls_version = shot.tls.map(|tls| tls.version);
        let request = HttpRequest {
            method: &self.method,
            name: &self.url,
            outcome,
            expected: Some(status.is_some_and(|status| EXPECTED_STATUSES.contains(&status.code))),
            tls_version,
            remote: shot.remote.map(|remote| remote.ip()),
            phases: Phases {
                blocked: shot.timings.blocked,
                looking_up: shot.timings.looking_up,
                connecting: shot.timings.connecting,
                tls_handshaking: shot.timings.tls_handshaking,
                sending: shot.timings.sending,
                waiting: shot.timings.waiting,
                receiving: shot.timings.receiving,
            },
            server_timing: ServerTiming::of(shot.headers.get_all(SERVER_TIMING)),
            repeats: shot.repeats,
            sent_bytes: shot.sent_bytes,
            received_bytes: shot.received_bytes,
            trace: shot.trace.filter(|trace| trace.sampled).map(|trace| (trace.trace, trace.span)),
        };
        let tags = self.put(iteration, &request, status.map(|status| (status, tls_version)));
        if shot.headers.has_any(&OF_CACHES) {
            let fields = shot.headers.iter().map(|field| (field.name, field.value));
            let mut recorder = self.recorder.borrow_mut();
            self.caches.record(&mut recorder, &tags, &self.path, fields, shot.body_bytes);
        }
    }

    /// Records a request that was given up because the run is over: it took at least this long.
    pub(crate) fn unanswered(&self, iteration: &Iteration, waited: Duration) {
        self.put(iteration, &HttpRequest::unanswered(&self.method, &self.url, waited), None);
    }

    fn put(
        &self,
        iteration: &Iteration,
        request: &HttpRequest<'_>,
        kind: Option<(Status, Option<&'static str>)>,
    ) -> Tags {
        let mut recorder = self.recorder.borrow_mut();
        let outer = Tags::from(iteration.scenario.tags());
        let mut find = || request.tags(&mut recorder, &SystemTags::default(), &outer, []);
        let tags = match kind {
            Some(kind) => self.known.of(&outer, kind, find),
            None => find(),
        };
        request.record(&mut recorder, &self.builtin, &LateStart::new(iteration.lag), &tags, &outer);
        tags
    }
}
