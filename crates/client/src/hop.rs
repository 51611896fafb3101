//! One request on one connection, and on another one where HTTP allows it to be sent again.
//!
//! A server may close a kept connection at the very moment a request is written to it. Such a request is sent once more
//! on a new connection if no byte of an answer came and it is safe to repeat (RFC 9112 section 9.3.1), or if none of it
//! was written. That is what browsers and Go do; without it every keep-alive timeout of a server would look like a
//! fault.
//!
//! An HTTP/2 server may say that it did not begin with a request, and takes no more on this connection. Such a request
//! is sent again whatever it asks for, a limited number of times. How often is measured, so that a run shows it.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use http::Method;
use tokio::time::{Instant, timeout_at};

use crate::connect::{Phases, Stage};
use crate::connections::Connections;
use crate::content::{self, Undecoded};
use crate::exchange::{Response, Timings};
use crate::failure::{Failure, code};
use crate::fault::{at, broken_failure, malformed_failure, stage_name, timed_out, too_large};
use crate::h1::{Body, Broken, Clock, Decoder, Malformed, Why, encode};
use crate::h2::{H2, H2Error, H2Request};
use crate::headers::Headers;
use crate::outgoing::{Measured, Outgoing};
use crate::pool::{Connection, Host, Lease};

/// How often a request is sent again that the server did not begin with; Go has the same limit.
const MOST_REPEATS: u32 = 6;

/// What is to be done after a request was on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// Nothing: its outcome is known.
    Done,
    /// It goes to another connection, since the server has closed this one, or has not begun with it.
    Again { sent: bool },
}

/// Sends a request and fills in what it measured; `now` is when it was asked for.
pub(crate) async fn run(own: &Connections, outgoing: &Outgoing<'_>, now: Instant, measured: &mut Measured) {
    let host = match host_of(own, outgoing) {
        Ok(host) => host,
        Err(failure) => {
            measured.outcome = Err(failure);
            return;
        }
    };
    let kept = if own.shared.config.reuse_connections { host.take_kept() } else { None };
    drop(host);
    let mut connection = match kept {
        Some(connection) => connection,
        None => match Box::pin(open(own, outgoing, now, false, measured)).await {
            Some(connection) => connection,
            None => return,
        },
    };
    let mut got = if measured.timings.blocked.is_zero() { now } else { now + measured.timings.blocked };
    // Connections that took nothing at all, and the one that refused the request last.
    let (mut barren, mut refused_by) = (0, std::ptr::null());
    loop {
        let (next, fresh) = match connection {
            // Other kept connections to this host may be as stale as this one was.
            Connection::Http1(lease) => (http1(own, lease, outgoing, got, measured).await, true),
            // A broken connection is retired already; requests that it left behind share the next one.
            Connection::Http2(http2) => {
                let next = Box::pin(over_http2(own, &http2, outgoing, got, barren, measured)).await;
                // A server refuses what is more than it takes at once, which it may have said meanwhile; from one that
                // refuses again nothing is to be had.
                if next == (Next::Again { sent: true }) && http2.is_open() {
                    if refused_by == Rc::as_ptr(&http2) {
                        http2.retire();
                    }
                    refused_by = Rc::as_ptr(&http2);
                }
                barren += u32::from(next == Next::Again { sent: false } && !http2.has_answered());
                (next, false)
            }
        };
        let Next::Again { sent } = next else { break };
        measured.repeats += u32::from(sent);
        connection = match Box::pin(open(own, outgoing, now, fresh, measured)).await {
            Some(connection) => connection,
            None => break,
        };
        got = now + measured.timings.blocked;
    }
}

fn host_of(own: &Connections, outgoing: &Outgoing<'_>) -> Result<Rc<Host>, Failure> {
    match outgoing.template {
        Some(template) => Ok(Rc::clone(&template.host)),
        None => own.host(outgoing.parts.url),
    }
}

/// Waits for a connection, or opens one; `None` when that failed, with the reason in `measured`.
async fn open(
    own: &Connections,
    outgoing: &Outgoing<'_>,
    now: Instant,
    fresh: bool,
    measured: &mut Measured,
) -> Option<Connection> {
    let host = host_of(own, outgoing).ok()?;
    let phases = Cell::new(Phases::default());
    let acquired = host.acquire(&own.shared, own.local, fresh, &phases);
    let result = timeout_at(outgoing.deadline, acquired).await;
    let stage = phases.get().stage;
    Phases::enter(&phases, Stage::Waiting);
    let phases = phases.get();
    measured.timings.blocked = Instant::now() - now;
    measured.timings.looking_up += phases.looking_up;
    measured.timings.connecting += phases.connecting;
    measured.timings.tls_handshaking += phases.tls_handshaking;
    measured.remote = phases.remote.or(measured.remote);
    measured.bytes.sent += phases.bytes.sent;
    measured.bytes.received += phases.bytes.received;
    let failure = match result {
        Ok(Ok(connection)) => return Some(connection),
        Ok(Err(failure)) => failure,
        Err(_) => timed_out(
            outgoing,
            match stage {
                Stage::Waiting => "waiting for a free connection",
                Stage::LookingUp => "looking up the name",
                Stage::Connecting => "connecting",
                Stage::Handshaking => "in the TLS handshake",
            },
        ),
    };
    measured.outcome = Err(at(failure, outgoing));
    None
}

