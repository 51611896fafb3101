//! A service that follows `traceparent`, and the place that its traces are kept in.

use std::collections::HashMap;
use std::convert::Infallible;
use std::future::{Ready, ready};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use loadline_client::{Client, ClientConfig, Exchange, Shared};
use loadline_measure::{Recorder, Schema, TagSetId, TracedRequest};
use loadline_serve::{Bound, Patience, serve};
use loadline_traces::live::Traces;
use tower_service::Service;

/// What a place answers to a question for a trace, by its number and the caller's span; nothing for a trace that it
/// does not know.
pub(crate) type Place = fn(trace: &str, caller: &str) -> (&'static str, Vec<u8>);

/// The `traceparent` fields that have come, and how often each trace was asked for.
#[derive(Clone)]
pub(crate) struct Fake {
    pub(crate) came: Arc<Mutex<Vec<String>>>,
    asked: Arc<Mutex<HashMap<String, u32>>>,
    place: Place,
}

impl Fake {
    /// Serves on a free port for as long as the event loop goes on.
    pub(crate) async fn start(place: Place) -> (Self, SocketAddr) {
        let bound = Bound::new(([127, 0, 0, 1], 0).into()).await.unwrap();
        let address = bound.address();
        let fake = Self { came: Arc::default(), asked: Arc::default(), place };
        let service = fake.clone();
        tokio::spawn(async move {
            serve(bound, service, Patience::default(), std::future::pending()).await;
        });
        (fake, address)
    }

    fn answer(&self, request: &Request<Incoming>) -> Response<Full<Bytes>> {
        let Some(trace) = request.uri().path().strip_prefix("/api/traces/") else {
            let field = request.headers().get("traceparent").map(|value| value.to_str().unwrap().to_owned());
            self.came.lock().unwrap().extend(field);
            return Response::new(Full::new(Bytes::from_static(b"hello")));
        };
        assert!(!request.headers().contains_key("traceparent"), "questions are no load");
        let mut asked = self.asked.lock().unwrap();
        let times = asked.entry(trace.to_owned()).or_default();
        *times += 1;
        let came = self.came.lock().unwrap();
        let known = came.iter().find(|field| &field[3..35] == trace).filter(|_| *times > 1);
        let Some(known) = known else {
            return Response::builder()
                .status(404)
                .body(Full::new(Bytes::from_static(b"trace not found")))
                .unwrap();
        };
        let (content_type, body) = (self.place)(trace, &known[36..52]);
        Response::builder().header("content-type", content_type).body(Full::new(body.into())).unwrap()
    }
}

impl Service<Request<Incoming>> for Fake {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Incoming>) -> Self::Future {
        ready(Ok(self.answer(&request)))
    }
}

/// A run whose requests carry traces.
pub(crate) struct Load {
    pub(crate) client: Client,
    recorder: Recorder,
    tags: TagSetId,
}

impl Load {
    pub(crate) fn begin(traces: &Traces) -> Self {
        let shared = Shared::new(ClientConfig::default()).unwrap();
        let schema = Schema::new();
        let mut recorder = Recorder::new(Arc::clone(&schema));
        let sender = traces.begin(&shared, &schema, None);
        recorder.trace(sender);
        let tags = recorder.tags(TagSetId::EMPTY, &[("method", "GET"), ("name", "/"), ("status", "200")]);
        Self { client: Client::new(shared), recorder, tags }
    }

    /// Takes note of a request as recording it does. Its trace and its own span.
    pub(crate) fn ended(&mut self, exchange: &Exchange) -> (u128, u64) {
        let hop = exchange.last();
        assert_eq!(hop.outcome.as_ref().unwrap().status, 200);
        let context = hop.trace.unwrap();
        let tags = self.tags;
        self.recorder.traced(|| TracedRequest {
            trace: context.trace,
            span: context.span,
            tags,
            ended_unix_ns: 1_000_000_000,
            total_ns: hop.timings.duration().as_nanos() as u64,
            waiting_ns: hop.timings.waiting.as_nanos() as u64,
            answered: true,
            told: false,
        });
        self.recorder.take_window();
        (context.trace, context.span)
    }
}
