//! The answers of a batch one by one, each as soon as it is there: what tRPC's `httpBatchStreamLink` asks for.
//!
//! A line of JSON promises an answer for each call, and a line for each keeps the promise. The status has been sent by then, so it is
//! always 200, and no cache keeps what may turn out to be an error.

use std::{convert::Infallible, fmt::Write as _, sync::Arc};

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::{
    StreamExt,
    stream::{self, FuturesUnordered},
};
use loadline_monitor::{Call, StreamedCalls};
use tokio::time::Instant;

use super::{
    CallError, Code, Input,
    run::{run, status_of},
};
use crate::{
    app::App,
    procedures::Procedure,
    web::{KeepsPlace, caching},
};

/// The request's header that asks for it.
pub(super) const HEADER: &str = "trpc-accept";
/// And its value; the answer's type.
const LINES: &str = "application/jsonl";

/// Whether the client reads lines.
pub(super) fn is_asked_for(headers: &HeaderMap) -> bool {
    headers.get(HEADER).is_some_and(|value| value == LINES)
}

/// Begins to answer; the calls run while the body is read.
pub(super) fn answer(
    app: &Arc<App>,
    headers: HeaderMap,
    may_mutate: bool,
    calls: Vec<(String, Result<Input, CallError>)>,
) -> Response {
    let (counted, keeps_place) = (StreamedCalls::default(), KeepsPlace::default());
    let promises = promises(calls.len());
    let headers = Arc::new(headers);
    let running: FuturesUnordered<_> = calls
        .into_iter()
        .enumerate()
        .map(|(index, (path, input))| {
            let (app, headers) = (Arc::clone(app), Arc::clone(&headers));
            let mut counting = Counting::begin(counted.clone(), &path);
            async move {
                let called = run(&app, &headers, &path, may_mutate, input);
                let outcome = app
                    .gate
                    .within_time(called)
                    .await
                    .unwrap_or_else(|message| Err(CallError::new(Code::ServiceUnavailable, message)));
                counting.call.status = status_of(&outcome);
                drop(counting);
                let envelope = outcome.map_or_else(|error| error.to_json(&path), |success| success.json);
                kept(index, &envelope)
            }
        })
        .collect();
    let place = keeps_place.clone();
    let kept = running.map(move |line| {
        let _ = &place;
        line
    });
    let lines = stream::iter([Bytes::from(promises)]).chain(kept).map(Ok::<_, Infallible>);
    let headers =
        [(header::CONTENT_TYPE, LINES), (header::CACHE_CONTROL, caching::PRIVATE), (header::VARY, HEADER)];
    let mut response = (headers, Body::from_stream(lines)).into_response();
    response.extensions_mut().insert(counted);
    response.extensions_mut().insert(keeps_place);
    response
}

/// `{"0":[[0],[null,0,0]],…}`: the value of each number is a promise, and the promise's number is its own.
fn promises(count: usize) -> String {
    let mut line = String::from("{");
    for index in 0..count {
        let comma = if index > 0 { "," } else { "" };
        // Writing to a string does not fail.
        let _ = write!(line, r#"{comma}"{index}":[[0],[null,0,{index}]]"#);
    }
    line + "}\n"
}

/// `[0,0,[[…]]]`: this promise is kept by this value.
fn kept(index: usize, envelope: &[u8]) -> Bytes {
    let mut line = format!("[{index},0,[[").into_bytes();
    line.extend_from_slice(envelope);
    line.extend_from_slice(b"]]]\n");
    line.into()
}

/// A call that runs; counted when it ends, also when the client has gone.
struct Counting {
    counted: StreamedCalls,
    begun: Instant,
    call: Call,
}

impl Counting {
    fn begin(counted: StreamedCalls, path: &str) -> Counting {
        // What metrics call a request that was given up.
        let status = StatusCode::from_u16(499).expect("three digits");
        let call =
            Call { endpoint: Procedure::label(path).into(), status, elapsed: std::time::Duration::ZERO };
        Counting { counted, begun: Instant::now(), call }
    }
}

impl Drop for Counting {
    fn drop(&mut self) {
        self.call.elapsed = self.begun.elapsed();
        self.counted.record(&self.call);
    }
}