/// Sends over HTTP/1.
async fn http1(
    own: &Connections,
    mut lease: Lease,
    outgoing: &Outgoing<'_>,
    got: Instant,
    measured: &mut Measured,
) -> Next {
    let reused = lease.reused;
    let connection = lease.connection();
    measured.reused = reused;
    measured.remote = Some(connection.remote);
    measured.tls = connection.tls;
    let to_head = *outgoing.parts.method == Method::HEAD;
    let body = Body::new(outgoing.body_mode, &own.shared.bodies);
    let mut decoder = Decoder::new(to_head, body);
    decoder.keep_headers = outgoing.template.is_none();
    decoder.keep_with = outgoing.template.and_then(|template| template.keep_with);
    let mut clock = Clock::default();
    let (head, result) = connection
        .exchange(
            |out| match outgoing.template {
                Some(template) => template.write(outgoing.parts.traceparent.as_ref(), out),
                None => encode(&outgoing.parts, out),
            },
            outgoing.body,
            &mut decoder,
            &mut clock,
            outgoing.deadline,
        )
        .await;
    let bytes = connection.io.take_bytes();
    measured.bytes.sent += bytes.sent;
    measured.bytes.received += bytes.received;
    measured.request_headers = Headers::from_head(head);
    match result {
        Ok(reusable) => {
            if reusable && own.shared.config.reuse_connections {
                lease.give_back();
            }
            set_timings(&mut measured.timings, got, &clock, None);
            let mut outcome = take_response(&mut decoder, outgoing);
            if let Ok(response) = &mut outcome
                && !response.body.is_empty()
                && decoder.encoded
                && let Err(failure) = Box::pin(decode(own, outgoing, response)).await
            {
                outcome = Err(failure);
            }
            measured.outcome = outcome.map_err(|failure| at(failure, outgoing));
            Next::Done
        }
        Err(broken) => {
            drop(lease);
            if reused && may_repeat(&broken, outgoing) {
                return Next::Again { sent: broken.wrote };
            }
            set_timings(&mut measured.timings, got, &clock, Some(Instant::now()));
            if !decoder.encoded {
                measured.partial = decoder.body.take();
            }
            measured.outcome = Err(at(broken_failure(broken, outgoing, &clock), outgoing));
            Next::Done
        }
    }
}

/// Sends over HTTP/2; `barren` connections before this one took nothing.
async fn over_http2(
    own: &Connections,
    http2: &H2,
    outgoing: &Outgoing<'_>,
    got: Instant,
    barren: u32,
    measured: &mut Measured,
) -> Next {
    measured.reused = http2.mark_used();
    measured.remote = Some(http2.remote);
    measured.tls = http2.tls;
    let mut body = Body::new(outgoing.body_mode, &own.shared.bodies);
    let mut clock = Clock::default();
    let mut headers = Headers::default();
    let head = match outgoing.template {
        Some(template) => {
            H2Request::Ready(template.http2.as_ref(), template.keep_with, outgoing.parts.traceparent)
        }
        None => H2Request::Parts(&outgoing.parts, &mut headers),
    };
    let exchange = http2.exchange(head, outgoing.body, &mut body, &mut clock);
    let result = timeout_at(outgoing.deadline, exchange).await;
    let bytes = http2.take_bytes();
    measured.bytes.sent += bytes.sent;
    measured.bytes.received += bytes.received;
    measured.request_headers = headers;
    let failure = match result {
        Ok(Ok(head)) => {
            set_timings(&mut measured.timings, got, &clock, None);
            let mut response = Response {
                status: head.status,
                version: http::Version::HTTP_2,
                headers: head.headers,
                body: body.take(),
                encoded_bytes: body.received(),
            };
            let decoded = if response.body.is_empty() || !response.headers.contains("content-encoding") {
                Ok(())
            } else {
                decode(own, outgoing, &mut response).await
            };
            measured.outcome = decoded.map(|()| response).map_err(|failure| at(failure, outgoing));
            return Next::Done;
        }
        Ok(Err(error)) => {
            let is_connections = match &error {
                H2Error::Unsent(_) => true,
                H2Error::Protocol(error) => !error.is_reset(),
                H2Error::Body(_) | H2Error::Request(_) => false,
            };
            if is_connections {
                http2.retire();
            }
            if let Some(next) = repeat_http2(&error, &clock, outgoing, barren, measured) {
                return next;
            }
            match error {
                H2Error::Unsent(Some(error)) | H2Error::Protocol(error) => Failure::http2(&error),
                H2Error::Unsent(None) => Failure::new(code::GENERIC, "http2: connection closed")
                    .with_detail("http2: the server closed its connections before it took the request"),
                H2Error::Body(malformed) => malformed_failure(malformed, false),
                H2Error::Request(error) => {
                    Failure::new(code::BAD_URL, "invalid request").with_detail(error.to_string())
                }
            }
        }
        Err(_) => timed_out(outgoing, stage_name(&clock)),
    };
    set_timings(&mut measured.timings, got, &clock, Some(Instant::now()));
    measured.outcome = Err(at(failure, outgoing));
    Next::Done
}

