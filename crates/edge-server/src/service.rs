//! A request's way: brought into one form, asked of the cache, and of the origin where the cache says so.
//!
//! Most requests are answered at once. What waits for somebody is boxed, so that the others do not carry its room
//! around.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body as _, Incoming};
use loadline_edge::rules::{Applied, Asked};
use loadline_edge::{Asking, Sharing, Step};
use tokio::sync::{oneshot, watch};
use tokio::time::timeout;
use tower_service::Service;

use crate::account::{Account, Written};
use crate::answer;
use crate::arrival::{Arrival, Refusal};
use crate::ask::Told;
use crate::body::Body;
use crate::clock::now;
use crate::collect::{Collecting, For, coming};
use crate::flights::{Boarding, Flight, Landing, landed};
use crate::origin::{ContentEnded, Failure, Outgoing, Urgency};
use crate::worker::{EdgeService, Question, Worker};

impl Worker {
    async fn answer(self: Arc<Self>, request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
        let is_head = *request.method() == Method::HEAD;
        let written = self.pen.as_ref().map(|pen| Written::of(&request, pen.clone()));
        let mut rule = None;
        let answered = self.answered(request, &mut rule).await;
        let mut response = answered.unwrap_or_else(|refusal| self.refused(&refusal));
        answer::finish(&mut response, is_head);
        let outcome = response.body().outcome();
        let name = rule.as_ref().map_or("", |applied| name(applied));
        self.counters.answered(response.status().as_u16(), outcome, name);
        let line = written.map(|written| Box::new(written.answered(response.status(), name)));
        let counters = Arc::clone(&self.counters);
        let account = Account { counters, outcome, sent: 0, is_whole: false, line };
        Ok(response.map(|body| body.on_account(account)))
    }

    async fn answered(
        self: &Arc<Self>,
        request: Request<Incoming>,
        rule: &mut Option<Applied>,
    ) -> Result<Response<Body>, Refusal> {
        let arrival = Arrival::of(request, &self.edge.loops)?;
        let Arrival { request, content, client, upgrade } = arrival;
        if let Some(upgrade) = upgrade {
            return Box::pin(self.upgraded(request, client, upgrade)).await;
        }
        if request.method().as_str() == "PURGE" {
            return self.purge(&request, &client).await;
        }
        let (read, outgoing) = if request.method().as_str() == "QUERY" {
            Box::pin(self.content(content)).await?
        } else {
            (Bytes::new(), Outgoing::of(content, self.edge.settings.waits.content))
        };
        let asked = self.edge.rules().ask(&request, &read);
        let asked = asked.map_err(|_| {
            Refusal::new(StatusCode::BAD_REQUEST, "the host is missing, malformed, or there twice")
        })?;
        let Asked { request, key, applied } = asked;
        let is_private = applied.as_ref().is_some_and(|applied| !applied.rule.is_cacheable());
        rule.clone_from(&applied);
        let question = Question { client, applied, urgency: Urgency::Awaited };
        if is_private && is_asking(request.method()) {
            return Ok(Box::pin(self.passed(request, outgoing, &question)).await);
        }
        let asking = match self.edge.cache.request(now(), &key, &request) {
            Step::Done(reply) => return Ok(answer::of(reply)),
            Step::DoneAndAsk(reply, refresh) => {
                self.refresh(refresh, &outgoing, question);
                return Ok(answer::of(reply));
            }
            Step::Ask(asking) => asking,
        };
        match self.edge.flights.board(asking.sharing) {
            Boarding::Alone => Ok(Box::pin(self.alone(asking, outgoing, &question)).await),
            Boarding::Lead(flight) => self.lead(asking, outgoing, question, flight).await,
            Boarding::Follow(landing) => Box::pin(self.follow(landing, asking, outgoing, question)).await,
        }
    }

    /// Waits for another's answer, and takes it if it may be had; if it is for others only, asks together with those
    /// for whom it is not, once.
    async fn follow(
        self: &Arc<Self>,
        mut landing: watch::Receiver<Landing>,
        mut asking: Box<Asking>,
        outgoing: Outgoing,
        question: Question,
    ) -> Result<Response<Body>, Refusal> {
        let mut has_followed = false;
        loop {
            let landed = {
                let _waiting = self.edge.common.one_waits();
                landed(landing).await
            };
            let mut sharing = Sharing::Alone;
            match landed {
                Landing::Failed(failure) => return Ok(answer::of(self.unreachable(&asking, &failure))),
                Landing::Coming(coming) => {
                    if let Some(response) = coming.shared(&self.edge.cache, &asking) {
                        return Ok(response);
                    }
                    if !std::mem::replace(&mut has_followed, true) {
                        sharing = self.edge.cache.apart(&asking, &coming.underway);
                    }
                }
                Landing::Flying | Landing::Look => {}
            }
            asking = match self.edge.cache.waited(now(), &asking) {
                Step::Done(reply) => return Ok(answer::of(reply)),
                Step::DoneAndAsk(reply, refresh) => {
                    self.refresh(refresh, &outgoing, question);
                    return Ok(answer::of(reply));
                }
                Step::Ask(asking) => asking,
            };
            asking.sharing = sharing;
            landing = match self.edge.flights.board(sharing) {
                Boarding::Alone => return Ok(self.alone(asking, outgoing, &question).await),
                Boarding::Lead(flight) => return self.lead(asking, outgoing, question, flight).await,
                Boarding::Follow(landing) => landing,
            };
        }
    }

