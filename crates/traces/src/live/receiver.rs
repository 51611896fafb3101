//! The endpoint: OTLP's messages of spans, over HTTP in both forms and over gRPC, on one port.
//!
//! Metrics and logs are taken as well and forgotten: a service that exports all three to one address has an error in
//! its log otherwise. A page of somebody else's cannot send anything: the types of messages need a browser's question,
//! which nobody answers.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Method, Request, StatusCode};
use hyper::body::Incoming;
use tokio::sync::Semaphore;
use tower_service::Service;

use super::answer::{Answer, Form, status, words};
use super::following::Following;
use super::grpc::{self, Outcome};
use super::incoming::{LARGEST, unpacked, whole};
use crate::error::ReadError;
use crate::otlp::{read_json, read_protobuf};
use crate::span::Batch;

/// Messages that are read at one time.
const AT_ONCE: usize = 8;

const WRONG: &str = "some spans have no identifier, or end before they begin";
const BUSY: &str = "too many messages at once: send it again";

/// What answers on the endpoint.
#[derive(Clone)]
pub(super) struct Receiver {
    following: Arc<Following>,
    places: Arc<Semaphore>,
}

/// What a message is of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Signal {
    Traces,
    Other,
}

impl Receiver {
    pub(super) fn new(following: Arc<Following>) -> Self {
        Self { following, places: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    async fn answer(self, request: Request<Incoming>) -> Answer {
        let (parts, body) = request.into_parts();
        let path = parts.uri.path();
        if grpc::is_call(&parts.headers) {
            let Some(signal) = called(path) else {
                return grpc::refused(Outcome::Unimplemented, "here are OTLP's services alone");
            };
            return self.call(signal, &parts.headers, body).await;
        }
        let Some(signal) = posted(path) else {
            // The commonest mistake: the address alone, where the path belongs to it.
            if parts.method == Method::POST {
                self.following.refused();
            }
            return words(StatusCode::NOT_FOUND, "here is /v1/traces, of loadline's run that goes on");
        };
        if parts.method != Method::POST {
            return words(StatusCode::METHOD_NOT_ALLOWED, "spans are sent with POST");
        }
        let Some(form) = Form::of(parts.headers.get(CONTENT_TYPE)) else {
            self.following.refused();
            let types = "spans are application/x-protobuf or application/json";
            return words(StatusCode::UNSUPPORTED_MEDIA_TYPE, types);
        };
        self.post(signal, form, &parts.headers, body).await
    }

    async fn post(&self, signal: Signal, form: Form, headers: &HeaderMap, body: Incoming) -> Answer {
        let Ok(_place) = self.places.try_acquire() else {
            self.following.refused();
            return form.refused(StatusCode::SERVICE_UNAVAILABLE, BUSY);
        };
        let message = match whole(body, LARGEST).await.and_then(|body| unpacked(headers, body)) {
            Ok(message) => message,
            Err(why) => {
                self.following.refused();
                return form.refused(status(why), &why.to_string());
            }
        };
        match self.take(signal, form, &message) {
            Ok(rejected) => form.taken(rejected, WRONG),
            Err(why) => {
                self.following.refused();
                let too_many = matches!(why, ReadError::TooMany);
                let status = if too_many { StatusCode::PAYLOAD_TOO_LARGE } else { StatusCode::BAD_REQUEST };
                form.refused(status, &why.to_string())
            }
        }
    }

    async fn call(&self, signal: Signal, headers: &HeaderMap, body: Incoming) -> Answer {
        let Ok(_place) = self.places.try_acquire() else {
            self.following.refused();
            return grpc::refused(Outcome::Unavailable, BUSY);
        };
        let message = match whole(body, LARGEST).await.and_then(|body| grpc::message(headers, &body)) {
            Ok(message) => message,
            Err(why) => {
                self.following.refused();
                return grpc::refused(Outcome::of(why), &why.to_string());
            }
        };
        match self.take(signal, Form::Protobuf, &message) {
            Ok(rejected) => grpc::taken(rejected, WRONG),
            Err(why) => {
                self.following.refused();
                let too_many = matches!(why, ReadError::TooMany);
                let outcome = if too_many { Outcome::ResourceExhausted } else { Outcome::InvalidArgument };
                grpc::refused(outcome, &why.to_string())
            }
        }
    }

    /// Takes a message. How many of its spans cannot be.
    fn take(&self, signal: Signal, form: Form, message: &Bytes) -> Result<u64, ReadError> {
        if signal == Signal::Other {
            return Ok(0);
        }
        let batch: Batch = match form {
            Form::Protobuf => read_protobuf(message)?,
            Form::Json => read_json(message)?,
        };
        let invalid = batch.invalid;
        self.following.came(batch);
        Ok(invalid)
    }
}

fn posted(path: &str) -> Option<Signal> {
    match path {
        "/v1/traces" => Some(Signal::Traces),
        "/v1/metrics" | "/v1/logs" => Some(Signal::Other),
        _ => None,
    }
}

fn called(path: &str) -> Option<Signal> {
    match path {
        "/opentelemetry.proto.collector.trace.v1.TraceService/Export" => Some(Signal::Traces),
        "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export"
        | "/opentelemetry.proto.collector.logs.v1.LogsService/Export" => Some(Signal::Other),
        _ => None,
    }
}

impl Service<Request<Incoming>> for Receiver {
    type Response = Answer;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Answer, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Incoming>) -> Self::Future {
        let answering = self.clone().answer(request);
        Box::pin(async move { Ok(answering.await) })
    }
}
