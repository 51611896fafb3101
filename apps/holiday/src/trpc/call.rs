//! From an HTTP request to procedures and back.
//!
//! Queries come by GET with `input=` or by POST with a body (the load tests post their searches); mutations by POST only. The
//! Content-Type is not looked at. A batch, `/api/trpc/a,b?batch=1`, is answered by an array whose members stand alone; its status
//! is 207 when theirs differ. Its members run side by side, and caches may keep it as long as the least cacheable of them.

use std::{borrow::Cow, sync::Arc};

use axum::{
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use futures_util::future::join_all;
use loadline_monitor::{Call, Calls};
use serde_json::{Map, Value};
use tokio::time::Instant;

use super::{
    CallError, Code, Input, Success,
    run::{run, status_of},
    streamed,
};
use crate::{
    app::App,
    procedures::Procedure,
    web::{body, caching, decoding::UNDERSTOOD},
};

/// More calls in one request are refused.
pub(super) const LARGEST_BATCH: usize = 10;

/// Answers one request for one or more procedures.
pub(crate) async fn handle(
    State(app): State<Arc<App>>,
    method: Method,
    uri: Uri,
    Path(path): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let query = Query::parse(&uri);
    let text = match method {
        Method::POST => match body::read(&headers, body).await {
            Ok(bytes) => Ok(Cow::Owned(bytes.to_vec())),
            Err(error) => Err(CallError::from(error)),
        },
        _ => Ok(Cow::Borrowed(query.input.as_ref().map_or(&b""[..], |input| input.as_bytes()))),
    };
    let call = |path: &str, input: Result<Input, CallError>| {
        let (app, headers, path) = (&app, &headers, path.to_owned());
        let may_mutate = method == Method::POST;
        async move { (run(app, headers, &path, may_mutate, input).await, path) }
    };
    if !query.batch {
        let input = text.and_then(|text| Input::decode(&text));
        let (outcome, path) = call(&path, input).await;
        return answer(outcome, &path);
    }
    let paths: Vec<&str> = path.split(',').collect();
    let mut inputs = match text.and_then(|text| batch_inputs(&text, paths.len())) {
        Ok(inputs) => inputs,
        Err(error) => return answer(Err(error), &path),
    };
    if streamed::is_asked_for(&headers) {
        let inputs = (0..paths.len())
            .map(|index| Input::from_value(inputs.remove(&index.to_string()).unwrap_or(Value::Null)));
        let calls = paths.iter().map(|path| (*path).to_owned()).zip(inputs).collect();
        return streamed::answer(&app, headers, method == Method::POST, calls);
    }
    // Side by side: a batch takes as long as its longest call.
    let running = paths.iter().enumerate().map(|(index, path)| {
        let input = Input::from_value(inputs.remove(&index.to_string()).unwrap_or(Value::Null));
        let called = call(path, input);
        async move {
            let begun = Instant::now();
            let outcome = called.await;
            let (endpoint, status) = (Procedure::label(path).into(), status_of(&outcome.0));
            (outcome, Call { endpoint, status, elapsed: begun.elapsed() })
        }
    });
    let (outcomes, calls): (Vec<_>, Vec<_>) = join_all(running.collect::<Vec<_>>()).await.into_iter().unzip();
    let mut response = answer_batch(&outcomes);
    // Each call is counted with its own status and duration.
    response.extensions_mut().insert(Calls(calls));
    response
}

pub(super) fn batch_inputs(text: &[u8], calls: usize) -> Result<Map<String, Value>, CallError> {
    if calls > LARGEST_BATCH {
        let message = format!("a batch may have {LARGEST_BATCH} calls, this one has {calls}");
        return Err(CallError::new(Code::BadRequest, message));
    }
    if text.is_empty() {
        return Ok(Map::new());
    }
    serde_json::from_slice(text).map_err(|error| {
        CallError::new(
            Code::ParseError,
            format!("the batch's input must be an object by call number: {error}"),
        )
    })
}

fn answer(outcome: Result<Success, CallError>, path: &str) -> Response {
    let json = HeaderValue::from_static("application/json");
    match outcome {
        Ok(Success { json: body }) => ([(header::CONTENT_TYPE, json)], body).into_response(),
        Err(error) => {
            let status = error.code.http_status();
            let mut response = (status, [(header::CONTENT_TYPE, json)], error.to_json(path)).into_response();
            match error.code {
                Code::ServiceUnavailable => {
                    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
                }
                Code::UnsupportedMediaType => {
                    response.headers_mut().insert(header::ACCEPT_ENCODING, UNDERSTOOD);
                }
                Code::MethodNotSupported => {
                    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
                }
                _ => {}
            }
            response
        }
    }
}

fn answer_batch(outcomes: &[(Result<Success, CallError>, String)]) -> Response {
    let mut statuses = outcomes.iter().map(|(outcome, _)| status_of(outcome));
    let first = statuses.next().unwrap_or(StatusCode::OK);
    let status = if statuses.all(|status| status == first) { first } else { StatusCode::MULTI_STATUS };
    let mut body = vec![b'['];
    for (index, (outcome, path)) in outcomes.iter().enumerate() {
        if index > 0 {
            body.push(b',');
        }
        match outcome {
            Ok(success) => body.extend_from_slice(&success.json),
            Err(error) => body.extend_from_slice(&error.to_json(path)),
        }
    }
    body.push(b']');
    // Another client may want the same one by one.
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::VARY, streamed::HEADER)];
    let mut response = (status, headers, body).into_response();
    if outcomes.iter().any(|(outcome, _)| outcome.is_err()) {
        // Its path alone does not tell: some of them may have succeeded.
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(caching::PRIVATE));
    }
    response
}

/// The refusal of a call before it is looked at, as its client can read it: tRPC's clients take it for every call of a batch.
pub(crate) fn refusal(path: &str, code: Code, message: &str) -> Response {
    answer(Err(CallError::new(code, message)), path)
}

/// What the query string says.
pub(super) struct Query<'a> {
    batch: bool,
    pub(super) input: Option<Cow<'a, str>>,
}

impl Query<'_> {
    pub(super) fn parse(uri: &Uri) -> Query<'_> {
        let mut query = Query { batch: false, input: None };
        for (name, value) in form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
            match name.as_ref() {
                "batch" => query.batch = value == "1",
                "input" => query.input = Some(value),
                _ => {}
            }
        }
        query
    }
}

impl From<body::BodyError> for CallError {
    fn from(error: body::BodyError) -> CallError {
        let code = match error {
            body::BodyError::TooLarge => Code::PayloadTooLarge,
            body::BodyError::TooSlow => Code::Timeout,
            body::BodyError::Unsupported => Code::UnsupportedMediaType,
            body::BodyError::Broken(_) | body::BodyError::Undecodable => Code::BadRequest,
        };
        CallError::new(code, error.to_string())
    }
}
