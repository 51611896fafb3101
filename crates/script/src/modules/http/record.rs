//! The samples of a script's request: its answer as `measure` records requests, within the tags of the user.

use std::sync::Arc;

use http::{Method, Version};
use loadline_client::{Failure, FieldNames, Hop, Timings};
use loadline_edge::observed::FIELDS;
use loadline_measure::{
    HttpOutcome, HttpRequest, KnownTags, Phases, Recorder, SERVER_TIMING, ServerTiming, Tags,
};

use super::super::state::VuState;
use super::params::{Call, Target};
use super::send::Answer;
use super::state::KnownUrl;

static OF_CACHES: FieldNames = FieldNames::new(&FIELDS);

/// What the tags of a usual answer follow from, beside its URL and the user's own: one that came from where it was
/// asked for, without tags of the call's.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Usual {
    is_get: bool,
    status: u16,
    version: Version,
    tls_version: Option<&'static str>,
    expected: Option<bool>,
}

impl Usual {
    /// The answer as a usual one, if it is one, and where its tags are remembered.
    fn of<'a>(
        vu: &VuState,
        call: &'a Call,
        hop: &Hop,
        expected: Option<bool>,
    ) -> Option<(Usual, &'a KnownTags<Usual>)> {
        let (Target::Known(known), Ok(response)) = (&call.target, &hop.outcome) else { return None };
        let KnownUrl { url, tags } = &**known;
        let is_get = hop.method == Method::GET;
        let is_usual = (is_get || hop.method == Method::POST)
            && call.tags.is_empty()
            && call.name.is_none()
            && !vu.worker.process.system_tags.ip
            && Arc::ptr_eq(&hop.url, url);
        let tls_version = hop.tls.map(|tls| tls.version);
        let (status, version) = (response.status, response.version);
        is_usual.then_some((Usual { is_get, status, version, tls_version, expected }, tags))
    }
}

/// Records every hop of an answer, and what could not be sent as a request that failed.
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
    let (outcome, status) = match &hop.outcome {
        Ok(answer) => (HttpOutcome::Answered { status: answer.status, proto: answer.proto() }, answer.status),
        Err(failure) => (HttpOutcome::Failed { code: failure.code, message: &failure.message }, 0),
    };
    let expected = call.expected.as_ref().map(|expected| expected.matches(status));
    let request = HttpRequest {
        method: hop.method.as_str(),
        name: call.name.as_deref().unwrap_or(hop.url.as_str()),
        outcome,
        expected,
        tls_version: hop.tls.map(|tls| tls.version),
        remote: hop.remote.map(|remote| remote.ip()),
        phases: phases(&hop.timings),
        server_timing: server_timing(hop),
        repeats: hop.repeats,
        sent_bytes: hop.sent_bytes,
        received_bytes: hop.received_bytes,
        trace: hop.trace.filter(|trace| trace.sampled).map(|trace| (trace.trace, trace.span)),
    };
    let mut recorder = vu.worker.recorder.borrow_mut();
    let outer = vu.tags();
    let tags = match Usual::of(vu, call, hop, expected) {
        Some((usual, known)) => known.of(&outer, usual, || tags(vu, call, &request, &mut recorder, &outer)),
        None => tags(vu, call, &request, &mut recorder, &outer),
    };
    request.record(&mut recorder, &vu.worker.process.builtin, &vu.late, &tags, &outer);
    if let (Some(caches), Ok(answer)) = (&vu.worker.process.caches, &hop.outcome)
        && answer.headers.has_any(&OF_CACHES)
    {
        let fields = answer.headers.iter().map(|field| (field.name, field.value));
        caches.record(&mut recorder, &tags, hop.url.path(), fields, answer.encoded_bytes);
    }
}

#[cold]
fn record_unsent(vu: &VuState, call: &Call, failure: &Failure) {
    let name = call.name.as_deref().unwrap_or(call.target.url());
    let request = HttpRequest {
        expected: call.expected.as_ref().map(|expected| expected.matches(0)),
        ..HttpRequest::unsent(call.method.as_str(), name, failure.code, &failure.message)
    };
    let mut recorder = vu.worker.recorder.borrow_mut();
    let outer = vu.tags();
    let tags = tags(vu, call, &request, &mut recorder, &outer);
    request.record(&mut recorder, &vu.worker.process.builtin, &vu.late, &tags, &outer);
}

fn tags(vu: &VuState, call: &Call, request: &HttpRequest<'_>, recorder: &mut Recorder, outer: &Tags) -> Tags {
    let given = call.tags.iter().map(|(key, value)| (key.as_str(), value.as_str()));
    request.tags(recorder, &vu.worker.process.system_tags, outer, given)
}

fn phases(timings: &Timings) -> Phases {
    Phases {
        blocked: timings.blocked,
        looking_up: timings.looking_up,
        connecting: timings.connecting,
        tls_handshaking: timings.tls_handshaking,
        sending: timings.sending,
        waiting: timings.waiting,
        receiving: timings.receiving,
    }
}

/// What the answer says of the server's own part.
fn server_timing(hop: &Hop) -> ServerTiming<'_> {
    let answer = hop.outcome.as_ref().ok();
    ServerTiming::of(answer.into_iter().flat_map(|answer| answer.headers.get_all(SERVER_TIMING)))
}