/// Whether a broken exchange goes to another connection.
fn repeat_http2(
    error: &H2Error,
    clock: &Clock,
    outgoing: &Outgoing<'_>,
    barren: u32,
    measured: &Measured,
) -> Option<Next> {
    if clock.first_byte.is_some() {
        return None;
    }
    let again = match error {
        // It is another connection's turn, unless one after the other takes nothing.
        H2Error::Unsent(None) => barren < MOST_REPEATS,
        H2Error::Unsent(Some(error)) => {
            barren < MOST_REPEATS && (measured.reused || (error.is_go_away() && error.is_remote()))
        }
        _ if error.is_refused() => measured.repeats < MOST_REPEATS,
        _ => error.is_closed() && measured.reused && measured.repeats == 0 && is_repeatable(outgoing),
    };
    again.then_some(Next::Again { sent: !matches!(error, H2Error::Unsent(_)) })
}

/// Fills in the phases behind the connection; `ended` is when a failed request gave up.
fn set_timings(timings: &mut Timings, got: Instant, clock: &Clock, ended: Option<Instant>) {
    let Some(sent) = clock.sent else {
        timings.sending = ended.map_or(Duration::ZERO, |ended| ended.saturating_duration_since(got));
        return;
    };
    let done = clock.done.or(ended).unwrap_or(sent);
    let first_byte = clock.first_byte.unwrap_or(done);
    timings.sending = sent.saturating_duration_since(got);
    timings.waiting = first_byte.saturating_duration_since(sent);
    timings.receiving = done.saturating_duration_since(first_byte);
}

fn take_response(decoder: &mut Decoder<'_>, outgoing: &Outgoing<'_>) -> Result<Response, Failure> {
    let Some(head) = decoder.head.take() else {
        return Err(Failure::new(code::GENERIC, "unexpected EOF"));
    };
    if head.status == 101 {
        return Err(Failure::new(code::GENERIC, "unsupported response status: 101 Switching Protocols")
            .with_detail(format!(
                "{} answered 101 Switching Protocols to a plain request",
                outgoing.parts.url
            )));
    }
    let encoded_bytes = decoder.body.received();
    let body = decoder.body.take();
    let version = if head.minor == 0 { http::Version::HTTP_10 } else { http::Version::HTTP_11 };
    Ok(Response { status: head.status, version, headers: head.headers, body, encoded_bytes })
}

/// Undoes the encodings of a response's body.
async fn decode(own: &Connections, outgoing: &Outgoing<'_>, response: &mut Response) -> Result<(), Failure> {
    // Several fields are one list.
    let fields: Vec<_> = response.headers.get_all("content-encoding").map(String::from_utf8_lossy).collect();
    let encodings = fields.join(",");
    let body = std::mem::take(&mut response.body);
    let decoded = content::decompress(&encodings, body, &own.shared.bodies, outgoing.deadline).await;
    response.body = decoded.map_err(|undecoded| match undecoded {
        Undecoded::Broken(failure) => failure,
        Undecoded::Refused(refused) => too_large(refused),
        Undecoded::Deadline => timed_out(outgoing, "decompressing the body"),
    })?;
    Ok(())
}

fn is_repeatable(outgoing: &Outgoing<'_>) -> bool {
    matches!(*outgoing.parts.method, Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE)
        || outgoing.parts.headers.contains_key("idempotency-key")
        || outgoing.parts.headers.contains_key("x-idempotency-key")
}

fn may_repeat(broken: &Broken, outgoing: &Outgoing<'_>) -> bool {
    let closed = match &broken.why {
        Why::Write(_) | Why::Read(_) | Why::Malformed(Malformed::Cut) => true,
        Why::Malformed(_) | Why::Deadline => false,
    };
    closed && !broken.answered && (!broken.wrote || is_repeatable(outgoing))
}
