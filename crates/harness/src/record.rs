//! An exchange into samples, as `measure` records requests: what a script's requests have, for requests without one.
//!
//! Nothing here knows who sent it, so whatever drives a [`Client`](loadline_client::Client) can record with it.

use loadline_client::{Exchange, FieldNames, Hop};
use loadline_edge::observed::{FIELDS, Outcomes};
use loadline_measure::{
    Builtin, EXPECTED_STATUSES, HttpOutcome, HttpRequest, LateStart, Phases, Recorder, SERVER_TIMING,
    ServerTiming, SystemTags, TagSetId, Tags,
};

static OF_CACHES: FieldNames = FieldNames::new(&FIELDS);

/// What a request is called, beside what was measured of it.
#[derive(Debug, Clone, Copy, Default)]
pub struct RequestTags<'a> {
    /// Stands for the URL in the tags `name` and `url`, so that a thousand addresses are one series.
    pub name: Option<&'a str>,
    /// Further tags; they win over those that are measured.
    pub more: &'a [(&'a str, &'a str)],
}

/// Records every hop of a redirect chain as a request of its own: see [`HttpRequest::record`]. Its tags are those of
/// [`HttpRequest::tags`] over `outer`; statuses below 200 or from 400 have failed.
///
/// `late` is how late the iteration has started whose first request this may be: it begins with
/// [`Iteration::lag`](loadline_load::Iteration::lag).
pub fn record_exchange(
    recorder: &mut Recorder,
    builtin: &Builtin,
    outer: TagSetId,
    exchange: &Exchange,
    late: &LateStart,
    tags: RequestTags<'_>,
) {
    record_hops(recorder, builtin, None, outer, exchange, late, tags);
}

/// As [`record_exchange`], with what caches did.
pub(crate) fn record_hops(
    recorder: &mut Recorder,
    builtin: &Builtin,
    caches: Option<&Outcomes>,
    outer: TagSetId,
    exchange: &Exchange,
    late: &LateStart,
    tags: RequestTags<'_>,
) {
    for hop in &exchange.hops {
        let own = record_request(recorder, builtin, outer, &request_of(hop, tags.name), late, tags.more);
        if let (Some(caches), Ok(answer)) = (caches, &hop.outcome)
            && answer.headers.has_any(&OF_CACHES)
        {
            let fields = answer.headers.iter().map(|field| (field.name, field.value));
            caches.record(recorder, &own, hop.url.path(), fields, answer.encoded_bytes);
        }
    }
}

pub(crate) fn record_request(
    recorder: &mut Recorder,
    builtin: &Builtin,
    outer: TagSetId,
    request: &HttpRequest<'_>,
    late: &LateStart,
    more: &[(&str, &str)],
) -> Tags {
    let outer = Tags::from(outer);
    let tags = request.tags(recorder, &SystemTags::default(), &outer, []);
    let tags = recorder.whole_tags(&tags, more);
    request.record(recorder, builtin, late, &tags, &outer);
    tags
}

fn request_of<'a>(hop: &'a Hop, name: Option<&'a str>) -> HttpRequest<'a> {
    let outcome = match &hop.outcome {
        Ok(answer) => HttpOutcome::Answered { status: answer.status, proto: answer.proto() },
        Err(failure) => HttpOutcome::Failed { code: failure.code, message: &failure.message },
    };
    HttpRequest {
        method: hop.method.as_str(),
        name: name.unwrap_or(hop.url.as_str()),
        outcome,
        expected: Some(EXPECTED_STATUSES.contains(&outcome.status())),
        tls_version: hop.tls.map(|tls| tls.version),
        remote: hop.remote.map(|remote| remote.ip()),
        phases: Phases {
            blocked: hop.timings.blocked,
            looking_up: hop.timings.looking_up,
            connecting: hop.timings.connecting,
            tls_handshaking: hop.timings.tls_handshaking,
            sending: hop.timings.sending,
            waiting: hop.timings.waiting,
            receiving: hop.timings.receiving,
        },
        server_timing: server_timing(hop),
        repeats: hop.repeats,
        sent_bytes: hop.sent_bytes,
        received_bytes: hop.received_bytes,
        trace: hop.trace.filter(|trace| trace.sampled).map(|trace| (trace.trace, trace.span)),
    }
}

/// What the answer says of the server's own part.
fn server_timing(hop: &Hop) -> ServerTiming<'_> {
    let answer = hop.outcome.as_ref().ok();
    ServerTiming::of(answer.into_iter().flat_map(|answer| answer.headers.get_all(SERVER_TIMING)))
}