    /// Asks for one client.
    async fn alone(&self, asking: Box<Asking>, outgoing: Outgoing, question: &Question) -> Response<Body> {
        let (response, collecting) = coming(self.ask(asking, outgoing, question).await, For::One);
        if let Some(collecting) = collecting {
            let edge = Arc::clone(&self.edge);
            tokio::spawn(async move { collecting.run(&edge.cache, None).await });
        }
        response
    }

    /// Asks for all who wait; on its own, so that it goes on for the others when this client is gone.
    async fn lead(
        self: &Arc<Self>,
        asking: Box<Asking>,
        outgoing: Outgoing,
        question: Question,
        flight: Flight,
    ) -> Result<Response<Body>, Refusal> {
        let (sender, receiver) = oneshot::channel();
        let worker = Arc::clone(self);
        tokio::spawn(async move {
            let told = worker.ask(asking, outgoing, &question).await;
            let landing = match &told {
                Told::Failed(_, failure) => Landing::Failed(failure.clone()),
                Told::Reply(_) | Told::Passing(..) => Landing::Look,
            };
            let (response, collecting) = coming(told, For::All);
            if let Some(coming) = collecting.as_ref().and_then(Collecting::coming) {
                flight.approach(coming);
            }
            // Its client may be gone.
            let _ = sender.send(response);
            match collecting {
                Some(collecting) => collecting.run(&worker.edge.cache, Some(flight)).await,
                None => flight.land(landing),
            }
        });
        let gone = Refusal::new(StatusCode::BAD_GATEWAY, "the request to the origin was given up");
        receiver.await.map_err(|_| gone)
    }

    /// Asks again for whoever comes next, while a client has what was there.
    fn refresh(self: &Arc<Self>, refresh: Box<Asking>, outgoing: &Outgoing, question: Question) {
        self.edge.common.refreshes.fetch_add(1, Ordering::Relaxed);
        let content = outgoing.again().unwrap_or(Outgoing::None);
        let question = Question { urgency: Urgency::Background, ..question };
        let worker = Arc::clone(self);
        tokio::spawn(async move {
            if let (_, Some(collecting)) = coming(worker.ask(refresh, content, &question).await, For::One) {
                collecting.run(&worker.edge.cache, None).await;
            }
        });
    }

    /// The content of a `QUERY`, which its key needs, and as it goes on.
    async fn content(&self, content: Incoming) -> Result<(Bytes, Outgoing), Refusal> {
        let settings = &self.edge.settings;
        let too_large =
            || Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "the content of a QUERY is too large here");
        // Without having asked for it, where the client waits to be asked.
        if content.size_hint().lower() > settings.largest_query as u64 {
            return Err(too_large());
        }
        let reading = Limited::new(content, settings.largest_query).collect();
        let too_slow = || Failure::Content(ContentEnded::TooSlow);
        let read = timeout(settings.waits.content, reading).await;
        let refusal =
            |failure: &Failure| Refusal::new(failure.status(), "the content of the request is not whole");
        match read {
            Err(_) => Err(refusal(&too_slow())),
            Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
            Ok(Err(_)) => Err(refusal(&Failure::Content(ContentEnded::Early))),
            Ok(Ok(read)) => {
                let read = read.to_bytes();
                Ok((read.clone(), Outgoing::Whole((!read.is_empty()).then_some(read))))
            }
        }
    }

    fn refused(&self, refusal: &Refusal) -> Response<Body> {
        answer::refused(&self.edge.settings.policy.name, refusal)
    }
}

/// What the rule of a request is called; batches are too many to be told apart.
fn name(applied: &Applied) -> &str {
    if applied.calls.is_empty() { &applied.rule.name } else { "batch" }
}

/// Whether a method asks for something and changes nothing.
fn is_asking(method: &Method) -> bool {
    matches!(method.as_str(), "GET" | "HEAD" | "QUERY")
}

impl Service<Request<Incoming>> for EdgeService {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Incoming>) -> Self::Future {
        Box::pin(Arc::clone(&self.0).answer(request))
    }
}
